"""What is stored at a key: pieces of several rows and owners, brought into one file in a fixed order.

All lists are ordered by their packed form, so that the order of rows and files never changes the data. Source: DESIGN
section 6.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from xingate_server.core.subject import SubjectFile

_Item = TypeVar("_Item")
pack = msgspec.msgpack.Encoder().encode
_MORE_THAN_ONE = 2
NOBODY = b""
"""The owner of a piece that is unsettled."""


def ordered(items: Iterable[_Item]) -> tuple[_Item, ...]:
    """Each item once, in the order of its packed form: the same whatever the order of rows."""
    given = tuple(items)
    if len(given) < _MORE_THAN_ONE:
        return given
    return tuple(item for _, item in sorted({pack(item): item for item in given}.items()))


def with_more(file: SubjectFile, more: SubjectFile) -> SubjectFile:
    """`file` with the unsettled entries and unread rows of another."""
    if not (more.unsettled or more.unread):
        return file
    return msgspec.structs.replace(
        file,
        unsettled=ordered([*file.unsettled, *more.unsettled]),
        unread=ordered([*file.unread, *more.unread]),
    )


def merged(pieces: Sequence[tuple[bytes, SubjectFile]]) -> SubjectFile:
    """All that stands at one key. Pieces of several owners make them rivals: then nothing acts."""
    files = [file for _, file in pieces]
    rivals = {profile for file in files for profile in file.rivals}
    unsettled = ordered(held for file in files for held in file.unsettled)
    unread = ordered(held for file in files for held in file.unread)
    possible = ordered(profile for file in files for profile in file.possible)
    if len({owner for owner, _ in pieces if owner != NOBODY}) > 1:
        rivals.update(profile for owner, file in pieces if owner != NOBODY for profile in file.profiles)
        return SubjectFile(unsettled=unsettled, rivals=ordered(rivals), unread=unread, possible=possible)
    owned = [file for owner, file in pieces if owner != NOBODY]
    return SubjectFile(
        profiles=ordered(profile for file in owned or files for profile in file.profiles),
        held=ordered(held for file in files for held in file.held),
        registrations=ordered(r for file in files for r in file.registrations),
        unsettled=unsettled,
        rivals=ordered(rivals),
        unread=unread,
        possible=possible,
    )
