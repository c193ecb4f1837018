"""Bonus points for credit in public resource trading (13.bonus): by the tender's terms, within the catalogue's cap."""

from decimal import Decimal, InvalidOperation

from xingate import MatterDecision, Verdict

__all__ = ["bonus_points"]

_KIND = "bonus_points"


def bonus_points(decision: MatterDecision, offered: Decimal) -> Decimal:
    """The points of a bid: what the tender documents offer, at most what the measure allows; several do not add up.

    0 without the measure, where the file's verdict is not FAVOURED, and if the measure states no readable cap:
    points that nobody can justify are not given. `offered` below 0 is a ValueError.
    """
    if not offered >= 0:
        raise ValueError(f"the points that a tender offers are 0 or more, not {offered}")
    if decision.verdict is not Verdict.FAVOURED:
        return Decimal(0)
    caps = [
        _number(each.parameters.get("points_at_most", ""))
        for measure in decision.incentives
        for each in measure.obligations
        if each.kind == _KIND
    ]
    return min(offered, max(caps, default=Decimal(0)))


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return Decimal(0)
    return value if value.is_finite() and value > 0 else Decimal(0)
