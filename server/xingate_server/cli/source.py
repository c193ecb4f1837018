"""`xingate source`: which kinds of lists can be read, what a file seems to be, and a new kind of one's own.

Exit codes: 0 done, 2 wrong usage, 3 a file that cannot be read. No identity number of a person is shown.
"""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from xingate_server.cli.output.common import (
    AskedWronglyError,
    CommandError,
    console,
    json_option,
    print_object,
    state_option,
)
from xingate_server.disk_faults import disk_fault
from xingate_server.wiring.compiling.compile import SOURCES_FOLDER

if TYPE_CHECKING:
    from xingate_adapters.inspection import Inspection

_LONGEST_CELL = 24


@click.group(name="source", help="Kinds of list files: list them, inspect a file, begin a new kind.")
def source() -> None:
    pass


@source.command("list")
@state_option
@json_option
def list_command(state: Path, as_json: bool) -> None:
    """The kinds of lists that can be read, built in and of this state directory."""
    from xingate_adapters.sources import MappingError, kinds, load_source

    homes = [state / SOURCES_FOLDER]
    found = []
    for kind in kinds(homes):
        try:
            declared = load_source(kind, homes).declaration
        except MappingError as error:
            raise AskedWronglyError(str(error)) from error
        except ModuleNotFoundError as error:
            found.append({"kind": kind, "missing": error.name or ""})
            continue
        found.append({"kind": kind, **declared.model_dump(mode="json")})
    if as_json:
        print_object({"sources": found})
        return
    table = Table("kind", "what", "list types", "stale after")
    for one in found:
        if "missing" in one:
            table.add_row(one["kind"], f"not installed: {one['missing']}", "", "")
            continue
        types = one["provides"]
        shown = "a register" if one["is_register"] else ", ".join(types[:3]) + (" ..." if len(types) > 3 else "")  # noqa: PLR2004
        table.add_row(one["kind"], escape(f"{one['title_zh']}\n{one['title_en']}"), shown, f"{one['max_age_days']} d")
    console().print(table)


@source.command("new")
@click.argument("name")
@click.option(
    "--in",
    "home",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    metavar="DIR",
    help="The folder to make it in; default: `sources` in the state directory, where compile finds it.",
)
@state_option
def new_command(name: str, home: Path | None, state: Path) -> None:
    """Make the folder of a new kind of list, with its mapping, its samples and its tests."""
    from xingate_adapters.scaffold import ScaffoldError, scaffold

    try:
        files = scaffold(name, home or state / SOURCES_FOLDER)
    except ScaffoldError as error:
        raise AskedWronglyError(str(error)) from error
    except OSError as error:
        raise CommandError(f"cannot write `{error.filename}`: {disk_fault(error, Path(error.filename))}") from error
    folder = files[0].parent
    click.echo(f"made {folder}: {', '.join(file.name for file in files)}")
    click.echo(f"change mapping.toml and source.toml to the list, then: pytest {folder}")
    if home is None:
        click.echo(f"and: xingate compile --source {name}=FILE")
    else:
        click.echo(f"compile finds it in the folder `{SOURCES_FOLDER}` of a state directory")


@source.command("inspect")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--map", "mapping", type=click.Path(path_type=Path), metavar="MAPPING", help="Show the rows by this.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="MAPPING", help="Write a mapping to correct."
)
@state_option
@json_option
def inspect_command(file: Path, mapping: Path | None, out: Path | None, state: Path, as_json: bool) -> None:
    """Guess what a list file holds and how it is laid out, and show its first rows as they would be read."""
    from xingate_adapters.inspection import as_toml, inspect
    from xingate_adapters.sources import MappingError, SourceError, UnknownSourceError, read_mapping

    if mapping is not None and out is not None:
        raise AskedWronglyError(
            f"--out writes a mapping for a file without one, and --map gives `{mapping}`: leave one of them out"
        )
    try:
        given = None if mapping is None else read_mapping(mapping)
        found = inspect(file, [state / SOURCES_FOLDER], given)
    except (MappingError, UnknownSourceError) as error:
        raise AskedWronglyError(str(error)) from error
    except SourceError as error:
        raise CommandError(str(error)) from error
    if out is not None:
        _write(out, found, as_toml(found) if found.mapping is not None else None)
    if as_json:
        print_object(_document(found))
    else:
        _show(found, console(), out, mapping)


def _write(out: Path, found: "Inspection", text: str | None) -> None:
    if text is None:
        raise AskedWronglyError(f"`{found.file}` needs no mapping: {_usage(found)}")
    try:
        with out.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise AskedWronglyError(f"`{out}` is there already; name another file") from None
    except OSError as error:
        with suppress(OSError):
            out.unlink()  # ours: half a mapping would only be in the way
        raise CommandError(f"cannot write `{out}`: {disk_fault(error, out)}") from error


def _usage(found: "Inspection", mapping: Path | None = None) -> str:
    kind = found.kind or "city_list"
    return f"xingate compile --source {kind}={found.file}" + (f" --map {kind}={mapping}" if mapping else "")


def _document(found: "Inspection") -> dict[str, Any]:
    from xingate_adapters.inspection import columns_as_json

    seen = found.probe
    return {
        "file": str(found.file),
        "form": seen.form,
        "encoding": seen.encoding,
        "delimiter": seen.delimiter if seen.form == "csv" else "",
        "sheet": seen.sheet,
        "hiddenSheets": seen.hidden_sheets,
        "unreadSheets": seen.unread,
        "headerRow": found.header_row,
        "kind": found.kind,
        "columns": columns_as_json(found.columns),
        "mapping": None if found.mapping is None else found.mapping.model_dump(mode="json", exclude_defaults=True),
        "rows": found.rows,
        "fault": found.fault,
        "notes": found.notes,
    }


def _show_file(found: "Inspection", page: Console) -> None:
    seen = found.probe
    facts = [seen.form, seen.encoding, f"sheet {seen.sheet}" if seen.sheet else ""]
    if seen.form == "csv" and seen.delimiter != ",":
        facts.append(f"separator {seen.delimiter!r}")
    if found.header_row:
        facts.append(f"header in row {found.header_row}")
    page.print(escape(f"{found.file}: {', '.join(fact for fact in facts if fact)}"), soft_wrap=True)
    if seen.hidden_sheets:
        page.print(escape(f"hidden sheets, which are not read: {', '.join(seen.hidden_sheets)}"), soft_wrap=True)
    if seen.unread and not found.kind:
        page.print(escape(f"other sheets, which are not read: {', '.join(seen.unread)}"), soft_wrap=True)


def _show(found: "Inspection", page: Console, out: Path | None, mapping: Path | None) -> None:
    _show_file(found, page)
    if found.columns:
        table = Table("column", "read as", "sure", "why")
        for guess in found.columns:
            table.add_row(
                escape(guess.label), guess.field or "[dim]-[/dim]", f"{guess.confidence:.0%}", escape(guess.why)
            )
        page.print(table)
    for row in found.rows:
        shown = (f"{field}: {value[:_LONGEST_CELL]}" for field, value in row.items() if value and field != "row")
        page.print(escape(f"row {row['row']}  {'; '.join(shown)}"), soft_wrap=True)
    if found.fault:
        page.print(escape(f"reading stops: {found.fault}"), soft_wrap=True)
    for note in found.notes:
        page.print(escape(note), soft_wrap=True)
    if mapping is not None:
        told = f"it is read by this mapping: {_usage(found, mapping)}"
        page.print(escape("correct the mapping, then inspect again" if found.fault else told), soft_wrap=True)
    elif found.mapping is None:
        page.print(escape(f"it is read as it is: {_usage(found)}"), soft_wrap=True)
    elif not any(guess.field for guess in found.columns):
        page.print("no column is known: has the file a header? files that belong to a list are given together with it")
    elif out is None:
        page.print("it needs a mapping: give --out mapping.toml to write one that you can correct")
    else:
        page.print(escape(f"mapping written to {out}: correct it, then inspect again with --map {out}"), soft_wrap=True)
