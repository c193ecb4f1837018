"""Whether a record becomes an entry (DESIGN section 5): every refusal with its reason codes, nothing silent.

`admit` looks at one record alone; what needs a subject's other entries (superseding, red against black) is in
`core.resolve`, the people an entry names in `core.relations`. Source: clauses 6 to 10, 23 to 25.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import TypeVar
from unicodedata import normalize

import msgspec

from xingate_server.core import identifiers
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Catalogue, ListType, Procedure, Reach, triggers_on
from xingate_server.core.days import months_after, parse_day
from xingate_server.core.entry import (
    BOOLEAN_WORDS,
    REGISTER,
    SEVERITY_WORDS,
    STATUS_REASON_WORDS,
    STATUS_WORDS,
    Entry,
    Record,
    Severity,
    Status,
    StatusReason,
    fold_word,
)
from xingate_server.core.identifiers import Fault, Identifier, Scheme
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

NOTICE_WORKING_DAYS = 20  # Cl. 7
_CHINESE_SCHEMES = frozenset(
    {Scheme.USCC, Scheme.ORG_CODE, Scheme.REG_NO, Scheme.TAX_NO, Scheme.INSTITUTION_NO, Scheme.SOCIAL_ORG_NO}
)
_ROLES = frozenset(Reach) - {Reach.SUBJECT, Reach.ORGANISATION, Reach.PERSON}
_Word = TypeVar("_Word")


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
        self.reaching = frozenset(
            t.id
            for t in catalogue.list_types
            for m in catalogue.measures
            if not _ROLES.isdisjoint(m.reach)
            and any(triggers_on(g, t.id, severity, "") for g in m.triggers for severity in (*Severity, None))
        )


def admit(record: Record, rules: Rules) -> Admitted | Refused:
    """Admit or refuse one record; never raises for what a record says."""
    return _Reading(record, rules).outcome()


class _Reading:
    """One record being read: the findings fill while its cells are looked at."""

    def __init__(self, record: Record, rules: Rules) -> None:
        self.record = record
        self.rules = rules
        self.reasons: dict[str, str] = {}
        self.flags: set[str] = set()
        self.numbers = personal_numbers(record, SHORTEST_SURE_NUMBER)

    def refuse(self, reason: str, detail: str) -> None:
        self.reasons.setdefault(reason, self._kept(detail))

    def _kept(self, text: str) -> str:
        return hidden(text, self.numbers)

    def outcome(self) -> Admitted | Refused:
        is_register = self.record.list_type == REGISTER
        list_type = None if is_register else self._list_type()
        kind = self._kind()
        numbers = self._numbers(kind, is_name_enough=list_type is not None and list_type.is_name_only)
        if is_register:
            established = self._day("established")
            return self._finish(kind, numbers, registration=Registration(self.record.source, established))
        entry = self._entry(list_type)
        return self._finish(kind, numbers, entry=entry)

    # -- the subject

    def _list_type(self) -> ListType | None:
        list_type = self.rules.list_types.get(self.record.list_type)
        if list_type is None:
            self.refuse("list_type_unknown", f"list type `{self.record.list_type}` is not in the catalogue")
        return list_type

    def _kind(self) -> SubjectKind | None:
        text = fold_word(self.record.subject_kind)
        if not text:
            self.refuse("subject_kind_missing", "subject_kind is blank; it is never guessed from a number")
            return None
        return self._word("subject_kind", KIND_WORDS)

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

    def _entry(self, list_type: ListType | None) -> Entry | None:
        record = self.record
        severity = self._word("severity", SEVERITY_WORDS)
        if severity is None and not fold_word(record.severity) and record.list_type.startswith("black."):
            severity = Severity.SERIOUS
        status = self._word("status", STATUS_WORDS) or Status.ACTIVE
        status_reason = self._word("status_reason", STATUS_REASON_WORDS)
        repairable = self._word("repairable", BOOLEAN_WORDS)
        grade = self._grade(list_type)
        status_date = self._day("status_date")
        document_date = self._document(list_type)
        valid_from = self._day("valid_from") or document_date
        valid_until = self._day("valid_until")
        if status is not Status.ACTIVE and status_date is None:
            self.flags.add("status_undated")
        if status is Status.SUSPENDED and status_reason in {StatusReason.OBJECTION, None}:
            self.flags.add("objection_open")
        if valid_from is not None and valid_until is not None and valid_until < valid_from:
            told = f"valid until {valid_until.isoformat()}, before {valid_from.isoformat()}"
            self.refuse("validity_inverted", told)
        if list_type is not None and document_date is not None:
            valid_until = self._validity(list_type, severity, document_date, valid_until)
        if list_type is None or document_date is None or valid_from is None or self.reasons:
            return None
        return Entry(
            id="",
            list_type=list_type.id,
            severity=severity,
            grade=grade,
            facts=self._kept(record.facts),
            authority=self._kept(record.authority),
            basis=hidden_document(record.basis, self.numbers),
            document_no=hidden_document(record.document_no, self.numbers),
            document_date=document_date,
            valid_from=valid_from,
            valid_until=valid_until,
            status=status,
            status_date=status_date,
            status_reason=status_reason,
            region=self._kept(record.region),
            field=self._kept(record.field),
            repairable=repairable,
            amount_yuan=self._kept(record.amount_yuan),
            source=record.source,
        )

    def _document(self, list_type: ListType | None) -> date | None:
        """Authority, basis, document and, for publicity, the notice and the signature (Cl. 7)."""
        record = self.record
        if not fold_word(record.authority):
            self.refuse("authority_missing", "the recognising authority is blank")
        if not fold_word(record.basis):
            self.refuse("basis_missing", "the basis of recognition is blank")
        document_date = self._day("document_date")
        if not fold_word(record.document_no) or not fold_word(record.document_date):
            self.refuse("document_missing", "document number and document date are both needed")
        if list_type is not None and list_type.procedure is Procedure.PUBLICITY:
            self._notice(document_date)
        return document_date

    def _notice(self, document_date: date | None) -> None:
        start, end = self._day("notice_start"), self._day("notice_end")
        if not fold_word(self.record.signed_by):
            self.refuse("signature_missing", "the responsible officer's signature is blank")
        if not fold_word(self.record.notice_start) or not fold_word(self.record.notice_end):
            self.refuse("notice_missing", "start and end of the public notice are both needed")
        if start is None or end is None:
            return
        days = self.rules.calendar.working_days(start, end)
        if days.known < NOTICE_WORKING_DAYS:
            counted = f"{days.known} working days from {start.isoformat()} (excluded) to {end.isoformat()}"
            if days.has_unknown:
                self.refuse("notice_calendar_unknown", f"{counted} are known; the rest has no published calendar")
            else:
                self.refuse("notice_too_short", f"{counted}; at least {NOTICE_WORKING_DAYS} are needed")
        if document_date is not None and document_date <= end:
            dated = document_date.isoformat()
            self.refuse("notice_too_short", f"the document is dated {dated}; the notice ends on {end.isoformat()}")

    def _validity(
        self, list_type: ListType, severity: Severity | None, document: date, end: date | None
    ) -> date | None:
        maxima = [m for m in list_type.maximum_validity if severity in {m.severity, None}]
        if not maxima:
            return end
        longest = max(maxima, key=lambda m: m.months)
        last = months_after(document, longest.months)
        if end is not None and end <= last:
            return end
        if end is not None and severity is not None:
            self.refuse(
                "validity_exceeds_maximum",
                f"valid until {end.isoformat()}; {longest.basis} allows {longest.months} months, to {last.isoformat()}",
            )
            return end
        self.flags.add("validity_clipped")
        return last

    def _grade(self, list_type: ListType | None) -> str:
        grade = normalize("NFKC", self.record.grade).strip()
        if list_type is not None and list_type.grades and grade not in list_type.grades:
            self.refuse("value_unknown", f"grade `{self.record.grade}` is not one of {', '.join(list_type.grades)}")
        return self._kept(grade)

    def _word(self, column: str, words: Mapping[str, _Word]) -> _Word | None:
        text = getattr(self.record, column)
        folded = fold_word(text)
        if not folded:
            return None
        if folded not in words:
            self.refuse("value_unknown", f"{column} `{text}` is not one of {', '.join(words)}")
            return None
        return words[folded]

    def _day(self, column: str) -> date | None:
        try:
            return parse_day(getattr(self.record, column))
        except ValueError as error:
            self.refuse("date_malformed", f"{column}: {error}")
            return None

    # -- the outcome

    def _finish(
        self,
        kind: SubjectKind | None,
        numbers: list[Identifier],
        *,
        entry: Entry | None = None,
        registration: Registration | None = None,
    ) -> Admitted | Refused:
        if self.reasons or kind is None or (entry is None and registration is None):
            reasons = tuple(sorted(self.reasons))
            return Refused(reasons, tuple(self.reasons[reason] for reason in reasons))
        record, keyer, subject_class = self.record, self.rules.keyer, class_of(kind)
        name = self._kept(record.name)
        names = tuple(dict.fromkeys(normalise(n) for n in (name, *map(self._kept, record.aliases)) if n))
        related: tuple[Related, ...] = ()
        if entry is not None and subject_class is SubjectClass.ORGANISATION and entry.list_type in self.rules.reaching:
            related, is_unresolved = read_relations(record, keyer)
            if is_unresolved:
                self.flags.add("relation_unresolved")
        place = _place(subject_class, numbers, names, keyer)
        flags = tuple(sorted(self.flags))
        document = ""
        if entry is not None:
            document = self._document_key(entry)
            entry = msgspec.structs.replace(
                entry,
                id=keyer.entry(entry.list_type, place.group, fold_word(entry.authority), document),
                foreign=_is_foreign(numbers, record.registered_in),
                flags=flags,
            )
        if registration is not None:
            registration = Registration(registration.source, registration.established, flags)
        main = numbers[0] if numbers else None
        unified = next((n for n in numbers if n.scheme is Scheme.USCC and not n.is_masked), None)
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
            registration=registration,
            related=related,
            flags=flags,
        )

    def _document_key(self, entry: Entry) -> str:
        """The document number in an entry's key: where a part of it is hidden, a keyed digest of the whole."""
        whole = fold_word(self.record.document_no)
        if entry.document_no == self.record.document_no:
            return whole
        return self.rules.keyer.digest(whole.encode()).hex()


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
        if number.scheme is Scheme.USCC and not unified:
            unified = key
    inner = [n.org_code for n in numbers if n.scheme in {Scheme.USCC, Scheme.ORG_CODE} and n.org_code]
    group = keyer.identifier(subject_class, Scheme.ORG_CODE, inner[0]) if inner else keys[0]
    aliases = tuple(dict.fromkeys(key for key in keys if key not in {group, unified}))
    return _Place(group, unified, aliases)


def _is_foreign(numbers: list[Identifier], registered_in: str) -> bool:
    """Known to be registered outside China: by a stated country, or by a foreign registration number alone."""
    if registered_in == "CN" or any(n.scheme in _CHINESE_SCHEMES for n in numbers):
        return False
    return bool(registered_in) or any(n.scheme is Scheme.FOREIGN_REG_NO for n in numbers)
