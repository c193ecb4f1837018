"""Possible matches: what fits, how well, and in which order they are shown. Never a decision (DESIGN section 2)."""

from collections.abc import Iterable
from typing import Final

import msgspec

from xingate_server.core.decide.decision import Candidate
from xingate_server.core.subject import Profile, SubjectKind

CANDIDATES_AT_MOST: Final = 20
# How well it fits, 0 to 1, and why. A name is half an identity at most, and one that is only alike is less.
NAME, MASK, TAX_NUMBER, NAME_AND_MASK, SAME_NUMBER = (
    (0.5, "the name is equal"),
    (0.6, "the masked number is equal"),
    (0.6, "a tax number ends in the organisation code"),
    (0.9, "the name is equal and the masked number fits"),
    (0.9, "the number stands for several subjects"),
)


def candidate(profile: Profile, list_types: Iterable[str], score: float, why: str) -> Candidate:
    """A candidate as shown; `score` and `why` are one of the pairs above, or `alike`."""
    return Candidate(
        kind=profile.kind,
        name=profile.name,
        display=profile.display,
        list_types=tuple(sorted(list_types)),
        score=score,
        why=why,
        closes_with=_closes_with(profile, why),
    )


def alike(likeness: float, why: str) -> tuple[float, str]:
    """How well a name fits that is alike, `likeness` from 0 to 1, and why."""
    return round(NAME[0] * likeness, 4), f"{why} ({likeness:.2f})"


def _closes_with(profile: Profile, why: str) -> str:
    """What would settle whether it is this one."""
    if why == SAME_NUMBER[1] and not profile.uscc:
        return "compare the subject's name and documents with the entry: the number is also another subject's"
    if profile.kind is SubjectKind.NATURAL_PERSON:
        return "compare the person's own document, and ask again with its complete number"
    if profile.uscc or (profile.display and "*" not in profile.display):
        return f"ask again with the subject's own code; it is this one if that is `{profile.uscc or profile.display}`"
    return "compare the subject's documents with the entry; no complete code of this one is known"


def in_order(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Each subject once, by its best match, the best first."""
    best: dict[tuple[str, str, str], Candidate] = {}
    for one in candidates:
        shown = (one.kind.value, one.name, one.display)
        known = best.get(shown)
        if known is not None:
            list_types = tuple(sorted({*known.list_types, *one.list_types}))
            better = max(known, one, key=lambda c: (c.score, c.why))
            best[shown] = msgspec.structs.replace(better, list_types=list_types)
        else:
            best[shown] = one
    ordered = sorted(best.values(), key=lambda c: (-c.score, c.name, c.display, c.kind))
    return tuple(ordered[:CANDIDATES_AT_MOST])


def fits(mask: str, shown: str) -> bool:
    """Whether two numbers, each perhaps masked, can be the same one."""
    return len(mask) == len(shown) and all(a == b or "*" in (a, b) for a, b in zip(mask, shown, strict=True))
