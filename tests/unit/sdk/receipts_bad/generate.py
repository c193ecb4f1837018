"""Write good and bad receipts: `python tests/unit/sdk/receipts_bad/generate.py --regenerate`.

`../receipts_good` holds one receipt for each kind of leaf and the log's verifier key; here is one file for each way in
which a receipt can fail: its name begins with the step. Every key is made for the run and forgotten: only
public keys are kept, so that all files change together. All names and numbers are invented.
"""

import json
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

from xingate.checkpoint import (
    Checkpoint,
    SignatureType,
    SignedNote,
    cosign,
    new_private_key,
    sign,
    verifier_key,
)
from xingate.merkle import Frontier, leaf_hash, node_hash
from xingate.receipt import Receipt
from xingate.v1 import trace_pb2 as t
from xingate.v1 import types_pb2
from xingate_server.demo.numbers import unified_code

BAD = Path(__file__).parent
GOOD = BAD.parent / "receipts_good"
ORIGIN = "log.example/xingate"
WITNESS = "witness.example/w1"
CALLER = types_pb2.Caller(system="permits", organisation="示例审批局", operator="u-17")
Edit = dict[str, Any]


def _record(number: int, **body: Any) -> bytes:
    record = t.TraceRecord(
        record_id=f"0190-{number:04}", request_id=f"q-{number}", time=f"2026-11-24T02:00:{number:02}.000000Z", **body
    )
    return record.SerializeToString(deterministic=True)


def _leaves() -> list[bytes]:
    check = t.CheckRecord(
        caller=CALLER,
        action="permit.grant",
        matter="M-2026-1",
        subject_kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY,
        subject_key="5e" * 32,
        subject_code=unified_code(1),
        as_of="2026-11-24",
        sequence=7,
        snapshot_hash="aa" * 32,
        catalogue_hash="bb" * 32,
        verdict=types_pb2.VERDICT_PROHIBITED,
        measure_ids=["black.market_entry"],
        entry_ids=["e-1"],
        gaps=["source_missing"],
        decision_digest="cc" * 32,
        context={"amount": "1000"},
    )
    outcome = t.OutcomeRecord(
        caller=CALLER,
        lookup_record_id="0190-0000",
        measures=[
            t.MeasureOutcome(measure_id="black.market_entry", result="RESULT_APPLIED", document_no="示审〔2026〕1号"),
            t.MeasureOutcome(measure_id="black.extra", result="RESULT_NOT_APPLIED", reason="已修复"),
        ],
        identities=[t.IdentitySettlement(entry_id="e-1", is_same=True, evidence="营业执照", decided_by="u-17")],
        note="已办结",
    )
    denial = t.DenialRecord(caller=CALLER, method="ReportOutcome", reason="not_yours", about="0190-0000", detail="d")
    act = t.OperatorAct(kind="snapshot_activated", operator="root", before="6", after="7", detail="nightly")
    return [
        _record(0, check=check),
        _record(1, outcome=outcome),
        _record(2, denial=denial),
        _record(3, act=act),
        b"\xff\xff no record at all",
        _record(5),
        *(_record(number, act=act) for number in range(6, 11)),
    ]


class _Log:
    """A small log with a key of its own."""

    def __init__(self) -> None:
        self.key, self.witness = new_private_key(), new_private_key()
        self.leaves = _leaves()
        self.hashes = [leaf_hash(leaf) for leaf in self.leaves]

    def checkpoint(self, size: int) -> Checkpoint:
        frontier = Frontier()
        frontier.extend(self.hashes[:size])
        return Checkpoint(ORIGIN, size, frontier.root())

    def note(self, size: int) -> str:
        return sign(self.checkpoint(size), self.key)

    def receipt(self, index: int, size: int) -> Receipt:
        record = f"0190-{index:04}"
        proof = tuple(_path(index, self.hashes[:size]))
        return Receipt(ORIGIN, record, index, self.leaves[index], proof, self.note(size))


def _root(hashes: list[bytes]) -> bytes:
    frontier = Frontier()
    frontier.extend(hashes)
    return frontier.root()


def _path(index: int, hashes: list[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    half = 1 << (len(hashes) - 1).bit_length() - 1
    if index < half:
        return [*_path(index, hashes[:half]), _root(hashes[half:])]
    return [*_path(index - half, hashes[half:]), _root(hashes[:half])]


def _good(log: _Log) -> dict[str, str]:
    files = {
        "verifier_key.txt": f"{verifier_key(ORIGIN, log.key)}\n",
        "witness_key.txt": f"{verifier_key(WITNESS, log.witness, SignatureType.COSIGNATURE)}\n",
        "alone.json": log.receipt(0, 1).to_json(),
    }
    for index, kind in enumerate(("check", "outcome", "denial", "act")):
        files[f"{kind}.json"] = log.receipt(index, 11).to_json()
    files["cosigned.json"] = _edited(
        log, checkpoint=cosign(log.note(11), log.witness, name=WITNESS, time_s=1_795_000_000)
    )
    return files


def _fields(log: _Log) -> Edit:
    fields: Edit = json.loads(log.receipt(0, 11).to_json())
    return fields


def _edited(log: _Log, **changes: Any) -> str:
    return json.dumps({**_fields(log), **changes}, ensure_ascii=False, indent=2) + "\n"


def _other_character(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def _bad_format(log: _Log) -> dict[str, str]:
    fields = _fields(log)
    proof = fields["inclusionProof"]
    short = b64encode(b"x" * 31).decode()
    without = {name: value for name, value in fields.items() if name != "leafIndex"}
    return {
        "format_empty": "",
        "format_no_json": "xingate-receipt/1\n",
        "format_no_object": json.dumps([fields]) + "\n",
        "format_too_deep": "[" * 5_000 + "\n",
        "format_cut_off": _edited(log)[:-20],
        "format_other": _edited(log, format="xingate-receipt/2"),
        "format_field_missing": json.dumps(without) + "\n",
        "format_field_unknown": _edited(log, comment="CLEAR"),
        "format_field_twice": _edited(log).replace('  "recordId"', '  "recordId": "0190-0001",\n  "recordId"', 1),
        "format_origin_null": _edited(log, logOrigin=None),
        "format_record_id_empty": _edited(log, recordId=""),
        "format_index_text": _edited(log, leafIndex="0"),
        "format_index_boolean": _edited(log, leafIndex=False),
        "format_index_fraction": _edited(log, leafIndex=0.0),
        "format_index_negative": _edited(log, leafIndex=-1),
        "format_index_too_large": _edited(log, leafIndex=2**64),
        "format_leaf_empty": _edited(log, leaf=""),
        "format_leaf_no_base64": _edited(log, leaf="***"),
        "format_leaf_base64_of_urls": _edited(log, leaf="-_8="),
        "format_leaf_base64_loose_end": _edited(log, leaf="YR=="),
        "format_leaf_number": _edited(log, leaf=1),
        "format_proof_text": _edited(log, inclusionProof="".join(proof)),
        "format_proof_hash_short": _edited(log, inclusionProof=[*proof[:-1], short]),
        "format_proof_hash_null": _edited(log, inclusionProof=[*proof[:-1], None]),
        "format_proof_too_long": _edited(log, inclusionProof=proof[:1] * 65),
        "format_checkpoint_object": _edited(log, checkpoint={}),
    }


def _bad_checkpoint(log: _Log) -> dict[str, str]:
    note = log.note(11)
    body, signatures = note.split("\n\n")
    root = body.split("\n")[2]
    notes = {
        "not_a_note": "11 leaves",
        "carriage_return": note.replace("\n", "\r\n"),
        "control_character": note.replace("\n11\n", "\n11\x00\n"),
        "no_blank_line": note.replace("\n\n", "\n"),
        "no_signature": f"{body}\n\n",
        "no_last_newline": note[:-1],
        "signature_without_dash": note.replace("\u2014 ", "- "),
        "signature_no_base64": f"{body}\n\n\u2014 {ORIGIN} ***\n",
        "signature_empty": f"{body}\n\n\u2014 {ORIGIN} AAAAAA==\n",
        "signature_twice": f"{body}\n\n{signatures}{signatures}",
        "signature_name_missing": f"{body}\n\n\u2014  AAAAAAA=\n",
        "size_missing": note.replace("\n11\n", "\n"),
        "size_leading_zero": note.replace("\n11\n", "\n011\n"),
        "size_signed": note.replace("\n11\n", "\n+11\n"),
        "size_hexadecimal": note.replace("\n11\n", "\n0xb\n"),
        "size_other_digits": note.replace("\n11\n", "\n１１\n"),
        "size_too_large": note.replace("\n11\n", f"\n{2**64}\n"),
        "root_short": note.replace(root, b64encode(b"x" * 31).decode()),
        "root_no_base64": note.replace(root, "***"),
        "extension_empty": note.replace("\n\n", "\n\n\n\n", 1).replace("\n\n\n\n", "\n\nextension\n\n"),
    }
    return {f"checkpoint_{name}": _edited(log, checkpoint=text) for name, text in notes.items()}


def _bad_signature(log: _Log) -> dict[str, str]:
    note, stranger = log.note(11), new_private_key()
    body, line = note.split("\n\n")
    elsewhere = sign(Checkpoint("log.example/other", 11, log.checkpoint(11).root_hash), log.key)
    only_witness = SignedNote.parse(cosign(note, log.witness, name=WITNESS, time_s=1_795_000_000))
    signed = {
        "by_a_stranger": sign(log.checkpoint(11), stranger),
        "false": f"{body}\n\n{_other_character(line, -20)}",
        "of_another_checkpoint": f"{body}\n\n{log.note(10).split(chr(10) * 2)[1]}",
        "size_altered": note.replace("\n11\n", "\n12\n"),
        "extension_added": note.replace("\n\n", "\nextension\n\n"),
        "key_renamed": note.replace(f"\u2014 {ORIGIN} ", "\u2014 log.example/other "),
        "by_a_witness_alone": SignedNote(only_witness.text, only_witness.signatures[1:]).format(),
    }
    files = {f"signature_{name}": _edited(log, checkpoint=text) for name, text in signed.items()}
    files["signature_of_another_log"] = _edited(log, checkpoint=elsewhere, logOrigin="log.example/other")
    return files


def _bad_inclusion(log: _Log) -> dict[str, str]:
    fields = _fields(log)
    proof, leaf = fields["inclusionProof"], log.leaves[0]
    altered = leaf.replace(b"permit.grant", b"permit.granu", 1)
    inner = node_hash(log.hashes[0], log.hashes[1])
    edits: dict[str, Edit] = {
        "index_other": {"leafIndex": 1},
        "index_beyond": {"leafIndex": 11},
        "leaf_altered": {"leaf": b64encode(altered).decode()},
        "leaf_of_another_record": {"leaf": b64encode(log.leaves[1]).decode(), "recordId": "0190-0001"},
        "leaf_padded": {"leaf": b64encode(leaf + b"\x00").decode()},
        "leaf_is_a_node": {"leaf": b64encode(log.hashes[0] + log.hashes[1]).decode(), "inclusionProof": proof[1:]},
        "proof_missing": {"inclusionProof": []},
        "proof_cut": {"inclusionProof": proof[:-1]},
        "proof_longer": {"inclusionProof": [*proof, b64encode(inner).decode()]},
        "proof_reversed": {"inclusionProof": proof[::-1]},
        "proof_altered": {"inclusionProof": [_other_character(proof[0], 3), *proof[1:]]},
        "checkpoint_before_it": {"checkpoint": log.note(1), "leafIndex": 1},
        "checkpoint_earlier": {"checkpoint": log.note(7)},
        "checkpoint_of_an_empty_log": {"checkpoint": log.note(0)},
    }
    return {f"inclusion_{name}": _edited(log, **edit) for name, edit in edits.items()}


def bad(log: _Log) -> dict[str, str]:
    """Every bad file, by name; the step at which it fails is the first word of its name."""
    no_record, no_kind = (json.loads(log.receipt(index, 11).to_json()) for index in (4, 5))
    return {
        **_bad_format(log),
        **_bad_checkpoint(log),
        "origin_other": _edited(log, logOrigin="log.example/other"),
        **_bad_signature(log),
        **_bad_inclusion(log),
        "leaf_no_record": json.dumps(no_record) + "\n",
        "leaf_of_no_known_kind": json.dumps(no_kind) + "\n",
        "record_other": _edited(log, recordId="0190-0001"),
    }


def names() -> set[str]:
    """The files that this generator writes here."""
    return {f"{name}.json" for name in bad(_Log())}


def main() -> int:
    if "--regenerate" not in sys.argv[1:]:
        present = {path.name for path in BAD.glob("*.json")}
        sys.stdout.writelines(f"differs: {name}\n" for name in sorted(present ^ names()))
        return int(present != names())
    log = _Log()
    for path in (*BAD.glob("*.json"), *GOOD.glob("*")):
        path.unlink()
    GOOD.mkdir(exist_ok=True)
    for name, text in _good(log).items():
        (GOOD / name).write_text(text, encoding="utf-8", newline="")
    for name, text in bad(log).items():
        (BAD / f"{name}.json").write_text(text, encoding="utf-8", newline="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
