"""The people whom an organisation's entry names, and through whom its measures reach them (Cl. 18).

A complete and valid number settles a person, a masked or rounded one makes a possible match, a missing or malformed
one affects nobody. Only natural persons are reached; an organisation among the shareholders is not resolved.
"""

from collections.abc import Sequence
from unicodedata import normalize

import msgspec

from xingate_server.core import identifiers
from xingate_server.core.entry import ROLE_WORDS, Record, Role
from xingate_server.core.privacy import hidden
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

    `numbers` are those to be hidden in names (`core.privacy.personal_numbers`).
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
    rounded = {identifiers.fold(text) for text in record.rounded}
    for role, name, number in named:
        if not name.strip() and not number.strip():
            continue
        person = _person(
            role, hidden(name.strip(), numbers), number, keyer, is_rounded=identifiers.fold(number) in rounded
        )
        if person is None:
            is_unresolved = True
        elif person not in related:
            related.append(person)
    return tuple(related), is_unresolved


def _person(role: Role, name: str, text: str, keyer: SubjectKeyer, *, is_rounded: bool) -> Related | None:
    number = identifiers.read(text, "", SubjectClass.PERSON)
    if number.is_rounded or (is_rounded and not number.is_malformed):
        number = number.as_rounded()
    if number.is_malformed or number.is_checksum_failure:
        return None
    display = identifiers.mask(number)
    if number.is_masked:
        return Related(
            role=role,
            name=name,
            mask=keyer.mask(SubjectClass.PERSON, number.scheme, number.value),
            mask_shape=f"{number.scheme}:{identifiers.shape(number.value)}",
            display=display,
        )
    return Related(
        role=role,
        name=name,
        subject=keyer.identifier(SubjectClass.PERSON, number.scheme, number.value),
        display=display,
    )
