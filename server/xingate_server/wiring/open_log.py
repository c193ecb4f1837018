"""The store that the settings name."""

from xingate_server.settings import Settings
from xingate_server.trace.port import NoLogError, StoreUnusableError, TraceLog
from xingate_server.trace.sqlite.read_only import is_read_only
from xingate_server.trace.sqlite.store import FILE, SqliteLog


def open_log(settings: Settings, *, must_exist: bool = False) -> TraceLog:
    """The log, made where it is not there; to be closed. Raises StoreUnusableError, with `must_exist` also for none.

    With `must_exist`, for those that read, a log in a folder that cannot be written is opened as it stands there.
    Checkpoints and proofs stand in `trace` in the state directory, whatever the store.
    """
    trace = settings.trace
    directory = settings.state / "trace"
    origin = trace.origin or None
    if trace.store == "sqlite":
        if must_exist and not (directory / FILE).is_file():
            raise NoLogError(
                f"there is no log in `{settings.state}`: expected `{directory / FILE}`, which the first "
                "`xingate serve` or `xingate check` makes; name another state directory with --state"
            )
        if must_exist and not (directory / FILE).stat().st_size:
            raise StoreUnusableError(
                f"`{directory / FILE}` is empty, and no log ever is: it was cut off; restore it from a backup"
            )
        is_copy = must_exist and is_read_only(directory / FILE)
        return SqliteLog(directory, origin=origin, lock_wait_s=trace.lock_wait_s, is_read_only=is_copy)
    try:
        from xingate_server.trace.postgres.store import PostgresLog
    except ModuleNotFoundError as error:
        raise StoreUnusableError(f"the store `postgres` needs `{error.name}`: install `xingate[postgres]`") from error
    dsn = trace.dsn.get_secret_value()
    if must_exist:
        return PostgresLog(dsn, origin=origin, lock_wait_s=trace.lock_wait_s, must_exist=True)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnusableError(f"the directory {directory} cannot be made: {error}") from error
    return PostgresLog(dsn, origin=origin, lock_wait_s=trace.lock_wait_s)
