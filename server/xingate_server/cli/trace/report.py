"""`xingate trace report` and `xingate trace recipients`: what the logs say for assessment (Cl. 31) and correction
(Cl. 25)."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import click
import msgspec

from xingate.types import Verdict
from xingate_server.cli.output.common import (
    AskedWronglyError,
    CommandError,
    console,
    open_gateway,
    print_line,
    report_errors,
)
from xingate_server.cli.output.rows import TIME, print_rows, shown_time
from xingate_server.cli.output.sheets import CSV_MARK, Sheet, to_csv, to_xlsx
from xingate_server.cli.trace import usage as _usage
from xingate_server.cli.trace.logs import (
    EXIT_DAMAGED,
    Day,
    OpenLog,
    cut_off,
    nodes_option,
    open_logs,
    states_option,
    walked,
)
from xingate_server.cli.trace.search import read_subject, refuse_number, subject_options
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.core.subject import ID_DIGITS, SubjectKeyer
from xingate_server.disk_faults import disk_fault
from xingate_server.gateway.errors import InvalidQuestionError
from xingate_server.gateway.records.search import Search, read_search
from xingate_server.snapshot.errors import SubjectKeyError
from xingate_server.snapshot.keys import read_key
from xingate_server.trace.audit.recipients import Recipient, Recipients
from xingate_server.trace.audit.report import By, Matter, OpenMatter, Usage, UsageCount, UsageRow
from xingate_server.trace.audit.search import found_all
from xingate_server.trace.audit.tolerant_read import Damaged
from xingate_server.trace.port import Stored

_ASK_WITHIN_S = 600.0  # the gateway reads its whole log
_ENTRY_ID = re.compile(rf"([0-9a-f]{{{ID_DIGITS}}})(:[a-z_]+)?")  # a role where it reaches a person
_RECIPIENT_HEADER = ("organisation", "system", "operator", "matter", "time", "verdict", "record")

out_option = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="Write to this file instead of standard output.",
)


@click.command("report", short_help="Count lookups and outcomes, for assessment.")
@click.option("--from", "first", type=Day(), default=None, metavar="D", help="First day of lookups (Asia/Shanghai).")
@click.option("--to", "last", type=Day(), default=None, metavar="D", help="Last day of lookups, included.")
@click.option(
    "--by",
    type=click.Choice([by.value for by in By]),
    default=By.ORGANISATION.value,
    show_default=True,
    help="What a row represents.",
)
@click.option(
    "--matters",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="Matters that should have been looked up (csv or xlsx): matter, organisation, decided_on, or 事项编号, 部门, "
    "决定日期.",
)
@states_option
@nodes_option
@click.option(
    "--target",
    metavar="URL",
    default="",
    help="Let the gateway at grpc://HOST:PORT, grpcs://, http:// or https:// count, over its own log.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "xlsx", "svg", "json"]),
    default="table",
    show_default=True,
    help="How to show it; xlsx needs --out.",
)
@out_option
@report_errors
def report_command(  # noqa: PLR0913 - one for each option
    *,
    first: date | None,
    last: date | None,
    by: str,
    matters: Path | None,
    states: tuple[Path, ...],
    nodes: tuple[Path, ...],
    target: str,
    form: str,
    out: Path | None,
) -> int:
    """Count lookups, subjects, verdicts and outcomes, for monitoring and assessment (Cl. 31).

    Outcomes count with the lookup that they name, whenever they were reported. A record that stands in several logs
    counts once. A log in PostgreSQL (`trace.store`) is read with SELECT rights alone. With --matters also which
    matters were decided without a lookup before, by their own organisation.

    Exit codes: 0 counted, 1 counted but for damaged leaves, which are named, 2 usage, 3 no log or it cannot be read,
    or no gateway or it cannot count.
    """
    if first and last and first > last:
        raise AskedWronglyError(f"the first day `{first}` is after the last one `{last}`")
    if form == "xlsx" and out is None:
        raise AskedWronglyError("a workbook goes into a file: give --out FILE")
    if target and (states or nodes or matters):
        raise AskedWronglyError("a gateway counts over its own log: give --target without --state, --node, --matters")
    if target:
        usage, opened = _ask(target, first, last, by)
    else:
        usage, opened = _count(UsageCount(first, last, _read_matters(matters)), By(by), states, nodes)
    if form == "table" and out is None:
        _usage.show(console(), usage, opened)
    elif form == "xlsx":
        _write(out, to_xlsx(_usage.sheets(usage, opened)))
    elif form == "csv":
        _give(out, to_csv(_usage.sheets(usage, opened)), CSV_MARK)
    elif form == "svg":
        _give(out, _usage.chart(usage))
    elif form == "json":
        _give(out, _usage.document(usage, opened) + "\n")
    else:
        raise AskedWronglyError("a table goes to the screen: for a file choose --format csv, xlsx, svg or json")
    for note in _usage.notes(usage):
        click.echo(f"xingate: {note}", err=True)
    return EXIT_DAMAGED if usage.damaged_count else 0


@click.command("recipients", short_help="List who asked about a subject, or received an answer that showed an entry.")
@click.option("--entry", default="", metavar="ENTRY_ID", help="An entry that was wrong, as answers show its id.")
@subject_options
@states_option
@nodes_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How to show it; json is one object a line.",
)
@out_option
def recipients_command(  # noqa: PLR0913 - one for each option
    *,
    entry: str,
    subject: str,
    scheme: str,
    name: str,
    first: date | None,
    last: date | None,
    states: tuple[Path, ...],
    nodes: tuple[Path, ...],
    form: str,
    out: Path | None,
) -> int:
    """List who has to be told (Cl. 25): all who asked about a subject, or who received an answer that showed an entry.

    With --subject (and --name) every lookup about the subject is listed, whatever was answered, CLEAR included: those
    who are to hear of a new listing. A lookup by several numbers is found by each of them, one of an older release
    (without `furtherKeys`) by one alone: search by each number that the subject has. With --entry those in whose
    answers the entry acted, was shown without effect, or made a gap, so that they can be told of its correction.
    Candidates carry no entry id: a lookup in which the entry only made its subject a candidate is not listed. Every
    lookup stands on its own, oldest first in each log. Times on the screen are in Asia/Shanghai (+08:00), as the days
    of --from and --to are; in csv and json they are in UTC.

    Exit codes: 0 listed, also where nobody is, 1 listed but for damaged leaves, which are named, 2 usage, 3 no log or
    it cannot be read.
    """
    for option, text in (("scheme", scheme), ("name", name)):
        refuse_number(option, text)
    if bool(entry) == bool(subject or name):
        raise AskedWronglyError("say whom it is about: --subject CODE (or -) or --name, or else --entry ENTRY_ID")
    if entry:
        if first or last or scheme:
            raise AskedWronglyError("--from, --to and --scheme go with --subject: an entry's recipients are all listed")
        found = Recipients(_entry_id(entry))
        with open_logs(states, nodes) as logs:
            recipients = [one for each in logs for one in found.take(each.where, walked(each, "reading"))]
    else:
        search = Search(
            subject=read_subject(subject, scheme),
            scheme=scheme,
            name=name,
            first=str(first or ""),
            last=str(last or ""),
        )
        found = Recipients("")
        with open_logs(states, nodes) as logs:
            recipients = []
            for each in logs:
                recipients += reversed(list(found.take(each.where, _lookups(each, search))))
    if form == "csv":
        sheet = Sheet("recipients", _RECIPIENT_HEADER, [_row(each) for each in recipients])
        _give(out, to_csv([sheet]), CSV_MARK)
    elif form == "json":
        _give(out, "".join(json.dumps(_object(each), ensure_ascii=False) + "\n" for each in recipients))
    elif out is not None:
        raise AskedWronglyError("a table goes to the screen: for a file choose --format csv or json")
    else:
        _show(f"received an answer that showed the entry {entry}" if entry else "asked about this subject", recipients)
    for what in found.damaged:
        click.echo(f"xingate: not read: {what}", err=True)
    return EXIT_DAMAGED if found.damaged else 0


def _count(count: UsageCount, by: By, states: Sequence[Path], nodes: Sequence[Path]) -> tuple[Usage, list[OpenMatter]]:
    with open_logs(states, nodes) as logs:
        for each in logs:
            count.take(each.where, walked(each, "counting"))
    usage, opened = count.report(by), list(count.open_matters())
    count.close()
    return usage, opened


def _ask(target: str, first: date | None, last: date | None, by: str) -> tuple[Usage, list[OpenMatter]]:
    """A gateway's own figures."""
    with open_gateway(target, Path()) as gateway:
        told = gateway.usage_report(first, last, by=by, timeout_s=_ASK_WITHIN_S)
    rows = [UsageRow(**{**vars(row), "verdicts": dict(row.verdicts)}) for row in (*told.rows, told.total)]
    return Usage(first=told.first, last=told.last, by=By(by), rows=tuple(rows[:-1]), total=rows[-1]), []


def _lookups(opened: OpenLog, search: Search) -> Iterator[Stored | Damaged]:
    """The lookups about a subject, newest first, and what was cut off of the log."""
    try:
        query = read_search(search, lambda: SubjectKeyer(read_key(opened.directory.parent)))
    except SubjectKeyError as error:
        raise CommandError(f"{opened.where}: subjects cannot be searched for: {error}") from error
    except InvalidQuestionError as error:
        raise AskedWronglyError(f"{error.reason}: {error.message}") from error
    yield from found_all(opened.log, query)
    yield from cut_off(opened)


def _entry_id(entry: str) -> str:
    known = _ENTRY_ID.fullmatch(entry.strip())
    if known is None:
        raise AskedWronglyError(
            f"`--entry {mask_text(entry)}` is not an entry id: expected {ID_DIGITS} hex digits, as answers show it"
        )
    return known[1]


def _read_matters(file: Path | None) -> Iterator[Matter] | None:
    if file is None:
        return None
    from xingate_server.cli.trace.matters import read_matters

    return read_matters(file)


def _show(what: str, recipients: list[Recipient]) -> None:
    if not recipients:
        click.echo(f"nobody {what}")
        return
    headers = [TIME if header == "time" else header for header in _RECIPIENT_HEADER]
    rows = [_row(msgspec.structs.replace(each, time=shown_time(each.time))) for each in recipients]
    print_rows(headers, rows, ("organisation", "matter"))


def _row(each: Recipient) -> tuple[str, ...]:
    verdict = Verdict[each.verdict.name].label
    return each.organisation, each.system, each.operator, each.matter, each.time, verdict, each.record_id


def _object(each: Recipient) -> dict[str, str]:
    return {
        "organisation": each.organisation,
        "system": each.system,
        "operator": each.operator,
        "matter": each.matter,
        "time": each.time,
        "verdict": f"VERDICT_{each.verdict.name}",
        "recordId": each.record_id,
    }


def _give(out: Path | None, text: str, mark: str = "") -> None:
    """To the file, with `mark` before it, or to standard output."""
    if out is None:
        print_line(text.rstrip("\n"))
    else:
        _write(out, (mark + text).encode())


def _write(out: Path | None, content: bytes) -> None:
    if out is None:
        raise AskedWronglyError("give --out FILE")
    try:
        out.write_bytes(content)
    except OSError as error:
        raise CommandError(f"`{out}` cannot be written: {disk_fault(error, out)}") from error
