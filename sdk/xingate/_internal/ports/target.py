"""Where a gateway is: the URL given to `connect`, taken apart and judged."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_SCHEMES = ("grpc", "grpcs", "http", "https")
_EXPECTED = "grpc://host:port, grpcs://host:port, http://host:port, https://host:port or embedded:<state directory>"


@dataclass(frozen=True)
class Target:
    """A gateway's address; `state` is set for one in this process."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    state: Path | None = None

    @property
    def host_and_port(self) -> str:
        """`host:port`, with brackets around an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_secure(self) -> bool:
        """Whether the connection is TLS."""
        return self.scheme in {"grpcs", "https"}

    @property
    def is_loopback(self) -> bool:
        """Whether the address is this machine; proxies of the environment are then not used."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"embedded:{self.state}" if self.state else f"{self.scheme}://{self.host_and_port}{self.path}"


def parse_target(url: str) -> Target:
    """The target that a URL names; ValueError says what is wrong with it."""
    if url.startswith("embedded:"):
        state = url.removeprefix("embedded:").removeprefix("//")
        if not state:
            raise ValueError("`embedded:` needs a state directory, such as `embedded:.xingate`")
        return Target("embedded", state=Path(state))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"`{url}` is not an address: {error}") from None
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError(f"`{url}` is not an address of a gateway: expected {_EXPECTED}")
    if parts.username or parts.query or parts.fragment or (parts.path.strip("/") and "http" not in parts.scheme):
        raise ValueError(f"`{url}` has more than an address: expected {_EXPECTED}")
    if port is None:
        if parts.scheme.startswith("grpc"):
            raise ValueError(f"`{url}` names no port: expected {parts.scheme}://{parts.hostname}:port")
        port = 443 if parts.scheme == "https" else 80
    return Target(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))
