"""What is listed of one subject: entries that stay, and rows that could not be read, with their source rows."""

from collections.abc import Iterable

import msgspec

from xingate_server.core.entry import Entry
from xingate_server.core.subject import Held, HeldUnread, SubjectFile
from xingate_server.snapshot.compile.spool import Row
from xingate_server.snapshot.compile.subjects.pieces import ordered


class StandingEntry(msgspec.Struct):
    """An entry that stays, with all rows that said it."""

    entry: Entry
    rows: list[Row]


class Listing(msgspec.Struct):
    """What is listed of one subject: entries that stay, and rows that could not be read."""

    standing: list[StandingEntry]
    unread: list[Row]

    @property
    def is_there(self) -> bool:
        """Whether there is anything."""
        return bool(self.standing or self.unread)

    @property
    def rows(self) -> list[Row]:
        """All rows that say something of it."""
        return [row for item in self.standing for row in item.rows] + self.unread

    def held(self, *, is_named: bool = False) -> tuple[Held, ...]:
        """The entries as the subject holds them, `is_named` with the names that may speak against it."""
        return ordered(Held(item.entry, names=names_of(item.rows) if is_named else ()) for item in self.standing)

    def held_unread(self, *, is_unsettled: bool = False) -> tuple[HeldUnread, ...]:
        """The same of the rows that could not be read."""
        return ordered(
            HeldUnread(row.unread, names=names_of([row]) if is_unsettled else (), is_unsettled=is_unsettled)
            for row in self.unread
            if row.unread is not None
        )

    def apart(self) -> SubjectFile:
        """What others who may be this subject see of it: entries and rows that fit by number and name alone."""
        return SubjectFile(unsettled=self.held(is_named=True), unread=self.held_unread(is_unsettled=True))


def names_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """The normalised names of rows, each once."""
    return tuple(sorted({name for row in rows for name in row.names}))
