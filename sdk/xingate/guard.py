"""A function that is entered only after a check: the lookup is part of the procedure, not beside it (Cl. 5).

    @requires_check("permit.grant", subject=lambda case: case.subject, matter=lambda case: case.number, client=gateway)
    def grant(case): ...

The check comes first and its answer is recorded; when the verdict is among `refuse`, RefusedError carries the
decision and the function is not entered; when no answer can be had, the error of `xingate.errors` is raised.
Inside the function `current_decision()` is the answer, with the obligations that go with it.
"""

import inspect
from collections.abc import Callable, Collection, Coroutine
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from xingate.aio import AsyncClient
from xingate.client import Client
from xingate.errors import NotGuardedError, RefusedError
from xingate.types import Decision, Subject, Verdict

__all__ = ["current_decision", "requires_check"]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Client = TypeVar("_Client", Client, AsyncClient)

NOT_PERMITTED = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.CANNOT_TELL})

_current: ContextVar[Decision] = ContextVar("xingate_decision")


def current_decision() -> Decision:
    """The decision by which the innermost guarded function was entered. Raises NotGuardedError outside of one."""
    try:
        return _current.get()
    except LookupError:
        text = "there is no current decision: no function guarded by `requires_check` is running here"
        raise NotGuardedError(text, reason="not_guarded") from None


def requires_check(
    action: str,
    *,
    subject: str | Callable[..., Subject],
    client: Client | AsyncClient | Callable[[], Client | AsyncClient],
    refuse: Collection[Verdict] = NOT_PERMITTED,
    matter: str | Callable[..., str] | None = None,
    operator: str | Callable[..., str] | None = None,
) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Guard a function, plain or async; an async one wants an AsyncClient, a plain one a Client.

    `subject`, `matter` and `operator` are the name of a parameter of the function, or a callable that takes the
    function's arguments. `client` may be a callable, for a client that is made later. Raises TypeError at
    decoration when a named parameter does not exist.
    """

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        signature = inspect.signature(function)
        read = {
            name: _reader(given, signature, name)
            for name, given in (("subject", subject), ("matter", matter), ("operator", operator))
            if given is not None
        }
        gate = _Gate(action, client, frozenset(refuse), read)
        if inspect.iscoroutinefunction(function):
            return cast("Callable[_P, _T]", _guard_async(function, gate))
        return _guard(function, gate)

    return decorate


class _Gate:
    """The check that stands before one function."""

    def __init__(
        self,
        action: str,
        client: Client | AsyncClient | Callable[[], Client | AsyncClient],
        refuse: frozenset[Verdict],
        read: dict[str, Callable[..., Any]],
    ) -> None:
        self._action = action
        self._client = client
        self._refuse = refuse
        self._read = read

    def ask(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Decision:
        """The answer, where the verdict does not refuse."""
        subject, given = self._question(args, kwargs)
        return self._judge(self._open(Client).check(subject, self._action, **given))

    async def ask_async(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Decision:
        """The answer, where the verdict does not refuse."""
        subject, given = self._question(args, kwargs)
        return self._judge(await self._open(AsyncClient).check(subject, self._action, **given))

    def _question(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Subject, dict[str, Any]]:
        given = {name: read(*args, **kwargs) for name, read in self._read.items()}
        return given.pop("subject"), given

    def _open(self, kind: type[_Client]) -> _Client:
        client = self._client if isinstance(self._client, Client | AsyncClient) else self._client()
        if not isinstance(client, kind):
            raise TypeError(f"this function is guarded with {kind.__name__}, not with {type(client).__name__}")
        return client

    def _judge(self, decision: Decision) -> Decision:
        if decision.verdict in self._refuse:
            raise RefusedError(decision, self._action)
        return decision


def _reader(given: str | Callable[..., Any], signature: inspect.Signature, what: str) -> Callable[..., Any]:
    if not isinstance(given, str):
        return given
    if given not in signature.parameters:
        raise TypeError(f"`{what}` names the parameter `{given}`, which the guarded function does not have")

    def read(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments[given]

    return read


def _guard(function: Callable[_P, _T], gate: _Gate) -> Callable[_P, _T]:
    @wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        decision = gate.ask(args, kwargs)
        token = _current.set(decision)
        try:
            return function(*args, **kwargs)
        finally:
            _current.reset(token)

    return guarded


def _guard_async(function: Callable[_P, Coroutine[Any, Any, _T]], gate: _Gate) -> Callable[_P, Coroutine[Any, Any, _T]]:
    @wraps(function)
    async def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        decision = await gate.ask_async(args, kwargs)
        token = _current.set(decision)
        try:
            return await function(*args, **kwargs)
        finally:
            _current.reset(token)

    return guarded
