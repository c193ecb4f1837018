"""How many lookups a gateway's log holds: a run counts only if that grew by exactly the number of answers."""

from pathlib import Path
from types import TracebackType
from typing import Self

import apsw

from benchmarks.servers import BenchError

_COUNT = "SELECT count(*) FROM leaves WHERE kind = 'check' AND leaf_index >= ?"
_END = "SELECT coalesce(max(leaf_index) + 1, 0) FROM leaves"


class Rows:
    """The lookups recorded in `state` since it was made; read beside the gateway, which is not disturbed."""

    def __init__(self, state: Path) -> None:
        self._connection = apsw.Connection(str(state / "trace" / "log.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
        self._from = self._value(_END)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def expect(self, answers: int) -> None:
        """Raises BenchError unless there are as many as answers; then counts from here."""
        found = self._value(_COUNT, self._from)
        if found != answers:
            raise BenchError(
                f"{answers:,} answers and {found:,} records: the run does not count (to a load generator a gRPC call "
                "that was refused looks like an answer)"
            )
        self._from = self._value(_END)

    def _value(self, query: str, *bindings: int) -> int:
        for (value,) in self._connection.execute(query, bindings):
            return int(value)
        return 0
