"""A trading platform: bidders with their representatives and consortia, at opening and again at award (Cl. 13, 18.3).

python examples/trading.py [URL]
"""

import sys
from decimal import Decimal

from lists import gateway_url

import xingate
from xingate import Party, Subject
from xingate_adapters.systems.trading import Bid, Round, Tender, TradingDesk
from xingate_server.demo.numbers import citizen_number, unified_code


def company(serial: int) -> Subject:
    return Subject.legal_entity(unified_code(serial))


BIDS = (
    Bid("B1", (Party.applicant(company(18)),)),
    Bid("B2", (Party.applicant(company(3)), Party.consortium_member(company(1)))),
    Bid(
        "B3",
        (
            Party.applicant(company(19)),
            Party.legal_representative(Subject.natural_person(citizen_number(302), name="示例寅")),
        ),
    ),
    Bid("B4", (Party.applicant(company(12)),)),
)


def show(title: str, asked: Round) -> None:
    print(f"\n{title} {asked.action}, snapshot {asked.sequence}")
    for check in asked.checks:
        verdict = check.answer.verdict.name if isinstance(check.answer, xingate.MatterDecision) else "NO ANSWER"
        admitted = "admitted" if check.is_admitted else "not admitted"
        print(f"  {check.bid.number} {verdict:<11} {admitted}, {check.bonus} points")
        for line in (*check.reasons, *check.changes):
            print(f"      {line}")


def main(url: str) -> None:
    tender = Tender("示例标段-1", bonus_offered=Decimal(5))  # the measure allows at most 3
    with xingate.connect(url, system="trading", organisation="示例公共资源交易中心", operator="示例经办人") as gateway:
        desk = TradingDesk(gateway)
        opening = desk.open_bids(tender, BIDS)
        show("opening", opening)
        fresh = desk.recheck(opening)  # `desk.watch` does it again and again until the award
        print("\nsince the opening:", "nothing new" if fresh is None else "checked again")
        winners = [check.bid.number for check in opening.checks if check.is_admitted]
        show("award", desk.award(fresh or opening, winners))


if __name__ == "__main__":
    with gateway_url(sys.argv[1:]) as address:
        main(address)
