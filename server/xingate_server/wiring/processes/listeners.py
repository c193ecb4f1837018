"""A worker's listening sockets in the hands of its parent, so that new connections do not wait for one that is stuck.

The kernel shares new connections out among all sockets that listen on a port, whether their processes run or not.
The parent shuts those of a stuck worker: what waited there is reset, and its caller reaches another worker. gRPC keeps
its sockets to itself, so they are found among the process's files; if that cannot be done (no Linux), connections wait
until the worker is replaced. Source: socket(7) SO_REUSEPORT, unix(7) SCM_RIGHTS.
"""

import contextlib
import os
import socket
import stat
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path

_FILES = Path("/proc/self/fd")


def listening(ports: Iterable[int]) -> list[socket.socket]:
    """Second handles to this process's own TCP sockets that listen on these ports; none if they cannot be found."""
    wanted, found = set(ports), []
    with contextlib.suppress(OSError):
        for entry in os.listdir(_FILES):  # noqa: PTH208 - numbers, not paths
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK(os.fstat(int(entry)).st_mode):
                    duplicate = socket.socket(fileno=os.dup(int(entry)))
                    if _is_listening(duplicate) and duplicate.getsockname()[1] in wanted:
                        found.append(duplicate)
                    else:
                        duplicate.close()
    return found


def hand_over(sockets: Sequence[socket.socket], to: Connection) -> None:
    """Give them to the process at the other end, and close them here."""
    for each in sockets:
        send_handle(to, each.fileno(), os.getppid())
        each.close()


def take_over(of: Connection) -> socket.socket:
    """The next one that `hand_over` gave; waits for it unless `of.poll()`. Raises OSError, EOFError."""
    return socket.socket(fileno=recv_handle(of))


def shut(sockets: Iterable[socket.socket]) -> None:
    """Have nobody connect to them any more, whoever else has handles to them."""
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _is_listening(found: socket.socket) -> bool:
    is_tcp = found.family in (socket.AF_INET, socket.AF_INET6) and found.type == socket.SOCK_STREAM
    return is_tcp and bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
