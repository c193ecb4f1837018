"""One question per matter: who its parties are, and one answer for the file made of theirs.

Pure: imports neither grpc nor protobuf. The file's verdict is that of DESIGN section 4, over what was found of all
parties and the gaps of all parties; the gateway and `testing.FakeGateway` both take it from here. Leaves out what a
caller does with it (`xingate_adapters.systems`) and its proof (`xingate.matter_receipt`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypedDict

from xingate._internal.values.common_parts import Remedy
from xingate._internal.values.enums import Effect, Verdict
from xingate._internal.values.subject import Subject
from xingate.types import AppliedMeasure, Decision, Gap

__all__ = [
    "APPLICANT",
    "MAX_PARTIES",
    "ROLES",
    "Judged",
    "MatterDecision",
    "MatterOptions",
    "Party",
    "PartyAnswer",
    "file_verdict",
]

APPLICANT: Final = "applicant"
ROLES: Final = (
    APPLICANT,
    "legal_representative",
    "principal",
    "executive",
    "director",
    "shareholder",
    "practitioner",
    "consortium_member",
)
MAX_PARTIES: Final = 100
PARTY_ROLE: Final = "party.role"
"""Attribute of a record's context: as what its subject was asked about."""
PARTY_PLACE: Final = "party.place"
"""The other: which of how many parties, such as `2/3`."""

_STRICTNESS: Final = {
    Verdict.CLEAR: 0,
    Verdict.FAVOURED: 0,
    Verdict.CAUTION: 1,
    Verdict.RESTRICTED: 2,
    Verdict.PROHIBITED: 3,
}
_STRICTEST: Final = 3


class MatterOptions(TypedDict, total=False):
    """The optional parts of a question about a matter: see `xingate.types.QuestionOptions`."""

    as_of: date | str | None
    sequence: int
    operator: str
    context: Mapping[str, str]
    request_id: str


@dataclass(frozen=True)
class Party:
    """Somebody whom a matter is about, and as what: one of `ROLES`, exactly one party being the applicant."""

    role: str
    subject: Subject

    @classmethod
    def applicant(cls, subject: Subject) -> "Party":
        """Whoever files the matter. Incentives are looked for with this one alone."""
        return cls(APPLICANT, subject)

    @classmethod
    def legal_representative(cls, subject: Subject) -> "Party":
        """The legal representative (法定代表人)."""
        return cls("legal_representative", subject)

    @classmethod
    def principal(cls, subject: Subject) -> "Party":
        """A principal (主要负责人)."""
        return cls("principal", subject)

    @classmethod
    def consortium_member(cls, subject: Subject) -> "Party":
        """Another member of the applicant's consortium (联合体)."""
        return cls("consortium_member", subject)


@dataclass(frozen=True)
class PartyAnswer:
    """A party and its own recorded answer."""

    party: Party
    decision: Decision

    @property
    def role(self) -> str:
        """As what it was asked about."""
        return self.party.role


@dataclass(frozen=True)
class MatterDecision:
    """The answer for a file. It exists only because the records of all parties are durable."""

    request_id: str
    verdict: Verdict
    parties: tuple[PartyAnswer, ...]
    wire: bytes = field(default=b"", repr=False, compare=False)  # the CheckMatterResponse as received

    @property
    def permits(self) -> bool:
        """Whether the file's verdict permits (`Verdict.permits`)."""
        return self.verdict.permits

    @property
    def applicant(self) -> Decision:
        """The applicant's own answer."""
        return next(answer.decision for answer in self.parties if answer.role == APPLICANT)

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The record of each party, in the order of the question; the first belongs into the matter's file."""
        return tuple(answer.decision.trace.record_id for answer in self.parties)

    @property
    def incentives(self) -> tuple[AppliedMeasure, ...]:
        """What favours the applicant itself; nobody else's incentives are the file's. Needs a FULL view."""
        return tuple(measure for measure in self.applicant.measures if measure.effect is Effect.FAVOUR)

    @property
    def restrictions(self) -> tuple[tuple[Party, AppliedMeasure], ...]:
        """What acts on any of the parties and is not an incentive, each with its party. Needs a FULL view."""
        return tuple(
            (answer.party, measure)
            for answer in self.parties
            for measure in answer.decision.measures
            if measure.effect is not Effect.FAVOUR
        )

    @property
    def gaps(self) -> tuple[tuple[Party, Gap], ...]:
        """What the answers do not know, each with its party."""
        return tuple((answer.party, gap) for answer in self.parties for gap in answer.decision.gaps)

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What can be done against the measures that act, each remedy once."""
        return tuple(dict.fromkeys(remedy for answer in self.parties for remedy in answer.decision.remedies))

    def to_json(self, *, indent: int | None = None) -> str:
        """The proto3 JSON of the CheckMatterResponse, every field present; the same whatever the client's target."""
        from xingate._internal.values.message_json import to_json

        return to_json("CheckMatterResponse", self.wire, indent)

    def __str__(self) -> str:
        lines = [f"{self.verdict.name} ({self.verdict.title_zh}) for the file"]
        for answer in self.parties:
            lines.append(f"-- {answer.role}: {answer.party.subject!r}")
            lines.append(str(answer.decision))
        return "\n".join(lines)


@dataclass(frozen=True)
class Judged:
    """As much of a party's answer as the file's verdict needs: `could_be` are those of its gaps."""

    verdict: Verdict
    could_be: tuple[Verdict, ...] = ()

    @property
    def strictness(self) -> int:
        """0 to 3; CANNOT_TELL is as strict as what it may hide, and the strictest where it does not say."""
        if self.verdict is not Verdict.CANNOT_TELL:
            return _STRICTNESS[self.verdict]
        return max((_STRICTNESS.get(verdict, _STRICTEST) for verdict in self.could_be), default=_STRICTEST)


def file_verdict(applicant: Judged, others: Iterable[Judged]) -> Verdict:
    """The strictest of all. A CANNOT_TELL yields to a verdict as strict as what it may hide, because nothing that it
    hides could be stricter (DESIGN section 4). Of the lenient ones, the applicant's own word stands."""
    all_of: Sequence[Judged] = (applicant, *others)
    most = max(judged.strictness for judged in all_of)
    if most == 0:
        return applicant.verdict if applicant.verdict is not Verdict.CANNOT_TELL else Verdict.CLEAR
    found = {judged.verdict for judged in all_of if judged.strictness == most}
    return min(found, key=lambda verdict: verdict is Verdict.CANNOT_TELL)
