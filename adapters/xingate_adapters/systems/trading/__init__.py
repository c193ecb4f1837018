"""Public resource trading platforms: bidders at opening and again at award, bonus points, and what changes in between.

Source: REQUIREMENTS, Cl. 5, 13, 18.3, 18.4.
"""

from xingate_adapters.systems.trading.bonus import bonus_points
from xingate_adapters.systems.trading.tenders import Bid, BidCheck, Round, Tender, TradingDesk

__all__ = ["Bid", "BidCheck", "Round", "Tender", "TradingDesk", "bonus_points"]
