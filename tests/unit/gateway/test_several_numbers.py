"""Who asked by several numbers is found by each of them, in whatever order they were given (Cl. 25).

All numbers are invented (division 420399, and 990000 which was never issued).
"""

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from tests.support import blocking
from tests.support.city_list import compile_rows, row

import xingate
from xingate.testing import FakeGateway
from xingate.types import Identifier, Subject
from xingate_server.core.subject import BY_SCHEME, SubjectKind, class_of
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.gateway.answer import Command
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.replay import ReplayResult, replay
from xingate_server.gateway.records.search import Search
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.leaf.record import decode, encode
from xingate_server.trace.leaf.terms import terms_of
from xingate_server.trace.memory import MemoryLog

LISTED, UNLISTED, OTHER = (unified_code(n) for n in (1, 2, 3))
HUMAN = citizen_number(5)
Numbers = tuple[tuple[str, str], ...]
CASES: tuple[tuple[SubjectKind, Numbers], ...] = (
    (SubjectKind.LEGAL_ENTITY, (("reg_no", "4203990000001"), ("uscc", UNLISTED))),
    (SubjectKind.LEGAL_ENTITY, (("reg_no", "4203990000001"), ("uscc", LISTED))),
    (SubjectKind.LEGAL_ENTITY, (("uscc", LISTED), ("uscc", OTHER))),  # two subjects: nobody's answer
    (SubjectKind.SOLE_TRADER, (("org_code", UNLISTED[8:17]), ("uscc", UNLISTED), ("reg_no", "4203990000001"))),
    (SubjectKind.NATURAL_PERSON, (("passport", "E12345678"), ("citizen_id", HUMAN))),
    (SubjectKind.NATURAL_PERSON, (("citizen_id", HUMAN[:-1] + "5X"[HUMAN[-1] == "5"]), ("passport", "E12345678"))),
    (SubjectKind.NATURAL_PERSON, (("citizen_id", HUMAN[:6] + "*" * 8 + HUMAN[14:]), ("passport", "E12345678"))),
)


def ask(gateway: Gateway, kind: SubjectKind, **asked: Any) -> None:
    asker = {"organisation": "示例局", "operator": "op-1", "matter": "办-1"}
    blocking.check(gateway, Command(kind=kind, action="permit.grant", **asker, **asked))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    compile_rows(tmp_path / "state", row(2, "示例2公司", LISTED))
    return tmp_path / "state"


@pytest.mark.parametrize(("kind", "numbers"), CASES)
def test_a_lookup_is_found_by_each_of_its_numbers(state: Path, kind: SubjectKind, numbers: Numbers) -> None:
    log = MemoryLog()
    gateway = Gateway(SnapshotSet(state), log)
    orders = list(permutations(numbers))
    for order in orders:
        ask(gateway, kind, identifiers=order)
    for scheme, number in numbers:
        found, _ = gateway.records.search(Search(subject=number, scheme=scheme), 100)
        assert len(found) == len(orders), scheme
    for stored in log.read(0, log.size()):
        leaf = decode(stored.leaf)
        assert encode(leaf) == stored.leaf
        assert leaf.subject_key not in leaf.further_keys
        assert len(set(leaf.further_keys)) == len(leaf.further_keys) > 0
        assert not any(number in str(stored) for _, number in numbers[1:] if kind is SubjectKind.NATURAL_PERSON)
        assert len(terms_of(leaf)) == 28 * (1 + len(leaf.further_keys))
        assert replay(stored, SnapshotSet(state)).result is not ReplayResult.DIFFERENT


def test_a_lookup_by_one_number_does_not_grow(state: Path) -> None:
    log = MemoryLog()
    gateway = Gateway(SnapshotSet(state), log)
    for kind, numbers in CASES:
        for number in numbers:
            ask(gateway, kind, identifiers=(number,))
    ask(gateway, SubjectKind.LEGAL_ENTITY, name="示例2公司")
    assert not any(decode(stored.leaf).further_keys for stored in log.read(0, log.size()))


def test_keys_are_those_of_the_snapshots_form(state: Path) -> None:
    gateway = Gateway(SnapshotSet(state), MemoryLog())
    ask(gateway, SubjectKind.LEGAL_ENTITY, identifiers=CASES[0][1])
    (stored,), _ = gateway.records.search(Search(subject=UNLISTED), 1)
    leaf = decode(stored.leaf)
    keyer = SnapshotSet(state).keyer
    subject_class = class_of(SubjectKind.LEGAL_ENTITY)
    assert keyer.identifier(subject_class, "uscc", UNLISTED) in leaf.further_keys
    assert keyer.in_form(BY_SCHEME).identifier(subject_class, "uscc", UNLISTED) not in leaf.further_keys


def test_the_fake_gateway_finds_it_as_well() -> None:
    fake = FakeGateway()
    numbers = [Identifier(scheme, number) for scheme, number in CASES[0][1]]
    with fake.client(system="t") as client:
        for identifiers in permutations(numbers):
            client.check(Subject(xingate.SubjectKind.LEGAL_ENTITY, identifiers), "permit.grant")
        client.check(Subject.legal_entity(OTHER), "permit.grant")
        for number in numbers:
            found = client.records(subject=number.value)
            assert [len(one.record.check.further_keys) for one in found if one.record.check] == [2, 2]
        (alone,) = client.records(subject=OTHER)
        assert alone.record.check is not None
        assert alone.record.check.further_keys == ()
