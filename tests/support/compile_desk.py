"""A state directory of invented lists to compile into, for tests of what a snapshot holds."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from xingate_server.catalogues import catalogue_hash, load
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Posture
from xingate_server.core.entry import REGISTER, Record
from xingate_server.core.identifiers.parsing import Scheme
from xingate_server.core.subject import SubjectClass, SubjectFile, SubjectKeyer
from xingate_server.snapshot.compile.compile import compile_snapshot
from xingate_server.snapshot.keys import read_or_make_key
from xingate_server.snapshot.request import Compiled, CompilePlan, SourcePlan
from xingate_server.snapshot.store import Snapshot

ORGANISATION, PERSON = SubjectClass.ORGANISATION, SubjectClass.PERSON
TODAY = date(2026, 7, 1)
CATALOGUE = load(["shiyan2017", "international"], Posture.AS_PLANNED_2017)
EVERY_LIST_TYPE = tuple(t.id for t in CATALOGUE.list_types)
CALENDAR = WorkCalendar.official()
WHOLE = {
    "subject_kind": "legal_entity",
    "name": "示例有限公司",
    "list_type": "black.bribery",
    "authority": "示例局",
    "basis": "示例办法",
    "document_no": "示例1号",
    "document_date": "2026-04-01",
    "notice_start": "2026-03-02",
    "notice_end": "2026-03-30",
    "signed_by": "示例签署人",
}


def row(number: str, *further: tuple[str, str], **cells: Any) -> Record:
    """An admissible row of an invented company, but for `cells`."""
    identifiers = ((cells.pop("scheme", ""), number), *further) if number else ()
    filled = {"source": "city_list", "file": "示例.csv", "row": 2} | WHOLE | {"identifiers": identifiers} | cells
    raw = {"code": number, **{k: v for k, v in cells.items() if isinstance(v, str)}}
    return Record(**filled, raw=raw)


def registered(number: str, **cells: Any) -> Record:
    """A row of a register."""
    return row(number, list_type=REGISTER, source="entity_register", established="2015-01-01", **cells)


class Desk:
    """A state directory with what it takes to compile into it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.state = folder / "state"
        self.keyer = SubjectKeyer(read_or_make_key(self.state))

    def source(self, records: Sequence[Record], kind: str = "city_list", **options: Any) -> SourcePlan:
        path = self.folder / f"{kind}.csv"
        path.write_text("rows", encoding="utf-8")
        numbered = [self._placed(record, kind, path, n) for n, record in enumerate(records)]
        given: dict[str, Any] = {
            "provides": EVERY_LIST_TYPE,
            "data_as_of": TODAY,
            "coverage_from": TODAY,
            "max_age_days": 30,
            "shrink_threshold": 0.1,
        }
        return SourcePlan(kind=kind, files=(path,), records=iter(numbered), **(given | options))

    def compile(self, *sources: SourcePlan, **options: Any) -> Compiled:
        plan = CompilePlan(
            sources=sources,
            catalogue_hash=catalogue_hash(CATALOGUE),
            created_at=datetime(2026, 7, 1, 12, tzinfo=UTC),
            **options,
        )
        rules = Rules(catalogue=CATALOGUE, calendar=CALENDAR, keyer=self.keyer, today=TODAY)
        return compile_snapshot(plan, rules, self.state)

    def snapshot(self, *records: Record) -> Snapshot:
        return Snapshot.open(self.compile(self.source(records)).path, self.keyer)

    def key(self, number: str, scheme: Scheme = Scheme.USCC, subject_class: SubjectClass = ORGANISATION) -> bytes:
        return self.keyer.identifier(subject_class, scheme, number)

    def person(self, number: str) -> bytes:
        return self.key(number, Scheme.CITIZEN_ID, PERSON)

    @staticmethod
    def _placed(record: Record, kind: str, path: Path, position: int) -> Record:
        return msgspec.structs.replace(record, source=kind, file=str(path), row=position + 2)


def file_at(snapshot: Snapshot, key: bytes) -> SubjectFile:
    found = snapshot.get(key)
    assert found is not None
    return found


def refusals(compiled: Compiled) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (compiled.path / "refused.jsonl").read_text(encoding="utf-8").splitlines()]
