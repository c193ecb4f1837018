"""The main use case on a real snapshot and a real log: validate, settle, decide, record, answer.

Companies and people are invented (division 420399, and 990000 which was never issued).
"""

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import apsw
import msgspec
import pytest
from tests.support import blocking
from tests.support.city_list import CATALOGUE, compile_rows, row

from xingate_server.core.catalogue import Catalogue, Verdict
from xingate_server.core.decide.decide import decide
from xingate_server.core.decide.decision import GapReason, Question, encode
from xingate_server.core.decide.decision import digest as decision_digest
from xingate_server.core.identifiers.parsing import fold
from xingate_server.core.subject import EMPTY_FILE, SubjectClass, SubjectKeyer, SubjectKind
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.errors import (
    GatewayError,
    InvalidQuestionError,
    RequestIdReusedError,
    UnavailableError,
    UnknownRecordError,
    UnknownSequenceError,
)
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.ids import uuid7
from xingate_server.gateway.question import hide_numbers
from xingate_server.gateway.records.check_leaf import RecordedSituation, is_among, sources_sha256
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.leaf import record as leaves
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import Draft, StoreClosedError
from xingate_server.trace.row_checksum import seal
from xingate_server.trace.sqlite.store import FILE, SqliteLog


class _WithCatalogue:
    """Snapshots, and a view of them, that are others' but for the catalogue."""

    def __init__(self, inner: object, catalogue: Catalogue) -> None:
        self._inner = inner
        self.catalogue = catalogue

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def current(self) -> "_WithCatalogue":
        return _WithCatalogue(self._inner.current(), self.catalogue)


NOW = datetime(2026, 7, 1, 17, 30, 5, 123456, tzinfo=UTC)  # already 2 July in Shanghai
COMPANY, OTHER = unified_code(1), unified_code(2)
HUMAN = citizen_number(3)
HALF_KNOWN = citizen_number(5)
MASKED = HUMAN[:6] + "*" * 8 + HUMAN[-4:]
ACTION = "permit.grant"


WRITTEN = (
    HUMAN,
    "".join(chr(ord(c) + 0xFEE0) for c in HUMAN),
    f"{HUMAN[:6]} {HUMAN[6:14]} {HUMAN[14:]}",
    f"{HUMAN[:6]}-{HUMAN[6:14]}-{HUMAN[14:]}",
    f"{HUMAN[:6]}－{HUMAN[6:10]}－{HUMAN[10:]}",
    f"no{HUMAN}x",
    f"7{HUMAN}",
    f"{HUMAN}7",
    f"2026{HUMAN}",
)
ROWS = (
    row(2, "示例一公司", COMPANY),
    row(3, "某甲", HUMAN, subject_kind="natural_person"),
    row(4, "某乙", HALF_KNOWN[:6] + "*" * 8 + HALF_KNOWN[-4:], subject_kind="natural_person"),
)


def assert_nowhere(content: bytes) -> None:
    """The number is not in the bytes, whatever stands between its digits and however wide they are."""
    text = fold(content.decode(errors="replace"))
    assert HUMAN not in text
    assert HUMAN[6:17] not in text


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("compiled") / "state"
    compile_rows(state, *ROWS)
    return state


@pytest.fixture
def state(compiled: Path, tmp_path: Path) -> Path:
    shutil.copytree(compiled, tmp_path / "state", symlinks=True)
    return tmp_path / "state"


@pytest.fixture
def snapshots(state: Path) -> SnapshotSet:
    return SnapshotSet(state)


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(tmp_path / "trace", origin="example.org/log")
    yield log
    log.close()


@pytest.fixture
def gateway(snapshots: SnapshotSet, trace: SqliteLog) -> Gateway:
    return Gateway(snapshots, trace, clock=lambda: NOW)


# Without these nobody is told anything of a natural person.
PURPOSE = {"organisation": "示例局", "operator": "示例员", "matter": "M-1"}


def ask(**fields: object) -> Command:
    given = {"kind": SubjectKind.LEGAL_ENTITY, "action": ACTION, "identifiers": (("uscc", COMPANY),)} | fields
    return Command(**given)  # type: ignore[arg-type]  # a test gives what it likes


def person(**fields: object) -> Command:
    given = {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("citizen_id", HUMAN),)}
    return ask(**(given | PURPOSE | fields))


def everything(answer: Answer, trace: SqliteLog) -> str:
    stored = trace.get(answer.record_id)
    assert stored is not None
    return f"{answer} {stored.leaf!r} {stored.answer!r}"


class TestAnswers:
    async def test_a_hit_is_answered_and_recorded(self, gateway: Gateway, trace: SqliteLog) -> None:
        answer = await gateway.checker.check(
            ask(system="s", organisation="o", operator="某经办", matter="M-1", context={"a": "b", "c": ""})
        )
        assert answer.decision.verdict in {Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.CAUTION}
        assert answer.decision.measures
        assert answer.as_of == date(2026, 7, 2)
        assert answer.digest == decision_digest(answer.decision)
        assert (answer.log_origin, answer.leaf_index) == ("example.org/log", 0)
        assert (answer.snapshot.sequence, answer.snapshot.status) == (1, "current")
        stored = gateway.records.get(answer.record_id)
        leaf = leaves.decode(stored.leaf)
        assert leaf.time == stored.time == "2026-07-01T17:30:05.123456Z"
        assert (leaf.record_id, leaf.request_id) == (answer.record_id, answer.request_id)
        assert (leaf.system, leaf.organisation, leaf.operator) == ("s", "o", "某经办")
        assert (leaf.action, leaf.matter, leaf.context) == (ACTION, "M-1", {"a": "b"})
        assert (leaf.subject_kind, leaf.subject_code) == (SubjectKind.LEGAL_ENTITY, COMPANY)
        assert (leaf.as_of, leaf.sequence) == ("2026-07-02", 1)
        assert (leaf.snapshot_hash, leaf.catalogue_hash) == (answer.snapshot.hash, answer.snapshot.catalogue_hash)
        assert (leaf.verdict, leaf.decision_digest) == (answer.decision.verdict, answer.digest)
        assert set(leaf.measure_ids) == {m.id for m in answer.decision.measures}
        assert set(leaf.entry_ids) == {m.entry.id for m in answer.decision.measures if m.entry}
        assert leaf.gaps == ()
        assert trace.size() == 1

    async def test_the_situation_is_recorded_for_a_replay(self, gateway: Gateway) -> None:
        answer = await gateway.checker.check(person(identifiers=(("", "990000********9999"),)))
        leaf = leaves.decode(gateway.records.get(answer.record_id).leaf)
        situation = msgspec.json.decode(leaf.situation, type=RecordedSituation)
        assert situation.identity == (GapReason.IDENTITY_MASKED,)
        assert situation.checked_on == date(2026, 7, 2)
        assert situation.sources_sha256 == sources_sha256(gateway.snapshots.snapshot().sources)
        assert leaf.gaps == ("identity_masked",)

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": SubjectKind.LEGAL_ENTITY, "identifiers": (("uscc", COMPANY),), "as_of": "2026-06-30"},
            {"kind": SubjectKind.LEGAL_ENTITY, "identifiers": (("org_code", COMPANY[8:17]),)},
            {"identifiers": (("", HALF_KNOWN),), "name": "某乙"},
            {"identifiers": (("", HALF_KNOWN),), "name": "某丙"},
            {"identifiers": (("", HUMAN),), "context": {"a": "b"}},
        ],
    )
    async def test_record_and_snapshot_alone_give_the_decision_again(
        self, gateway: Gateway, fields: dict[str, object]
    ) -> None:
        answer = await gateway.checker.check(person(**fields))
        leaf = leaves.decode(gateway.records.get(answer.record_id).leaf)
        situation = msgspec.json.decode(leaf.situation, type=RecordedSituation)
        snapshot = gateway.snapshots.snapshot(leaf.sequence)
        at_keys = [snapshot.get(key) for key in (leaf.subject_key, *map(bytes.fromhex, situation.unsettled_keys))]
        unsettled = {h for f in at_keys if f for h in f.unsettled if is_among(h, situation.unsettled)}
        file = msgspec.structs.replace(at_keys[0] or EMPTY_FILE, unsettled=tuple(unsettled))
        question = Question(
            action=leaf.action,
            kind=leaf.subject_kind,
            as_of=date.fromisoformat(leaf.as_of),
            context=dict(leaf.context),
            is_foreign=situation.is_foreign,
            bodies=situation.bodies,
        )
        again = decide(file, snapshot.catalogue, question, situation.situation(snapshot.sources))
        assert decision_digest(again) == leaf.decision_digest == answer.digest

    async def test_a_mask_that_fits_is_a_gap_unless_the_name_speaks_against_it(self, gateway: Gateway) -> None:
        fits = await gateway.checker.check(person(identifiers=(("", HALF_KNOWN),), name="某乙"))
        (about,) = [g.about for g in fits.decision.gaps if g.reason is GapReason.IDENTITY_UNSETTLED]
        leaf = leaves.decode(gateway.records.get(fits.record_id).leaf)
        assert leaf.entry_ids == (about,)
        other = await gateway.checker.check(person(identifiers=(("", HALF_KNOWN),), name="某丙"))
        assert other.decision.verdict is Verdict.CLEAR

    async def test_a_miss_is_clear(self, gateway: Gateway) -> None:
        answer = await gateway.checker.check(ask(identifiers=(("", OTHER),)))
        assert answer.decision.verdict is Verdict.CLEAR

    async def test_both_wire_forms_of_the_kind_find_the_same(self, gateway: Gateway) -> None:
        answer = await gateway.checker.check(ask(kind=SubjectKind.SOLE_TRADER))
        assert answer.decision.measures
        assert "kind_mismatch" in {flag.code for flag in answer.decision.flags}

    async def test_a_name_alone_is_never_decided_on(self, gateway: Gateway) -> None:
        answer = await gateway.checker.check(ask(identifiers=(), name="示例一　公司"))
        assert answer.decision.verdict is Verdict.CANNOT_TELL
        assert [c.display for c in answer.decision.candidates] == [COMPANY]
        assert decision_digest(answer.decision) == answer.digest

    async def test_flags_of_the_numbers_given_stand_beside_those_of_the_data(self, gateway: Gateway) -> None:
        answer = await gateway.checker.check(
            ask(identifiers=(("uscc", COMPANY), ("reg_no", "420399000012340")), kind=SubjectKind.SOLE_TRADER)
        )
        assert [f.code for f in answer.decision.flags] == ["identifier_ignored", "kind_mismatch"]

    async def test_as_of_and_an_older_snapshot(self, gateway: Gateway, state: Path, snapshots: SnapshotSet) -> None:
        assert (await gateway.checker.check(ask(as_of="2026-03-31"))).decision.verdict is Verdict.CLEAR
        compile_rows(state, row(2, "示例二公司", OTHER))
        snapshots.refresh()
        assert (await gateway.checker.check(ask())).decision.verdict is Verdict.CLEAR
        older = await gateway.checker.check(ask(sequence=1))
        assert older.decision.measures
        assert (older.snapshot.sequence, older.snapshot.status) == (1, "retained")
        assert (await gateway.checker.check(ask(sequence=2))).snapshot.status == "current"
        assert gateway.snapshots.retained() == [1, 2]

    def test_a_thread_asks(self, gateway: Gateway) -> None:
        assert blocking.check(gateway, ask()).leaf_index == 0

    def test_the_catalogue_is_the_snapshots(self, gateway: Gateway) -> None:
        assert gateway.snapshots.catalogue() == CATALOGUE
        assert gateway.snapshots.snapshot(1).info.sequence == 1
        assert gateway.records.origin == "example.org/log"


class TestRetries:
    async def test_the_stored_answer_also_after_a_swap(
        self, gateway: Gateway, state: Path, snapshots: SnapshotSet, trace: SqliteLog
    ) -> None:
        first = await gateway.checker.check(ask(request_id="r1", organisation="o"))
        compile_rows(state, row(2, "示例二公司", OTHER))
        assert snapshots.refresh()
        again = await gateway.checker.check(ask(request_id="r1", organisation="o"))
        assert again == first
        assert encode(again.decision) == encode(first.decision)
        assert blocking.check(gateway, ask(request_id="r1", organisation="o")) == first
        assert trace.size() == 1

    async def test_the_stored_answer_also_without_any_snapshot(
        self, gateway: Gateway, trace: SqliteLog, state: Path, tmp_path: Path
    ) -> None:
        first = await gateway.checker.check(ask(request_id="r1"))
        shutil.rmtree(state / "snapshots")
        bare = Gateway(SnapshotSet(state), trace)
        assert await bare.checker.check(ask(request_id="r1")) == first

    async def test_another_question_is_refused(self, gateway: Gateway) -> None:
        await gateway.checker.check(ask(request_id="r1"))
        with pytest.raises(RequestIdReusedError, match="request id `r1`") as caught:
            await gateway.checker.check(ask(request_id="r1", matter="another"))
        assert (caught.value.reason, caught.value.field) == ("request_id_reused", "request_id")

    async def test_of_another_caller_it_is_its_own(self, gateway: Gateway) -> None:
        first = await gateway.checker.check(ask(request_id="r1", organisation="a"))
        second = await gateway.checker.check(ask(request_id="r1", organisation="b"))
        assert first.record_id != second.record_id

    async def test_racing_retries_get_one_record(self, gateway: Gateway, trace: SqliteLog) -> None:
        answers = await asyncio.gather(*(gateway.checker.check(ask(request_id="r1")) for _ in range(50)))
        assert len({answer.record_id for answer in answers}) == 1
        assert answers == [answers[0]] * 50
        assert trace.size() == 1

    @pytest.mark.parametrize("later", [timedelta(hours=1), timedelta(days=400), -timedelta(days=1)])
    async def test_much_later_and_by_another_worker_it_is_the_same_record(
        self, snapshots: SnapshotSet, trace: SqliteLog, tmp_path: Path, later: timedelta
    ) -> None:
        """Whatever its clock says: a day later "today" is another day, and lists would have become too old."""
        questions = [ask(request_id=f"r{number}", organisation="o", matter=f"m{number}") for number in range(20)]
        first = Gateway(snapshots, trace, clock=lambda: NOW)
        with contextlib.closing(SqliteLog(tmp_path / "trace")) as other:
            second = Gateway(snapshots, other, clock=lambda: NOW + later)
            answers = [await first.checker.check(question) for question in questions[:10]]
            answers += [await second.checker.check(question) for question in questions[10:]]
            again = await asyncio.gather(*(each.checker.check(q) for q in questions[::-1] for each in (second, first)))
            batch = await second.checker.check_many(questions[::2] + questions[::-1])
        assert again == [answer for answer in answers[::-1] for _ in range(2)]
        assert batch == answers[::2] + answers[::-1]
        assert [answer.as_of == answers[0].as_of for answer in answers] == [True] * 10 + [abs(later.days) == 0] * 10
        assert trace.size() == 20

    async def test_a_stored_answer_that_cannot_be_read(self, snapshots: SnapshotSet, trace: SqliteLog) -> None:
        gateway = Gateway(snapshots, trace)
        await gateway.checker.check(ask(request_id="r1"))
        connection = apsw.Connection(str(trace._path))
        (draft,) = trace.read()
        row = Draft(
            kind="check",
            record_id=draft.record_id,
            request_id="r1",
            system="",
            organisation="",
            question_digest=draft.question_digest,
            time=draft.time,
            leaf=draft.leaf,
            answer=b"{}",
        )
        connection.execute("UPDATE leaves SET answer = ?, seal = ?", (row.answer, seal(row)))
        connection.close()
        with pytest.raises(UnavailableError, match="cannot be read by this release"):
            await gateway.checker.check(ask(request_id="r1"))
        (told,) = await gateway.checker.check_many([ask(request_id="r1")])
        assert isinstance(told, UnavailableError)


class TestMany:
    async def test_each_its_own_answer_or_error(self, gateway: Gateway, trace: SqliteLog) -> None:
        await gateway.checker.check(ask(request_id="old"))
        results = await gateway.checker.check_many(
            [
                ask(),
                ask(action="no.such"),
                ask(request_id="a"),
                ask(request_id="a"),
                ask(request_id="a", matter="x"),
                ask(request_id="old"),
                ask(request_id="old", matter="x"),
                person(),
            ]
        )
        new, unknown, a, again, reused, old, old_reused, human = results
        assert isinstance(new, Answer)
        assert isinstance(unknown, InvalidQuestionError)
        assert isinstance(a, Answer)
        assert again == a
        assert isinstance(reused, RequestIdReusedError)
        assert isinstance(old, Answer)
        assert old.leaf_index == 0
        assert isinstance(old_reused, RequestIdReusedError)
        assert isinstance(human, Answer)
        assert trace.size() == 4

    async def test_none(self, gateway: Gateway) -> None:
        assert await gateway.checker.check_many([]) == []

    async def test_a_closed_log_fails_each(self, gateway: Gateway, trace: SqliteLog) -> None:
        trace.close()
        results = await gateway.checker.check_many([ask(), ask(request_id="r1"), ask(action="")])
        assert [type(result) for result in results] == [UnavailableError, UnavailableError, InvalidQuestionError]


class TestNoRecordNoAnswer:
    async def test_a_failing_log(self, snapshots: SnapshotSet) -> None:
        log = MemoryLog()
        gateway = Gateway(snapshots, log)
        log.is_failing = True
        with pytest.raises(UnavailableError, match="no verdict is given") as caught:
            await gateway.checker.check(ask())
        assert caught.value.reason == "record_failed"
        with pytest.raises(UnavailableError):
            blocking.check(gateway, ask())
        (result,) = await gateway.checker.check_many([ask()])
        assert isinstance(result, UnavailableError)
        log.is_failing = False
        assert (await gateway.checker.check(ask())).leaf_index == 0

    async def test_a_log_that_cannot_be_read(self, snapshots: SnapshotSet, tmp_path: Path) -> None:
        log = SqliteLog(tmp_path / "trace")
        log.close()
        (tmp_path / "trace" / FILE).unlink()
        log = SqliteLog(tmp_path / "trace")
        gateway = Gateway(snapshots, log)
        (tmp_path / "trace" / FILE).rename(tmp_path / "away")
        (tmp_path / "trace" / FILE).mkdir()
        uses: list[Callable[[], object]] = [
            lambda: blocking.check(gateway, ask(request_id="r1")),
            lambda: gateway.records.get("r"),
            gateway.records.page,
        ]
        for use in uses:
            with pytest.raises(UnavailableError, match="cannot be read at the moment"):
                use()
        log.close()

    async def test_a_closed_log(self, gateway: Gateway, trace: SqliteLog) -> None:
        trace.close()
        with pytest.raises(UnavailableError) as caught:
            await gateway.checker.check(ask(request_id="r1"))
        assert isinstance(caught.value.__cause__, StoreClosedError)

    async def test_no_snapshot(self, tmp_path: Path, trace: SqliteLog) -> None:
        gateway = Gateway(SnapshotSet(tmp_path / "empty"), trace)
        with pytest.raises(UnavailableError) as caught:
            await gateway.checker.check(ask())
        assert caught.value.reason == "snapshot_missing"
        with pytest.raises(UnavailableError):
            gateway.snapshots.catalogue()
        keyed = Gateway(SnapshotSet(tmp_path / "empty"), trace, SubjectKeyer(b"k" * 32))
        with pytest.raises(UnavailableError):
            await keyed.checker.check(ask())
        assert keyed.snapshots.status(7) == "retained"
        assert trace.size() == 0

    async def test_a_malformed_question_leaves_no_record(self, gateway: Gateway, trace: SqliteLog) -> None:
        with pytest.raises(InvalidQuestionError):
            await gateway.checker.check(ask(action="no.such"))
        assert trace.size() == 0


class TestMalformed:
    @pytest.mark.parametrize(
        ("fields", "reason", "field"),
        [
            ({"action": ""}, "action_missing", "action"),
            ({"action": "no.such"}, "action_unknown", "action"),
            ({"action": "permit.*"}, "action_unknown", "action"),
            ({"action": "a" * 257}, "action_malformed", "action"),
            ({"identifiers": ()}, "subject_missing", "subject"),
            ({"identifiers": (), "name": " () "}, "subject_missing", "subject"),
            ({"identifiers": (("uscc", "123"),)}, "identifier_malformed", "subject.identifiers[0].value"),
            ({"identifiers": (("uscc", ""),)}, "identifier_malformed", "subject.identifiers[0].value"),
            ({"identifiers": (("", COMPANY), ("", "无"))}, "identifier_malformed", "subject.identifiers[1].value"),
            ({"identifiers": (("citizen_id", HUMAN),)}, "identifier_malformed", "subject.identifiers[0].value"),
            ({"identifiers": (("no_such", "1"),)}, "identifier_malformed", "subject.identifiers[0].scheme"),
            ({"identifiers": (("u" * 257, "1"),)}, "identifier_malformed", "subject.identifiers[0].scheme"),
            ({"identifiers": (("", "1" * 257),)}, "identifier_malformed", "subject.identifiers[0].value"),
            ({"identifiers": (("", "1\x00"),)}, "identifier_malformed", "subject.identifiers[0].value"),
            ({"identifiers": (("uscc", COMPANY),) * 17}, "identifier_malformed", "subject.identifiers"),
            ({"as_of": "2026-02-30"}, "date_malformed", "as_of"),
            ({"as_of": "20260201"}, "date_malformed", "as_of"),
            ({"as_of": "２０２６-02-01"}, "date_malformed", "as_of"),
            ({"as_of": "x" * 999}, "date_malformed", "as_of"),
            ({"name": "n" * 513}, "name_malformed", "subject.name"),
            ({"name": "\ud800"}, "name_malformed", "subject.name"),
            ({"request_id": "r" * 129}, "request_id_malformed", "request_id"),
            ({"request_id": "a\nb"}, "request_id_malformed", "request_id"),
            ({"request_id": "a\u202eb"}, "request_id_malformed", "request_id"),
            ({"matter": "m" * 257}, "matter_malformed", "matter"),
            ({"operator": "\x1b[0m"}, "operator_malformed", "caller.operator"),
            ({"system": "s" * 257}, "system_malformed", "caller.system"),
            ({"organisation": "o" * 257}, "organisation_malformed", "caller.organisation"),
            ({"context": {str(n): "v" for n in range(33)}}, "context_malformed", "context"),
            ({"context": {"k" * 257: "v"}}, "context_malformed", "context"),
            ({"context": {"k": "v" * 257}}, "context_malformed", "context[k]"),
            ({"context": {"domain": "水电"}}, "context_value_unknown", "context[domain]"),
            ({"context": {"a": "b", "Domain": "水电"}}, "context_value_unknown", "context[Domain]"),
            ({"context": {"domain": HUMAN}}, "context_value_unknown", "context[domain]"),
        ],
    )
    def test_the_first_wrong_field_is_named(
        self, gateway: Gateway, fields: dict[str, object], reason: str, field: str
    ) -> None:
        with pytest.raises(InvalidQuestionError) as caught:
            blocking.check(gateway, ask(**fields))
        assert (caught.value.reason, caught.value.field) == (reason, field)
        assert caught.value.message == str(caught.value)

    def test_persons_schemes_for_persons_only(self, gateway: Gateway) -> None:
        with pytest.raises(InvalidQuestionError, match="is none of a person"):
            blocking.check(gateway, person(identifiers=(("uscc", COMPANY),)))

    @pytest.mark.parametrize("sequence", [2, 2**64 - 1])
    def test_a_snapshot_that_is_not_kept(self, gateway: Gateway, sequence: int) -> None:
        with pytest.raises(UnknownSequenceError) as caught:
            blocking.check(gateway, ask(sequence=sequence))
        assert (caught.value.reason, caught.value.field) == ("sequence_unknown", "sequence")

    def test_names_and_numbers_may_hold_what_people_paste(self, gateway: Gateway) -> None:
        answer = blocking.check(
            gateway, ask(identifiers=(("uscc", f"\u200b{COMPANY.lower()}　"),), name="示例\u200b一")
        )
        assert answer.decision.measures


class TestNoPersonsNumber:
    """Nothing that is stored, answered or said holds one."""

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"identifiers": (("", f"{HUMAN[:6]} {HUMAN[6:14]}-{HUMAN[14:]}"),)},
            {"operator": HUMAN, "matter": f"关于{HUMAN}的申请", "context": {"k": HUMAN}},
            {"kind": SubjectKind.SOLE_TRADER, "identifiers": (("tax_no", HUMAN),)},
            {"kind": SubjectKind.LEGAL_ENTITY, "identifiers": (("", COMPANY), ("foreign_reg_no", HUMAN))},
        ],
    )
    async def test_in_answers_and_records(self, gateway: Gateway, trace: SqliteLog, fields: dict[str, object]) -> None:
        answer = await gateway.checker.check(person(**fields))
        assert HUMAN not in everything(answer, trace)
        assert HUMAN[6:14] + HUMAN[14:17] not in everything(answer, trace)

    @pytest.mark.parametrize(
        "command",
        [
            person(identifiers=(("", HUMAN[:17]),)),
            person(identifiers=(("passport", HUMAN + HUMAN),)),
            person(identifiers=((HUMAN, HUMAN),)),
            person(identifiers=(("", HUMAN[:17] + "A"),)),
            ask(identifiers=(("uscc", HUMAN[:17]),)),
            ask(identifiers=(("citizen_id", HUMAN),)),
            ask(identifiers=(("no_such", HUMAN),)),
            ask(action=HUMAN),
            ask(as_of=HUMAN),
            ask(context={HUMAN: "v" * 257}),
        ],
    )
    def test_in_messages(self, gateway: Gateway, command: Command) -> None:
        with pytest.raises(InvalidQuestionError) as caught:
            blocking.check(gateway, command)
        said = f"{caught.value} {caught.value.field} {caught.value.__cause__}"
        assert HUMAN[6:17] not in said

    @pytest.mark.parametrize("written", WRITTEN)
    async def test_in_no_byte_of_the_log(self, gateway: Gateway, tmp_path: Path, written: str) -> None:
        texts = {"operator": f"张某{written}", "matter": f"关于{written}的申请", "context": {"k": written}}
        await gateway.checker.check(person(**texts))
        for field in ("request_id", "system", "organisation"):
            with pytest.raises(InvalidQuestionError) as caught:
                await gateway.checker.check(ask(**{field: written}))
            assert caught.value.reason == f"{field}_malformed"
            assert_nowhere(str(caught.value).encode())
        with pytest.raises(InvalidQuestionError, match="an identity number does not belong there") as caught:
            await gateway.checker.check(ask(context={written: "v"}))
        assert (caught.value.reason, caught.value.field) == ("context_malformed", "context")
        files = list((tmp_path / "trace").glob("log.sqlite*"))
        assert files
        for file in files:
            assert_nowhere(file.read_bytes())

    @pytest.mark.parametrize(
        "request_id",
        [
            "20260701183005120001", "20260720-220824-957473", "260701183005123", "420300202607010001",
            "42030020260701183005001", "1943567890123456789", "01990101-1234-7012-8123-456789012345",
        ],
    )  # fmt: skip
    async def test_ids_made_of_times_and_counters_are_taken(self, gateway: Gateway, request_id: str) -> None:
        assert (await gateway.checker.check(ask(request_id=request_id))).request_id == request_id

    def test_matter_codes_stand(self) -> None:
        code = "11420300011234567J4420119001000"
        assert hide_numbers(code) == code
        assert hide_numbers("20260701173005123") == "20260701173005123"
        assert hide_numbers(f"({HUMAN})") == f"({MASKED})"


class TestRecords:
    async def test_newest_first(self, gateway: Gateway) -> None:
        await gateway.checker.check_many([ask() for _ in range(3)])
        assert [stored.leaf_index for stored in gateway.records.page(2)] == [2, 1]
        assert [stored.leaf_index for stored in gateway.records.page(2, 1)] == [0]

    @pytest.mark.parametrize("limit", [0, -1, 1001])
    def test_limits(self, gateway: Gateway, limit: int) -> None:
        with pytest.raises(InvalidQuestionError) as caught:
            gateway.records.page(limit)
        assert caught.value.reason == "limit_out_of_range"

    def test_unknown(self, gateway: Gateway) -> None:
        with pytest.raises(UnknownRecordError) as caught:
            gateway.records.get("nothing")
        assert isinstance(caught.value, GatewayError)
        assert caught.value.reason == "record_unknown"


class TestContext:
    @pytest.mark.parametrize("action", ["tender.bid", "tender.award", "consumption.air", "finance.loan"])
    async def test_an_unknown_value_is_an_error_for_every_action_and_leaves_no_record(
        self, gateway: Gateway, trace: SqliteLog, action: str
    ) -> None:
        with pytest.raises(InvalidQuestionError) as caught:
            await gateway.checker.check(ask(action=action, context={"domain": "水电工程"}))
        assert caught.value.reason == "context_value_unknown"
        expected = "`environmental_protection` (环境保护, 生态环保), `other` (其他)"
        assert str(caught.value) == f"context attribute `domain` is `水电工程`: expected one of {expected}"
        assert trace.size() == 0

    @pytest.mark.parametrize(
        ("word", "verdict"),
        [
            ("environmental_protection", Verdict.RESTRICTED),
            ("环境保护", Verdict.RESTRICTED),
            ("生态 环保", Verdict.RESTRICTED),
            ("Environmental Protection", Verdict.RESTRICTED),
            ("ＥＮＶＩＲＯＮＭＥＮＴＡＬ＿ＰＲＯＴＥＣＴＩＯＮ", Verdict.RESTRICTED),
            ("其他", Verdict.CLEAR),
            ("OTHER", Verdict.CLEAR),
            ("", Verdict.CANNOT_TELL),
        ],
    )
    async def test_a_known_word_is_its_value_in_the_answer_and_in_the_record(
        self, tmp_path: Path, trace: SqliteLog, word: str, verdict: Verdict
    ) -> None:
        cells = {"list_type": "criticised.environment_project", "severity": ""}
        compile_rows(tmp_path / "own" / "state", row(2, "示例环保公司", COMPANY, **cells))
        gateway = Gateway(SnapshotSet(tmp_path / "own" / "state"), trace, clock=lambda: NOW)
        answer = await gateway.checker.check(ask(action="tender.award", context={"domain": word, "note": "示例"}))
        assert answer.decision.verdict is verdict
        value = {Verdict.RESTRICTED: "environmental_protection", Verdict.CLEAR: "other"}.get(verdict)
        recorded = leaves.decode(gateway.records.get(answer.record_id).leaf).context
        assert recorded == ({"domain": value} if value else {}) | {"note": "示例"}

    async def test_a_retry_is_answered_from_its_record_before_the_context_is_judged(
        self, gateway: Gateway, snapshots: SnapshotSet, trace: SqliteLog
    ) -> None:
        """A snapshot of before declared nothing: what it answered stands."""
        bare = msgspec.structs.replace(CATALOGUE, context=())
        old = Gateway(_WithCatalogue(snapshots, bare), trace, clock=lambda: NOW)
        asked = ask(request_id="once", context={"domain": "水电"})
        first = await old.checker.check(asked)
        again = await gateway.checker.check(asked)
        assert (again.record_id, again.digest) == (first.record_id, first.digest)


class TestLeaf:
    async def test_the_same_leaf_gives_the_same_bytes(self, gateway: Gateway) -> None:
        answer = await gateway.checker.check(ask(context={"b": "1", "a": "2"}))
        content = gateway.records.get(answer.record_id).leaf
        assert leaves.encode(leaves.decode(content)) == content

    @pytest.mark.parametrize("content", [b"\xff", b"", b"\x0a\x01r"])
    def test_bytes_that_are_no_leaf(self, content: bytes) -> None:
        with pytest.raises(ValueError, match="the leaf"):
            leaves.decode(content)

    async def test_a_leaf_without_a_kind(self, gateway: Gateway) -> None:
        answer = await gateway.checker.check(ask())
        content = gateway.records.get(answer.record_id).leaf
        with pytest.raises(ValueError, match="states no kind"):
            leaves.decode(content + b"\x22\x02\x20\x00")  # merged in: check.subject_kind 0


def test_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    ids = [uuid7() for _ in range(1000)]
    assert all(UUID(one).version == 7 and UUID(one).variant == "specified in RFC 4122" for one in ids)
    assert len(set(ids)) == 1000
    heads = [UUID(one).int >> 64 for one in ids]
    assert all(earlier <= later for earlier, later in itertools.pairwise(heads))


def test_a_question_is_told_apart_by_a_keyed_digest(trace: SqliteLog, snapshots: SnapshotSet) -> None:
    gateway = Gateway(snapshots, trace)
    answer = blocking.check(gateway, person(request_id="r1"))
    stored = trace.get(answer.record_id)
    assert stored is not None
    keyed = snapshots.keyer.digest(
        msgspec.json.encode(msgspec.structs.replace(person(request_id="")), order="deterministic")
    )
    assert stored.question_digest == keyed
    leaf = leaves.decode(stored.leaf)
    assert leaf.subject_key == snapshots.keyer.identifier(SubjectClass.PERSON, "citizen_id", HUMAN)
