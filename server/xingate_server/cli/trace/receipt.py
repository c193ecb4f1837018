"""`xingate trace receipt` and `xingate trace verify`: fetch what proves a record, and verify it without a gateway."""

import json
from base64 import b64decode
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

import xingate
from xingate.checkpoint import Checkpoint, SignedNote, VerifierKey, verify, verify_extends
from xingate.errors import CheckpointError, ConsistencyError, ReceiptError, UnavailableError
from xingate.matter_receipt import ProvenMatter, is_matter_receipt, verify_matter_receipt
from xingate.receipt import Proven, verify_receipt
from xingate_server.cli.output.common import (
    AskedWronglyError,
    CommandError,
    counted,
    json_option,
    print_line,
    print_object,
    report_errors,
    state_option,
    target_option,
)
from xingate_server.cli.trace.anchor import verify_anchor
from xingate_server.cli.trace.logs import open_proofs
from xingate_server.disk_faults import disk_fault

if TYPE_CHECKING:
    from xingate_server.pages.receipt import Titles

EXIT_NOT_PROVEN: Final = 1
_MOST_BYTES = 4_194_304
_MOST_SHOWN = 200
_OWN_WORD = "公钥由网关自述，请与运行单位公布的核对 key as the gateway states it: {}"

_WRONG_ZH = {
    "format": "文件不是这种格式的回执",
    "key": "给出的公钥不是验证公钥",
    "checkpoint": "签名检查点的格式不对",
    "origin": "检查点属于另一个日志",
    "signature": "签名不成立，或不是由所信任的公钥签署",
    "inclusion": "记录不在所签署的日志中的该位置",
    "leaf": "记录内容无法识别",
    "record": "内容是另一条记录",
    "matter": "不是同一办件全部当事人的回执",
    "consistency": "后一检查点不是由前一检查点只增不改而来",
}

_file = click.Path(dir_okay=False, path_type=Path)
_given = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("receipt")
@click.argument("record_id")
@click.option("--out", type=_file, default=None, metavar="FILE", help="Write the receipt's file here.")
@click.option("--html", type=_file, default=None, metavar="FILE", help="Write the page to print here.")
@click.option("--key", "keys", multiple=True, metavar="PUB", help="As for `verify`; default: the gateway's own word.")
@target_option
@state_option
@click.option("--matter", "is_matter", is_flag=True, help="The receipts of all parties of its matter, in one file.")
@json_option
@report_errors
def receipt_command(
    record_id: str,
    out: Path | None,
    html: Path | None,
    keys: tuple[str, ...],
    *,
    target: str,
    state: Path,
    is_matter: bool,
    as_json: bool,
) -> int:
    """Fetch the receipt of one record, verify it, and say what it proves.

    Exit codes: 0 proven, 1 the receipt does not hold, 2 usage, 3 no such record, no gateway, or a file that cannot be
    written. With --json it prints the receipt's file instead.
    """
    if is_matter and html is not None:
        raise AskedWronglyError("--html is for the receipt of one record, not for --matter")
    with open_proofs(target, state) as gateway:
        if is_matter:
            return _matter_receipt(gateway, record_id, out, keys, as_json=as_json)
        receipt = gateway.receipt(record_id)
        trusted = _keys(keys) if keys else (VerifierKey.parse(gateway.checkpoint().verifier_key),)
        try:
            proven = verify_receipt(receipt, trusted)
        except ReceiptError as error:
            return _show_failure(error.check, error.message, as_json=as_json)
        text = _page(gateway, proven, receipt.checkpoint) if html else ""
    if out is not None:
        _write(out, receipt.to_json())
    if html is not None:
        _write(html, text)
    if as_json:
        print_line(receipt.to_json().rstrip())
        return 0
    _tell(proven)
    if not keys:
        click.echo(_OWN_WORD.format(trusted[0]))
    return 0


def _matter_receipt(
    gateway: xingate.Client, record_id: str, out: Path | None, keys: tuple[str, ...], *, as_json: bool
) -> int:
    receipt = gateway.matter_receipt(record_id)
    trusted = _keys(keys) if keys else (VerifierKey.parse(gateway.checkpoint().verifier_key),)
    try:
        proven = verify_matter_receipt(receipt, trusted)
    except ReceiptError as error:
        return _show_failure(error.check, error.message, as_json=as_json)
    if out is not None:
        _write(out, receipt.to_json())
    if as_json:
        print_line(receipt.to_json().rstrip())
        return 0
    _show_matter(proven, as_json=False)
    if not keys:
        click.echo(_OWN_WORD.format(trusted[0]))
    return 0


@click.command("verify")
@click.argument("file", type=_given, required=False)
@click.option(
    "--key", "keys", multiple=True, required=True, metavar="PUB",
    help="The log's public key: its file (trace.pub) or its text. More than one: also keys of witnesses.",
)  # fmt: skip
@click.option("--from", "earlier", type=_given, default=None, metavar="OLD", help="Instead: an earlier checkpoint.")
@click.option("--to", "later", type=_given, default=None, metavar="NEW", help="A later one; default: the newest.")
@click.option(
    "--proof", type=_given, default=None, metavar="FILE",
    help="The JSON of /v1/checkpoint/consistency; default: asked of --target or --state.",
)  # fmt: skip
@click.option(
    "--anchor", type=click.Path(exists=True, file_okay=False, path_type=Path), default=None, metavar="DIR",
    help="Instead: compare the log in --state with the checkpoints that were pushed to this folder.",
)  # fmt: skip
@target_option
@state_option
@json_option
@report_errors
def verify_command(  # noqa: PLR0913 - one for each option
    file: Path | None,
    keys: tuple[str, ...],
    earlier: Path | None,
    later: Path | None,
    proof: Path | None,
    anchor: Path | None,
    *,
    target: str,
    state: Path,
    as_json: bool,
) -> int:
    """Verify a receipt without a gateway, or that a log only grew.

    Give a receipt's FILE (also that of a whole matter), or two checkpoints of the log (--from OLD, --to NEW and the
    --proof between them), or --anchor DIR to compare a log with what another body holds of it. Says what is proven, or
    the first thing that is wrong, in Chinese and English.

    Exit codes: 0 proven, 1 not proven, 2 usage, 3 a gateway that was needed cannot be asked.
    """
    trusted = _keys(keys)
    if anchor is not None:
        return verify_anchor(anchor, trusted, state, as_json=as_json)
    if (file is None) == (earlier is None) or (file is not None and (later or proof)):
        raise AskedWronglyError("give a receipt's FILE, or --from OLD with --to NEW and --proof")
    try:
        if file is not None:
            content = _read(file)
            if is_matter_receipt(content):
                return _show_matter(verify_matter_receipt(content, trusted), as_json=as_json)
            proven = verify_receipt(content, trusted)
        elif earlier is not None:
            old = _read(earlier)
            verify(old, trusted)  # before anything is asked
            new, hashes = _later(old, later, proof, target, state)
            first, second = verify_extends(old, new, hashes, trusted)
            return _show_growth(first, second, as_json=as_json)
    except ReceiptError as error:
        return _show_failure(error.check, error.message, as_json=as_json)
    except ConsistencyError as error:
        return _show_failure("consistency", error.message, as_json=as_json)
    except CheckpointError as error:
        return _show_failure("signature", error.message, as_json=as_json)
    if as_json:
        print_object(_object(proven))
    else:
        _tell(proven)
    return 0


def _later(
    old: bytes, later: Path | None, proof: Path | None, target: str, state: Path
) -> tuple[bytes, tuple[bytes, ...]]:
    """The later note and the hashes between the two, from files or from a gateway."""
    if later is not None and proof is not None:
        return _read(later), _read_proof(proof)
    with open_proofs(target, state) as gateway:
        new = _read(later) if later is not None else gateway.checkpoint().note.encode()
        if proof is not None:
            return new, _read_proof(proof)
        size1, size2 = _size(old), _size(new)
        if not 0 < size1 < size2:
            return new, ()
        return new, gateway.consistency_proof(size1, size2).proof


def _size(note: bytes) -> int:
    return Checkpoint.parse(SignedNote.parse(note).text).tree_size


def _read_proof(path: Path) -> tuple[bytes, ...]:
    """The hashes in the JSON of GetConsistencyProof, or a bare list of them in base64."""
    try:
        value = json.loads(_read(path))
        hashes = value["proof"] if isinstance(value, dict) else value
        return tuple(b64decode(one, validate=True) for one in hashes)
    except (ValueError, KeyError, TypeError):
        raise AskedWronglyError(f"`{path}` is not a consistency proof: expected the JSON of its call") from None


def _keys(texts: tuple[str, ...]) -> tuple[VerifierKey, ...]:
    return tuple(map(read_key, texts))


def read_key(text: str) -> VerifierKey:
    """A verifier key, given as its file or as its text. Raises AskedWronglyError."""
    path = Path(text)
    try:
        return VerifierKey.parse(_read(path).decode().strip() if path.is_file() else text)
    except (OSError, ValueError, CheckpointError) as error:
        why = error.message if isinstance(error, CheckpointError) else "it cannot be read"
        shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
        raise AskedWronglyError(f"`{shown}` is neither the file nor the text of a verifier key: {why}") from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise AskedWronglyError(f"`{path}` cannot be read: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"`{path}` cannot be written: {disk_fault(error, path)}") from error


def _page(gateway: xingate.Client, proven: Proven, note: str) -> str:
    from xingate_server.pages.receipt import page  # late: no other command needs it

    return page(proven, note, _titles(gateway, proven))


def _titles(gateway: xingate.Client, proven: Proven) -> "Titles":
    """Those of the catalogue that answered, if it is still in use."""
    with suppress(UnavailableError):  # an auditor's copy may have no snapshot, or not its key
        return _titles_in_use(gateway, proven)
    return {}


def _titles_in_use(gateway: xingate.Client, proven: Proven) -> "Titles":
    if gateway.snapshot().ref.catalogue_hash != proven.value("catalogueHash"):
        return {}
    actions = {action.id: (action.title.zh, action.title.en) for action in gateway.actions()}
    return actions | {measure.id: (measure.title.zh, measure.title.en) for measure in gateway.measures()}


def _tell(proven: Proven) -> None:
    click.echo(f"{proven.text('zh')}\n\n{proven.text('en')}")


def _show_matter(proven: ProvenMatter, *, as_json: bool) -> int:
    if as_json:
        parties = zip(proven.roles, proven.parties, strict=True)
        told = {"action": proven.action, "matter": proven.matter, "requestId": proven.request_id}
        shown = [{"role": role, **_object(party)} for role, party in parties]
        print_object({"proven": True, "kind": "matter", **told, "parties": shown})
        return 0
    click.echo(f"{proven.text('zh')}\n\n{proven.text('en')}")
    return 0


def _show_growth(first: Checkpoint, second: Checkpoint, *, as_json: bool) -> int:
    if as_json:
        sizes = {"size1": first.tree_size, "size2": second.tree_size}
        print_object({"proven": True, "kind": "consistency", "logOrigin": second.origin, **sizes})
        return 0
    one, two = first.tree_size, second.tree_size
    click.echo(f"已证明：日志 {second.origin} 从 {one} 条到 {two} 条只增不改，此前的记录没有改动、删除或调换")
    grown = f"from {one} to {counted(two, 'leaf', 'leaves')}"
    click.echo(f"proven: log {second.origin} only grew {grown}; no earlier one changed or went")
    return 0


def _show_failure(check: str, message: str, *, as_json: bool) -> int:
    if as_json:
        print_object({"proven": False, "check": check, "message": message})
    else:
        click.echo(f"未能证明：{_WRONG_ZH[check]}\nnot proven ({check}): {message}")
    return EXIT_NOT_PROVEN


def _object(proven: Proven) -> dict[str, Any]:
    return {
        "proven": True,
        "kind": proven.kind,
        "recordId": proven.record_id,
        "time": proven.time,
        "logOrigin": proven.checkpoint.origin,
        "leafIndex": proven.leaf_index,
        "treeSize": proven.checkpoint.tree_size,
        "rootHash": proven.checkpoint.root_hash.hex(),
        "cosignatures": [{"name": one.name, "time": one.time_s} for one in proven.cosignatures],
        "facts": [{"name": fact.name, "value": fact.value} for fact in proven.facts],
    }
