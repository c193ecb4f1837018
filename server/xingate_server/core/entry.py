"""What a source says (`Record`) and what is accepted of it (`Entry`), with the words that lists use.

A `Record` is text as read, so that admission alone decides what a cell means; an `Entry` is parsed and lives in
the snapshot. Words are read in code or in Chinese, whatever the file's header (DESIGN section 5).
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar
from unicodedata import normalize

import msgspec

from xingate_server.core.characters import standard


class Severity(StrEnum):
    """The degree of dishonesty that the recognising authority states (Cl. 8)."""

    MINOR = "minor"
    ORDINARY = "ordinary"
    SERIOUS = "serious"
    EXCEPTIONAL = "exceptional"


class Status(StrEnum):
    """The stage of an entry's life (Cl. 23 to 25)."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXITED = "exited"
    REPAIRED = "repaired"
    CORRECTED = "corrected"


class StatusReason(StrEnum):
    """Why an entry was suspended or has exited (Cl. 24, 25)."""

    OBJECTION = "objection"
    REPAIR = "repair"
    EXPIRY = "expiry"
    BLACKLISTED = "blacklisted"
    OWN_REQUEST = "own_request"
    COURT = "court"


class Role(StrEnum):
    """The role of a person in an organisation whose entry names that person (Cl. 18)."""

    LEGAL_REPRESENTATIVE = "legal_representative"
    PRINCIPAL = "principal"
    EXECUTIVE = "executive"
    DIRECTOR = "director"
    SHAREHOLDER = "shareholder"
    PRACTITIONER = "practitioner"


_Word = TypeVar("_Word", bound=StrEnum)


def _words(kinds: type[_Word], chinese: Mapping[str, _Word]) -> Mapping[str, _Word]:
    return MappingProxyType({word.value: word for word in kinds} | dict(chinese))


SEVERITY_WORDS = _words(
    Severity,
    {
        "轻微": Severity.MINOR,
        "一般": Severity.ORDINARY,
        "严重": Severity.SERIOUS,
        "特别严重": Severity.EXCEPTIONAL,
        "一般失信": Severity.ORDINARY,
        "严重失信": Severity.SERIOUS,
    },
)
STATUS_WORDS = _words(
    Status,
    {
        "有效": Status.ACTIVE,
        "异议核实中": Status.SUSPENDED,
        "异议中": Status.SUSPENDED,
        "已退出": Status.EXITED,
        "已修复": Status.REPAIRED,
        "已更正": Status.CORRECTED,
    },
)
# Of commitments alone, also that they were kept; on every other list type these words are unknown.
COMMITMENT_STATUS_WORDS: Mapping[str, Status] = MappingProxyType(
    {**STATUS_WORDS, **dict.fromkeys(("已履约", "全部履约", "履行完毕", "已兑现"), Status.EXITED)}
)
STATUS_REASON_WORDS = _words(
    StatusReason,
    {
        "异议": StatusReason.OBJECTION,
        "修复": StatusReason.REPAIR,
        "信用修复": StatusReason.REPAIR,
        "到期": StatusReason.EXPIRY,
        "有效期届满": StatusReason.EXPIRY,
        "列入黑名单": StatusReason.BLACKLISTED,
        "本人申请": StatusReason.OWN_REQUEST,
        "主动申请": StatusReason.OWN_REQUEST,
        "法院暂缓": StatusReason.COURT,
    },
)
ROLE_WORDS = _words(
    Role,
    {
        "法定代表人": Role.LEGAL_REPRESENTATIVE,
        "主要负责人": Role.PRINCIPAL,
        "负责人": Role.PRINCIPAL,
        "高级管理人员": Role.EXECUTIVE,
        "董事": Role.DIRECTOR,
        "股东": Role.SHAREHOLDER,
        "注册执业人员": Role.PRACTITIONER,
    },
)
BOOLEAN_WORDS: Mapping[str, bool] = MappingProxyType(
    {"yes": True, "true": True, "1": True, "是": True, "no": False, "false": False, "0": False, "否": False}
)


def fold_word(text: str) -> str:
    """A coded cell as it is compared: NFKC, without white space and invisible characters."""
    return "".join((text if text.isascii() else normalize("NFKC", standard(text))).split())


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a source as text: a listing, or (`list_type` is `REGISTER`) a register's row.

    Cells are as the source holds them, blanks and sentinels already removed. `identifiers` are pairs of scheme
    ("" where the source does not say) and number, the main one first. `registered_in` is a country or "" where
    unknown; "CN" marks a subject registered in China. `rounded` are those numbers of the row (in `identifiers`,
    `legal_representative_id` or `related`, as written there) whose column shows that a spreadsheet program has rounded
    it, so that a check digit that fits means nothing. `raw` is the whole row by its own column names, for the
    report of refused rows; admission masks the identity numbers in it.
    """

    source: str
    file: str
    row: int
    list_type: str
    subject_kind: str = ""
    name: str = ""
    aliases: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    registered_in: str = ""
    established: str = ""
    legal_representative: str = ""
    legal_representative_id: str = ""
    related: str = ""
    severity: str = ""
    grade: str = ""
    facts: str = ""
    authority: str = ""
    basis: str = ""
    document_no: str = ""
    document_date: str = ""
    notice_start: str = ""
    notice_end: str = ""
    signed_by: str = ""
    valid_from: str = ""
    valid_until: str = ""
    status: str = ""
    status_date: str = ""
    status_reason: str = ""
    region: str = ""
    field: str = ""
    repairable: str = ""
    amount_yuan: str = ""
    rounded: tuple[str, ...] = ()
    raw: Mapping[str, str] = msgspec.field(default_factory=dict)


REGISTER = "register"
REGISTRATION_UNKNOWN = "registration_unknown"
"""The flag of an entry on a list that acts on subjects registered abroad, which does not say where its subject is.
Nobody can tell whether it acts: it is held unsettled, and its `foreign` says what it may be."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, array_like=True, omit_defaults=True):
    """An accepted listing. Dates are days in Asia/Shanghai, both ends included.

    `starts_on` is set where this row replaced an older one of the same key with another severity; `stops_on` is
    the first day on which it no longer answers because it was itself so replaced (`stop_reason` "superseded") or
    because a black entry ended this red one ("blacklisted"). `masked` entries, and those known by name alone, are
    unsettled: they never act. `older_id` is the id that releases before format version 2 gave it, "" where that is
    not known.
    """

    id: str
    list_type: str
    severity: Severity | None = None
    grade: str = ""
    facts: str = ""
    authority: str = ""
    basis: str = ""
    document_no: str = ""
    document_date: date
    valid_from: date
    valid_until: date | None = None
    status: Status = Status.ACTIVE
    status_date: date | None = None
    status_reason: StatusReason | None = None
    region: str = ""
    field: str = ""
    repairable: bool | None = None
    amount_yuan: str = ""
    source: str = ""
    foreign: bool = False  # known to be registered outside China
    starts_on: date | None = None
    stops_on: date | None = None
    stop_reason: str = ""
    flags: tuple[str, ...] = ()
    older_id: str = ""


class UnreadRow(msgspec.Struct, frozen=True, kw_only=True, array_like=True, omit_defaults=True):
    """What could be read of a row that says something about a subject which nobody understands (DESIGN section 5).

    `id` is that of the entry it would be, where list type, authority and document number could be read, otherwise
    one of its own. `list_types` are ids, or patterns such as `black.*` where the word is not known. Of `severity` and
    `grade` one that is not known counts as any. It makes a gap from `first` to `valid_until`, None for any day, and
    none from `ended_from` on; `is_over` says that it makes none at all, and only counts against clean years.
    `is_suspended`: that end is a suspension. `what` says what was not understood, without a person's number.
    """

    id: str
    list_types: tuple[str, ...]
    severity: Severity | None = None
    is_severity_known: bool = True
    grade: str = ""
    is_grade_known: bool = True
    foreign: bool = False
    first: date | None = None
    valid_until: date | None = None
    ended_from: date | None = None
    is_over: bool = False
    authority: str = ""
    document_no: str = ""
    document_date: date | None = None
    what: str = ""
    source: str = ""
    is_suspended: bool = False


class Standing(StrEnum):
    """What an entry is on a given day."""

    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    ENDED = "ended"
    NOT_YET = "not_yet"
    VOID = "void"


# Members of an enumeration are slow to reach by its name (Python 3.11).
_ACTIVE, _IN_FORCE = Status.ACTIVE, Standing.IN_FORCE


def is_void(entry: Entry) -> bool:
    """Whether the entry was wrong from its beginning: corrected, or exited because of an objection (Cl. 25)."""
    if entry.status is _ACTIVE:
        return False
    return entry.status is Status.CORRECTED or (
        entry.status is Status.EXITED and entry.status_reason is StatusReason.OBJECTION
    )


def standing(entry: Entry, as_of: date) -> Standing:
    """What `entry` is on `as_of` (DESIGN section 4, "an entry is in force").

    A row whose status is not active and that has no status date never acts: suspended ones are SUSPENDED while
    valid, the others ENDED.
    """
    if is_void(entry):
        return Standing.VOID
    if as_of < entry.valid_from or (entry.starts_on is not None and as_of < entry.starts_on):
        return Standing.NOT_YET
    if entry.valid_until is not None and as_of > entry.valid_until:
        return Standing.ENDED
    if entry.stops_on is not None and as_of >= entry.stops_on:
        return Standing.ENDED
    if entry.status is _ACTIVE or (entry.status_date is not None and as_of < entry.status_date):
        return _IN_FORCE
    return Standing.SUSPENDED if entry.status is Status.SUSPENDED else Standing.ENDED
