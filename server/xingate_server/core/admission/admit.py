"""Whether a record becomes an entry (DESIGN section 5): every refusal with its reason codes, nothing silent.

`admit` looks at one record alone; who its numbers say it is about is read in `core.admission.row_subject`, its coded
cells and days in `core.terms`, and what remains of a row that cannot be read in `core.unreadable`. What needs a
subject's other entries (superseding, red against black) is in `core.admission.duplicates`, the people an entry names in
`core.admission.relations`. Source: clauses 6 to 10, 23 to 25.
"""

from collections.abc import Collection
from typing import Final

import msgspec

from xingate_server.core.admission.relations import Related, read_relations
from xingate_server.core.admission.result import ANY_SOURCE, UNREADABLE, Admitted, Refused, SourceTerms
from xingate_server.core.admission.row_subject import Numbers, Place, names_of, place_of, read_numbers
from xingate_server.core.admission.rules import Rules
from xingate_server.core.catalogue import (
    ListType,
    Procedure,
    matches,
)
from xingate_server.core.documents import document_key
from xingate_server.core.entry import REGISTER, REGISTRATION_UNKNOWN, Entry, Record, UnreadRow, fold_word
from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers.parsing import SHORTEST_SHAPE, Identifier, Scheme
from xingate_server.core.identifiers.privacy import SHORTEST_SURE_NUMBER, hidden, hidden_document, personal_numbers
from xingate_server.core.subject import (
    ID_DIGITS,
    KIND_WORDS,
    Profile,
    Registration,
    SubjectClass,
    SubjectKind,
    class_of,
)
from xingate_server.core.terms import Cells, Terms, day_or_fault, unknown_word, word
from xingate_server.core.unreadable import Suspect, suspect_list_types, unread_row

_PUBLISHED: Final = ("red.", "black.")
_NO_END_FROM: Final = 2099  # a year that lists write for no end

# Members of an enumeration are slow to reach by its name (Python 3.11).
_ORGANISATION, _USCC = SubjectClass.ORGANISATION, Scheme.USCC
_CHINESE_SCHEMES = frozenset(
    {Scheme.USCC, Scheme.ORG_CODE, Scheme.REG_NO, Scheme.TAX_NO, Scheme.INSTITUTION_NO, Scheme.SOCIAL_ORG_NO}
)
_KINDS = {SubjectClass.ORGANISATION: SubjectKind.LEGAL_ENTITY, SubjectClass.PERSON: SubjectKind.NATURAL_PERSON}


def admit(record: Record, rules: Rules, source: SourceTerms = ANY_SOURCE) -> Admitted | Refused:
    """Admit or refuse one record; never raises for what a record says."""
    if record.list_type == REGISTER:
        return _Reading(record, rules, source).registration()
    return _Reading(record, rules, source).listing()


class _Reading:
    """One record being read: the findings fill while its cells are looked at."""

    __slots__ = ("flags", "hidden_numbers", "names", "reasons", "record", "rules", "source")

    def __init__(self, record: Record, rules: Rules, source: SourceTerms) -> None:
        self.record = record
        self.rules = rules
        self.source = source
        self.reasons: dict[str, str] = {}
        self.flags: set[str] = set()
        self.hidden_numbers = personal_numbers(record, SHORTEST_SURE_NUMBER)
        self.names = names_of(record, self._kept)

    def refuse(self, reason: str, detail: str) -> None:
        self.reasons.setdefault(reason, self._kept(detail))

    def _kept(self, text: str) -> str:
        return hidden(text, self.hidden_numbers) if self.hidden_numbers or len(text) >= SHORTEST_SHAPE else text

    def refused(self, remains: tuple[Admitted, ...] = ()) -> Refused:
        reasons = tuple(sorted(self.reasons))
        return Refused(reasons, tuple(self.reasons[reason] for reason in reasons), remains)

    # -- a register's row

    def registration(self) -> Admitted | Refused:
        kind = self._kind()
        if kind is None:
            return self.refused()
        numbers = self._numbers(class_of(kind))
        if not numbers.usable:
            for reason, detail in numbers.counted:
                self.refuse(reason, detail)
            return self.refused()
        established, fault = day_or_fault("established", self.record.established)
        if fault:
            self.flags.add("established_unreadable")
        registration = Registration(self.record.source, established, self._flags())
        return self._admitted(kind, numbers, self._place(class_of(kind), numbers), registration=registration)

    # -- a listing

    def listing(self) -> Admitted | Refused:
        record, rules = self.record, self.rules
        list_type = rules.list_type(record.list_type)
        provides = self.source.provides
        if list_type is None:
            self.refuse("list_type_unknown", f"list type `{record.list_type}` is not in the catalogue")
        elif provides is not None and list_type.id not in provides:
            self.refuse("list_type_not_provided", f"source `{record.source}` does not provide `{list_type.id}`")
        kind = self._kind()
        terms = self._terms(list_type)
        about = self._about(kind)
        if not self.reasons and about and list_type is not None:
            return self._listed(about[0][0], kind or _KINDS[about[0][0]], about[0][1], terms, list_type)
        self._count_numbers(kind, about)
        refused = msgspec.structs.replace(self.refused(), is_of_nobody=not about)
        if not refused.is_unreadable:
            return refused
        return msgspec.structs.replace(refused, remains=self._remains(kind, about, terms, list_type))

    def _about(self, kind: SubjectKind | None) -> list[tuple[SubjectClass, Numbers]]:
        """The classes of subject that the row may be about, with its numbers as those of each; without a known kind
        whomever its numbers fit. Empty where neither a number nor a name says whom."""
        if kind is not None:
            numbers = self._numbers(class_of(kind))
            return [(class_of(kind), numbers)] if numbers.usable or self.names else []
        both = [(subject_class, self._numbers(subject_class)) for subject_class in SubjectClass]
        return [one for one in both if one[1].usable] or (both if self.names else [])

    def _count_numbers(self, kind: SubjectKind | None, about: list[tuple[SubjectClass, Numbers]]) -> None:
        """Add to the reasons of a refused row what is wrong with its numbers. Without a known kind they are judged for
        being there alone."""
        numbers = about[0][1] if about else self._numbers(class_of(kind) if kind else _ORGANISATION)
        for reason, detail in self._counted(numbers):
            if kind is not None or reason == "identifier_missing":
                self.refuse(reason, detail)

    def _counted(self, numbers: Numbers) -> tuple[tuple[str, str], ...]:
        """What is counted of the numbers; on lists by name nobody misses one."""
        list_type = self.rules.list_type(self.record.list_type)
        if list_type is None or not list_type.is_name_only:
            return numbers.counted
        return tuple(pair for pair in numbers.counted if pair[0] != "identifier_missing" or not self.names)

    def _listed(
        self,
        subject_class: SubjectClass,
        kind: SubjectKind,
        numbers: Numbers,
        terms: Terms,
        list_type: ListType,
    ) -> Admitted:
        place = self._place(subject_class, numbers)
        related = self._related(subject_class, (list_type.id,))
        if self._is_registration_doubtful(list_type, numbers):
            self.flags.add(REGISTRATION_UNKNOWN)
        document, entry = self._entry(terms, numbers, place, subject_class, list_type.id)
        has_end = entry.valid_until is not None and entry.valid_until.year < _NO_END_FROM
        is_open = not has_end and list_type.procedure is Procedure.PUBLICITY and entry.list_type.startswith(_PUBLISHED)
        admitted = self._admitted(kind, numbers, place, document=document, entry=entry, related=related)
        also = self._also(subject_class, numbers, terms, list_type)
        if is_open or also:
            return msgspec.structs.replace(admitted, is_validity_open=is_open, also=also)
        return admitted

    def _also(
        self, subject_class: SubjectClass, numbers: Numbers, terms: Terms, list_type: ListType
    ) -> tuple[Admitted, ...]:
        """What the row may say of a subject of the other class: its kind is of this one, and its only number is valid
        for the other one alone."""
        if numbers.usable or not numbers.counted or not any(text for _, text in self.record.identifiers):
            return ()
        other = next(one for one in SubjectClass if one is not subject_class)
        found = read_numbers(self.record, other, ())
        unique = [number for number in found.usable if number.is_sound and not number.is_shared]
        if not unique:
            return ()
        what = f"subject_kind: `{self._kept(self.record.subject_kind)}` and the number contradict each other"
        about = [(other, msgspec.structs.replace(found, usable=tuple(unique), unknown_scheme=""))]
        return self._remains(None, about, terms, list_type, what)

    def _is_registration_doubtful(self, list_type: ListType | None, numbers: Numbers) -> bool:
        """Whether a list of foreign subjects alone does not say in which country its subject is registered, nor do the
        numbers."""
        if list_type is None or not list_type.is_foreign_only or self.record.registered_in:
            return False
        schemes = {number.scheme for number in numbers.usable}
        return schemes.isdisjoint(_CHINESE_SCHEMES | {Scheme.FOREIGN_REG_NO, Scheme.CITIZEN_ID})

    def _remains(
        self,
        kind: SubjectKind | None,
        about: list[tuple[SubjectClass, Numbers]],
        terms: Terms,
        list_type: ListType | None,
        what: str = "",
    ) -> tuple[Admitted, ...]:
        """What is left of an unreadable row, for each class of subject that it may be about."""
        record = self.record
        authority = self._kept(record.authority)
        document = hidden_document(record.document_no, self.hidden_numbers)
        list_types = suspect_list_types(record.list_type, list_type, self.rules.list_types)
        is_keyed = list_type is not None and bool(fold_word(authority) and fold_word(document))
        key = self._document_key(document) if is_keyed else ""
        what = what or "; ".join(self.reasons[reason] for reason in sorted(UNREADABLE & self.reasons.keys()))
        remains = []
        for subject_class, numbers in about:
            place = self._place(subject_class, numbers)
            is_doubtful = self._is_registration_doubtful(list_type, numbers)
            suspect = Suspect(
                id=self._unread_id(place, list_type, authority, key),
                list_types=list_types,
                authority=authority,
                document_no=document,
                foreign=is_doubtful or _is_foreign(numbers.usable, record.registered_in),
                what=what,
                source=record.source,
            )
            row = unread_row(suspect, terms, is_inverted="validity_inverted" in self.reasons)
            if row is not None:
                own_kind = kind or _KINDS[subject_class]
                related = self._related(subject_class, list_types)
                remains.append(self._admitted(own_kind, numbers, place, document=key, unread=row, related=related))
        return tuple(remains)

    def _unread_id(self, place: Place, list_type: ListType | None, authority: str, key: str) -> str:
        """That of the entry which the row would be, or one of its own where that cannot be known; `key` is the document
        number in an entry's key, "" for the latter."""
        keyer, record = self.rules.keyer, self.record
        if list_type is not None and key:
            return keyer.entry(list_type.id, place.group, fold_word(authority), key)
        said = (record.list_type, place.group.hex(), record.authority, record.document_no, record.document_date)
        return keyer.digest(msgspec.json.encode(("unread", *said))).hex()[:ID_DIGITS]

    def _related(self, subject_class: SubjectClass, list_types: tuple[str, ...]) -> tuple[Related, ...]:
        """The people whom the row names, where what it says may reach them."""
        reaching = self.rules.reaching
        if subject_class is not _ORGANISATION or not any(_reaches(pattern, reaching) for pattern in list_types):
            return ()
        related, is_unresolved = read_relations(self.record, self.rules.keyer, self.hidden_numbers)
        if is_unresolved:
            self.flags.add("relation_unresolved")
        return related

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

    def _numbers(self, subject_class: SubjectClass) -> Numbers:
        numbers = read_numbers(self.record, subject_class, self.rules.registered_codes)
        if numbers.unknown_scheme:
            self.refuse("value_unknown", numbers.unknown_scheme)
        self.flags |= numbers.flags
        return numbers

    def _place(self, subject_class: SubjectClass, numbers: Numbers) -> Place:
        return place_of(subject_class, numbers.usable, self.names, self.rules.keyer)

    # -- the entry

    def _terms(self, list_type: ListType | None) -> Terms:
        record = self.record
        terms = self.rules.terms(
            Cells(
                record.list_type if list_type is None else list_type.id,
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
                self.source.data_as_of,
            )
        )
        for reason, detail in terms.reasons:
            self.refuse(reason, detail)
        self.flags.update(terms.flags)
        return terms

    def _flags(self) -> tuple[str, ...]:
        return tuple(sorted(self.flags)) if self.flags else ()

    # -- the outcome

    def _admitted(
        self,
        kind: SubjectKind,
        numbers: Numbers,
        place: Place,
        *,
        document: str = "",
        entry: Entry | None = None,
        registration: Registration | None = None,
        unread: UnreadRow | None = None,
        related: tuple[Related, ...] = (),
    ) -> Admitted:
        usable = numbers.usable
        main = usable[0] if usable else None
        unified = next((n for n in usable if n.scheme is _USCC and not n.is_masked), None)
        is_shown = unified is not None and not parsing.could_be_citizen_number(unified.value)
        return Admitted(
            subject_class=class_of(kind),
            place=place,
            profile=Profile(
                kind=kind,
                name=self._kept(self.record.name),
                display=parsing.mask(main) if main else "",
                uscc=unified.value if unified is not None and is_shown else "",
            ),
            names=self.names,
            document=document,
            entry=entry,
            registration=registration,
            unread=unread,
            related=related,
            flags=self._flags(),
            counted=self._counted(numbers) if unread is None and numbers.counted else (),
        )

    def _entry(
        self, terms: Terms, numbers: Numbers, place: Place, subject_class: SubjectClass, list_type: str
    ) -> tuple[str, Entry]:
        """The entry, and the document number as it is in the entry's key."""
        record, keyer, document_date = self.record, self.rules.keyer, terms.document_date
        if document_date is None:  # the day of the data is not known, on a list that may lack its document's
            document_date = min(self.rules.today, terms.valid_until or self.rules.today)
        authority = self._kept(record.authority)
        document_no = hidden_document(record.document_no, self.hidden_numbers)
        document = self._document_key(document_no)
        older = self.rules.older_keyer
        entry = Entry(
            id=keyer.entry(list_type, place.group, fold_word(authority), document),
            list_type=list_type,
            severity=terms.severity,
            grade=self._kept(terms.grade),
            facts=self._kept(record.facts),
            authority=authority,
            basis=hidden_document(record.basis, self.hidden_numbers),
            document_no=document_no,
            document_date=document_date,
            valid_from=terms.valid_from or document_date,
            valid_until=terms.valid_until,
            status=terms.status,
            status_date=terms.status_date,
            status_reason=terms.status_reason,
            region=self._kept(record.region),
            field=self._kept(record.field),
            repairable=terms.repairable,
            amount_yuan=self._kept(record.amount_yuan),
            source=record.source,
            foreign=REGISTRATION_UNKNOWN in self.flags or _is_foreign(numbers.usable, record.registered_in),
            flags=self._flags(),
            older_id=""
            if older is None
            else older.entry(
                list_type,
                place_of(subject_class, numbers.usable, self.names, older).group,
                fold_word(authority),
                self._document_key(document_no, fold_word(record.document_no)),
            ),
        )
        return document, entry

    def _document_key(self, document_no: str, whole: str = "") -> str:
        """The document number in an entry's key; where a part of it is hidden, a keyed digest of the whole."""
        whole = whole or document_key(self.record.document_no)
        if document_no == self.record.document_no:
            return whole
        return self.rules.keyer.digest(whole.encode()).hex()


def _reaches(pattern: str, reaching: Collection[str]) -> bool:
    return pattern in reaching or any(matches(pattern, list_type) for list_type in reaching)


def _is_filled(cell: str) -> bool:
    return cell[:1].isalnum() or bool(fold_word(cell))


def _is_foreign(numbers: Collection[Identifier], registered_in: str) -> bool:
    """Known to be registered outside China: by a stated country, or by a foreign registration number alone."""
    if registered_in == "CN" or not _CHINESE_SCHEMES.isdisjoint([n.scheme for n in numbers]):
        return False
    return bool(registered_in) or any(n.scheme is Scheme.FOREIGN_REG_NO for n in numbers)
