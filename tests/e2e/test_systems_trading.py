"""A trading platform on a real gateway: opening, award, bonus points, and what changes in between."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import xingate
from xingate import InvalidRequestError, MatterDecision, Party, Subject, UnavailableError, Verdict
from xingate.testing import FakeGateway
from xingate.types import AppliedMeasure, Effect, Obligation
from xingate_adapters.systems.errors import IncompleteFileError
from xingate_adapters.systems.trading import Bid, BidCheck, Tender, TradingDesk, bonus_points
from xingate_server.demo.numbers import citizen_number, unified_code

TENDER = Tender("示例标段-1", bonus_offered=Decimal(2))


def bid(serial: int, *others: Party, number: str = "") -> Bid:
    return Bid(number or f"B{serial}", (Party.applicant(Subject.legal_entity(unified_code(serial))), *others))


@pytest.fixture(scope="module")
def own(compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(compiled_state, tmp_path_factory.mktemp("trading") / "state", symlinks=True)


@pytest.fixture(scope="module")
def desk(own: Path) -> Iterator[TradingDesk]:
    with xingate.connect(f"embedded:{own}", system="trading", organisation="示例交易中心") as client:
        yield TradingDesk(client)


def test_each_bid_has_its_own_answer_and_points(desk: TradingDesk) -> None:
    member = Party.consortium_member(Subject.legal_entity(unified_code(1)))
    opening = desk.open_bids(TENDER, [bid(18), bid(1, number="B1"), bid(19), bid(13)])
    assert [(check.is_admitted, check.bonus) for check in opening.checks] == [
        (True, Decimal(2)),
        (False, Decimal(0)),
        (True, Decimal(0)),
        (True, Decimal(0)),
    ]
    assert any("18.3b" in reason for reason in opening.of("B1").reasons)
    joint = desk.open_bids(TENDER, [bid(18, member)]).checks[0]
    assert isinstance(joint.answer, MatterDecision)
    assert (joint.answer.verdict, joint.bonus, joint.is_admitted) == (Verdict.RESTRICTED, Decimal(0), False)
    award = desk.award(opening, ["B18", "B19"])
    assert [(check.is_admitted, check.bonus, check.changes) for check in award.checks][1] == (True, Decimal(0), ())
    assert award.of("B18").bonus == Decimal(2)
    assert isinstance(award.checks[0].answer, MatterDecision)
    receipt = desk._client.matter_receipt(award.checks[0].answer.record_ids[0])
    assert len(receipt.receipts) == 1


@pytest.mark.parametrize(
    "bids",
    [
        [],
        [bid(2), bid(3, number="B2")],
        [bid(2, number="")],
        [bid(2), bid(2, number="B9")],
        [bid(2), bid(3, Party.consortium_member(Subject.legal_entity(unified_code(2))))],
        [Bid("B1", ())],
        [Bid("B1", (*bid(2).parties, *bid(3).parties))],
        [Bid("B1", (Party.legal_representative(Subject.natural_person(citizen_number(101))),))],
    ],
)
def test_bids_that_are_incomplete_or_alike_are_refused(bids: list[Bid]) -> None:
    fake = FakeGateway()
    bids = [Bid(" ", one.parties) if bids == [bid(2, number="")] else one for one in bids]
    with pytest.raises(IncompleteFileError):
        TradingDesk(fake.client()).open_bids(TENDER, bids)
    assert fake.records == []


def test_a_malformed_number_is_an_error_of_its_bid_alone(desk: TradingDesk) -> None:
    wrong = Bid("B9", (Party.applicant(Subject.legal_entity("123")),))
    opening = desk.open_bids(TENDER, [wrong, bid(18)])
    assert isinstance(opening.checks[0].answer, InvalidRequestError)
    assert (opening.checks[0].is_admitted, opening.checks[1].is_admitted) == (False, True)
    assert "没有答复" in opening.checks[0].reasons[0]
    assert desk.recheck(opening) is None, "a bid that is wrong stays wrong"
    with pytest.raises(IncompleteFileError, match="not among"):
        desk.award(opening, ["B7"])


def test_a_bid_without_an_answer_is_asked_again_under_its_id() -> None:
    fake = FakeGateway()
    desk = TradingDesk(fake.client())
    asked = fake.call
    lost: list[str] = []

    def lossy(method: str, payload: bytes, /) -> bytes:
        answer = asked(method, payload)
        if method == "CheckMatter" and len(lost) < 4:  # recorded, but the answer never arrives
            lost.append(method)
            raise UnavailableError("lost on the way")
        return answer

    fake.call = lossy  # type: ignore[method-assign]
    opening = desk.open_bids(TENDER, [bid(2)])
    assert isinstance(opening.checks[0].answer, UnavailableError)
    assert not opening.checks[0].is_admitted
    done = desk.recheck(opening)
    assert done is not None
    assert done.checks[0].is_admitted
    assert len(fake.records) == 1
    assert desk.recheck(done) is None


@pytest.mark.parametrize("is_again", [False, True])
def test_what_was_found_after_an_answer_was_lost_is_a_change(*, is_again: bool) -> None:
    fake = FakeGateway()
    desk = TradingDesk(fake.client())
    opening = desk.open_bids(TENDER, [bid(2)])
    lost = BidCheck(opening.checks[0].bid, UnavailableError("lost on the way"))
    between = replace(opening, checks=(lost,), sequence=opening.sequence if is_again else 0)
    bar = AppliedMeasure("18.3b", effect=Effect.LIMIT)
    fake.answer(unified_code(2), "tender.bid", Verdict.RESTRICTED, measures=[bar])
    found = desk.recheck(between)
    assert found is not None
    assert not found.checks[0].is_admitted
    new, verdict = found.checks[0].changes
    assert new.startswith("新增 new: ")
    assert "18.3b" in new
    assert verdict == "tender.bid 没有答复 no answer → tender.bid 受限制 RESTRICTED"


def test_a_gateway_that_is_down_gives_no_round() -> None:
    fake = FakeGateway()
    with fake.outage(), pytest.raises(UnavailableError):
        TradingDesk(fake.client()).open_bids(TENDER, [bid(2)])
    assert fake.records == []


def test_the_watch_checks_again_on_a_new_snapshot(own: Path, compile_lists: Any, desk: TradingDesk) -> None:
    opening = desk.open_bids(TENDER, [bid(18), bid(3)])
    stop = threading.Event()
    rounds = desk.watch(opening, stop, every_s=0.1)
    compile_lists(own)
    timer = threading.Timer(30, stop.set)
    timer.start()
    try:
        fresh = next(rounds)
    finally:
        timer.cancel()
    assert fresh.sequence > opening.sequence
    assert [check.changes for check in fresh.checks] == [(), ()]
    stop.set()
    assert list(rounds) == []


def test_the_watch_outlives_a_gateway_that_is_down() -> None:
    fake = FakeGateway()
    desk = TradingDesk(fake.client())
    opening = desk.open_bids(TENDER, [bid(2)])
    fake.fail(times=12)
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    assert list(desk.watch(opening, stop, every_s=0.01)) == []


@pytest.mark.parametrize(
    ("offered", "cap", "points"),
    [("2", "3", "2"), ("5", "3", "3"), ("0", "3", "0"), ("2.5", "2.5", "2.5"), ("2", "", "0"), ("2", "NaN", "0"),
     ("2", "-1", "0"), ("2", "x", "0"), ("2", "Infinity", "0")],
)  # fmt: skip
def test_points_are_the_tenders_within_the_cap(offered: str, cap: str, points: str) -> None:
    fake = FakeGateway()
    given = Obligation("bonus_points", parameters={"points_at_most": cap})
    measure = AppliedMeasure("13.bonus", effect=Effect.FAVOUR, obligations=(given,))
    fake.answer(unified_code(18), "tender.bid", Verdict.FAVOURED, measures=[measure, measure])
    with fake.client() as client:
        decision = client.check_matter("M", "tender.bid", bid(18).parties)
    assert bonus_points(decision, Decimal(offered)) == Decimal(points)
    for wrong in ("-1", "NaN"):
        with pytest.raises((ValueError, ArithmeticError)):
            bonus_points(decision, Decimal(wrong))


def test_the_award_says_of_which_action_it_speaks(desk: TradingDesk) -> None:
    opening = desk.open_bids(Tender("示例-9", context={"domain": "environmental_protection"}), [bid(12), bid(18)])
    assert not opening.of("B12").is_admitted
    award = desk.award(opening, ["B12", "B18"])
    assert not award.of("B12").is_admitted  # 18.6 is for awards as well
    assert award.of("B12").changes == ()
    assert award.of("B18").changes == ("tender.bid 有激励 FAVOURED → tender.award 无措施 CLEAR",)


def test_what_acts_on_the_bid_alone_is_said_of_the_award() -> None:
    fake = FakeGateway()
    measure = AppliedMeasure("x.bid", effect=Effect.LIMIT)
    fake.answer(unified_code(12), "tender.bid", Verdict.RESTRICTED, measures=[measure])
    with fake.client() as client:
        desk = TradingDesk(client)
        changes = desk.award(desk.open_bids(Tender("示例-9"), [bid(12)]), ["B12"]).of("B12").changes
    assert any("于 tender.award 不适用" in change and "x.bid" in change for change in changes)
    assert "tender.bid 受限制 RESTRICTED → tender.award 无措施 CLEAR" in changes


def test_somebody_elses_grade_gives_no_points(desk: TradingDesk) -> None:
    member = Party.consortium_member(Subject.legal_entity(unified_code(18)))
    check = desk.open_bids(TENDER, [bid(19, member)]).checks[0]
    assert (check.is_admitted, check.bonus) == (True, Decimal(0))
