"""HR systems in recruitment: people by number, for a stated purpose and post; a panel sees only what it may.

Source: REQUIREMENTS, Cl. 5 (3), 18, 19, 22, 25; the personal information law: purpose, operator and matter on every
query, numbers masked in every output.
"""

from xingate_adapters.systems.recruitment.notice import notice
from xingate_adapters.systems.recruitment.recruitment import Candidate, RecruitmentDesk
from xingate_adapters.systems.recruitment.result import Doubt, Finding, PanelResult

__all__ = ["Candidate", "Doubt", "Finding", "PanelResult", "RecruitmentDesk", "notice"]
