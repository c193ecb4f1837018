"""What an answer consists of: measures with the entries they rest on, records, gaps, candidates, flags."""

from dataclasses import dataclass
from datetime import date

from xingate._internal.values.common_parts import NO_TEXT, BasicListItem, LegalBasis, Obligation, Remedy, Text
from xingate._internal.values.enums import Effect, Force, SubjectKind, Verdict
from xingate._internal.values.titles import CLOSES_ZH, FLAGS, GAPS, REACHES, SEVERITIES, settles_zh, text_of, why_zh


@dataclass(frozen=True)
class EntryRef:
    """The listing that something rests on; `id` is the same in every snapshot."""

    id: str
    list_type: str = ""
    title: Text = NO_TEXT
    authority: str = ""
    document_no: str = ""
    document_date: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    severity: str = ""
    grade: str = ""
    facts: str = ""
    region: str = ""
    field: str = ""
    status: str = ""
    status_date: date | None = None
    source: str = ""

    def __str__(self) -> str:
        validity = f"{self.valid_from} to {self.valid_until or 'open'}" if self.valid_from else ""
        document = f"{self.document_no} of {self.document_date}" if self.document_date else self.document_no
        severity = " ".join(dict.fromkeys((text_of(SEVERITIES, self.severity).zh, self.severity)))
        parts = (self.list_title, severity, self.authority, document, validity)
        return ", ".join(part for part in parts if part) or self.id

    @property
    def list_title(self) -> str:
        """The list type with its Chinese title; the id alone where the answer does not say it."""
        return f"{self.title.zh} {self.list_type}".strip()


@dataclass(frozen=True)
class Via:
    """The organisation through whose listing a person is reached."""

    role: str
    entity_name: str = ""
    entity_code: str = ""

    @property
    def title(self) -> Text:
        """The role in words."""
        return text_of(REACHES, self.role)


@dataclass(frozen=True)
class AppliedMeasure:
    """One incentive or restriction, with what it rests on and what can be done against it.

    `because` says why it has no effect, where it has none. `executable_by_caller` is None without an authenticated
    caller. `evidence` is set for three clean years, which rest on no entry.
    """

    id: str
    title: Text = NO_TEXT
    clause: str = ""
    effect: Effect = Effect.UNSPECIFIED
    force: Force = Force.UNSPECIFIED
    reach: str = ""
    via: Via | None = None
    obligations: tuple[Obligation, ...] = ()
    basis: tuple[LegalBasis, ...] = ()
    bodies: tuple[str, ...] = ()
    executable_by_caller: bool | None = None
    entry: EntryRef | None = None
    remedies: tuple[Remedy, ...] = ()
    because: str = ""
    evidence: str = ""
    basic_list: BasicListItem | None = None

    @property
    def manner(self) -> str:
        """Effect and force in words, such as `限制 limit, 强制 mandatory`."""
        return ", ".join(f"{word.title_zh} {word.title_en}" for word in (self.effect, self.force))

    @property
    def bodies_told(self) -> str:
        """Who recognised the entry and who applies the measure: whom an objection goes to (Cl. 25); "" if unknown."""
        recognised = f"认定 recognised by {self.entry.authority}" if self.entry and self.entry.authority else ""
        applied = f"实施 applied by {'、'.join(self.bodies)}" if self.bodies else ""
        return "; ".join(part for part in (recognised, applied) if part)


@dataclass(frozen=True)
class Record:
    """A penalty, permit or commitment: told, with no measure of its own."""

    entry: EntryRef
    amount_yuan: str = ""


@dataclass(frozen=True)
class Gap:
    """Something that the answer does not know: why, the strictest it may hide, and what would close it."""

    reason: str
    could_be: Verdict = Verdict.CANNOT_TELL
    closes_with: str = ""
    about: str = ""

    @property
    def title(self) -> Text:
        """The reason in words."""
        return text_of(GAPS, self.reason)

    @property
    def closes_zh(self) -> str:
        """What would close it, in Chinese; "" for a reason that this version does not know."""
        return CLOSES_ZH.get(self.reason, "")

    def __str__(self) -> str:
        title = f"{self.title.zh} " if self.reason in GAPS else ""
        about = f" ({self.about})" if self.about else ""
        closes = " ".join(part for part in (self.closes_zh, self.closes_with) if part)
        return (
            f"{title}{self.reason}{about}, could be {self.could_be.name} {self.could_be.title_zh}"
            f"{f'; closed by: {closes}' if closes else ''}"
        )


@dataclass(frozen=True)
class Candidate:
    """A possible match, never a decision. `code` is masked for people; `score` is 0 to 1; `closes_with` says what would
    settle whether it is the one."""

    kind: SubjectKind
    name: str = ""
    code: str = ""
    list_types: tuple[str, ...] = ()
    score: float = 0.0
    why: str = ""
    closes_with: str = ""

    @property
    def why_told(self) -> str:
        """Why it fits, in Chinese where this version knows the words, and as the gateway says it."""
        return " ".join(part for part in (why_zh(self.why), self.why) if part)

    @property
    def closes_told(self) -> str:
        """What would settle it, in both languages likewise."""
        return " ".join(part for part in (settles_zh(self.closes_with), self.closes_with) if part)


@dataclass(frozen=True)
class Flag:
    """Something worth knowing about the data behind the answer."""

    code: str
    detail: str = ""

    @property
    def title(self) -> Text:
        """The code in words."""
        return text_of(FLAGS, self.code)

    def __str__(self) -> str:
        title = f"{self.title.zh} " if self.code in FLAGS else ""
        return f"{title}{self.code} {self.detail}".rstrip()
