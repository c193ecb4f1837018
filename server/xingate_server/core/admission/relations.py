"""The people whom an organisation's entry names, and through whom its measures reach them (Cl. 18).

A complete and valid number settles a person, a masked or rounded one makes a possible match, a missing or malformed
one affects nobody. Only natural persons are reached; an organisation among the shareholders is not resolved.
"""

from collections.abc import Sequence
from unicodedata import normalize

import msgspec

from xingate_server.core.entry import ROLE_WORDS, Record, Role
from xingate_server.core.identifiers import doubles, parsing
from xingate_server.core.identifiers.privacy import hidden
from xingate_server.core.subject import SubjectClass, SubjectKeyer

_PARTS = 3


class Related(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person whom an organisation's entry names: by a complete number (`subject`) or by a mask (`mask`)."""

    role: Role
    name: str  # as written, but for a number in it
    subject: bytes = b""
    mask: bytes = b""
    mask_shape: str = ""
    display: str = ""  # masked number


def read_relations(record: Record, keyer: SubjectKeyer, numbers: Sequence[str]) -> tuple[tuple[Related, ...], bool]:
    """The people named in `legal_representative` and `related`, and whether one of them could not be resolved.

    `numbers` are those to be hidden in names (`core.identifiers.privacy.personal_numbers`).
    """
    related: list[Related] = []
    is_unresolved = False
    named = [(Role.LEGAL_REPRESENTATIVE, record.legal_representative, record.legal_representative_id)]
    for part in normalize("NFKC", record.related).split(";"):
        if not part.strip():
            continue
        cells = [cell.strip() for cell in part.split(":")]
        if len(cells) != _PARTS or cells[0] not in ROLE_WORDS:
            is_unresolved = True
            continue
        named.append((ROLE_WORDS[cells[0]], cells[1], cells[2]))
    rounded = {parsing.fold(text) for text in record.rounded}
    for role, name, number in named:
        if not name.strip() and not number.strip():
            continue
        people = _people(role, hidden(name.strip(), numbers), number, keyer, is_rounded=parsing.fold(number) in rounded)
        is_unresolved = is_unresolved or not people
        related += [person for person in people if person not in related]
    return tuple(related), is_unresolved


def _people(role: Role, name: str, text: str, keyer: SubjectKeyer, *, is_rounded: bool) -> tuple[Related, ...]:
    """The person of a number, or whoever a masked or rounded one may be; nobody for one that cannot be used."""
    number = parsing.read(text, "", SubjectClass.PERSON)
    was_double = doubles.is_rounded(text)
    numbers: tuple[parsing.Identifier, ...] = (number,)
    if number.is_rounded or ((is_rounded or was_double) and not number.is_malformed):
        numbers = number.as_rounded(was_double=was_double)
    elif number.is_malformed or number.is_checksum_failure:
        return ()
    return tuple(_related(role, name, one, keyer) for one in numbers)


def _related(role: Role, name: str, number: parsing.Identifier, keyer: SubjectKeyer) -> Related:
    display = parsing.mask(number)
    if number.is_masked:
        return Related(
            role=role,
            name=name,
            mask=keyer.mask(SubjectClass.PERSON, number.scheme, number.value),
            mask_shape=f"{number.scheme}:{parsing.shape(number.value)}",
            display=display,
        )
    return Related(
        role=role,
        name=name,
        subject=keyer.identifier(SubjectClass.PERSON, number.scheme, number.value),
        display=display,
    )
