"""The index of the names of listed subjects, made at compile time (`snapshot.name_index` has its layout).

Only subjects with entries are in it: a register's other companies would be millions, and a name of theirs says nothing.
Of people only those on international lists, who are seldom known by a number. A name's number is its shelf and its
place on it, so that processes need not wait for one another, and the bytes do not depend on how many there are.
Source: DESIGN section 6.
"""

from array import array
from collections.abc import Iterable, Iterator

from xingate_server.core.names.parts import grams_of
from xingate_server.core.names.search import MOST_FREQUENT
from xingate_server.core.subject import SubjectClass
from xingate_server.snapshot.compile.spool import SHELVES, Spool, Writer, Written
from xingate_server.snapshot.compile.workers import each
from xingate_server.snapshot.name_index import FREQUENCY, NUMBER, gram_key

INTERNATIONAL = "international."
_WAITING = 2_000_000  # numbers that wait in memory: 8 MB, and the grams that they belong to


def is_sought(list_type: str, subject_class: SubjectClass) -> bool:
    """Whether those whom an entry of this list type names can be found by a name written otherwise."""
    return subject_class is SubjectClass.ORGANISATION or list_type.startswith(INTERNATIONAL)


def index_names(spool: Spool, jobs: int) -> None:
    """Add the grams of the spooled names to the spool, in `jobs` processes."""
    for written in each(jobs, lambda number, _: _share(spool, jobs, number), lambda: None):
        spool.take(written)


def listed_names(spool: Spool) -> Iterator[tuple[bytes, bytes]]:
    """Every name by its number, ascending."""
    for shelf in range(SHELVES):
        for number, (_key, _class, name) in _numbered(spool, shelf):
            yield NUMBER.pack(number), name.encode()


def postings(spool: Spool) -> Iterator[tuple[bytes, bytes]]:
    """Every gram by its hash, ascending: how many names have it, and which."""
    for items in spool.grams():
        key, numbers = b"", array("I")
        for gram, _, packed in items:
            if gram != key and key:
                yield key, _packed(numbers)
                numbers = array("I")
            key = gram
            numbers.frombytes(packed)
        if key:
            yield key, _packed(numbers)


def _share(spool: Spool, jobs: int, number: int) -> Written:
    """The work of one process: the grams of every name on its shelves."""
    found: dict[tuple[str, str], array[int]] = {}
    waiting = 0
    with Writer(spool.folder, f"names-{number}") as writer:
        for shelf in range(number, SHELVES, jobs):
            for place, (_, subject_class, name) in _numbered(spool, shelf):
                grams = grams_of(name, is_person=subject_class == SubjectClass.PERSON)
                waiting += len(grams)
                for gram in grams:
                    numbers = found.get((subject_class, gram))
                    if numbers is None:
                        numbers = found[subject_class, gram] = array("I")
                    numbers.append(place)
            if waiting > _WAITING:
                _write(found, writer)
                waiting = 0
        _write(found, writer)
        return writer.close()


def _write(found: "dict[tuple[str, str], array[int]]", writer: Writer) -> None:
    for (subject_class, gram), numbers in found.items():
        writer.gram(gram_key(subject_class, gram), numbers[0], numbers.tobytes())
    found.clear()


def _numbered(spool: Spool, shelf: int) -> Iterable[tuple[int, tuple[bytes, str, str]]]:
    return enumerate(spool.listed(shelf), shelf << 24)


def _packed(numbers: "array[int]") -> bytes:
    """In the order of the names, whichever process found them."""
    if len(numbers) > MOST_FREQUENT:
        return FREQUENCY.pack(len(numbers))
    return FREQUENCY.pack(len(numbers)) + array("I", sorted(numbers)).tobytes()
