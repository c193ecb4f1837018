"""Approval bureaus: a check when a matter is accepted and again when it is decided, and what follows from each.

`desk.ApprovalDesk` asks and proposes, `handling` says what, `web` puts it before a WSGI or ASGI application, `guard`
before a function. Source: REQUIREMENTS, Cl. 5, 11, 18, 22, 25.
"""

from xingate_adapters.systems.approval.approval import ApprovalDesk, ApprovalFile
from xingate_adapters.systems.approval.guard import current_handling, requires_handling
from xingate_adapters.systems.approval.handling import Handling, Promise, Stage, Step
from xingate_adapters.systems.approval.web import AsgiGate, WsgiGate
from xingate_adapters.systems.mapping import Matter, MatterMap, load_matter_map

__all__ = [
    "ApprovalDesk",
    "ApprovalFile",
    "AsgiGate",
    "Handling",
    "Matter",
    "MatterMap",
    "Promise",
    "Stage",
    "Step",
    "WsgiGate",
    "current_handling",
    "load_matter_map",
    "requires_handling",
]
