"""Files as streams of bytes, text and lines: gzip, encodings, damage.

The encoding is told from the bytes, never from the name or the machine: a byte order mark, otherwise the NUL bytes of
UTF-16, otherwise the first bytes beyond ASCII. Nothing is replaced or skipped: what cannot be decoded is a
`SourceError`. All that stands before the damage has been handed out by then, so that the row in the message is right.
Lines end in a line feed, a carriage return, or both, also mixed.

Not covered: Big5 and other encodings (they are refused), archives other than gzip.
"""

import codecs
import gzip
import io
import itertools
import re
import zlib
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.run import Run

CHUNK_BYTES = 1 << 20
LINE_LIMIT = 4_000_000  # characters; the longest cell of the exchange formats has 5,000
CHINESE = ("utf-8", "gb18030")
WESTERN = ("utf-8", "cp1252", "latin-1")
_SAMPLE_BYTES = 65_536
_FEWEST_NULS = 40  # one byte in so many: the separators and line ends of a Chinese table alone are more
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def open_file(file: Path) -> BinaryIO:
    """Open a file for reading; a missing file, a directory or an empty file is a `SourceError`."""
    if file.is_dir():
        raise SourceError("expected a file, found a directory", file=file, hint="name the files in it")
    try:
        stream = file.open("rb")
        size = file.stat().st_size
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a usable path"
        raise SourceError(f"the file cannot be read: {reason.lower()}", file=file) from error
    if size == 0:
        stream.close()
        raise SourceError("the file is empty", file=file, expected="at least a header", hint="export it again")
    return cast("BinaryIO", stream)


def first_bytes(file: Path, count: int = 8) -> bytes:
    """The first bytes of a file as it lies on disk."""
    with open_file(file) as stream:
        return stream.read(count)


def byte_chunks(file: Path, run: Run) -> Generator[bytes, None, None]:
    """The bytes of a file, unpacked where it is gzip, in chunks."""
    with open_file(file) as raw:
        size = file.stat().st_size
        is_gzip = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if is_gzip else raw
        is_empty = True
        while True:
            try:
                chunk = stream.read(CHUNK_BYTES)
            except (EOFError, OSError, zlib.error) as error:
                raise SourceError(
                    "the file is cut off or damaged (its gzip data does not end as it should)",
                    file=file,
                    hint="fetch it again",
                ) from error
            run.report(file, raw.tell(), size)
            if not chunk:
                break
            is_empty = False
            yield chunk
        if is_empty:
            raise SourceError("the file is empty", file=file, expected="at least a header", hint="export it again")


def text_chunks(file: Path, run: Run, encodings: Sequence[str] = CHINESE) -> Iterator[str]:
    """The text of a file; the first of `encodings` that fits is taken for the whole file."""
    decoder: codecs.IncrementalDecoder | None = None
    name = "ascii"
    is_first = True
    for original in byte_chunks(file, run):
        chunk = original
        if is_first:
            is_first = False
            chunk, marked = byte_order_mark(file, chunk)
            if marked:
                name, decoder = marked, codecs.getincrementaldecoder(marked)()
        if decoder is None and not chunk.isascii():
            name = _encoding(chunk, encodings)
            decoder = codecs.getincrementaldecoder(name)()
        if decoder is None:
            yield chunk.decode("ascii")
        else:
            yield from _decoded(file, decoder, name, chunk, is_last=False)
    if decoder is not None:
        yield from _decoded(file, decoder, name, b"", is_last=True)


def lines(file: Path, chunks: Iterator[str], run: Run) -> Iterator[str]:
    """Text in lines that end in a line feed (the last one may lack it)."""
    return itertools.chain.from_iterable(line_blocks(file, chunks, run))


def line_blocks(file: Path, chunks: Iterator[str], run: Run) -> Iterator[list[str]]:
    """The same, many lines at a time."""
    tail = ""
    for text in with_line_feeds(chunks):
        whole, feed, rest = text.rpartition("\n")
        if not feed:
            tail += text
            _judge_length(file, tail)
            continue
        block = list(io.StringIO(tail + whole + feed, newline="\n"))
        tail = rest
        if "\0" in text or "\0" in block[0]:
            yield from _without_holes(file, block, run)
        else:
            yield block
        _judge_length(file, tail)
    tail = _without_padding(file, tail, run)
    if tail:
        yield [tail]


def _judge_length(file: Path, line: str) -> None:
    if len(line) > LINE_LIMIT:
        raise SourceError(
            f"a line of more than {LINE_LIMIT:,} characters", file=file, expected="rows that end in a line feed"
        )


def _without_holes(file: Path, block: list[str], run: Run) -> Iterator[list[str]]:
    """One line at a time, so that those before damage have been handed out."""
    for line in block:
        yield [_without_padding(file, line[:-1], run) + "\n"]


def _without_padding(file: Path, line: str, run: Run) -> str:
    """A line without the NUL bytes before and after it, which a hole in a file leaves; they are counted. One inside
    the line is damage, or an encoding that is not read."""
    line_end = "\r" if line.endswith("\r") else ""
    bare = line.removesuffix("\r").strip("\0")
    if "\0" in bare:
        raise SourceError(
            "the row contains NUL bytes", file=file, expected="text in UTF-8 or GB18030", hint="export it again"
        )
    if len(bare) + len(line_end) < len(line):
        run.passed_over["nul_bytes"] += len(line) - len(bare) - len(line_end)
    return bare + line_end


def byte_order_mark(file: Path, chunk: bytes) -> tuple[bytes, str]:
    """The first bytes without their byte order mark, and the encoding that it, or NUL bytes, say ("" for none)."""
    if chunk.startswith(codecs.BOM_UTF8):
        return chunk[len(codecs.BOM_UTF8) :], "utf-8"
    if chunk.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise SourceError(
            "the encoding is UTF-32", file=file, expected="UTF-8, GB18030 or UTF-16", hint="save it again as UTF-8"
        )
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if chunk.startswith(mark):
            return chunk[len(mark) :], name
    return chunk, _unmarked_utf16(chunk[:_SAMPLE_BYTES])


def _unmarked_utf16(sample: bytes) -> str:
    """The byte order of UTF-16 without a mark: its letters are those of ASCII and Chinese, without NUL; "" for none."""
    if sample.count(0) * _FEWEST_NULS < len(sample):
        return ""
    for name in ("utf-16-le", "utf-16-be"):
        text = sample[: len(sample) // 2 * 2].decode(name, "ignore")
        usual = sum(
            1
            for letter in text
            if "\t" <= letter <= "~"
            or "\u2000" <= letter <= "\u206f"
            or "\u3000" <= letter <= "\u9fff"
            or letter >= "\uff00"
        )
        if usual * 20 > len(text) * 19 and "\0" not in text and ("\n" in text or "\r" in text):
            return name
    return ""


def _encoding(chunk: bytes, encodings: Sequence[str]) -> str:
    """The encoding of the first chunk that is not ASCII. A UTF-8 file with a damaged byte stays UTF-8, so that it
    fails there instead of being read as other characters."""
    for name in encodings:
        try:
            codecs.getincrementaldecoder(name)().decode(chunk)
        except UnicodeDecodeError:
            continue
        if name == "utf-8" or not _is_mostly_utf8(chunk):
            return name
    return encodings[0]


def _is_mostly_utf8(chunk: bytes) -> bool:
    fitting = sum(len(found) for found in _UTF8_SEQUENCE.findall(chunk))
    return fitting * 4 > 3 * len(_BEYOND_ASCII.findall(chunk))


def _decoded(
    file: Path, decoder: codecs.IncrementalDecoder, name: str, chunk: bytes, *, is_last: bool
) -> Iterator[str]:
    try:
        yield decoder.decode(chunk, is_last)
    except UnicodeDecodeError as error:
        yield error.object[: error.start].decode(name, "ignore")
        what = "the text is cut off inside a character" if is_last else "bytes that are not text"
        raise SourceError(
            f"{what} (read as {name.upper()})",
            file=file,
            expected="one encoding throughout: UTF-8, GB18030 or UTF-16",
            hint=f"{_looks_like(chunk)}export it again as UTF-8",
        ) from error


def _looks_like(chunk: bytes) -> str:
    """What an encoding that is not read seems to be; "" when nothing is certain."""
    from charset_normalizer import from_bytes

    best = from_bytes(chunk[:_SAMPLE_BYTES]).best()
    if best is None or best.encoding in ("ascii", "utf_8", "gb18030", "gb2312", "gbk"):
        return ""
    return f"it looks like {best.encoding}; "


def with_line_feeds(chunks: Iterator[str]) -> Iterator[str]:
    """Text in which a carriage return alone ends a line as well; those before a line feed may stay."""
    held = ""
    for original in chunks:
        chunk = held + original
        held = "\r" if chunk.endswith("\r") else ""
        if held:
            chunk = chunk[:-1]
        if chunk.count("\r") != chunk.count("\r\n"):
            chunk = chunk.replace("\r\n", "\n").replace("\r", "\n")
        yield chunk
    if held:
        yield "\n"
