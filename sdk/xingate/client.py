# Made from aio.py by sdk/make_sync.py: change that file, then run `make sync`.
"""The client for threads. Thin: a call knows its bytes, a port sends them, this waits.

This file is made from `xingate.aio` (`make sync`). What differs in kind is in `_internal.concurrency`.
"""

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from xingate._internal.calls import catalogue, checks, matters, outcomes, proofs, records
from xingate._internal.calls.call import Call, Done, Steps, advance
from xingate._internal.concurrency.asking import WINDOW, Asking
from xingate._internal.concurrency.threads import Questions, screened, stream
from xingate._internal.options import Options, open_spool
from xingate._internal.ports.embedded import Backend, BackendPort, open_backend
from xingate._internal.ports.port import Port
from xingate._internal.ports.target import Target, parse_target
from xingate._internal.proof.verify_spool import OnProgress, verify_all
from xingate._internal.retry import Attempts, RetryPolicy
from xingate.errors import MissingExtraError, UnavailableError, XingateError
from xingate.matter import MatterDecision, MatterOptions, Party
from xingate.matter_receipt import MatterReceipt
from xingate.receipt import Receipt
from xingate.screening import RosterRow, ScreenedRow, Screening
from xingate.spool import Spool, SpoolReport
from xingate.types import (
    Action,
    Caller,
    ConsistencyProof,
    Decision,
    IdentitySettlement,
    ListType,
    Measure,
    MeasureOutcome,
    Question,
    QuestionOptions,
    RecordedOutcome,
    SearchOptions,
    SignedCheckpoint,
    Snapshot,
    Subject,
    TraceEntry,
    UsageReport,
    View,
)

__all__ = ["Client", "RetryPolicy", "connect", "connect_backend"]

_T = TypeVar("_T")


def connect(
    url: str,
    *,
    system: str = "",
    organisation: str = "",
    operator: str = "",
    timeout_s: float = 10.0,
    retry: RetryPolicy | None = None,
    spool: Path | str | Spool | None = None,
) -> "Client":
    """A client of the gateway at `url`.

    `url`: grpc://host:port, grpcs://host:port, http(s)://host:port (extra `http`) or embedded:<state directory>
    (extra `server`). `system`, `organisation` and `operator` say who asks, and are recorded. `timeout_s` is for
    one call with all its retries. `spool` is a folder in which what was answered is kept for `Client.verify_all`,
    or a `xingate.spool.Spool` with bounds of your own. Nothing is sent yet, but an embedded gateway is opened at once,
    which reads its snapshot. Raises ValueError for an address that is none, MissingExtraError, and for `embedded:`
    UnavailableError when the gateway cannot be opened.
    """
    options = Options(Caller(system, organisation, operator), timeout_s, retry or RetryPolicy(), open_spool(spool))
    return Client(_open(parse_target(url)), options)


def connect_backend(
    backend: Backend,
    *,
    system: str = "",
    organisation: str = "",
    operator: str = "",
    timeout_s: float = 10.0,
    retry: RetryPolicy | None = None,
    spool: Path | str | Spool | None = None,
) -> "Client":
    """A client of a gateway that is an object of this process, as `xingate.testing.FakeGateway` is. It is closed with
    the client. All else as `connect` says."""
    options = Options(Caller(system, organisation, operator), timeout_s, retry or RetryPolicy(), open_spool(spool))
    return Client(BackendPort(backend), options)


def _open(target: Target) -> Port:
    if target.state is not None:
        return BackendPort(open_backend(target.state))
    if target.scheme.startswith("grpc"):
        from xingate._internal.ports.grpc.sync import GrpcPort

        return GrpcPort(target)
    try:
        from xingate._internal.ports.http.sync import HttpPort
    except ModuleNotFoundError as error:
        raise MissingExtraError("http", f"`{target}`") from error
    return HttpPort(target)


class Client:
    """Asks a gateway. Safe to share between threads; close it, or use it in a `with`."""

    def __init__(self, port: Port, options: Options) -> None:
        self._port = port
        self._options = options

    def check(
        self,
        subject: Subject,
        action: str,
        *,
        view: View = View.FULL,
        timeout_s: float | None = None,
        **options: Unpack[QuestionOptions],
    ) -> Decision:
        """What applies to `subject` for `action`. The answer is recorded before it comes back.

        Options are those of `QuestionOptions`. Raises errors of `xingate.errors`, which carry the `request_id`.
        """
        question = Question(subject, action, **options)
        decision = self._run(checks.check_call(question, self._options.caller, view), timeout_s)
        self._options.keep(decision)
        return decision

    def check_many(
        self, questions: Iterable[Question], *, view: View = View.FULL, timeout_s: float | None = None
    ) -> list[Decision | XingateError]:
        """Many questions, 1000 a call; each has its own answer or error, in their order.

        `timeout_s` is for each call of up to 1000; when one fails as a whole, each of its questions has the error, with
        the request id under which to ask again.
        """
        results: list[Decision | XingateError] = []
        for batch in checks.batches(questions, self._options.caller, view):
            try:
                results += batch.merge(self._run(batch.call, timeout_s))
            except XingateError as error:
                results += batch.failed(error)
        self._options.keep(*results)
        return results

    def check_matter(
        self,
        matter: str,
        action: str,
        subjects: Iterable[Party],
        *,
        view: View = View.FULL,
        timeout_s: float | None = None,
        **options: Unpack[MatterOptions],
    ) -> MatterDecision:
        """What applies to all parties of `matter` together, exactly one of them the applicant: one record each, one
        answer for the file.

        Options are those of `MatterOptions`. Raises errors of `xingate.errors`: where one party's question is wrong
        (`field` says whose), nothing is recorded for any.
        """
        question = Question(matters.NOBODY, action, matter=matter, **options)
        decision = self._run(matters.matter_call(subjects, question, self._options.caller, view), timeout_s)
        self._options.keep(*(answer.decision for answer in decision.parties))
        return decision

    def check_stream(
        self,
        questions: Questions,
        *,
        view: View = View.FULL,
        window: int = WINDOW,
        timeout_s: float | None = None,
    ) -> Generator[Decision | XingateError, None, None]:
        """Any number of questions, with at most `window` (1 to 1000) of them in flight; results in their order.

        Each question has its own answer or error, with the request id under which to ask again. Over gRPC by
        StreamCheck; over HTTP and in-process in batches of `window`. Where the stream breaks, those in flight are
        asked again by themselves. `timeout_s` is for the next answer, and for a batch.
        """
        asking = Asking(self._options, view, window, timeout_s)
        return stream(self._port, asking, questions, partial(self.check_many, view=view, timeout_s=timeout_s))

    def screen(
        self,
        rows: Iterable[RosterRow],
        action: str,
        *,
        as_of: date | str | None = None,
        operator: str = "",
        context: Mapping[str, str] | None = None,
        run_id: str = "",
        timeout_s: float | None = None,
    ) -> Generator[ScreenedRow, None, None]:
        """A whole roster: each row's subject, and the people who belong to it, asked in a few batches at a time.

        Yields the rows in their order, each question with its own answer or error, and reads `rows` no further ahead
        than it must. With the same `run_id`, rows and options, whatever was recorded is answered as it was and not
        recorded again; "" is a new run. `timeout_s` is for each batch with its retries.
        """
        screening = Screening(action, as_of, operator, context or {}, run_id)
        ask_many = partial(self.check_many, timeout_s=timeout_s)
        with closing(screened(screening.batches(rows), ask_many)) as answered:
            yield from answered

    def record(self, record_id: str) -> TraceEntry:
        """The record of a lookup. Raises NotFoundError."""
        return self._run(records.record_call(record_id))

    def records(
        self, limit: int = 50, *, before: int | None = None, **search: Unpack[SearchOptions]
    ) -> list[TraceEntry]:
        """The newest `limit` records that fit all of `search` (`SearchOptions`), newest first; with `before`, only
        those of a lower leaf index. Fewer than `limit`: there are no more."""
        return self._drive(records.records_steps(limit, before, search))

    def report_outcome(
        self,
        record_id: str,
        *,
        measures: Iterable[MeasureOutcome] = (),
        identities: Iterable[IdentitySettlement] = (),
        note: str = "",
        operator: str = "",
        outcome_id: str = "",
        timeout_s: float | None = None,
    ) -> RecordedOutcome:
        """Report what became of the lookup `record_id`: what was done with the measures of its answer, and whether a
        possible match is the subject. A retry with the same `outcome_id` (default: a new one) is recorded once.

        Raises NotFoundError for an unknown lookup, NotAllowedError for one of another organisation or system, and
        InvalidRequestError for a measure or an entry that was not in the answer.
        """
        caller = self._options.caller_with(operator)
        call = outcomes.outcome_call(record_id, caller, measures, identities, note, outcome_id)
        return self._run(call, timeout_s)

    def receipt(self, record_id: str) -> Receipt:
        """What proves one record without a gateway: see `xingate.receipt.verify_receipt`. Raises NotFoundError."""
        return self._run(proofs.receipt_call(record_id))

    def matter_receipt(self, record_id: str) -> MatterReceipt:
        """What proves the records of all parties of a matter check, of which `record_id` is any one: see
        `xingate.matter_receipt.verify_matter_receipt`. Raises NotFoundError, InvalidRequestError."""
        return self._run(matters.matter_receipt_call(record_id))

    def checkpoint(self) -> SignedCheckpoint:
        """The newest signed checkpoint of the log: see `xingate.checkpoint.verify`."""
        return self._run(proofs.checkpoint_call())

    def consistency_proof(self, size1: int, size2: int = 0) -> ConsistencyProof:
        """That the log at `size2` (0: the newest checkpoint's) begins with the log at `size1`.

        Sizes are to be taken from signed checkpoints: see `xingate.checkpoint.verify_extends`.
        """
        return self._run(proofs.consistency_call(size1, size2))

    def verify_all(self, verifier_key: str = "", *, on_progress: OnProgress | None = None) -> SpoolReport:
        """Show that the log still holds every answer that the spool kept, and that it only grew since last time.

        `verifier_key` is the log's key as its operator publishes it; "": the one pinned in the spool at first use.
        `on_progress` hears how many answers are done, of how many.

        Raises CheckpointError if the gateway's checkpoint is not signed by that key, or (reason `key_changed`) the
        key is another one than before; UnavailableError where the gateway cannot be asked: ask again.
        """
        return self._drive(verify_all(proofs.require_spool(self._options.spool), verifier_key, on_progress))

    def actions(self) -> list[Action]:
        """The actions that can be asked about."""
        return self._run(catalogue.actions_call())

    def measures(self, action: str = "") -> list[Measure]:
        """The measures of the catalogue, or those that touch `action`."""
        return self._run(catalogue.measures_call(action))

    def list_types(self) -> list[ListType]:
        """The list types of the catalogue."""
        return self._run(catalogue.list_types_call())

    def snapshot(self, sequence: int = 0) -> Snapshot:
        """The snapshot that answers, or a retained one. Raises NotFoundError."""
        return self._run(catalogue.snapshot_call(sequence))

    def usage_report(
        self,
        first: date | str | None = None,
        last: date | str | None = None,
        *,
        by: str = "organisation",
        timeout_s: float | None = None,
    ) -> UsageReport:
        """Figures of the lookups from `first` to `last`, days in Asia/Shanghai, both included (None: open).

        `by`: organisation, action, verdict or system. The gateway reads its whole log for it, so a long log wants a
        longer `timeout_s`.
        """
        return self._run(records.usage_call(first, last, by), timeout_s)

    def close(self) -> None:
        """Close the connection; an embedded gateway is closed with it."""
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _drive(self, steps: Steps[_T]) -> _T:
        """Make the calls and the pauses that `steps` asks for."""
        resume: Callable[[Any], Any] = steps.send
        value: object = None
        while not isinstance(step := advance(resume, value), Done):
            resume, value = steps.send, None
            if isinstance(step, float):
                time.sleep(step)
                continue
            try:
                value = self._run(step)
            except XingateError as error:
                resume, value = steps.throw, error
        result: _T = step.value
        return result

    def _run(self, call: Call[_T], timeout_s: float | None = None) -> _T:
        attempts = Attempts(self._options.retry, self._options.timeout_s if timeout_s is None else timeout_s)
        try:
            while True:
                try:
                    return call.read(self._port.call(call.method, call.payload, attempts.timeout_s))
                except UnavailableError as error:
                    pause_s = attempts.pause_s(error)
                time.sleep(pause_s)
        except XingateError as error:
            error.request_id = error.request_id or call.request_id
            raise
