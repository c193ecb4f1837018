"""What `xingate compile --dry-run` shows of a comparison: tables for people, a document for programs, a file of all."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from xingate_server.cli.output.common import AskedWronglyError, counted
from xingate_server.core.catalogue import Verdict
from xingate_server.disk_faults import disk_fault
from xingate_server.snapshot.request import AnswerChange, Comparison, SubjectChange, UnlistedChange

_ACTIONS_NAMED = 3
_CLASSES = {"legal_entity": "法人", "sole_trader": "个体工商户", "natural_person": "自然人"}


@contextmanager
def changes_file(path: Path | None) -> Iterator[Callable[[SubjectChange], None]]:
    """What writes every subject to `path`, a JSON object a line; nothing if that is None. A file that cannot be
    written is a usage error, before anything is compiled; one of a compile that fails stays what it was."""
    if path is None:
        yield lambda _: None
        return
    is_kept = path.is_file() or not path.exists()  # and no pipe or device
    draft = path.with_name(f".{path.name}.{os.getpid()}") if is_kept else path
    try:
        file = draft.open("wb")
    except OSError as error:
        raise AskedWronglyError(f"--changes: cannot write `{path}`: {disk_fault(error, path)}") from error
    try:
        with file:
            yield lambda change: _write(file, change)
        if is_kept:
            draft.replace(path)
    finally:
        if is_kept:
            draft.unlink(missing_ok=True)


def _write(file: IO[bytes], change: SubjectChange) -> None:
    file.write(msgspec.json.encode(_subject(change)) + b"\n")


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """The comparison, for `--json`."""
    is_looked_at = not comparison.counts_alone
    return {
        "comparedWith": comparison.sequence or None,
        "entries": [
            {"listType": e.list_type, "region": e.region, "added": e.added, "ended": e.ended, "changed": e.changed}
            for e in comparison.entries
        ],
        "subjects": {
            "differing": comparison.differing,
            "changing": comparison.changing if is_looked_at else None,
            "countsAlone": comparison.counts_alone,
            "shown": [_subject(change) for change in comparison.shown],
        },
        "unlisted": [
            {"kinds": [kind.value for kind in one.kinds], "isForeign": one.is_foreign, "changes": _changes(one.changes)}
            for one in comparison.unlisted
        ]
        if is_looked_at
        else None,
    }


def _subject(change: SubjectChange) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "name": change.name,
        "number": change.number,
        "changes": _changes(change.changes),
    }


def _changes(changes: Iterable[AnswerChange]) -> list[dict[str, Any]]:
    return [
        {
            "actions": one.actions,
            "before": one.before.name,
            "after": one.after.name,
            "gained": one.gained,
            "lost": one.lost,
        }
        for one in changes
    ]


def show_comparison(comparison: Comparison, out: Console, every: Path | None) -> None:
    """Print the comparison; `every` is the file that has all subjects."""
    if comparison.sequence:
        out.print(f"\nagainst snapshot {comparison.sequence}:")
    if comparison.entries:
        table = Table("list type", "region", "added", "ended", "changed")
        for column in table.columns[2:]:
            column.justify = "right"
        for entry in comparison.entries:
            numbers = [f"{n:,}" for n in (entry.added, entry.ended, entry.changed)]
            table.add_row(entry.list_type, escape(entry.region) or "-", *numbers)
        out.print(table)
    else:
        out.print("no entry is added, ended or changed")
    differing = f"{counted(comparison.differing, 'subject')} with another content"
    if comparison.counts_alone:
        out.print(f"{differing}; whose answers change is not looked at: {escape(comparison.counts_alone)}")
        return
    out.print(f"{differing}; {counted(comparison.changing, 'subject')} whose answer for some action changes today")
    for unlisted in comparison.unlisted:
        for line in _of_everybody(unlisted):
            out.print(line, style="bold", soft_wrap=True)
    if comparison.shown:
        out.print(_subjects(comparison.shown))
    if len(comparison.shown) < comparison.changing:
        where = f"all are in {escape(str(every))}" if every is not None else "--changes FILE writes all of them"
        out.print(f"the first {len(comparison.shown):,} are shown; {where}")


def _of_everybody(unlisted: UnlistedChange) -> Iterator[str]:
    """What changes for all who are on no list, in words."""
    kinds = ", ".join(_CLASSES[kind.value] for kind in unlisted.kinds)
    who = f"everybody who is on no list ({kinds}{', with a foreign number' if unlisted.is_foreign else ''})"
    for before, after, several in _by_verdicts(unlisted.changes):
        actions = [action for one in several for action in one.actions]
        becomes = f"{before.name} becomes {after.name}" if before != after else f"{after.name} stays, otherwise"
        yield f"{who}: {becomes} for {counted(len(actions), 'action')}: {_actions(actions)} ({_what(several)})"


def _by_verdicts(changes: Iterable[AnswerChange]) -> Iterator[tuple[Verdict, Verdict, list[AnswerChange]]]:
    found: dict[tuple[Verdict, Verdict], list[AnswerChange]] = {}
    for one in changes:
        found.setdefault((one.before, one.after), []).append(one)
    for (before, after), several in found.items():
        yield before, after, several


def _subjects(shown: tuple[SubjectChange, ...]) -> Table:
    """One line for each pair of verdicts; which action gains and loses what stands in the document and the file."""
    table = Table("subject", "number", "before", "after", "actions", "what")
    for change in shown:
        who, number = f"{_CLASSES[change.kind.value]} {escape(change.name)}", escape(change.number) or "-"
        for before, after, several in _by_verdicts(change.changes):
            actions = [action for one in several for action in one.actions]
            table.add_row(who, number, before.name, after.name, _actions(actions), escape(_what(several)))
            who = number = ""
    return table


def _actions(actions: list[str]) -> str:
    named = ", ".join(actions[:_ACTIONS_NAMED])
    more = len(actions) - _ACTIONS_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _what(changes: list[AnswerChange]) -> str:
    gained = sorted({part for change in changes for part in change.gained})
    lost = sorted({part for change in changes for part in change.lost})
    return ", ".join([*(f"+ {part}" for part in gained), *(f"- {part}" for part in lost)])
