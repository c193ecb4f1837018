"""A function that is entered only after its file was checked, and only where the step is not a stop (Cl. 5).

@requires_handling(desk, Stage.ACCEPTANCE, file=lambda case: case.file)
def accept(case): ...
    case.notes.append(current_handling().note())
"""

import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from xingate.errors import NotGuardedError
from xingate_adapters.systems.approval.approval import ApprovalDesk, ApprovalFile
from xingate_adapters.systems.approval.handling import Handling, Stage
from xingate_adapters.systems.errors import StoppedError

__all__ = ["current_handling", "requires_handling"]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_current: ContextVar[Handling] = ContextVar("xingate_handling")


def current_handling() -> Handling:
    """The handling by which the innermost guarded function was entered. Raises NotGuardedError outside of one."""
    try:
        return _current.get()
    except LookupError:
        text = "there is no current handling: no function guarded by `requires_handling` is running here"
        raise NotGuardedError(text, reason="not_guarded") from None


def requires_handling(
    desk: ApprovalDesk,
    stage: Stage,
    *,
    file: Callable[..., ApprovalFile],
    accepted: Callable[..., Mapping[str, Any]] | None = None,
) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Guard a plain function. `file` and, for a decision, `accepted` (the note of the acceptance) take its arguments.

    A stop raises StoppedError, which carries the handling; no answer raises the error of `xingate.errors`.
    """

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        if inspect.iscoroutinefunction(function):
            raise TypeError("`requires_handling` guards plain functions: put the check before the coroutine")

        @wraps(function)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            note = accepted(*args, **kwargs) if accepted is not None else None
            handling = desk.handle(file(*args, **kwargs), stage, note)
            if handling.step.is_stop:
                raise StoppedError(f"`{handling.number}`: {handling.step.value} {handling.step.title_zh}", handling)
            token = _current.set(handling)
            try:
                return function(*args, **kwargs)
            finally:
                _current.reset(token)

        return guarded

    return decorate
