"""A trading platform's desk: every bid as one matter, at opening and again at award, and the watch in between.

A bid is the bidder with its legal representative, principals and the other members of its consortium. A bid without an
answer has an error in its place and is not admitted. The platform decides about admission; nothing here removes a bid.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from xingate import Client, MatterDecision, Party, UnavailableError, XingateError
from xingate.matter import APPLICANT
from xingate_adapters.systems.errors import IncompleteFileError
from xingate_adapters.systems.subjects import measure_line, shown_subject
from xingate_adapters.systems.trading.bonus import bonus_points

__all__ = ["Bid", "BidCheck", "Round", "Tender", "TradingDesk"]

_SHANGHAI = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Tender:
    """A tender (or a procurement, a land or resource offer: then with the actions of that kind). `bonus_offered`: the
    points that its documents offer for credit; `context`: attributes that some measures ask for, such as `domain`."""

    number: str
    bid_action: str = "tender.bid"
    award_action: str = "tender.award"
    bonus_offered: Decimal = Decimal(0)
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bid:
    """A bid by its number in the tender, with its parties, the bidder (a consortium's lead) as the applicant."""

    number: str
    parties: tuple[Party, ...]


@dataclass(frozen=True)
class BidCheck:
    """A bid with its answer, or with the error that stands in its place."""

    bid: Bid
    answer: MatterDecision | XingateError
    bonus: Decimal = Decimal(0)
    changes: tuple[str, ...] = ()

    @property
    def is_admitted(self) -> bool:
        """Whether the answer permits; without an answer it does not."""
        return isinstance(self.answer, MatterDecision) and self.answer.permits

    @property
    def reasons(self) -> tuple[str, ...]:
        """What acts on the parties, what is not known, or why there is no answer."""
        if isinstance(self.answer, XingateError):
            return (f"没有答复 no answer: {self.answer}",)
        acting = [f"{shown_subject(p.subject)}：{measure_line(m)}" for p, m in self.answer.restrictions]
        gaps = [f"{shown_subject(p.subject)}：{gap}" for p, gap in self.answer.gaps]
        return tuple(dict.fromkeys((*acting, *gaps)))


@dataclass(frozen=True)
class Round:
    """The bids of a tender as they were answered at one moment, on one snapshot and day."""

    tender: Tender
    action: str
    checks: tuple[BidCheck, ...]
    sequence: int
    day: str

    def of(self, number: str) -> BidCheck:
        """One bid. Raises IncompleteFileError."""
        for check in self.checks:
            if check.bid.number == number:
                return check
        raise IncompleteFileError(f"bid `{number}` was not among those opened in `{self.tender.number}`")


class TradingDesk:
    """Asks for one platform. Safe to share between threads, as its client is."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def open_bids(self, tender: Tender, bids: Iterable[Bid]) -> Round:
        """Check all bids at opening. Raises IncompleteFileError for bids that are incomplete or alike; an error of the
        gateway stands in the place of each bid concerned."""
        given = tuple(bids)
        _require_bids(tender, given)
        return self._round(tender, tender.bid_action, given)

    def award(self, opening: Round, numbers: Sequence[str]) -> Round:
        """Check the bids that may be awarded again, as of now; `changes` says what is different since the opening.

        Points are those of the opening: an award gives none.
        """
        before = [opening.of(number) for number in numbers]
        asked = self._round(opening.tender, opening.tender.award_action, tuple(check.bid for check in before))
        checks = zip(asked.checks, before, strict=True)
        return replace(
            asked, checks=tuple(replace(_compared(new, old, opening, asked), bonus=old.bonus) for new, old in checks)
        )

    def recheck(self, opening: Round) -> Round | None:
        """The bids again, where another snapshot is in use or another day has begun; None if nothing can have
        changed. Bids that the gateway could not answer are asked again in any case, under their request ids. Raises
        errors of `xingate.errors`."""
        if self._now() == (opening.sequence, opening.day):
            return self._completed(opening)
        asked = self._round(opening.tender, opening.action, tuple(check.bid for check in opening.checks))
        checks = zip(asked.checks, opening.checks, strict=True)
        return replace(asked, checks=tuple(_compared(new, old, opening, asked) for new, old in checks))

    def watch(self, opening: Round, stop: threading.Event, *, every_s: float = 60.0) -> Iterator[Round]:
        """Between opening and award: each round that differs from the one before, until `stop` is set.

        Asks every `every_s` seconds which snapshot is in use, which works over every way to a gateway; a gateway that
        cannot be asked is asked again the next time. Records are written only when there is something to check again.
        """
        last = opening
        while not stop.wait(every_s):
            try:
                fresh = self.recheck(last)
            except XingateError:
                continue
            if fresh is not None:
                last = fresh
                yield fresh

    def _round(self, tender: Tender, action: str, bids: tuple[Bid, ...]) -> Round:
        sequence, day = self._now()
        checks = tuple(self._check(tender, action, bid) for bid in bids)
        return Round(tender, action, checks, sequence, day)

    def _completed(self, opening: Round) -> Round | None:
        """The round with the bids asked again that had no answer; None if none of them has one now."""
        checks = tuple(
            _compared(
                self._check(opening.tender, opening.action, check.bid, check.answer.request_id), check, opening, opening
            )
            if isinstance(check.answer, UnavailableError)
            else check
            for check in opening.checks
        )
        is_same = all(isinstance(new.answer, type(old.answer)) for new, old in zip(checks, opening.checks, strict=True))
        return None if is_same else replace(opening, checks=checks)

    def _check(self, tender: Tender, action: str, bid: Bid, request_id: str = "") -> BidCheck:
        matter = f"{tender.number}/{bid.number}"
        try:
            answer = self._client.check_matter(
                matter, action, bid.parties, context=tender.context, request_id=request_id
            )
        except XingateError as error:
            return BidCheck(bid, error)
        return BidCheck(bid, answer, bonus_points(answer, tender.bonus_offered))

    def _now(self) -> tuple[int, str]:
        return self._client.snapshot().ref.sequence, datetime.now(_SHANGHAI).date().isoformat()


def _require_bids(tender: Tender, bids: tuple[Bid, ...]) -> None:
    if not tender.number.strip() or not bids:
        raise IncompleteFileError("a tender has a number and at least one bid")
    numbers: set[str] = set()
    bidders: dict[object, str] = {}
    for bid in bids:
        if not bid.number.strip() or bid.number in numbers:
            raise IncompleteFileError(f"bid `{bid.number}` has no number of its own in `{tender.number}`")
        numbers.add(bid.number)
        roles = [party.role for party in bid.parties]
        if roles.count(APPLICANT) != 1:
            raise IncompleteFileError(
                f"bid `{bid.number}` has {roles.count(APPLICANT)} bidders: expected one applicant"
            )
        for member in (party for party in bid.parties if party.role in {APPLICANT, "consortium_member"}):
            key = member.subject.identifiers or (member.subject.name,)
            if bidders.setdefault(key, bid.number) != bid.number:
                shown = shown_subject(member.subject)
                raise IncompleteFileError(f"{shown} stands in the bids `{bidders[key]}` and `{bid.number}`")


def _compared(new: BidCheck, old: BidCheck, before: Round, after: Round) -> BidCheck:
    """The new check with what is different. Another action may know other measures, so what does not act any more is
    said of that action."""
    if isinstance(new.answer, XingateError):
        return new
    then, now = {} if isinstance(old.answer, XingateError) else _acting(old.answer), _acting(new.answer)
    changes = [f"新增 new: {told}" for key, told in now.items() if key not in then]
    changes += [f"于 {after.action} 不适用 does not act there: {told}" for key, told in then.items() if key not in now]
    verdicts = _word(old.answer), _word(new.answer)
    if verdicts[0] != verdicts[1]:
        changes.append(f"{before.action} {verdicts[0]} → {after.action} {verdicts[1]}")
    return replace(new, changes=tuple(changes))


def _word(answer: MatterDecision | XingateError) -> str:
    return "没有答复 no answer" if isinstance(answer, XingateError) else answer.verdict.label


def _acting(decision: MatterDecision) -> dict[object, str]:
    """What acts, by party and entry: the same entry bears other measures at another action."""
    return {
        (party.subject, measure.entry.id if measure.entry else measure.id): (
            f"{shown_subject(party.subject)}：{measure_line(measure)}"
        )
        for party, measure in decision.restrictions
    }
