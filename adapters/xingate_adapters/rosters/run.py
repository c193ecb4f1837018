"""A roster from file to workbook: read to the end, ask, write, certify. Uses the SDK's public face alone."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import xingate
from xingate.errors import InvalidRequestError, NotAllowedError, NotFoundError, ProtocolError, UnavailableError
from xingate.screening import RosterRow
from xingate.types import SignedCheckpoint, Verdict
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.run import Run
from xingate_adapters.rosters.book.answers import Outcome
from xingate_adapters.rosters.book.pages import Facts, write_certificate, write_summary
from xingate_adapters.rosters.book.summary import Tally
from xingate_adapters.rosters.book.workbook import Roster
from xingate_adapters.rosters.columns.footers import Footer
from xingate_adapters.rosters.journal import Journal, open_journal, sha256_of
from xingate_adapters.rosters.layout import FIELDS, RosterLayout
from xingate_adapters.rosters.purpose import refuse_without_purpose
from xingate_adapters.rosters.rows import Fault, PackedRows, ReadRow, RowReader, read_all
from xingate_adapters.rosters.screening import Screening
from xingate_server.core.identifiers.parsing import mask_text

OnProgress = Callable[[str, int, int], None]
"""Hears what is being done, how many rows are done, and of how many (0: not known)."""

_CHECKPOINT_WITHIN_S: Final = 10.0  # the log's checkpoint is at most a second behind
_PAUSE_S: Final = 0.2
_TICK: Final = 64
_NO_NUMBERS: Final = "没有号码列，未查询 not asked about, without a column of their numbers: "
_OF_ALL_ROWS: Final = ("action", "as_of", "sequence", "context", "caller")
"""Fields of a question that are the same in every row: what is wrong with them is wrong with the run."""


_Answered = tuple[ReadRow, Verdict | None, Sequence[Outcome]]


class StoppedError(Exception):
    """The run was broken off; what was recorded stays, and the same run continues. `row` is where it stopped."""

    def __init__(self, row: int, cause: xingate.XingateError) -> None:
        super().__init__(f"row {row}: {cause.message}")
        self.row = row
        self.cause = cause


class Done(NamedTuple):
    """What came of a run, with the seconds that reading, and asking and writing, took."""

    tally: Tally
    run: Journal
    read_s: float
    screened_s: float


def screen_file(
    client: xingate.Client, screening: Screening, on_begin: Callable[[Journal], None], on_progress: OnProgress
) -> Done:
    """Ask about every row and write the workbook. The same call after a break continues the run (see `journal`).

    Raises SourceError for a file that cannot be read (nothing was asked), StoppedError, JournalError, OSError where the
    workbook cannot be written, and InvalidRequestError for what is wrong with every row.
    """
    layout = screening.layout
    started = datetime.now(UTC)
    clock = time.perf_counter()
    titles = _titles(client, screening.action)
    list_titles = {known.id: known.title.zh for known in client.list_types()}
    digest = sha256_of(layout.file)
    rows = read_all(layout, Run(on_progress=lambda _, done, total: on_progress("reading", done, total)))
    if not rows.count:
        raise SourceError(
            "there are no rows under the header",
            file=layout.file,
            row=layout.table.header_row,
            expected="at least one row",
        )
    if sha256_of(layout.file) != digest:
        raise SourceError("the file was changed while it was read", file=layout.file, hint="run again")
    read_s = time.perf_counter() - clock
    refuse_without_purpose(screening, rows)
    today = started.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
    with open_journal(screening.journal, digest, screening.asked(), today, started) as journal:
        on_begin(journal)
        tally = Tally(not_asked=rows.unasked)
        header = _header(layout)
        with Roster(screening.out, header, list_titles, has_people=layout.has_people or rows.has_members) as roster:
            for row, verdict, results in _screened(client, screening, journal, rows):
                if isinstance(row.asked, Footer):
                    roster.add_footer(row)
                    tally.footers.append(row.number)
                    continue
                roster.add(row, verdict, results)
                tally.add(row.number, verdict, results)
                if tally.rows % _TICK == 0:
                    on_progress("asking", tally.rows, rows.count)
            on_progress("certifying", rows.count, rows.count)
            facts = _facts(client, screening, journal, tally, digest, titles[screening.action])
            write_summary(roster, tally, facts)
            write_certificate(roster, tally, facts)
            on_progress("writing", rows.count, rows.count)
            roster.save()
    return Done(tally, journal, read_s, time.perf_counter() - clock - read_s)


def _titles(client: xingate.Client, action: str) -> dict[str, str]:
    """The actions' titles. Raises InvalidRequestError for an action that the gateway does not know."""
    titles = {known.id: f"{known.title.zh} {known.title.en}".strip() for known in client.actions()}
    if action not in titles:
        close = get_close_matches(action, titles, n=1)
        hint = f"did you mean `{close[0]}`" if close else "`xingate catalogue show` lists them"
        raise InvalidRequestError(f"there is no action `{action}`: {hint}", reason="action_unknown", field="action")
    return titles


def _header(layout: RosterLayout) -> list[str]:
    """The labels of the roster's columns, by place; "" for a column without one."""
    width = max((column.place for column in layout.columns), default=-1) + 1
    labels = {column.place: column.label for column in layout.columns}
    return [labels.get(place, "") for place in range(width)]


def _screened(client: xingate.Client, screening: Screening, journal: Journal, rows: PackedRows) -> Iterator[_Answered]:
    """Every row in its order, with its verdict and results. Rows that are not asked wait for those before them."""
    reader = RowReader(screening.layout, screening.kind, screening.matter, rows.rounded)
    waiting: deque[ReadRow] = deque()

    def asked() -> Iterator[RosterRow]:
        for number, cells in rows:
            row = reader.read(number, cells)
            waiting.append(row)
            if isinstance(row.asked, RosterRow):
                yield row.asked

    answers = client.screen(
        asked(),
        screening.action,
        as_of=journal.as_of,
        context=screening.context,
        run_id=journal.run_id,
    )
    try:
        for screened in answers:
            while not isinstance((row := waiting.popleft()).asked, RosterRow):
                yield _unasked(row)
            _stop_where_none_can_be_asked(row.number, screened)
            yield row, screened.verdict, screened.results
    finally:
        answers.close()
    for row in waiting:
        yield _unasked(row)


def _unasked(row: ReadRow) -> _Answered:
    return row, None, (row.asked,) if isinstance(row.asked, Fault) else ()


def _stop_where_none_can_be_asked(row: int, screened: xingate.ScreenedRow) -> None:
    for result in screened.results:
        if isinstance(result, UnavailableError | NotAllowedError | ProtocolError):
            raise StoppedError(row, result)
        if isinstance(result, InvalidRequestError) and result.field.startswith(_OF_ALL_ROWS):
            raise result


def _facts(
    client: xingate.Client,
    screening: Screening,
    journal: Journal,
    tally: Tally,
    digest: str,
    action_title: str,
) -> Facts:
    layout = screening.layout
    labels: dict[str, list[str]] = {}
    for column in layout.columns:
        if column.field:
            labels.setdefault(column.field, []).append(column.label)
    read_as = {FIELDS[field]: "、".join(found) for field, found in labels.items()}
    if screening.kind is not None:
        read_as[FIELDS["subject_kind"]] = f"{labels.get('subject_kind', [''])[0]} {screening.kind.name.lower()}".strip()
    unnumbered = "、".join(column.label for column in layout.unnumbered)
    asked_by = (screening.organisation, screening.operator, screening.system)
    return Facts(
        file=mask_text(layout.file.name),
        file_sha256=digest,
        action=screening.action,
        action_title=action_title,
        as_of=journal.as_of,
        asked_by=mask_text("，".join(part for part in asked_by if part)),
        run_id=journal.run_id,
        started_at=datetime.fromisoformat(journal.started_at),
        finished_at=datetime.now(UTC),
        read_as=read_as,
        people_note=f"{_NO_NUMBERS}{unnumbered}" if unnumbered else "",
        unread="、".join(layout.unread),
        checkpoint=_checkpoint(client, tally),
    )


def _checkpoint(client: xingate.Client, tally: Tally) -> SignedCheckpoint | None:
    """A checkpoint that covers the run's last record, waited for; None if there is none in time."""
    deadline = time.monotonic() + _CHECKPOINT_WITHIN_S
    while tally.last_leaf is not None and time.monotonic() < deadline:
        try:
            found = client.checkpoint()
        except (NotFoundError, UnavailableError):
            found = None
        if found is not None and found.tree_size > tally.last_leaf[0]:
            return found
        time.sleep(_PAUSE_S)
    return None
