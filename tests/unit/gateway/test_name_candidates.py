"""Names that are written otherwise, from the lists to the answer and its replay. Companies and people are invented."""

import asyncio
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import lmdb
import pytest
from tests.support import blocking

from xingate_server.catalogues import catalogue_hash, load
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Posture, Verdict
from xingate_server.core.decide.decision import GapReason
from xingate_server.core.entry import REGISTER, Record
from xingate_server.core.subject import SubjectClass, SubjectKeyer, SubjectKind
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.replay import ReplayResult, replay
from xingate_server.snapshot.compile.compile import compile_snapshot
from xingate_server.snapshot.keys import read_or_make_key
from xingate_server.snapshot.manifest import read_manifest
from xingate_server.snapshot.request import CompilePlan, SourcePlan
from xingate_server.snapshot.store import Snapshot, SnapshotSet
from xingate_server.trace.leaf.record import decode
from xingate_server.trace.memory import MemoryLog

CATALOGUE = load(["shiyan2017", "international"], Posture.AS_PLANNED_2017)
NOW = datetime(2026, 7, 1, 3, tzinfo=UTC)
COMPANY, CLEAN, HUMAN = unified_code(1), unified_code(2), citizen_number(3)
LISTED = "示例市宏远机电设备有限公司"
ALIKE = "示例市鸿远机电设备有限责任公司"


def row(number: int, name: str, code: str, **cells: object) -> Record:
    given: dict[str, object] = {
        "source": "city_list",
        "file": "lists.csv",
        "row": number,
        "list_type": "black.judgment_default",
        "subject_kind": "legal_entity",
        "name": name,
        "identifiers": (("", code),) if code else (),
        "severity": "serious",
        "authority": "示例法院",
        "basis": "示例规定",
        "document_no": f"示例{number}号",
        "document_date": "2026-04-01",
    }
    return Record(**(given | cells))  # type: ignore[arg-type]  # a test gives what it likes


ROWS = (
    row(2, LISTED, COMPANY),
    row(3, "示例无号建筑工程有限公司", "", list_type="international.un", severity=""),
    row(4, "示例遮号医药连锁有限公司", COMPANY[:6] + "*" * 6 + COMPANY[-6:]),
    row(5, "某某某", HUMAN, subject_kind="natural_person"),
    row(6, "Example Personovich", "", subject_kind="natural_person", list_type="international.un", severity=""),
    row(7, "Valery Nikolaevich Exemplov", "", subject_kind="natural_person", list_type="international.un", severity=""),
    row(8, "示例江·某·提", HUMAN, subject_kind="natural_person"),
    row(9, "株式会社シレイ商事", "", list_type="international.un", severity=""),
)
REGISTERED = (row(2, "示例市清白机电设备有限公司", CLEAN, list_type=REGISTER, severity=""),)


def compile_into(state: Path, threshold: float = 0.8) -> Path:
    state.parent.mkdir(parents=True, exist_ok=True)
    plans = []
    for kind, rows in (("city_list", ROWS), ("entity_register", REGISTERED)):
        file = state.parent / f"{kind}.csv"
        file.write_text("rows", encoding="utf-8")
        plans.append(
            SourcePlan(
                kind=kind,
                provides=() if kind == "entity_register" else tuple(t.id for t in CATALOGUE.list_types),
                files=(file,),
                records=iter(rows),
                data_as_of=date(2026, 7, 1),
                coverage_from=date(2020, 1, 1),
                max_age_days=30,
                shrink_threshold=1,
                is_register=kind == "entity_register",
            )
        )
    plan = CompilePlan(
        sources=tuple(plans),
        catalogue_hash=catalogue_hash(CATALOGUE),
        created_at=NOW,
        name_threshold=threshold,
    )
    rules = Rules(
        catalogue=CATALOGUE,
        calendar=WorkCalendar.official(),
        keyer=SubjectKeyer(read_or_make_key(state)),
        today=date(2026, 7, 1),
    )
    return compile_snapshot(plan, rules, state).path


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("names") / "state"
    compile_into(folder)
    return folder


@pytest.fixture
def snapshots(state: Path) -> SnapshotSet:
    return SnapshotSet(state)


@pytest.fixture
def gateway(snapshots: SnapshotSet) -> Gateway:
    return Gateway(snapshots, MemoryLog(), clock=lambda: NOW)


def command(name: str, kind: SubjectKind = SubjectKind.LEGAL_ENTITY, code: str = "") -> Command:
    numbers = (("", code),) if code else ()
    purpose = {"organisation": "示例局", "operator": "示例员", "matter": "M-1"}
    return Command(kind=kind, action="permit.grant", name=name, identifiers=numbers, **purpose)


def ask(gateway: Gateway, name: str, kind: SubjectKind = SubjectKind.LEGAL_ENTITY, code: str = "") -> Answer:
    return blocking.check(gateway, command(name, kind, code))


class TestAnswers:
    def test_a_candidate_says_how_alike_why_and_what_settles_it(self, gateway: Gateway) -> None:
        decision = ask(gateway, ALIKE).decision
        assert (decision.verdict, decision.measures) == (Verdict.CANNOT_TELL, ())
        assert [gap.reason for gap in decision.gaps] == [GapReason.IDENTITY_NAME_ONLY]
        (found,) = decision.candidates
        assert (found.name, found.display, found.list_types) == (LISTED, COMPANY, ("black.judgment_default",))
        assert (found.score, found.why) == (0.47, "the name sounds the same (0.94)")
        assert COMPANY in found.closes_with

    @pytest.mark.parametrize(
        ("asked", "listed"),
        [
            ("示例無號建築工程", "示例无号建筑工程有限公司"),
            ("示例遮号医药有限公司连锁", "示例遮号医药连锁有限公司"),
            ("shili shi hongyuan jidian shebei youxian gongsi", LISTED),
        ],
    )
    def test_with_a_number_masked_or_none(self, gateway: Gateway, asked: str, listed: str) -> None:
        (found,) = ask(gateway, asked).decision.candidates
        assert found.name == listed
        assert found.closes_with

    @pytest.mark.parametrize("code", [CLEAN, COMPANY])
    def test_who_has_a_number_is_never_searched(
        self, gateway: Gateway, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("xingate_server.snapshot.store.search", None)
        assert ask(gateway, ALIKE, code=code).decision.candidates == ()

    def test_a_registered_company_that_is_on_no_list_is_no_candidate(self, gateway: Gateway) -> None:
        assert ask(gateway, "示例市青白机电设备有限公司").decision.candidates == ()

    def test_of_people_only_those_on_international_lists(self, gateway: Gateway) -> None:
        person = SubjectKind.NATURAL_PERSON
        assert ask(gateway, "某某谋", person).decision.candidates == ()
        (found,) = ask(gateway, "Personovich, Example", person).decision.candidates
        assert (found.name, found.list_types) == ("Example Personovich", ("international.un",))
        assert ask(gateway, "Personovich, Example").decision.candidates == ()

    @pytest.mark.parametrize("asked", ["Valery Exemplov", "Exemplov, Valery", "EXEMPLOV Valery N."])
    def test_a_person_by_a_short_form(self, gateway: Gateway, asked: str) -> None:
        (found,) = ask(gateway, asked, SubjectKind.NATURAL_PERSON).decision.candidates
        assert found.name == "Valery Nikolaevich Exemplov"
        assert found.why.startswith("a short form: all words are words of the name, its first and last among them")

    @pytest.mark.parametrize("asked", ["Exemplov", "V. Exemplov", "V. N. E.", "示例江·提"])
    def test_never_by_one_word_or_initials_nor_on_a_domestic_list(self, gateway: Gateway, asked: str) -> None:
        assert ask(gateway, asked, SubjectKind.NATURAL_PERSON).decision.candidates == ()

    @pytest.mark.parametrize("asked", ["シレイ商事", "㈱シレイ商事", "シレイ商事（株）", "有限会社シレイ商事"])
    def test_an_organisation_without_its_legal_form(self, gateway: Gateway, asked: str) -> None:
        (found,) = ask(gateway, asked).decision.candidates
        assert found.name == "株式会社シレイ商事"
        assert found.why.startswith("the name is equal")

    def test_the_threshold_is_the_snapshots(self, tmp_path: Path) -> None:
        path = compile_into(tmp_path / "state", threshold=0.95)
        assert read_manifest(path).name_threshold == 0.95
        strict = Gateway(SnapshotSet(tmp_path / "state"), MemoryLog(), clock=lambda: NOW)
        assert ask(strict, ALIKE).decision.candidates == ()

    def test_a_snapshot_without_the_index(self, tmp_path: Path) -> None:
        path = compile_into(tmp_path / "state") / "data.lmdb"
        with lmdb.open(str(path), subdir=False, lock=False, max_dbs=5) as environment:
            for name in (b"listed", b"gram"):
                with environment.begin(write=True) as transaction:
                    transaction.drop(environment.open_db(name, txn=transaction))
        old = Snapshot.open(path.parent, SubjectKeyer(read_or_make_key(tmp_path / "state")), verify=False)
        assert old.similar(SubjectClass.ORGANISATION, ALIKE) == []


class TestReplay:
    def test_the_same_bytes_again(self, gateway: Gateway, snapshots: SnapshotSet) -> None:
        stored = gateway.records.get(ask(gateway, ALIKE).record_id)
        assert replay(stored, snapshots).result is ReplayResult.SAME
        assert ask(gateway, ALIKE).digest == decode(stored.leaf).decision_digest

    def test_an_organisations_name_is_recorded_where_candidates_rest_on_it(self, gateway: Gateway) -> None:
        assert "鸿远".encode() in gateway.records.get(ask(gateway, ALIKE).record_id).leaf
        assert "别的".encode() not in gateway.records.get(ask(gateway, "别的名称").record_id).leaf

    def test_a_persons_name_never_is(self, gateway: Gateway, snapshots: SnapshotSet) -> None:
        answer = ask(gateway, "Personovich, Example", SubjectKind.NATURAL_PERSON)
        stored = gateway.records.get(answer.record_id)
        assert b"ersonovich" not in stored.leaf
        assert replay(stored, snapshots).result is ReplayResult.CANDIDATES

    def test_nor_a_name_that_holds_a_persons_number(self, gateway: Gateway, snapshots: SnapshotSet) -> None:
        stored = gateway.records.get(ask(gateway, f"{LISTED}{HUMAN}").record_id)
        assert HUMAN.encode() not in stored.leaf


class TestOthersNeedNotWait:
    @pytest.mark.parametrize("way", ["check", "check_many"])
    async def test_names_are_looked_for_in_a_thread(
        self, gateway: Gateway, way: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked, may_go, found_in = asyncio.Event(), threading.Event(), []
        loop = asyncio.get_running_loop()

        def slow(*_: object) -> list[object]:
            found_in.append(threading.current_thread())
            loop.call_soon_threadsafe(looked.set)
            assert may_go.wait(20)
            return []

        monkeypatch.setattr("xingate_server.snapshot.store.search", slow)
        asked = command(ALIKE)
        call = (
            gateway.checker.check(asked)
            if way == "check"
            else gateway.checker.check_many([asked, command("", code=CLEAN)])
        )
        waiting = asyncio.create_task(call)  # type: ignore[var-annotated, arg-type]  # one of two kinds
        await asyncio.wait_for(looked.wait(), 20)
        other = await asyncio.wait_for(gateway.checker.check(command("", code=CLEAN)), 20)
        assert (other.decision.verdict, waiting.done()) == (Verdict.CLEAR, False)
        may_go.set()
        await waiting
        assert found_in[0] is not threading.main_thread()
