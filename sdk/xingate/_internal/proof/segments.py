"""Lines in a folder of append-only files, shared by processes: cheap to append to, cut by whole files.

Each writer appends to a file of its own, `<time it was begun>-<process>-<random>.jsonl` (mode 600), and begins another
one after `most_lines`, so that old lines go by removing a file and nothing is ever rewritten. Nothing is fsynced: what
a killed process has appended is kept, a power cut may cost the newest. Excluded: what a line says.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

_LOOKS, _LOOK_S = 3, 0.005


class Segments:
    """The lines in `folder`, oldest file first. Not safe to share between threads. Methods raise OSError."""

    def __init__(self, folder: Path, most_lines: int) -> None:
        self._folder = folder
        self._most_lines = most_lines
        self._open: _Open | None = None
        self._counted: dict[str, tuple[int, int]] = {}  # bytes and lines of each file when it was last looked at

    def is_due(self) -> bool:
        """Whether the next line begins another file."""
        return self._open is None or self._open.lines >= self._most_lines or self._open.is_removed()

    def append(self, line: bytes) -> None:
        """Append a line, which has no line feed in it."""
        if self._open is None or self.is_due():
            self._close()
            self._open = _Open(self._folder)
        try:
            self._open.append(line + b"\n")
        except OSError:
            if self._open.lines == 0:
                self._open.path.unlink(missing_ok=True)
            self._close()
            raise

    def totals(self) -> tuple[int, int]:
        """How many lines and bytes there are, those of other processes included."""
        found: dict[str, tuple[int, int]] = {}
        for entry in os.scandir(self._folder):
            if entry.name.endswith(".jsonl"):
                with contextlib.suppress(FileNotFoundError):  # removed by another process meanwhile
                    size, known = entry.stat().st_size, self._counted.get(entry.name)
                    if known is None or known[0] != size:
                        known = size, Path(entry.path).read_bytes().count(b"\n")
                    found[entry.name] = known
        self._counted = found
        return sum(lines for _, lines in found.values()), sum(size for size, _ in found.values())

    def files(self) -> list[Path]:
        """The files, oldest first."""
        names = (entry.name for entry in os.scandir(self._folder))
        return [self._folder / name for name in sorted(names) if name.endswith(".jsonl")]

    def lines(self, path: Path) -> list[bytes]:
        """The lines of a file, also one that was cut off; none if the file is gone."""
        content = b""
        for _ in range(_LOOKS):
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                return []
            if content.endswith(b"\n"):
                break
            time.sleep(_LOOK_S)  # it may just be written to
        lines = content.split(b"\n")
        return lines if lines[-1] or len(lines) == 1 else lines[:-1]

    def read(self) -> Iterator[tuple[Path, bytes]]:
        """All lines, each with its file."""
        for path in self.files():
            for line in self.lines(path):
                yield path, line

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink(missing_ok=True)

    def _close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened.close()

    def __del__(self) -> None:
        self._close()


class _Open:
    """The file that is appended to."""

    def __init__(self, folder: Path) -> None:
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self.path = folder / name
        self._descriptor = os.open(self.path, flags, 0o600)
        self._owner = os.getpid()
        self._size = 0
        self.lines = 0

    def append(self, content: bytes) -> None:
        written = os.write(self._descriptor, content)
        if written != len(content):  # the disk is full: half a line is none
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise OSError(f"only {written} of {len(content)} bytes were taken")
        self._size += written
        self.lines += 1

    def is_removed(self) -> bool:
        """Whether another process has cut this file away, or this process is a fork of the one that began it."""
        return self._owner != os.getpid() or os.fstat(self._descriptor).st_nlink == 0

    def close(self) -> None:
        os.close(self._descriptor)
