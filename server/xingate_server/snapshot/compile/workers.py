"""The processes of a compile: one task in as many forked copies of this process as are asked for.

A copy shares what the parent has read, needs no arguments, and returns one value. Forking is safe only if no other
thread holds a lock that a task needs, so the command line asks for it and programs that embed the compile do not.
Ctrl-C reaches the parent alone, which ends all copies; a copy whose parent is gone ends by itself.
"""

import gc
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from xingate_server.snapshot.errors import CompileError

Report = Callable[..., None]
"""A task calls it now and then, with the arguments that the parent's `hear` takes."""
Result = TypeVar("Result")
_COLLECT_AFTER = 100_000  # objects; records hold no cycles, so looking for some after every 700 is lost time


def each(jobs: int, task: Callable[[int, Report], Result], hear: Report) -> list[Result]:
    """The results of `task(0)` to `task(jobs - 1)`, in this process where there is one job only.

    Raises what a task raises, and `CompileError` if a process ends without a word.
    """
    if jobs == 1:
        return [task(0, hear)]
    context = multiprocessing.get_context("fork")
    processes: dict[Connection, Any] = {}
    results: dict[int, Result] = {}
    try:
        for number in range(jobs):
            receiving, sending = context.Pipe(duplex=False)
            process = context.Process(
                target=_work, args=(number, task, sending, [*processes, receiving]), name=f"compile-{number}"
            )
            process.start()
            sending.close()
            processes[receiving] = process, number
        while processes:
            for ready in wait(list(processes)):
                _hear(ready, processes, results, hear)
    finally:
        for process, _ in processes.values():
            process.terminate()
        for process, _ in processes.values():
            process.join()
    return [results[number] for number in range(jobs)]


def _hear(ready: Any, processes: dict[Connection, Any], results: dict[int, Any], hear: Report) -> None:
    process, number = processes[ready]
    try:
        what, content = ready.recv()
    except (EOFError, OSError):
        process.join()
        raise CompileError(_ended(process.exitcode)) from None
    if what == "report":
        hear(*content)
    elif what == "failed":
        raise _error(*content)
    else:
        results[number] = content
        del processes[ready]
        process.join()


def _ended(exit_code: int) -> str:
    how = f"by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"with exit code {exit_code}"
    return (
        f"a process of the compile was ended {how}, as when memory runs out; the current snapshot is unchanged: "
        "run it again, with --jobs 1 where memory is short"
    )


def _work(number: int, task: Callable[[int, Report], Any], sending: Connection, others: list[Connection]) -> None:
    """The whole life of a copy."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    gc.freeze()  # what the parent made stays shared with it
    gc.set_threshold(_COLLECT_AFTER)
    parent = os.getppid()

    def report(*content: Any) -> None:
        if os.getppid() != parent:
            os._exit(1)
        sending.send(("report", content))

    try:
        answer: tuple[str, Any] = ("done", task(number, report))
    except Exception as error:  # noqa: BLE001 (it is raised again in the parent)
        answer = ("failed", (type(error), error.args, error.__dict__, traceback.format_exc()))
    sending.send(answer)
    sending.close()


def _error(kind: type[Exception], args: tuple[Any, ...], state: dict[str, Any], trace: str) -> Exception:
    """The error of a copy, made again without its `__init__`, whose arguments may differ from `args`."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    error.add_note(f"in a process of the compile:\n{trace}")
    return error
