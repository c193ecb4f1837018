"""Whom a row is about: its numbers judged one by one, and the keys under which it is stored.

A number that cannot be used never drops a row that has another one, or a name: the other number is used, and with a
name alone the row is stored unsettled (DESIGN section 5, "A number that cannot be used"). Excluded: what the row says
(`core.admission.admit`), and which rows are of one subject (`snapshot.compile.subjects.subject_file`).
"""

from collections.abc import Callable, Collection
from typing import Final

import msgspec

from xingate_server.core.entry import REGISTER, Record
from xingate_server.core.identifiers import doubles, parsing
from xingate_server.core.identifiers.numbers_in_text import name_without_code, numbers_in, numbers_in_name
from xingate_server.core.identifiers.parsing import Fault, Identifier, Scheme
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.names.person_names import given_name_first
from xingate_server.core.subject import BY_SCHEME, SubjectClass, SubjectKeyer

# Members of an enumeration are slow to reach by its name (Python 3.11).
_USCC, _ORG_CODE = Scheme.USCC, Scheme.ORG_CODE
_INNER: Final = Scheme.ORG_CODE.value
ROUNDED_DETAIL: Final = (
    "a spreadsheet program has rounded the number to 15 digits, and the others cannot be got back: "
    "export the column again as text"
)
_REASONS = {Fault.MISSING: "identifier_missing", Fault.FILLER: "identifier_filler"}


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a row under one class of subject: those that can be used, complete ones before masked ones.

    `counted` are the reasons why others cannot, each once with what was found. `unknown_scheme` says which word for a
    kind of number is not known; the number is then read by its shape.
    """

    usable: tuple[Identifier, ...] = ()
    counted: tuple[tuple[str, str], ...] = ()
    flags: frozenset[str] = frozenset()
    unknown_scheme: str = ""


class Place(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """Under which keys a row is stored.

    `group` is the key of the subject: the organisation code's where there is one, otherwise the main number's, for
    masked and name-only rows (`is_unsettled`) the mask's or the name's. `unified` is the key of the unified code, b""
    without one, `aliases` are the keys of all further numbers. `shared` are the keys of those numbers (with their
    schemes) that may also be another subject's, `scheme` is that of the main one. At `masks` and `possible`
    (an organisation code that a tax number may contain) the row makes a possible match. `mask_shapes` are schemes and
    shapes such as `citizen_id:..........****....`.
    """

    group: bytes
    unified: bytes = b""
    aliases: tuple[bytes, ...] = ()
    masks: tuple[bytes, ...] = ()
    mask_shapes: tuple[str, ...] = ()
    possible: tuple[bytes, ...] = ()
    shared: tuple[tuple[bytes, str], ...] = ()
    scheme: str = ""
    is_unsettled: bool = False


def names_of(record: Record, kept: Callable[[str], str]) -> tuple[str, ...]:
    """The normalised names of a row, the main one first; `kept` hides numbers in them."""
    name = kept(record.name)
    names = (normalise(name),) if name else ()
    further = [normalise(kept(alias)) for alias in record.aliases if alias] if record.aliases else []
    bare = name_without_code(name)
    if bare != name:
        further.append(normalise(bare))
    if "," in name or "，" in name:
        further += [normalise(one) for one in given_name_first(name)]
        further += [normalise(kept(one)) for alias in record.aliases for one in given_name_first(alias)]
    return tuple(dict.fromkeys([*names, *further])) if further else names


def read_numbers(record: Record, subject_class: SubjectClass, registered_codes: Collection[str]) -> Numbers:
    """Judge the numbers of a row as those of a class. Raises nothing."""
    present = [(scheme, text) for scheme, text in record.identifiers if not parsing.is_missing(text)]
    if not present:
        in_name = tuple(numbers_in_name(record.name, subject_class))
        if in_name:
            return Numbers(usable=in_name)
        return Numbers(counted=(("identifier_missing", "the row has no number that identifies the subject"),))
    if len(present) == 1:
        scheme, text = present[0]
        try:
            number = parsing.read(text, scheme, subject_class)
        except ValueError:
            pass
        else:
            is_plain = number.value.isascii() and number.value.isalnum()
            is_certain = not (number.inner_mismatch or record.rounded or doubles.is_rounded(text))
            if number.fault is None and is_plain and is_certain:
                return Numbers(usable=(number,))
    return _Judging(record, subject_class, registered_codes).numbers(present)


class _Judging:
    """The numbers of one row being judged."""

    def __init__(self, record: Record, subject_class: SubjectClass, registered_codes: Collection[str]) -> None:
        self.is_register = record.list_type == REGISTER
        self.name = record.name
        self.rounded = frozenset(record.rounded)
        self.subject_class = subject_class
        self.registered_codes = registered_codes
        self.complete: list[Identifier] = []
        self.masked: list[Identifier] = []
        self.counted: dict[str, str] = {}
        self.flags: set[str] = set()
        self.unknown_scheme = ""
        self.ignores_rounded = False

    def numbers(self, present: list[tuple[str, str]]) -> Numbers:
        for scheme, text in present:
            number = self.read(text, scheme)
            if self.take_from_text(text, number):
                continue
            if number.is_malformed:
                self.counted.setdefault(_reason(number), number.detail)
            elif (was_double := doubles.is_rounded(text)) or text in self.rounded or number.is_rounded:
                self.take_rounded(number, was_double=was_double)
            elif number.is_masked:
                self.flags.add("masked")
                self.masked.append(number)
            elif not number.is_checksum_failure:
                self.complete.append(number)
            elif self.is_register or number.value in self.registered_codes:
                self.flags.add("legacy_code_in_register")
                self.complete.append(number)
            else:
                self.counted.setdefault("identifier_checksum", number.detail)
        if not self.complete and not self.is_register:
            self.complete += numbers_in_name(self.name, self.subject_class)
        if any(number.inner_mismatch for number in self.complete):
            self.flags.add("inner_check_mismatch")
        usable = tuple(dict.fromkeys((*self.complete, *self.masked)))
        if usable and (self.ignores_rounded or self.counted.keys() - {"identifier_rounded"}):
            self.flags.add("identifier_ignored")
        return Numbers(
            usable=usable,
            counted=tuple(self.counted.items()),
            flags=frozenset(self.flags),
            unknown_scheme=self.unknown_scheme,
        )

    def read(self, text: str, scheme: str) -> Identifier:
        """By the scheme that the list names; by its shape where that is not known, or is one of the other class."""
        try:
            number = parsing.read(text, scheme, self.subject_class)
        except ValueError as error:
            self.unknown_scheme = self.unknown_scheme or str(error)
            return parsing.read(text, "", self.subject_class)
        if number.fault is Fault.SCHEME:
            by_shape = parsing.read(text, "", self.subject_class)
            return number if by_shape.is_malformed else by_shape
        return number

    def take_from_text(self, text: str, number: Identifier) -> bool:
        """Use the number that stands in a cell beside other text. Several of one cell are of nobody for certain: each
        makes a possible match, as a mask that hides nothing. Whether the cell is read with that."""
        value = number.value
        is_plain = number.is_masked or (value.isascii() and value.isalnum())
        if (number.fault is None and is_plain) or number.is_rounded:
            return False
        found = numbers_in(text, number.scheme, self.subject_class)
        if len(found) > 1 and number.fault is not None:
            self.masked += [one.as_possible() for one in found]
            return False
        for one in found:
            self.flags |= {"masked"} if one.is_masked else set()
            (self.masked if one.is_masked else self.complete).append(one)
        return bool(found) and number.fault is not None

    def take_rounded(self, number: Identifier, *, was_double: bool) -> None:
        """A rounded number is masks of what is left of it; in a register it stands for nobody."""
        self.counted.setdefault("identifier_rounded", ROUNDED_DETAIL)
        if not self.is_register and len(number.value) == parsing.UNIFIED_LENGTH:
            self.flags |= {"masked", "rounded"}
            self.masked += number.as_rounded(was_double=was_double)
        else:
            self.ignores_rounded = True


def _reason(number: Identifier) -> str:
    return _REASONS.get(number.fault, "identifier_malformed") if number.fault else "identifier_malformed"


def place_of(
    subject_class: SubjectClass, usable: tuple[Identifier, ...], names: tuple[str, ...], keyer: SubjectKeyer
) -> Place:
    """Where a row with these numbers and names is stored."""
    if not usable:
        return Place(keyer.name(subject_class, names[0] if names else ""), is_unsettled=True)
    if len(usable) == 1 and usable[0].scheme is _USCC and not usable[0].is_masked:  # as most are
        value = usable[0].value
        inner_key = keyer.identifier(subject_class, _ORG_CODE, value[8:17])
        return Place(inner_key, keyer.identifier(subject_class, _USCC, value), scheme=_INNER)
    complete = [number for number in usable if not number.is_masked]
    masked = [number for number in usable if number.is_masked]
    masks = tuple(keyer.mask(subject_class, number.scheme, number.value) for number in masked)
    shapes = tuple(dict.fromkeys(f"{number.scheme}:{parsing.shape(number.value)}" for number in masked))
    if not complete:
        return Place(masks[0], masks=masks, mask_shapes=shapes, is_unsettled=True)
    unified = b""
    keys: list[bytes] = []
    shared: list[tuple[bytes, str]] = []
    possible: list[bytes] = []
    inner = None
    for number in complete:
        key = keyer.identifier(subject_class, number.scheme, number.value)
        keys.append(key)
        code = number.org_code
        if code is not None and inner is None:
            inner = code
        if number.scheme is _USCC:
            unified = unified or key
        elif number.is_shared:
            shared.append((key, number.scheme.value))
            tail = number.possible_org_code
            if tail is not None:
                possible.append(keyer.identifier(subject_class, _ORG_CODE, tail))
    # A number of one subject alone says who it is, wherever it stands among those that may be several's.
    main = 0 if keyer.form == BY_SCHEME else next((n for n, c in enumerate(complete) if not c.is_shared), 0)
    group = keys[main] if inner is None else keyer.identifier(subject_class, _ORG_CODE, inner)
    aliases = tuple(dict.fromkeys([key for key in keys if key not in (group, unified)]))
    return Place(
        group,
        unified,
        aliases,
        masks,
        shapes,
        tuple(possible),
        tuple(shared),
        scheme=complete[main].scheme.value if inner is None else _INNER,
    )
