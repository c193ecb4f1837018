"""What fits a subject without being settled, gathered from the keys at which it is stored.

A masked number, a name alone, an organisation code that a tax number may contain: each leads to entries and unreadable
rows that may be the subject's. They make gaps and candidates, never a measure. Source: DESIGN section 4 (Identity).
"""

import msgspec

from xingate_server.core.names.normal_form import normalise
from xingate_server.core.subject import Held, HeldUnread, SubjectFile


def apart(file: SubjectFile) -> list[Held]:
    """The entries of one who may be another, with the names that may speak against it."""
    names = tuple(sorted({name for profile in file.profiles if (name := normalise(profile.name))}))
    return [msgspec.structs.replace(held, names=held.names or names) for held in file.held]


class Doubts:
    """What fits a subject without being settled, gathered from several keys; nothing that is its own for certain."""

    def __init__(self, file: SubjectFile) -> None:
        self.unsettled = dict.fromkeys(file.unsettled)
        self.unread = dict.fromkeys(file.unread)
        self.possible = dict.fromkeys(file.possible)
        self._first = (len(self.unsettled), len(self.unread))
        self._own = {(held.entry.id, held.role) for held in file.held}
        self._own |= {(held.row.id, held.role) for held in file.unread if not held.is_unsettled}
        self._profiles = frozenset(file.profiles)

    @property
    def is_there(self) -> bool:
        """Whether there are any."""
        return bool(self.unsettled or self.unread)

    def add(self, file: SubjectFile, *, with_held: bool = False) -> bool:
        """Take what another key has; whether anything of it is new. `with_held`: it is one who may be this subject."""
        before = len(self.unsettled), len(self.unread), len(self.possible)
        held = (*file.unsettled, *apart(file)) if with_held else file.unsettled
        unread = map(unsettled_row, file.unread) if with_held else (h for h in file.unread if h.is_unsettled)
        possible = (*file.possible, *file.profiles) if with_held else file.possible
        self.unsettled |= dict.fromkeys(h for h in held if (h.entry.id, h.role) not in self._own)
        self.unread |= dict.fromkeys(h for h in unread if (h.row.id, h.role) not in self._own)
        self.possible |= dict.fromkeys(p for p in possible if p not in self._profiles)
        return before != (len(self.unsettled), len(self.unread), len(self.possible))

    def of(self, file: SubjectFile) -> SubjectFile:
        """The file with them all."""
        if self._first == (len(self.unsettled), len(self.unread)):
            return file
        return msgspec.structs.replace(file, unsettled=tuple(self.unsettled), unread=tuple(self.unread))


def unsettled_row(held: HeldUnread) -> HeldUnread:
    """An unreadable row of one who may be another."""
    return msgspec.structs.replace(held, is_unsettled=True)
