"""A search finds what a look at every leaf finds, in every store, whatever is known of where to look."""

import random
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

import apsw
import pytest
from tests.support import blocking

from xingate_server.core.catalogue import Verdict
from xingate_server.core.subject import SubjectKind
from xingate_server.trace.audit.search import Query, found_all, rows_of, search
from xingate_server.trace.audit.tolerant_read import Damaged
from xingate_server.trace.leaf import terms
from xingate_server.trace.leaf.record import ActLeaf, CheckLeaf, DenialLeaf, Leaf, OutcomeLeaf, encode, read
from xingate_server.trace.leaf.terms import CHUNK, WRITE_AT, blocks_of, candidates, terms_of
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import Draft, LeafKind, Stored, TraceLog
from xingate_server.trace.postgres.store import PostgresLog
from xingate_server.trace.sqlite.store import FILE, SqliteLog
from xingate_server.trace.sqlite.terms import FILE as SEARCH_FILE

START = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
SUBJECTS = [blake2b(bytes([n]), digest_size=16).digest() for n in range(9)]
ORGANISATIONS = ("示例审批局", "示例交易中心", "")
KINDS: tuple[LeafKind, ...] = ("check", "check", "check", "check", "outcome", "denial", "act")
MANY = 1200


def leaf(number: int, chance: random.Random) -> Leaf:
    """An invented leaf; times go on by minutes, now and then back by hours, as a clock that was set does."""
    back = timedelta(hours=5) if chance.random() < 0.02 else timedelta()
    time = (START + timedelta(minutes=number) - back).isoformat(timespec="microseconds").replace("+00:00", "Z")
    ids = {"record_id": f"record-{number}", "request_id": f"request-{number}", "time": time}
    caller = {"organisation": chance.choice(ORGANISATIONS), "operator": f"op-{chance.randrange(4)}"}
    match chance.choice(KINDS):
        case "check":
            return CheckLeaf(
                action=chance.choice(("permit.grant", "tender.bid")),
                matter=chance.choice(("", "M-1", f"M-{number}")),
                subject_kind=SubjectKind.LEGAL_ENTITY,
                subject_key=chance.choice(SUBJECTS),
                further_keys=tuple(chance.sample(SUBJECTS, chance.choice((0, 0, 0, 1, 3)))),
                as_of="2026-03-01",
                sequence=1,
                snapshot_hash="",
                catalogue_hash="",
                verdict=chance.choice(list(Verdict)),
                decision_digest="",
                situation=b"{}",
                **ids,
                **caller,
            )
        case "outcome":
            return OutcomeLeaf(lookup_record_id="record-0", **ids, **caller)
        case "denial":
            return DenialLeaf(method="ReportOutcome", reason="not_allowed", **ids, **caller)
    return ActLeaf(act="snapshot_activated", operator=caller["operator"], **ids)


def draft(made: Leaf, *, has_terms: bool = True) -> Draft:
    kind = terms.kind_of(made)
    return Draft(
        kind=kind,  # type: ignore[arg-type]
        record_id=made.record_id,
        request_id=made.request_id,
        system="",
        organisation="" if isinstance(made, ActLeaf) else made.organisation,
        question_digest=b"q",
        time=made.time,
        leaf=encode(made),
        answer=b"",
        terms=terms_of(made) if has_terms else b"",
    )


def fill(log: TraceLog, count: int, *, seed: int = 7, has_terms: bool = True) -> list[Leaf]:
    chance = random.Random(seed)  # noqa: S311 - invented data
    leaves = [leaf(number, chance) for number in range(log.size(), log.size() + count)]
    for start in range(0, count, 500):
        blocking.append_many(log, [draft(one, has_terms=has_terms) for one in leaves[start : start + 500]])
    return leaves


def opened(name: str, request: pytest.FixtureRequest, folder: Path) -> TraceLog:
    if name == "memory":
        return MemoryLog()
    return SqliteLog(folder) if name == "sqlite" else PostgresLog(request.getfixturevalue("postgres_dsn"))


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TraceLog]:
    made = opened(request.param, request, tmp_path / "trace")
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trace"


QUERIES = [
    Query(subject_keys=frozenset({SUBJECTS[0]})),
    Query(subject_keys=frozenset(SUBJECTS[1:3]), verdict=Verdict.CLEAR),
    Query(matter="M-1"),
    Query(matter="M-17"),
    Query(matter="M-none"),
    Query(organisation="示例审批局", operator="op-2", action="tender.bid"),
    Query(operator="op-3"),
    Query(verdict=Verdict.PROHIBITED),
    Query(kind="act"),
    Query(kind="denial", organisation="示例交易中心"),
    Query(first=date(2026, 3, 2), last=date(2026, 3, 2)),
    Query(last=date(2026, 3, 1)),
    Query(last=date.max),
    Query(first=date.min, action="tender.bid"),
    Query(first=date.max),
    Query(last=date.min),
    Query(first=date(2026, 3, 3), kind="check", verdict=Verdict.CAUTION, action="permit.grant"),
]


def said(query: Query, one: Leaf) -> bool:
    """What `Query.fits` means, said in another way."""
    day = (datetime.fromisoformat(one.time) + timedelta(hours=8)).date().isoformat()
    is_lookup = isinstance(one, CheckLeaf)
    wanted = {
        "organisation": query.organisation,
        "operator": query.operator,
        "matter": query.matter,
        "action": query.action,
    }
    if not is_lookup and (query.subject_keys or query.matter or query.action or query.verdict is not None):
        return False
    return (
        all(not text or getattr(one, name, "") == text for name, text in wanted.items())
        and (not query.subject_keys or {one.subject_key, *one.further_keys} & query.subject_keys)
        and (query.verdict is None or one.verdict is query.verdict)
        and (query.kind is None or type(one).__name__.lower().startswith(query.kind))
        and (query.first is None or query.first.isoformat() <= day)
        and (query.last is None or day <= query.last.isoformat())
    )


def indexes(found: Sequence[Stored | Damaged]) -> list[int]:
    return [one.leaf_index for one in found]


def paged(log: TraceLog, query: Query, limit: int) -> list[int]:
    """All that fit, page by page."""
    found: list[int] = []
    before: int | None = None
    while True:
        page = search(log, query, limit, before)
        assert len(page.leaves) <= limit
        found += indexes(page.leaves)
        before = page.next_before
        if before is None:
            return found


@pytest.mark.parametrize("has_terms", [True, False])
def test_what_fits_is_found_newest_first(log: TraceLog, has_terms: bool) -> None:
    leaves = fill(log, MANY, has_terms=has_terms)
    for query in QUERIES:
        wanted = [n for n in range(MANY - 1, -1, -1) if said(query, leaves[n])]
        assert indexes(list(found_all(log, query))) == wanted
        assert paged(log, query, 7 if len(wanted) < 200 else 333) == wanted
    assert any(said(QUERIES[0], one) for one in leaves)


def test_pages_stay_where_they_are_while_records_come_in(log: TraceLog) -> None:
    leaves = fill(log, 400)
    query = Query(operator="op-1")
    first = search(log, query, 20)
    fill(log, 300, seed=8)
    wanted = [n for n in range(399, -1, -1) if said(query, leaves[n])]
    rest = search(log, query, 1000, first.next_before)
    assert indexes(first.leaves) + indexes(rest.leaves) == wanted


def test_a_search_that_runs_out_of_time_says_where_to_go_on(log: TraceLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xingate_server.trace.audit.search.CHUNK", 64)
    monkeypatch.setattr("xingate_server.trace.leaf.terms.CHUNK", 64)
    leaves = fill(log, 300)
    page = search(log, Query(matter="M-none"), 10, None, lambda: False)
    assert (page.leaves, page.next_before) == ([], 256)
    query = Query(matter="M-1")
    found, before = [], None
    for _ in range(500):
        page = search(log, query, 1000, before, lambda: False)
        found += indexes(page.leaves)
        before = page.next_before
        if before is None:
            break
    assert found == [n for n in range(299, -1, -1) if said(query, leaves[n])]


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
def test_rows_are_read_instead_of_leaves(
    name: str, request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = opened(name, request, folder)
    leaves = fill(log, 3 * WRITE_AT)
    log.close()
    log = opened(name, request, folder)
    read_leaves: list[int] = []
    whole = log.read

    def counted(start: int = 0, stop: int | None = None) -> Iterator[Stored]:
        read_leaves.extend(range(start, stop or 0))
        return whole(start, stop)

    monkeypatch.setattr(log, "read", counted)
    query = Query(subject_keys=frozenset({SUBJECTS[4]}), matter="M-1")
    wanted = [n for n in range(len(leaves) - 1, -1, -1) if said(query, leaves[n])]
    assert indexes(list(found_all(log, query))) == wanted
    assert sorted(read_leaves, reverse=True) == wanted
    log.close()


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
def test_rows_can_be_made_again(name: str, request: pytest.FixtureRequest, folder: Path) -> None:
    log = opened(name, request, folder)
    leaves = fill(log, 700, has_terms=False)
    assert log.terms(0) == []
    rows, damaged = rows_of(log, 0, 700)
    assert (damaged, [row[1] for row in rows]) == ([], [terms_of(one) for one in leaves])
    assert log.replace_terms(0, blocks_of(rows))
    assert log.replace_terms(0, blocks_of(rows))
    assert list(log.terms(0)) == [block.content for block in blocks_of(rows)]
    log.close()


def test_the_file_may_be_lost_or_damaged_at_any_byte(folder: Path) -> None:
    log = SqliteLog(folder)
    leaves = fill(log, WRITE_AT)
    log.close()
    path = folder / SEARCH_FILE
    apsw.Connection(str(path)).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    whole = path.read_bytes()
    query = QUERIES[0]
    wanted = [n for n in range(WRITE_AT - 1, -1, -1) if said(query, leaves[n])]
    contents: list[bytes | None] = [None, b"", whole[: len(whole) // 2], b"no database at all" * 500]
    for place in range(0, len(whole), 997):
        contents += [whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]]
    for content in contents:
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        log = SqliteLog(folder)
        assert indexes(list(found_all(log, query))) == wanted
        log.close()


def test_a_file_that_cannot_be_written_stops_no_record(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / SEARCH_FILE).mkdir()
    log = SqliteLog(folder)
    leaves = fill(log, WRITE_AT + 5)
    assert not log.replace_terms(0, [])
    assert len(list(found_all(log, Query(operator="op-1")))) == sum(said(Query(operator="op-1"), one) for one in leaves)
    log.close()


def test_processes_write_their_own_rows(folder: Path) -> None:
    logs = [SqliteLog(folder) for _ in range(3)]
    chance = random.Random(1)  # noqa: S311 - invented data
    leaves = [leaf(number, chance) for number in range(600)]
    for number, one in enumerate(leaves):
        blocking.append(logs[number % 3], draft(one))
    for log in logs:
        log.close()
    log = SqliteLog(folder)
    assert len(log.terms(0)) == 3
    for query in QUERIES:
        assert indexes(list(found_all(log, query))) == [n for n in range(599, -1, -1) if said(query, leaves[n])]
    log.close()


def test_a_damaged_leaf_that_may_fit_is_named(folder: Path) -> None:
    log = SqliteLog(folder)
    leaves = fill(log, 200)
    log.close()
    query = Query(subject_keys=frozenset({SUBJECTS[0]}))
    hit = next(n for n in range(100, 200) if said(query, leaves[n]))
    connection = apsw.Connection(str(folder / FILE))
    connection.execute("UPDATE leaves SET leaf = x'00' WHERE leaf_index = ?", (hit,))
    connection.close()
    log = SqliteLog(folder)
    found = list(found_all(log, query))
    assert [one.leaf_index for one in found if isinstance(one, Damaged)] == [hit]
    assert indexes(found) == [n for n in range(199, -1, -1) if said(query, leaves[n])]
    log.close()


def test_chunks_have_blocks_of_their_own() -> None:
    rows = [(index, bytes(28)) for index in (CHUNK - 2, CHUNK - 1, CHUNK, CHUNK + 5)]
    assert [(block.chunk, block.first) for block in blocks_of(rows)] == [(0, CHUNK - 2), (1, CHUNK)]
    first, second = (block.content for block in blocks_of(rows))
    none = Query(operator="nobody").sought()
    other_form = crc32(first[4:], 0).to_bytes(4, sys.byteorder) + first[4:]
    assert candidates([other_form, b"", b"1234"], none, CHUNK - 3, CHUNK) == [CHUNK - n for n in (1, 2, 3)]
    assert candidates([first], none, CHUNK - 3, CHUNK) == [CHUNK - 3]
    assert candidates([second], none, CHUNK, CHUNK + 6) == [CHUNK + n for n in (4, 3, 2, 1)]
    assert candidates([first], none, CHUNK, CHUNK + 6) == [CHUNK + n for n in range(5, -1, -1)]  # another chunk's


def test_a_reader_without_a_right_to_the_rows_reads_leaves(postgres_dsn: str, sql: object) -> None:
    log = PostgresLog(postgres_dsn)
    leaves = fill(log, WRITE_AT)
    log.close()
    sql(postgres_dsn, "DROP TABLE xingate.terms")  # type: ignore[operator]
    log = PostgresLog(postgres_dsn, must_exist=True)
    query = QUERIES[0]
    assert indexes(list(found_all(log, query))) == [n for n in range(WRITE_AT - 1, -1, -1) if said(query, leaves[n])]
    log.close()


def test_a_row_is_the_same_from_a_lookup_and_from_its_leaf() -> None:
    lookups = [made for n in range(99) if isinstance(made := leaf(n, random.Random(n)), CheckLeaf)]  # noqa: S311
    for one in lookups:
        minute = terms.minute_part(datetime.fromisoformat(one.time))
        answer = terms.answer_part(one.organisation, one.operator, one.action, one.verdict)
        made = terms.check_terms(minute, one.subject_key, one.matter, answer, one.further_keys)
        assert made == terms_of(one) == terms_of(read(encode(one)))
    assert {len(one.further_keys) for one in lookups} == {0, 1, 3}


def test_several_rows_of_one_leaf_hide_no_leaf_without_a_row() -> None:
    """As many rows as leaves in the span, and yet leaf 1 has none."""
    content = [block.content for block in blocks_of([(0, bytes(56)), (2, bytes(28))])]
    assert candidates(content, Query(operator="nobody").sought(), 0, 3) == [1]
