"""Make the SDK's files for threads from those for asyncio, word by word, as httpcore does.

`python sdk/make_sync.py` writes; with `--check` it only says whether the files are current. What differs in kind
(tasks or threads) is written by hand in `xingate/_internal/concurrency` and `xingate/_internal/ports/grpc/streams.py`.
"""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

HOME = Path(__file__).parent / "xingate"
PAIRS = {
    "aio.py": "client.py",
    "_internal/ports/grpc/aio.py": "_internal/ports/grpc/sync.py",
    "_internal/ports/http/aio.py": "_internal/ports/http/sync.py",
}
HEAD = "# Made from {source} by sdk/make_sync.py: change that file, then run `make sync`.\n"

# Sentences come before words, since they hold some. All others are whole words.
SENTENCES = {
    "The client for asyncio.": "The client for threads.",
    "\n`xingate.client` is made from this file (`make sync`).": "\nThis file is made from `xingate.aio` (`make sync`).",
    "`sync.py` beside it is made from this file (`make sync`).": "Made from `aio.py` beside it (`make sync`).",
    "for asyncio.": "for threads.",
    ", for the running event loop; to be called inside it.": ".",
    "Belongs to one event loop;": "Safe to share between threads;",
    "an `async with`": "a `with`",
    "A channel for the running event loop.": "A channel for threads; safe to share between them.",
    "A pool of connections for one event loop.": "A pool of connections for threads; safe to share between them.",
    "`verify_all` checks proofs and writes receipts in a thread apart.\n": "",
    "AsyncGenerator[ScreenedRow, None]": "Generator[ScreenedRow, None, None]",
    "AsyncGenerator[Decision | XingateError, None]": "Generator[Decision | XingateError, None, None]",
    "import asyncio\n": "import time\n",
    "asyncio.sleep": "time.sleep",
    "asyncio.to_thread(advance, resume, value)": "advance(resume, value)",
    "(grpc.RpcError, grpc.aio.UsageError, ValueError)": "(grpc.RpcError, ValueError)",
    "import grpc.aio\n": "",
    "grpc.aio.secure_channel": "grpc.secure_channel",
    "grpc.aio.insecure_channel": "grpc.insecure_channel",
    "concurrency.loop": "concurrency.threads",
    "grpc.aio import": "grpc.sync import",
    "http.aio import": "http.sync import",
    "_channel.close(None)": "_channel.close()",
    "async for row in answered:\n                yield row": "yield from answered",
    "async ": "",
    "await ": "",
}
WORDS = {
    "AsyncClient": "Client",
    "AsyncGenerator": "Generator",
    "AsyncGrpcPort": "GrpcPort",
    "AsyncGrpcStream": "GrpcStream",
    "AsyncHttpPort": "HttpPort",
    "AsyncPort": "Port",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "acall": "call",
    "aclose": "close",
    "aclosing": "closing",
    "astream": "stream",
    "connect_async": "connect",
    "connect_backend_async": "connect_backend",
}
_ANY = re.compile("|".join([*map(re.escape, SENTENCES), *(rf"\b{word}\b" for word in WORDS)]))


def made(source: str, text: str, used: Counter[str]) -> str:
    """The file for threads of the file for asyncio `text`; counts in `used` what was replaced."""

    def replaced(found: re.Match[str]) -> str:
        used[found[0]] += 1
        return SENTENCES[found[0]] if found[0] in SENTENCES else WORDS[found[0]]

    text = HEAD.format(source=source) + _ANY.sub(replaced, text)
    ruff = [Path(sys.executable).with_name("ruff"), "format", "--stdin-filename", HOME / "client.py", "-"]
    sorting = [ruff[0], "check", "--select", "I", "--fix", "--quiet", *ruff[2:]]
    for command in (sorting, ruff):
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603 -- ruff, on our own text
    return text


def main(arguments: list[str]) -> str | None:
    """Write the files, or say which one is not current."""
    used: Counter[str] = Counter()
    texts = {to: made(source, (HOME / source).read_text(encoding="utf-8"), used) for source, to in PAIRS.items()}
    if idle := {*SENTENCES, *WORDS} - set(used):
        return f"sdk/make_sync.py replaces what no file has any more: {', '.join(sorted(map(repr, idle)))}"
    for to, text in texts.items():
        file = HOME / to
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            if arguments == ["--check"]:
                return f"sdk/xingate/{to} is not what its asyncio file makes: change that one, then run `make sync`"
            file.write_text(text, encoding="utf-8")
    sys.stdout.write("the files for threads are current\n")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
