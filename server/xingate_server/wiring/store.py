"""The store that the settings name."""

from xingate_server.settings import Settings
from xingate_server.trace.log import StoreUnusableError, TraceLog
from xingate_server.trace.sqlite import SqliteLog


def open_log(settings: Settings) -> TraceLog:
    """The log, made where it is not there; to be closed. Raises StoreUnusableError."""
    trace = settings.trace
    origin = trace.origin or None
    if trace.store == "sqlite":
        return SqliteLog(settings.state / "trace", origin=origin, lock_wait_s=trace.lock_wait_s)
    try:
        from xingate_server.trace.postgres import PostgresLog
    except ModuleNotFoundError as error:
        raise StoreUnusableError(f"the store `postgres` needs `{error.name}`: install `xingate[postgres]`") from error
    return PostgresLog(trace.dsn.get_secret_value(), origin=origin, lock_wait_s=trace.lock_wait_s)
