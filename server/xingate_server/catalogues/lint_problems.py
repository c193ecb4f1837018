"""What can be wrong with a catalogue: problems with their place, and the error that carries them.

CatalogueError      a catalogue cannot be used; `problems` says all that is wrong, each with its place
"""

from collections.abc import Sequence

import msgspec


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing to mend. `where` is the file and, where there is one, the line or the id; `what` says the fault."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class CatalogueError(Exception):
    """The layers cannot be put together; nothing was loaded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(f"{self.problems[0]}{more}")
