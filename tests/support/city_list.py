"""Rows of an invented city list, and a snapshot compiled from them; for tests that need one of their own."""

from datetime import UTC, date, datetime
from pathlib import Path

from xingate_server.catalogues import catalogue_hash, load
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Posture
from xingate_server.core.entry import Record
from xingate_server.core.subject import SubjectKeyer
from xingate_server.snapshot.compile.compile import compile_snapshot
from xingate_server.snapshot.keys import read_or_make_key
from xingate_server.snapshot.request import CompilePlan, SourcePlan

CATALOGUE = load(["shiyan2017"], Posture.AS_PLANNED_2017)


def row(number: int, name: str, code: str, **cells: object) -> Record:
    """A serious default on a judgment, or what `cells` make of it."""
    given = {
        "source": "city_list",
        "file": "lists.csv",
        "row": number,
        "list_type": "black.judgment_default",
        "subject_kind": "legal_entity",
        "name": name,
        "identifiers": (("", code),),
        "severity": "serious",
        "authority": "示例法院",
        "basis": "示例规定",
        "document_no": f"示例{number}号",
        "document_date": "2026-04-01",
    } | cells
    return Record(**given)  # type: ignore[arg-type]  # cells of a row


def compile_rows(state: Path, *rows: Record, max_age_days: int = 30, coverage_from: date = date(2026, 1, 1)) -> None:
    """Compile a city list of these rows, as of 1 July 2026, into `state`."""
    state.parent.mkdir(parents=True, exist_ok=True)
    file = state.parent / "lists.csv"
    file.write_text("rows", encoding="utf-8")
    source = SourcePlan(
        kind="city_list",
        provides=tuple(t.id for t in CATALOGUE.list_types),
        files=(file,),
        records=iter(rows),
        data_as_of=date(2026, 7, 1),
        coverage_from=coverage_from,
        max_age_days=max_age_days,
        shrink_threshold=1,
    )
    plan = CompilePlan(
        sources=(source,),
        accept_shrink=frozenset({"city_list"}),
        catalogue_hash=catalogue_hash(CATALOGUE),
        created_at=datetime(2026, 7, 1, tzinfo=UTC),
    )
    rules = Rules(
        catalogue=CATALOGUE,
        calendar=WorkCalendar.official(),
        keyer=SubjectKeyer(read_or_make_key(state)),
        today=date(2026, 7, 1),
    )
    compile_snapshot(plan, rules, state)
