"""The addresses that a gateway listens on: loopback by default, and reserved before any worker starts."""

import errno
import ipaddress
import socket
from contextlib import ExitStack
from typing import NamedTuple, Self

from xingate_server.settings import ServerSettings


class ServeError(Exception):
    """The gateway cannot start; the text says why in one line."""


class Ports(NamedTuple):
    """Where workers listen."""

    host: str
    http: int
    grpc: int

    @property
    def http_url(self) -> str:
        """For people and programs."""
        return f"http://{_bracketed(self.host)}:{self.http}"

    @property
    def grpc_url(self) -> str:
        """For people and programs."""
        return f"grpc://{self.grpc_address}"

    @property
    def grpc_address(self) -> str:
        """`host:port` as gRPC takes it."""
        return f"{_bracketed(self.host)}:{self.grpc}"


class Reservation:
    """Both ports, bound but not listened on, so that workers can share them and nobody else can take them."""

    def __init__(self, settings: ServerSettings) -> None:
        host = checked_host(settings)
        self._stack = ExitStack()
        with self._stack:
            http = self._take(host, settings.http_port, "http")
            grpc = self._take(host, settings.grpc_port, "grpc")
            if http == grpc:  # the sockets of one process share a port, so that nothing above has failed
                raise ServeError(
                    f"the http port and the grpc port are both {http}: choose another with --http-port or --grpc-port"
                )
            self.ports = Ports(host, http, grpc)
            self._stack = self._stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the ports back; in a worker, leave them to its parent."""
        self._stack.close()

    def _take(self, host: str, port: int, what: str) -> int:
        try:
            # Without SO_REUSEPORT first: with it, a port that another gateway shares would seem free.
            with bind(host, port, is_shared=False) as probe:
                free = port or int(probe.getsockname()[1])
            taken = self._stack.enter_context(bind(host, free, is_shared=True))
        except OSError as error:
            raise ServeError(_why(error, host, port, what)) from None
        return int(taken.getsockname()[1])


def bind(host: str, port: int, *, is_shared: bool) -> socket.socket:
    """A bound TCP socket; `is_shared` lets other processes of ours bind to the same port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


def checked_host(settings: ServerSettings) -> str:
    """The address to listen on. Raises ServeError for one that others can reach, unless that is allowed."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host.strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ServeError(f"host `{settings.host}` is not an IP address: expected one such as 127.0.0.1") from None
    if not address.is_loopback and not settings.insecure_allow_remote:
        raise ServeError(
            f"host `{host}` can be reached from elsewhere, and calls are neither encrypted nor authenticated: listen "
            "on 127.0.0.1, or allow it with --insecure-allow-remote"
        )
    return host


def _why(error: OSError, host: str, port: int, what: str) -> str:
    option = f"--{what}-port"
    if error.errno == errno.EADDRINUSE:
        return f"the {what} port {port} on {host} is in use: stop what listens there, or choose another with {option}"
    if error.errno == errno.EACCES:
        return f"the {what} port {port} needs rights that this process lacks: choose one above 1023 with {option}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"host `{host}` is not an address of this machine"
    return f"the {what} port {port} on {host} cannot be taken: {error.strerror}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
