"""Compiles a dirty list with the product, asks all its questions through the embedded gateway, and finds what was lost.

Each list has a state directory of its own, so that nothing of one list can hide a miss in another. Excluded: what is
right (`truth`).
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from tests.support.dirty.truth import DAY, Ask, DirtyList, Truth, masked

import xingate
from xingate.errors import XingateError
from xingate.types import Decision, Identifier, Question, Subject, SubjectKind, Verdict
from xingate_adapters.sources import SourceError
from xingate_server import catalogues
from xingate_server.snapshot.errors import SnapshotError
from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile, OptionError, compile_from_options

NOON: Final = datetime(DAY.year, DAY.month, DAY.day, 4, tzinfo=UTC)
_KINDS: Final = {
    "legal_entity": SubjectKind.LEGAL_ENTITY,
    "sole_trader": SubjectKind.SOLE_TRADER,
    "natural_person": SubjectKind.NATURAL_PERSON,
}
_QUIET: Final = {Verdict.CLEAR, Verdict.FAVOURED}


@dataclass(frozen=True)
class Miss:
    """A question that was answered wrongly. `what`: `false clear`, `no candidate`, `no record`, `not answered`,
    `refused` (the whole file), `cause not named`, `not refused`, or `blind` (a control that is not clear: no miss could
    be seen)."""

    seed: int
    file: str
    row: int
    kinds: tuple[str, ...]
    what: str
    question: str
    answer: str

    def __str__(self) -> str:
        kinds = ", ".join(self.kinds) or "clean"
        return f"seed {self.seed}, {self.file}, row {self.row} ({kinds}): {self.what}: {self.question} -> {self.answer}"


@dataclass
class Found:
    """What came of one list: its misses, whether it was read, and how many questions were asked."""

    misses: list[Miss]
    is_read: bool = False
    questions: int = 0


def try_list(made: DirtyList, folder: Path) -> Found:
    """Compile the list in `folder`, and ask."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / made.file_name
    file.write_bytes(made.content)
    try:
        compile_file(folder / "state", made.source, file, made.own_source)
    except (SourceError, SnapshotError, OptionError) as error:
        return Found(_refused(made, str(error)))
    if made.refusal and made.refusal.is_certain:
        return Found([_of_file(made, "not refused", f"expected an error with one of {made.refusal.words}")])
    asked = made.questions()
    with gateway(folder / "state") as client:
        answers = client.check_many([question_of(ask) for _, ask in asked])
    pairs = zip(asked, answers, strict=True)
    return Found([miss for (truth, ask), a in pairs if (miss := _miss(made, truth, ask, a))], True, len(asked))


def ask_all(state: Path, file: str, asked: Sequence[tuple[tuple[str, ...], Ask]]) -> list[Miss]:
    """Ask all questions of one state; what was answered wrongly. Before each question stand the kinds of its entry."""
    with gateway(state) as client:
        answers = client.check_many([question_of(ask) for _, ask in asked])
    return [
        Miss(0, file, 0, kinds, what, shown(ask), _told(answer))
        for (kinds, ask), answer in zip(asked, answers, strict=True)
        if (what := _fault(ask, answer))
    ]


def compile_file(state: Path, source: str, file: Path, own_source: dict[str, str] | None = None) -> None:
    """Compile one file as of `DAY`, accepting that much of it is refused. Raises the product's own errors."""
    for name, text in (own_source or {}).items():
        folder = state / "sources" / source
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    accepted: dict[str, Any] = {}
    if "accept_refusals" in CompileOptions.__struct_fields__:
        accepted["accept_refusals"] = frozenset({source})
    options = CompileOptions(
        state_dir=state,
        files=(GivenFile(source, file, DAY),),
        catalogues=("shiyan2017", "international"),
        max_age_days={source: 30},
        **accepted,
    )
    with patch.object(catalogues, "load", _load_once):
        compile_from_options(options, now=NOON)


_LOADED: Final[dict[str, Any]] = {}
_LOAD: Final = catalogues.load


def _load_once(*arguments: Any, **named: Any) -> Any:
    """The product's own catalogue, read once for all lists: reading it takes five times as long as a small compile."""
    key = repr((arguments, sorted(named.items())))
    if key not in _LOADED:
        _LOADED[key] = _LOAD(*arguments, **named)
    return _LOADED[key]


@contextlib.contextmanager
def gateway(state: Path) -> Iterator[xingate.Client]:
    """The product over a state directory, in this process, as an office asks it."""
    with xingate.connect(f"embedded:{state}", system="check", organisation="示例局", operator="EXAMPLE") as client:
        yield client


def question_of(ask: Ask) -> Question:
    """The question as the SDK sends it."""
    numbers = (Identifier(ask.scheme, ask.number),) if ask.number else ()
    subject = Subject(_KINDS[ask.kind], numbers, ask.name)
    return Question(subject, ask.action, as_of=DAY, matter="示例事项")


def _miss(made: DirtyList, truth: Truth | None, ask: Ask, answer: Decision | XingateError) -> Miss | None:
    if what := _fault(ask, answer):
        kinds = (*made.kinds, *(truth.kinds if truth else ()))
        return Miss(made.seed, made.file_name, truth.row if truth else 0, kinds, what, shown(ask), _told(answer))
    return None


def _fault(ask: Ask, answer: Decision | XingateError) -> str:
    if isinstance(answer, XingateError):
        return "not answered"
    if ask.expects == "clear":
        return "" if answer.verdict in _QUIET else "blind"
    if ask.expects == "recorded":
        return "" if answer.records else "no record"
    if answer.verdict in _QUIET:
        return "false clear"
    return "no candidate" if ask.expects == "candidate" and not answer.candidates else ""


def shown(ask: Ask) -> str:
    """The question for a message, numbers masked."""
    number = f" {ask.scheme or 'code'} {masked(ask.number)}" if ask.number else ""
    name = f" name {ask.name!r}" if ask.name else ""
    return f"{ask.kind} {ask.action}{number}{name} ({ask.form})"


def _told(answer: Decision | XingateError) -> str:
    if isinstance(answer, XingateError):
        return f"error {answer.reason}"
    gaps = ", ".join(sorted({gap.reason for gap in answer.gaps}))
    return f"{answer.verdict.name}{f' ({gaps})' if gaps else ''}"


def _refused(made: DirtyList, error: str) -> list[Miss]:
    if made.refusal is None:
        return [_of_file(made, "refused", error)]
    if not any(word in error for word in made.refusal.words):
        return [_of_file(made, "cause not named", error)]
    return []


def _of_file(made: DirtyList, what: str, answer: str) -> Miss:
    return Miss(made.seed, made.file_name, 0, made.kinds, what, "compile", answer)


def told(misses: Sequence[Miss], most: int = 20) -> str:
    """The misses for an assertion's message."""
    lines = [str(miss) for miss in misses[:most]]
    return "\n".join([f"{len(misses)} wrong answers", *lines])
