"""`xingate demo`: compile the shipped lists, start a gateway, ask as the three kinds of callers, show the answers."""

import contextlib
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import xingate
from xingate.receipt import verify_receipt
from xingate_server.cli.output.common import counted, read_settings
from xingate_server.cli.output.rows import TIME, shown_time
from xingate_server.core.timestamps import shanghai_day
from xingate_server.demo import DATA
from xingate_server.demo.cases import CALLERS, Caller, Case
from xingate_server.settings import CONFIG_VARIABLE

SOURCES = (
    ("city_list", "city_list_black.csv"),
    ("city_list", "city_list_red.xlsx"),
    ("double_publicity", "double_publicity_penalty.xlsx"),
    ("double_publicity", "double_publicity_permit.csv"),
    ("judgment_debtor", "judgment_debtor.json"),
    ("entity_register", "entity_register.csv"),
    ("un_consolidated", "un_consolidated.xml"),
)
COVERED_FROM = "2017-10-12"  # the plan's own day
ASKED_FOR = "2026-07-01"  # so that the answers are the same on whatever day the demo runs
CONFIG = "xingate.toml"
KEPT_VARIABLES = ("XINGATE_SERVER__", "XINGATE_LOG_", "XINGATE_DEBUG")
READY_WITHIN_S = 30.0
STOP_WITHIN_S = 20.0
VERDICT_STYLES = {
    "PROHIBITED": "bold red", "RESTRICTED": "red", "CAUTION": "yellow", "CANNOT_TELL": "magenta",
    "FAVOURED": "green", "CLEAR": "cyan",
}  # fmt: skip


@click.command("demo")
@click.option(
    "--state", type=click.Path(path_type=Path, file_okay=False), help="Keep the state here (default: thrown away)."
)
@click.option("--serve", "stay", is_flag=True, help="Compile, then keep the gateway up on loopback instead of asking.")
def demo_command(state: Path | None, stay: bool) -> None:
    """Show xingate at work on one real and several invented lists.

    Compiles the shipped lists into a snapshot, by the xingate.toml that it writes into the state, starts a gateway on
    loopback, asks as an approval bureau over gRPC, as a trading platform over HTTP and as an HR system in-process,
    compares the answers over all three, and verifies a receipt offline. Exits 0 when every verdict is the one that the
    rules give and the receipt holds.
    It uses neither the xingate.toml of the working directory nor an anchor or database of the environment.
    """
    read_settings()  # a broken file is reported by every command
    console = Console()
    with contextlib.ExitStack() as stack:
        folder = state or Path(
            ".xingate" if stay else stack.enter_context(tempfile.TemporaryDirectory(prefix="xingate-"))
        )
        stack.enter_context(_own_settings(folder / CONFIG))
        _compile(folder)
        if stay:
            raise SystemExit(_command("serve", "--state", str(folder), "--workers", "1"))
        grpc, http = _free_port(), _free_port()
        stack.enter_context(_gateway(folder, grpc, http))
        targets = (f"grpc://127.0.0.1:{grpc}", f"http://127.0.0.1:{http}", f"embedded:{folder}")
        wrong = 0
        for caller, target in zip(CALLERS, targets, strict=True):
            wrong += _ask(console, caller, target)
        wrong += _compare(console, CALLERS[1], targets)
        _show_in_full(console, targets[1])
        _show_trace(console, targets[0])
        wrong += _prove(console, targets[0], folder)
    if wrong:
        raise click.ClickException(f"not as they must be: {counted(wrong, 'answer or receipt', 'answers or receipts')}")
    console.print("\n[green]Every verdict is the one that the rules give, and every lookup left its record.[/]")


@contextlib.contextmanager
def _own_settings(config: Path) -> Iterator[None]:
    """Only the demo's own file counts, and of the environment where to listen and how to log: its log must not reach
    the anchor, nor its records the database, of an installation in whose folder it is run."""
    before = dict(os.environ)
    for name in before:
        if name.upper().startswith("XINGATE_") and not name.upper().startswith(KEPT_VARIABLES):
            del os.environ[name]
    os.environ[CONFIG_VARIABLE] = str(config.resolve())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _compile(state: Path) -> None:
    """As an installation does it every day: the day's files lie in a folder, and `xingate compile` alone takes them."""
    today = shanghai_day(datetime.now(UTC)).isoformat()
    lists = state / "lists"
    lists.mkdir(parents=True, exist_ok=True)
    for _, name in SOURCES:
        shutil.copyfile(DATA / name, lists / f"{Path(name).stem}_{today}{Path(name).suffix}")
    (state / CONFIG).write_text(_settings(lists.resolve(), today), encoding="utf-8")
    if _command("compile", "--state", str(state)) != 0:
        raise click.ClickException("the shipped lists could not be compiled")


def _settings(lists: Path, today: str) -> str:
    """`[sources]` of an installation that takes the shipped lists, the newest of each."""
    patterns: dict[str, list[str]] = {}
    for kind, name in SOURCES:
        # The Security Council's list states its own day, which is that of its shipping: it is taken as today's.
        day = f"@{today}" if kind == "un_consolidated" else ""
        patterns.setdefault(kind, []).append(f"{glob.escape(str(lists))}/{Path(name).stem}_*{Path(name).suffix}{day}")
    lines = ["# What `xingate compile` takes without being told: see docs/settings.md.", "[sources]"]
    lines += ['catalogue = ["shiyan2017", "international"]']
    for kind, several in patterns.items():
        files = json.dumps(several, ensure_ascii=False, indent=2)
        lines += ["", f"[sources.{kind}]", f"files = {files}", f'coverage = "{COVERED_FROM}.."']
    return "\n".join(lines) + "\n"


def _command(*arguments: str) -> int:
    command = [sys.executable, "-m", "xingate_server.cli", *arguments]
    process = subprocess.Popen(command)  # noqa: S603 (ourselves)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _gateway(state: Path, grpc: int, http: int) -> Iterator[None]:
    arguments = ["serve", "--workers", "1", "--state", str(state), "--grpc-port", str(grpc), "--http-port", str(http)]
    process = subprocess.Popen(  # noqa: S603 (ourselves)
        [sys.executable, "-m", "xingate_server.cli", *arguments],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"XINGATE_LOG_LEVEL": "warning"},
    )
    try:
        _wait_until_ready(process, grpc)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_ready(process: subprocess.Popen[bytes], grpc: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    with xingate.connect(f"grpc://127.0.0.1:{grpc}", timeout_s=1.0) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.snapshot()
            except xingate.XingateError:
                time.sleep(0.1)
            else:
                return
    raise click.ClickException("the gateway did not become ready")


def _decide(caller: Caller, case: Case, target: str) -> xingate.Decision:
    make = getattr(xingate.Subject, case.kind)
    with xingate.connect(
        target, system=caller.system, organisation=caller.organisation, operator="示例经办人"
    ) as client:
        subject = make(case.code, name=case.name)
        return client.check(subject, case.action, matter="示例-0001", context=case.context, as_of=ASKED_FOR)


def _ask(console: Console, caller: Caller, target: str) -> int:
    table = Table(title=f"{caller.title}: {target.split(':', maxsplit=1)[0]}", title_justify="left", expand=True)
    for column in ("question", "action", "verdict", "measures, gaps"):
        table.add_column(column)
    wrong = 0
    for case in caller.cases:
        decision = _decide(caller, case, target)
        verdict = decision.verdict.name
        is_right = verdict == case.verdict
        wrong += not is_right
        expected = "" if is_right else f" (expected {case.verdict})"
        shown = f"[{VERDICT_STYLES[verdict]}]{decision.verdict.label}[/]{expected}"
        table.add_row(case.say, case.action, shown, _summary(decision))
    console.print(table)
    return wrong


def _summary(decision: xingate.Decision) -> str:
    parts = [m.id for m in decision.measures]
    parts += [f"suspended {m.id}" for m in decision.suspended[:1]]
    parts += [f"withheld {m.id}" for m in decision.withheld]
    parts += [f"{len(decision.records)} record"] * bool(decision.records)
    parts += [gap.reason for gap in decision.gaps]
    return ", ".join(parts)


def _compare(console: Console, caller: Caller, targets: tuple[str, ...]) -> int:
    """The same question over all three transports: the decision digests must be equal."""
    case = caller.cases[0]
    digests = {_decide(caller, case, target).decision_digest for target in targets}
    console.print(f"\nThe same question over gRPC, HTTP and in-process: decision digest {', '.join(sorted(digests))}")
    return len(digests) - 1


def _show_in_full(console: Console, target: str) -> None:
    caller = CALLERS[1]
    console.print("\nOne answer in full:")
    console.print(str(_decide(caller, caller.cases[0], target)), markup=False, highlight=False)


def _prove(console: Console, target: str, state: Path) -> int:
    """The newest lookup's receipt, verified with the log's public key and without the gateway."""
    with xingate.connect(target) as client:
        receipt = client.receipt(client.records(1)[0].record_id)
    key = (state / "keys" / "trace.pub").read_text(encoding="ascii").strip()
    console.print("\nIts receipt, verified offline with the log's public key:")
    try:
        proven = verify_receipt(receipt, key)
    except xingate.ReceiptError as error:
        console.print(f"[red]not proven: {error.message}[/]")
        return 1
    console.print(proven.text("zh"), markup=False, highlight=False, soft_wrap=True)
    return 0


def _show_trace(console: Console, target: str) -> None:
    with xingate.connect(target) as client:
        entries = client.records(5)
    table = Table(title="The newest records", title_justify="left", expand=True)
    for column in ("leaf", TIME, "organisation", "action", "verdict", "record"):
        table.add_column(column, no_wrap=column == TIME)
    for entry in entries:
        check = entry.record.check
        if check is not None:
            when = shown_time(entry.time.isoformat()) if entry.time else ""
            who, verdict = check.caller.organisation, check.verdict.label
            table.add_row(str(entry.leaf_index), when, who, check.action, verdict, entry.record_id)
    console.print(table)
