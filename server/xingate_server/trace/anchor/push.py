"""Pushes signed checkpoints to a place outside the operator's reach: a folder, or a URL of another body.

The operator could sign another log in its place, but not unnoticed once somebody else has the earlier checkpoints.
Pushing happens in a thread of its own, the newest note first, again and again until it succeeds: answers never wait for
it. A URL is sent the note by POST; one that ends in `/add-checkpoint` is treated as a witness (C2SP tlog-witness), and
its cosignatures are stored. Excluded: comparing (`trace.anchor.folder`), being a witness (`trace.anchor.witness`).
"""

import contextlib
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Final, Protocol

from xingate.checkpoint import Checkpoint, SignedNote
from xingate.errors import ProofError
from xingate_server.trace.anchor.folder import AnchorFolder, StoredProof
from xingate_server.trace.anchor.lease import Lease, PushProgress
from xingate_server.trace.port import TraceError

EVERY_S: Final = 10.0
_FIRST_RETRY_S, _LAST_RETRY_S = 1.0, 60.0
_LOOK_S = 1.0  # how often a folder is looked at for cosignatures
_CLOSE_WITHIN_S = 5.0
_RETRY_S = 0.05
_TIMEOUT_S = 10.0
_MOST_BYTES = 65_536
_CONFLICT, _SIZE_TYPE = 409, "text/x.tlog.size"

Prove = Callable[[int, int], Sequence[bytes]]
"""The consistency proof between two sizes. Raises TraceError."""


class Place(Protocol):
    """Where notes go. Methods raise OSError where it does not take them."""

    def push(self, note: str, prove: Prove) -> None:
        """Take a note."""
        ...

    def cosigned(self) -> str | None:
        """The newest note that came back with cosignatures."""
        ...


class FolderPlace:
    """A folder; see `trace.anchor.folder`."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder = AnchorFolder(folder, origin)

    def push(self, note: str, prove: Prove) -> None:
        """See `Place`."""
        size, proof, latest = size_of(note), None, self._folder.latest()
        before = size_of(latest) if latest is not None else 0
        if latest is not None and before >= size:
            return
        if before:
            proof = StoredProof.of(before, size, prove(before, size))
        self._folder.put(note, size, proof)

    def cosigned(self) -> str | None:
        """See `Place`."""
        return self._folder.cosigned()


class UrlPlace:
    """A URL that takes notes by POST. Raises ValueError if it is none of http or https."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise ValueError(f"`{url}` is not a URL that checkpoints can be posted to: expected https:// or http://")
        self._url = url
        self._is_witness = url.endswith("/add-checkpoint")
        self._known = 0  # how many leaves the witness has seen
        self._cosigned: str | None = None

    def push(self, note: str, prove: Prove) -> None:
        """See `Place`."""
        if not self._is_witness:
            self._post(note)
            return
        try:
            lines = self._post(self._witnessed(note, prove))
        except urllib.error.HTTPError as error:
            if error.code != _CONFLICT or error.headers.get_content_type() != _SIZE_TYPE:
                raise  # only this one says that the witness is elsewhere: others may say that the log has two faces
            self._known = _number(error.read(64))
            lines = self._post(self._witnessed(note, prove))
        self._known = size_of(note)
        self._cosigned = note + lines

    def cosigned(self) -> str | None:
        """See `Place`."""
        return self._cosigned

    def _witnessed(self, note: str, prove: Prove) -> str:
        size = size_of(note)
        hashes = prove(self._known, size) if 0 < self._known < size else ()
        return f"old {self._known}\n" + "".join(f"{b64encode(each).decode()}\n" for each in hashes) + "\n" + note

    def _post(self, content: str) -> str:
        request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
            self._url, content.encode(), {"Content-Type": "text/plain; charset=utf-8"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310 - as above
            return bytes(response.read(_MOST_BYTES)).decode("utf-8", "replace")


class Pusher:
    """Pushes in the background; see `checkpoints.Anchor`. `every_s` is the least time between two notes.

    With a `lease` only one of several processes pushes, whoever signed; it is closed with this.
    """

    def __init__(self, place: Place, *, every_s: float = EVERY_S, lease: Lease | None = None) -> None:
        self._place = place
        self._lease = lease
        self._is_ours = lease is None
        self._every_s = every_s
        self._changed = threading.Condition()
        self._waiting: tuple[str, Prove] | None = None
        self._is_closed = False
        self._trouble = ""
        self._pushed = 0
        self._cosigned: str | None = None
        self._thread = threading.Thread(target=self._run, name="xingate-anchor", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why the newest note could not be pushed; empty if it could."""
        return self._trouble

    @property
    def pushed(self) -> int:
        """The size of the newest note that was pushed."""
        return self._pushed

    def push(self, note: str, prove: Prove) -> None:
        """See `checkpoints.Anchor`."""
        with self._changed:
            self._waiting = note, prove
            self._changed.notify()

    def cosigned(self, note: str) -> str:
        """See `checkpoints.Anchor`. If another process pushes, the progress that it shared counts."""
        shared = "" if self._lease is None or self._is_ours else self._lease.shared().cosigned
        cosigned = shared or self._cosigned
        return note if cosigned is None else merged(note, cosigned)

    def close(self) -> None:
        """See `checkpoints.Anchor`."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(_CLOSE_WITHIN_S)

    def _run(self) -> None:
        try:
            self._push_until_closed()
        finally:
            if self._lease is not None:
                self._lease.close()

    def _push_until_closed(self) -> None:
        not_before, retry_s = 0.0, _FIRST_RETRY_S
        while True:
            with self._changed:
                left_s = not_before - monotonic()
                if not self._is_closed and (self._waiting is None or left_s > 0 or not self._is_ours):
                    self._changed.wait(min(_LOOK_S, left_s) if left_s > 0 else _LOOK_S)
                is_last = self._is_closed
            self._is_ours = self._has_right(within_s=_CLOSE_WITHIN_S / 2 if is_last else 0.0)
            with self._changed:
                waiting = self._waiting if self._is_ours and (is_last or monotonic() >= not_before) else None
            if waiting is not None:
                if self._push(*waiting):
                    not_before, retry_s = monotonic() + self._every_s, _FIRST_RETRY_S
                else:
                    not_before, retry_s = monotonic() + retry_s, min(2 * retry_s, _LAST_RETRY_S)
            self._look()
            if is_last:
                return

    def _has_right(self, within_s: float) -> bool:
        """Whether this process may push; who closes with a note that nobody has pushed waits for that a while."""
        if self._lease is None:
            return True
        until = monotonic() + within_s
        while True:
            with contextlib.suppress(OSError):
                if self._lease.take():
                    return True
            self._follow(self._lease.shared())
            if self._waiting is None or monotonic() >= until:
                return False
            sleep(_RETRY_S)

    def _follow(self, progress: PushProgress) -> None:
        """Take over what another process has pushed."""
        self._pushed, self._cosigned, self._trouble = progress.pushed, progress.cosigned or self._cosigned, ""
        with self._changed:
            if self._waiting is not None and size_of(self._waiting[0]) <= progress.pushed:
                self._waiting = None

    def _look(self) -> None:
        with contextlib.suppress(OSError):
            cosigned = self._place.cosigned() or self._cosigned
            if self._lease is not None and self._is_ours and self._pushed:
                self._lease.share(PushProgress(self._pushed, cosigned or ""))
            self._cosigned = cosigned  # only now is it shown to anybody

    def _push(self, note: str, prove: Prove) -> bool:
        try:
            self._place.push(note, prove)
        except (OSError, TraceError, ProofError, ValueError) as error:
            self._trouble = f"the newest checkpoint could not be pushed to its anchor: {error}"
            return False
        self._trouble, self._pushed = "", size_of(note)
        with self._changed:
            if self._waiting is not None and self._waiting[0] == note:
                self._waiting = None
        return True


def size_of(note: str) -> int:
    """How many leaves a note of ours is for. Raises CheckpointError."""
    return Checkpoint.parse(SignedNote.parse(note).text).tree_size


def merged(note: str, cosigned: str) -> str:
    """The note with the signatures that only `cosigned` has, where both say the same."""
    try:
        ours, theirs = SignedNote.parse(note), SignedNote.parse(cosigned)
        if ours.text != theirs.text:
            return note
        known = {(signature.name, signature.key_id) for signature in ours.signatures}
        for signature in theirs.signatures:
            if (signature.name, signature.key_id) not in known:
                ours = ours.with_signature(signature)
        return ours.format()
    except ProofError:
        return note


def _number(content: bytes) -> int:
    try:
        return int(content.decode("ascii").strip())
    except ValueError as error:
        raise OSError(f"the witness states its size as `{content[:20]!r}`, which is not a number") from error
