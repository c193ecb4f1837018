"""Whether a record becomes an entry (DESIGN section 5): every refusal with its reason codes, nothing silent.

`admit` looks at one record alone; its coded cells and days are read in `core.terms`. What needs a subject's other
entries (superseding, red against black) is in `core.resolve`, the people an entry names in `core.relations`. Source:
clauses 6 to 10, 23 to 25.
"""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from xingate_server.core import identifiers
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Catalogue, Reach, triggers_on
from xingate_server.core.entry import REGISTER, Entry, Record, Severity, fold_word
from xingate_server.core.identifiers import SHORTEST_SHAPE, Fault, Identifier, Scheme
from xingate_server.core.names import normalise
from xingate_server.core.privacy import SHORTEST_SURE_NUMBER, hidden, hidden_document, personal_numbers
from xingate_server.core.relations import Related, read_relations
from xingate_server.core.subject import (
    KIND_WORDS,
    Profile,
    Registration,
    SubjectClass,
    SubjectKeyer,
    SubjectKind,
    class_of,
)
from xingate_server.core.terms import Cells, Terms, day_or_fault, read_terms, unknown_word, word

_TERMS_AT_MOST: Final = 1 << 13  # lists repeat them

# Members of an enumeration are slow to reach by its name (Python 3.11).
_ORGANISATION, _USCC, _ORG_CODE = SubjectClass.ORGANISATION, Scheme.USCC, Scheme.ORG_CODE
_CHINESE_SCHEMES = frozenset(
    {Scheme.USCC, Scheme.ORG_CODE, Scheme.REG_NO, Scheme.TAX_NO, Scheme.INSTITUTION_NO, Scheme.SOCIAL_ORG_NO}
)
_ROLES = frozenset(Reach) - {Reach.SUBJECT, Reach.ORGANISATION, Reach.PERSON}


class Admitted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An accepted row, ready for the snapshot.

    `group` is the key of the subject: the organisation code's where there is one, otherwise the main identifier's,
    for masked and name-only rows (`is_unsettled`) the mask's or the name's. `unified` is the key of the unified
    code, b"" without one. `aliases` are the keys of all further identifiers. `names` are normalised, the main name
    and its aliases. Exactly one of `entry` and `registration` is set. `flags` are the row's own.
    """

    subject_class: SubjectClass
    group: bytes
    profile: Profile
    unified: bytes = b""
    aliases: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()
    document: str = ""  # stands for the document number in the entry's id
    masks: tuple[bytes, ...] = ()
    mask_shape: str = ""  # scheme and shape such as `citizen_id:..........****....`
    is_unsettled: bool = False
    entry: Entry | None = None
    registration: Registration | None = None
    related: tuple[Related, ...] = ()
    flags: tuple[str, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """A refused row: every reason that applies, each once, sorted; `details` say what was found."""

    reasons: tuple[str, ...]
    details: tuple[str, ...]


class Rules:
    """What admission goes by.

    `registered_codes` are folded codes with a failing check digit that a loaded register holds exactly; `today` is
    the day of the compile.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        calendar: WorkCalendar,
        keyer: SubjectKeyer,
        today: date,
        registered_codes: Collection[str] = (),
    ) -> None:
        self.catalogue = catalogue
        self.calendar = calendar
        self.keyer = keyer
        self.today = today
        self.registered_codes = registered_codes
        self.list_types = {t.id: t for t in catalogue.list_types}
        self.terms = lru_cache(_TERMS_AT_MOST)(self._terms)
        self.reaching = frozenset(
            t.id
            for t in catalogue.list_types
            for m in catalogue.measures
            if not _ROLES.isdisjoint(m.reach)
            and any(triggers_on(g, t.id, severity, "") for g in m.triggers for severity in (*Severity, None))
        )

    def _terms(self, cells: Cells) -> Terms:
        return read_terms(self.list_types.get(cells.list_type), self.calendar, cells)


def admit(record: Record, rules: Rules) -> Admitted | Refused:
    """Admit or refuse one record; never raises for what a record says."""
    return _Reading(record, rules).outcome()


class _Reading:
    """One record being read: the findings fill while its cells are looked at."""

    __slots__ = ("flags", "numbers", "reasons", "record", "rules")

    def __init__(self, record: Record, rules: Rules) -> None:
        self.record = record
        self.rules = rules
        self.reasons: dict[str, str] = {}
        self.flags: set[str] = set()
        self.numbers = personal_numbers(record, SHORTEST_SURE_NUMBER)

    def refuse(self, reason: str, detail: str) -> None:
        self.reasons.setdefault(reason, self._kept(detail))

    def _kept(self, text: str) -> str:
        return hidden(text, self.numbers) if self.numbers or len(text) >= SHORTEST_SHAPE else text

    def outcome(self) -> Admitted | Refused:
        is_register = self.record.list_type == REGISTER
        list_type = None if is_register else self.rules.list_types.get(self.record.list_type)
        if list_type is None and not is_register:
            self.refuse("list_type_unknown", f"list type `{self.record.list_type}` is not in the catalogue")
        kind = self._kind()
        numbers = self._numbers(kind, is_name_enough=list_type is not None and list_type.is_name_only)
        established: date | None = None
        terms: Terms | None = None
        if is_register:
            established, fault = day_or_fault("established", self.record.established)
            if fault:
                self.refuse("date_malformed", fault)
        else:
            terms = self._terms()
        if self.reasons or kind is None:
            reasons = tuple(sorted(self.reasons))
            return Refused(reasons, tuple(self.reasons[reason] for reason in reasons))
        return self._finish(kind, numbers, terms, established)

    # -- the subject

    def _kind(self) -> SubjectKind | None:
        text = self.record.subject_kind
        kind = word(text, KIND_WORDS)
        if kind is None:
            if fold_word(text):
                self.refuse("value_unknown", unknown_word("subject_kind", text, KIND_WORDS))
            else:
                self.refuse("subject_kind_missing", "subject_kind is blank; it is never guessed from a number")
        return kind

    def _numbers(self, kind: SubjectKind | None, *, is_name_enough: bool) -> list[Identifier]:
        """The identifiers, the first present one judged: it decides whether the row stands."""
        present = [(scheme, text) for scheme, text in self.record.identifiers if not identifiers.is_missing(text)]
        if not present:
            if not (is_name_enough and self.record.name):
                self.refuse("identifier_missing", "the row has no number that identifies the subject")
            return []
        if kind is None:
            return []
        subject_class = class_of(kind)
        numbers: list[Identifier] = []
        for position, (scheme, text) in enumerate(present):
            try:
                number = identifiers.read(text, scheme, subject_class)
            except ValueError as error:
                self.refuse("value_unknown", str(error))
                continue
            if position == 0:
                numbers.append(number)
                self._judge(number)
            elif number.is_sound:
                numbers.append(number)
            else:
                self.flags.add("identifier_ignored")
        return numbers

    def _judge(self, number: Identifier) -> None:
        if number.is_malformed:
            reason = "identifier_missing" if number.fault is Fault.MISSING else "identifier_malformed"
            self.refuse(reason, number.detail)
        elif number.is_checksum_failure:
            is_register = self.record.list_type == REGISTER
            if is_register or number.value in self.rules.registered_codes:
                self.flags.add("legacy_code_in_register")
            else:
                self.refuse("identifier_checksum", number.detail)
        if number.inner_mismatch:
            self.flags.add("inner_check_mismatch")
        if number.is_masked and not number.is_malformed:
            self.flags.add("masked")

    # -- the entry

    def _terms(self) -> Terms:
        record = self.record
        terms = self.rules.terms(
            Cells(
                record.list_type,
                record.severity,
                record.grade,
                record.status,
                record.status_reason,
                record.repairable,
                record.status_date,
                record.document_date,
                record.valid_from,
                record.valid_until,
                record.notice_start,
                record.notice_end,
                _is_filled(record.signed_by),
                _is_filled(record.authority),
                _is_filled(record.basis),
                _is_filled(record.document_no),
            )
        )
        for reason, detail in terms.reasons:
            self.refuse(reason, detail)
        self.flags.update(terms.flags)
        return terms

    # -- the outcome

    def _finish(
        self, kind: SubjectKind, numbers: list[Identifier], terms: Terms | None, established: date | None
    ) -> Admitted:
        record, keyer, subject_class = self.record, self.rules.keyer, class_of(kind)
        name = self._kept(record.name)
        names = (normalise(name),) if name else ()
        if record.aliases:
            names = tuple(dict.fromkeys([*names, *(normalise(self._kept(alias)) for alias in record.aliases if alias)]))
        related: tuple[Related, ...] = ()
        if subject_class is _ORGANISATION and record.list_type in self.rules.reaching:
            related, is_unresolved = read_relations(record, keyer, self.numbers)
            if is_unresolved:
                self.flags.add("relation_unresolved")
        place = _place(subject_class, numbers, names, keyer)
        flags = tuple(sorted(self.flags)) if self.flags else ()
        document, entry = ("", None) if terms is None else self._entry(terms, numbers, place.group, flags)
        main = numbers[0] if numbers else None
        unified = next((n for n in numbers if n.scheme is _USCC and not n.is_masked), None)
        is_shown = unified is not None and not identifiers.could_be_citizen_number(unified.value)
        return Admitted(
            subject_class=subject_class,
            group=place.group,
            profile=Profile(
                kind=kind,
                name=name,
                display=identifiers.mask(main) if main else "",
                uscc=unified.value if unified is not None and is_shown else "",
            ),
            unified=place.unified,
            aliases=place.aliases,
            names=names,
            document=document,
            masks=place.masks,
            mask_shape=place.mask_shape,
            is_unsettled=place.is_unsettled,
            entry=entry,
            registration=Registration(record.source, established, flags) if entry is None else None,
            related=related,
            flags=flags,
        )

    def _entry(
        self, terms: Terms, numbers: list[Identifier], group: bytes, flags: tuple[str, ...]
    ) -> tuple[str, Entry]:
        """The entry, and the document number as it stands in the entry's key."""
        record = self.record
        authority = self._kept(record.authority)
        document_no = hidden_document(record.document_no, self.numbers)
        document = self._document_key(document_no)
        entry = Entry(
            id=self.rules.keyer.entry(record.list_type, group, fold_word(authority), document),
            list_type=record.list_type,
            severity=terms.severity,
            grade=self._kept(terms.grade),
            facts=self._kept(record.facts),
            authority=authority,
            basis=hidden_document(record.basis, self.numbers),
            document_no=document_no,
            document_date=terms.document_date,
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
            status=terms.status,
            status_date=terms.status_date,
            status_reason=terms.status_reason,
            region=self._kept(record.region),
            field=self._kept(record.field),
            repairable=terms.repairable,
            amount_yuan=self._kept(record.amount_yuan),
            source=record.source,
            foreign=_is_foreign(numbers, record.registered_in),
            flags=flags,
        )
        return document, entry

    def _document_key(self, document_no: str) -> str:
        """The document number in an entry's key: where a part of it is hidden, a keyed digest of the whole."""
        whole = fold_word(self.record.document_no)
        if document_no == self.record.document_no:
            return whole
        return self.rules.keyer.digest(whole.encode()).hex()


def _is_filled(cell: str) -> bool:
    return cell[:1].isalnum() or bool(fold_word(cell))


class _Place(msgspec.Struct, frozen=True):
    """Under which keys a row stands in the snapshot."""

    group: bytes
    unified: bytes = b""
    aliases: tuple[bytes, ...] = ()
    masks: tuple[bytes, ...] = ()
    mask_shape: str = ""
    is_unsettled: bool = False


def _place(
    subject_class: SubjectClass, numbers: list[Identifier], names: tuple[str, ...], keyer: SubjectKeyer
) -> _Place:
    if not numbers:
        return _Place(keyer.name(subject_class, names[0] if names else ""), is_unsettled=True)
    main = numbers[0]
    if main.is_masked:
        key = keyer.mask(subject_class, main.scheme, main.value)
        return _Place(key, masks=(key,), mask_shape=f"{main.scheme}:{identifiers.shape(main.value)}", is_unsettled=True)
    unified = b""
    keys: list[bytes] = []
    for number in numbers:
        key = keyer.identifier(subject_class, number.scheme, number.value)
        keys.append(key)
        if number.scheme is _USCC and not unified:
            unified = key
    inner = next((code for n in numbers if (code := n.org_code)), None)
    group = keys[0] if inner is None else keyer.identifier(subject_class, _ORG_CODE, inner)
    aliases = tuple(dict.fromkeys([key for key in keys if key not in (group, unified)]))
    return _Place(group, unified, aliases)


def _is_foreign(numbers: list[Identifier], registered_in: str) -> bool:
    """Known to be registered outside China: by a stated country, or by a foreign registration number alone."""
    if registered_in == "CN" or not _CHINESE_SCHEMES.isdisjoint([n.scheme for n in numbers]):
        return False
    return bool(registered_in) or any(n.scheme is Scheme.FOREIGN_REG_NO for n in numbers)
