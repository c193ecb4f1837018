"""Where the parts meet: settings, sources, snapshot, gateway, transports. Nothing else imports them all."""

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xingate_server.wiring.embedded import Backend

__all__ = ["open_embedded"]


def open_embedded(path: "str | PathLike[str]") -> "Backend":
    """The gateway over the state directory `path`, in this process. Raises errors of `xingate.errors`."""
    from xingate_server.wiring.embedded import open_embedded as opened

    return opened(path)
