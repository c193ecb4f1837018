"""Checkpoints: the published example, what is refused and why, witnesses, keys, and two checkpoints of one log."""

from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from xingate.checkpoint import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Checkpoint,
    Cosignature,
    Signature,
    SignatureType,
    SignedNote,
    VerifierKey,
    _check_signature,
    cosign,
    key_id,
    load_private_key,
    new_private_key,
    private_key_pem,
    sign,
    verifier_key,
    verify,
    verify_cosignatures,
    verify_extends,
)
from xingate.errors import CheckpointError, ConsistencyError
from xingate.merkle import EMPTY_ROOT, leaf_hash, node_hash

ORIGIN = "log.example/xingate"
WITNESS = "witness.example/w1"
TIME_S = 1_795_000_000
KEY, OTHER_KEY, WITNESS_KEY = new_private_key(), new_private_key(), new_private_key()
VERIFIER = verifier_key(ORIGIN, KEY)
WITNESS_VERIFIER = verifier_key(WITNESS, WITNESS_KEY, SignatureType.COSIGNATURE)
A, B = leaf_hash(b"a"), leaf_hash(b"b")
AB = node_hash(A, B)
CHECKPOINT = Checkpoint(ORIGIN, 2, AB)
NOTE = sign(CHECKPOINT, KEY)

# The example of golang.org/x/mod/sumdb/note, which C2SP signed-note describes.
NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_note_verifies() -> None:
    key, note = VerifierKey.parse(NEUMANN_KEY), SignedNote.parse(NEUMANN_NOTE)
    signature = note.signature_of(key)
    assert signature is not None
    _check_signature(note.text, signature, key)
    assert (str(key), note.format()) == (NEUMANN_KEY, NEUMANN_NOTE)
    assert key_id("PeterNeumann", key.public_key).hex() == "c74f20a3"
    with pytest.raises(CheckpointError, match="false"):
        _check_signature(note.text.replace("cryptography", "cryptographY"), signature, key)


def test_a_published_note_that_is_no_checkpoint_is_none() -> None:
    with pytest.raises(CheckpointError):
        verify(NEUMANN_NOTE, NEUMANN_KEY)


def test_no_mangled_key_is_taken() -> None:
    for start in range(len(NEUMANN_KEY)):
        for stop in range(start + 1, len(NEUMANN_KEY) + 1):
            if (start, stop) != (0, len(NEUMANN_KEY)):
                with pytest.raises(CheckpointError):
                    VerifierKey.parse(NEUMANN_KEY[start:stop])
    for at, character in enumerate(NEUMANN_KEY):
        with pytest.raises(CheckpointError):
            VerifierKey.parse(NEUMANN_KEY[:at] + chr(ord(character) + 1) + NEUMANN_KEY[at + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long, with its own id
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # an unknown type, with its own id
        NEUMANN_KEY.replace("c74f20a3", "C74F20A3"),
        NEUMANN_KEY + "\n",
        "x" * 10_000,
        "",
        None,
        7,
        b"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_what_is_no_key_is_refused(text: Any) -> None:
    for read in (VerifierKey.parse, lambda key: verify(NOTE, key), lambda key: verify(NOTE, [key])):
        with pytest.raises(CheckpointError):
            read(text)


def test_no_key_verifies_nothing() -> None:
    with pytest.raises(CheckpointError, match="no verifier key"):
        verify(NOTE, [])


def test_a_signed_checkpoint_is_read_back() -> None:
    assert NOTE.startswith(f"{ORIGIN}\n2\n{b64encode(AB).decode()}\n\n\u2014 {ORIGIN} ")
    for note in (NOTE, NOTE.encode()):
        for keys in (str(VERIFIER), VERIFIER, [VERIFIER], (str(VERIFIER),)):
            assert verify(note, keys) == CHECKPOINT


def test_extension_lines_are_kept() -> None:
    extended = Checkpoint(ORIGIN, 2, AB, ("first", "— looks like a signature"))
    assert verify(sign(extended, KEY), VERIFIER) == extended


def test_the_empty_log_has_a_checkpoint() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert verify(sign(empty, KEY), VERIFIER) == empty
    with pytest.raises(CheckpointError, match="empty tree"):
        Checkpoint(ORIGIN, 0, AB)


BAD_PARTS: list[tuple[Any, Any, Any, tuple[Any, ...]]] = [
    ("", 2, AB, ()),
    ("two\nlines", 2, AB, ()),
    ("return\r", 2, AB, ()),
    ("\ud800", 2, AB, ()),
    (None, 2, AB, ()),
    (ORIGIN, -1, AB, ()),
    (ORIGIN, 2**64, AB, ()),
    (ORIGIN, True, AB, ()),
    (ORIGIN, 2.0, AB, ()),
    (ORIGIN, 2, AB[:31], ()),
    (ORIGIN, 2, AB.hex(), ()),
    (ORIGIN, 2, bytearray(AB), ()),
    (ORIGIN, 2, AB, ("",)),
    (ORIGIN, 2, AB, ("a\nb",)),
    (ORIGIN, 2, AB, ("x" * (MAX_NOTE_BYTES + 1),)),
]


@pytest.mark.parametrize("parts", BAD_PARTS, ids=range(len(BAD_PARTS)))
def test_no_other_checkpoint_can_be_made(parts: tuple[Any, ...]) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint(*parts)


@pytest.mark.parametrize("origin", ["log with blanks", "log+plus", "log\u3000wide"])
def test_an_origin_that_no_key_can_be_named_after_is_not_signed(origin: str) -> None:
    with pytest.raises(CheckpointError, match="name of a key"):
        sign(Checkpoint(origin, 2, AB), KEY)


BODY, LINE = NOTE.split("\n\n")
BAD_NOTES: dict[str, tuple[Any, str]] = {
    "nothing": ("", "no blank line"),
    "none": (None, "not NoneType"),
    "bytearray": (bytearray(NOTE.encode()), "not bytearray"),
    "not UTF-8": (NOTE.encode() + b"\xff\n", "not UTF-8"),
    "UTF-16": (NOTE.encode("utf-16"), "not UTF-8"),
    "lone surrogate": (NOTE.replace("\n2\n", "\n\ud800\n"), "not UTF-8"),
    "carriage return": (NOTE.replace("\n", "\r\n"), "U\\+000D"),
    "tab": (NOTE.replace("\n2\n", "\n2\t\n"), "U\\+0009"),
    "no blank line": (NOTE.replace("\n\n", "\n"), "no blank line"),
    "blank lines after": (NOTE + "\n", "does not end in signature"),
    "no final newline": (NOTE[:-1], "does not end in signature"),
    "too large": (f"{BODY}\n{'x' * MAX_NOTE_BYTES}\n\n{LINE}", "too large"),
    "too large in bytes": ((f"{BODY}\n{'x' * MAX_NOTE_BYTES}\n\n{LINE}").encode(), "too large"),
    "too large once encoded": (f"{BODY}\n{'信' * (MAX_NOTE_BYTES // 2)}\n\n{LINE}", "too large"),
    "too many signatures": (NOTE + "— x AAAAAAA=\n" * MAX_SIGNATURES, f"{MAX_SIGNATURES + 1} signatures"),
    "signature twice": (NOTE + LINE, "two signatures of the same key"),
    "signature without a name": (f"{BODY}\n\n— AAAAAAA=\n", "form"),
    "signature with two blanks": (f"{BODY}\n\n—  {ORIGIN} AAAAAAA=\n", "form"),
    "signature in urls' base64": (f"{BODY}\n\n— {ORIGIN} __________8=\n", "not base64"),
    "signature in loose base64": (f"{BODY}\n\n— {ORIGIN} AAAAAAB=\n", "canonical"),
    "signature of no bytes": (f"{BODY}\n\n— {ORIGIN} AAAAAA==\n", "empty"),
    "signature without an id": (f"{BODY}\n\n— {ORIGIN} AA==\n", "key id"),
    "unknown key alone": (sign(CHECKPOINT, OTHER_KEY), "not signed by a trusted key"),
    "key of another name": (NOTE.replace(f"— {ORIGIN}", "— log.example/other"), "not signed by a trusted key"),
    "altered size": (NOTE.replace("\n2\n", "\n3\n"), "false"),
    "altered origin": (NOTE.replace(f"{ORIGIN}\n2", "log.example/other\n2"), "false"),
    "signature cut": (f"{BODY}\n\n{Signature(ORIGIN, VERIFIER.id, b'x' * 63)}\n", "false"),
}


@pytest.mark.parametrize("name", BAD_NOTES)
def test_a_bad_note_is_refused_with_the_reason(name: str) -> None:
    note, reason = BAD_NOTES[name]
    with pytest.raises(CheckpointError, match=reason):
        verify(note, VERIFIER)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("\n2\n", "\n02\n", "leading zeros"),
        ("\n2\n", "\n+2\n", "leading zeros"),
        ("\n2\n", "\n 2\n", "leading zeros"),
        ("\n2\n", "\n２\n", "leading zeros"),
        ("\n2\n", "\n-2\n", "leading zeros"),
        ("\n2\n", "\n" + "9" * 5000 + "\n", "leading zeros"),
        ("\n2\n", "\n18446744073709551616\n", "2\\*\\*64"),
        ("\n2\n", "\n", "three lines"),
        (b64encode(AB).decode(), b64encode(AB[:31]).decode(), "32 bytes"),
        (b64encode(AB).decode(), b64encode(AB).decode()[:-1], "not base64"),
        (b64encode(AB).decode() + "\n", b64encode(AB).decode() + "\n\nextension\n", "none of them empty"),
    ],
)
def test_a_signature_does_not_make_a_checkpoint_of_it(old: str, new: str, reason: str) -> None:
    """Signed by the right key, and yet no checkpoint."""
    text = CHECKPOINT.body().replace(old, new)
    note = SignedNote(text, (Signature(ORIGIN, VERIFIER.id, KEY.sign(text.encode())),)).format()
    with pytest.raises(CheckpointError, match=reason):
        verify(note, VERIFIER)


def test_unknown_signatures_are_ignored_and_one_known_must_hold() -> None:
    unknown = Signature(ORIGIN, b"\x00\x01\x02\x03", b"of another time")
    note = SignedNote.parse(NOTE).with_signature(unknown).format()
    assert verify(note, [VERIFIER, verifier_key(ORIGIN, OTHER_KEY)]) == CHECKPOINT
    false = SignedNote.parse(note).with_signature(Signature(ORIGIN, verifier_key(ORIGIN, OTHER_KEY).id, b"x" * 64))
    assert verify(false.format(), VERIFIER) == CHECKPOINT
    with pytest.raises(CheckpointError, match="false"):
        verify(false.format(), [VERIFIER, verifier_key(ORIGIN, OTHER_KEY)])


def test_the_key_of_one_log_vouches_for_no_other() -> None:
    text = Checkpoint("log.example/other", 2, AB).body()
    note = SignedNote(text, (Signature(ORIGIN, VERIFIER.id, KEY.sign(text.encode())),)).format()
    with pytest.raises(CheckpointError, match="log that it names"):
        verify(note, VERIFIER)


def test_a_witness_cosigns() -> None:
    note = cosign(NOTE, WITNESS_KEY, name=WITNESS, time_s=TIME_S)
    assert note.startswith(NOTE)
    assert verify(note, VERIFIER) == verify(note, [VERIFIER, WITNESS_VERIFIER]) == CHECKPOINT
    assert verify_cosignatures(note, WITNESS_VERIFIER) == (Cosignature(WITNESS, TIME_S),)
    assert verify_cosignatures(NOTE, WITNESS_VERIFIER) == ()
    later = cosign(note, WITNESS_KEY, name=WITNESS, time_s=TIME_S + 1)
    assert verify_cosignatures(later, str(WITNESS_VERIFIER)) == (Cosignature(WITNESS, TIME_S + 1),)


def test_what_a_witness_signs_is_what_the_standard_says() -> None:
    signature = SignedNote.parse(cosign(NOTE, WITNESS_KEY, name=WITNESS, time_s=TIME_S)).signatures[1]
    message = f"cosignature/v1\ntime {TIME_S}\n{CHECKPOINT.body()}".encode()
    WITNESS_KEY.public_key().verify(signature.content[8:], message)
    assert signature.content[:8] == TIME_S.to_bytes(8, "big")
    assert signature.key_id == key_id(WITNESS, WITNESS_KEY.public_key().public_bytes_raw(), SignatureType.COSIGNATURE)


def test_a_witness_alone_does_not_make_a_checkpoint() -> None:
    both = SignedNote.parse(cosign(NOTE, WITNESS_KEY, name=ORIGIN, time_s=TIME_S))
    alone = SignedNote(both.text, both.signatures[1:]).format()
    key = verifier_key(ORIGIN, WITNESS_KEY, SignatureType.COSIGNATURE)
    assert verify_cosignatures(alone, key) == (Cosignature(ORIGIN, TIME_S),)
    with pytest.raises(CheckpointError, match="not signed by a trusted key"):
        verify(alone, key)


TIME = TIME_S.to_bytes(8, "big")
LATER = (TIME_S + 1).to_bytes(8, "big")


@pytest.mark.parametrize(
    ("time", "signature", "reason"),
    [
        (TIME, b"x" * 64, "false"),
        (TIME, b"", "false"),
        (TIME[:7], b"", "false"),
        (LATER, None, "false"),
        (TIME, KEY.sign(NOTE.encode()), "false"),
        (b"\xff" * 8, None, "time that cannot be"),
    ],
    ids=("letters", "nothing", "short", "later", "note", "no time"),
)
def test_a_false_cosignature_is_refused(time: bytes, signature: bytes | None, reason: str) -> None:
    true = SignedNote.parse(cosign(NOTE, WITNESS_KEY, name=WITNESS, time_s=TIME_S))
    content = time + (true.signatures[1].content[8:] if signature is None else signature)
    note = true.with_signature(Signature(WITNESS, WITNESS_VERIFIER.id, content)).format()
    assert verify(note, VERIFIER) == CHECKPOINT
    for call in (
        lambda: verify_cosignatures(note, WITNESS_VERIFIER),
        lambda: verify(note, [VERIFIER, WITNESS_VERIFIER]),
    ):
        with pytest.raises(CheckpointError, match=reason):
            call()


@pytest.mark.parametrize("time_s", [0, -1, 2**63, True, 1.5, None])
def test_a_time_that_cannot_be_is_not_signed(time_s: Any) -> None:
    with pytest.raises(CheckpointError, match="time of a cosignature"):
        cosign(NOTE, WITNESS_KEY, name=WITNESS, time_s=time_s)


def test_nothing_but_a_checkpoint_is_cosigned() -> None:
    with pytest.raises(CheckpointError, match="three lines"):
        cosign(NEUMANN_NOTE, WITNESS_KEY, name=WITNESS, time_s=TIME_S)
    with pytest.raises(CheckpointError, match="not that of a witness"):
        verify_cosignatures(NOTE, VERIFIER)


def test_a_private_key_is_kept_as_pem() -> None:
    again = load_private_key(private_key_pem(KEY))
    assert again.private_bytes_raw() == KEY.private_bytes_raw()
    encrypted = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    assert load_private_key(encrypted, b"secret").private_bytes_raw() == KEY.private_bytes_raw()


EC_PEM = new_ec_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
ENCRYPTED_PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
NO_PEM = private_key_pem(KEY).replace(b"MC4C", b"MC4D")


@pytest.mark.parametrize(
    ("pem", "password", "reason"),
    [
        (b"", None, "not a PEM"),
        (private_key_pem(KEY).decode(), None, "not a PEM"),
        (None, None, "not a PEM"),
        (str(VERIFIER).encode(), None, "not a PEM"),
        (private_key_pem(KEY) + b" " * 70_000, None, "not a PEM"),
        (NO_PEM, None, "cannot be read"),
        (ENCRYPTED_PEM, None, "cannot be read"),
        (ENCRYPTED_PEM, b"wrong", "cannot be read"),
        (private_key_pem(KEY), b"not encrypted", "cannot be read"),
        (EC_PEM, None, "another kind"),
    ],
    ids=("nothing", "text", "none", "public", "long", "no pem", "encrypted", "wrong", "open", "other kind"),
)
def test_what_is_no_private_key_is_refused_without_telling_it(pem: Any, password: bytes | None, reason: str) -> None:
    with pytest.raises(CheckpointError, match=reason) as raised:
        load_private_key(pem, password)
    assert raised.value.__cause__ is None
    assert "MC4C" not in str(raised.value)


def test_only_an_ed25519_key_signs() -> None:
    with pytest.raises(CheckpointError, match="not an Ed25519 private key"):
        sign(CHECKPOINT, new_ec_key(SECP256R1()))  # type: ignore[arg-type]  # what is tested


def test_two_checkpoints_of_one_log() -> None:
    empty, one = sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), KEY), sign(Checkpoint(ORIGIN, 1, A), KEY)
    assert verify_extends(one, NOTE, [B], VERIFIER) == (Checkpoint(ORIGIN, 1, A), CHECKPOINT)
    assert verify_extends(NOTE, NOTE, [], VERIFIER)[1] == CHECKPOINT
    assert verify_extends(empty, NOTE, [], VERIFIER)[0].tree_size == 0
    rewritten = sign(Checkpoint(ORIGIN, 2, node_hash(B, A)), KEY)
    for earlier, later, proof in [(one, rewritten, [B]), (NOTE, one, [B]), (NOTE, rewritten, []), (empty, NOTE, [B])]:
        with pytest.raises(ConsistencyError):
            verify_extends(earlier, later, proof, VERIFIER)
    with pytest.raises(CheckpointError, match="not signed"):
        verify_extends(one, sign(CHECKPOINT, OTHER_KEY), [B], VERIFIER)
    other = verifier_key("log.example/other", OTHER_KEY)
    with pytest.raises(CheckpointError, match="different logs"):
        verify_extends(one, sign(Checkpoint(other.name, 2, AB), OTHER_KEY), [B], [VERIFIER, other])


def test_a_key_id_is_over_name_type_and_key() -> None:
    raw = VERIFIER.public_key
    ids = {key_id(ORIGIN, raw), key_id("x", raw), key_id(ORIGIN, raw, SignatureType.COSIGNATURE), key_id(ORIGIN, AB)}
    assert len(ids) == 4
    for bad in (b"", raw + b"x", None, raw.hex()):
        with pytest.raises(CheckpointError):
            key_id(ORIGIN, bad)  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize(
    "signatures", [(), (Signature(ORIGIN, b"abcd", b"x"),) * 2, (Signature("x", b"abcd", b"x"),) * 99]
)
def test_no_other_note_can_be_made(signatures: tuple[Signature, ...]) -> None:
    for text in ("text\n", "no newline"):
        with pytest.raises(CheckpointError):
            SignedNote(text, signatures)


def test_a_text_without_a_final_newline_is_no_note() -> None:
    with pytest.raises(CheckpointError, match="ends in a newline"):
        SignedNote("text", (Signature(ORIGIN, b"abcd", b"x"),))


def test_a_key_of_another_type_is_none() -> None:
    with pytest.raises(CheckpointError, match="type 0x01"):
        VerifierKey(ORIGIN, VERIFIER.public_key, 2)  # type: ignore[arg-type]  # what is tested
