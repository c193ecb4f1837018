"""The closed words of the wire as enums. A number that this version does not know never looks like a pass."""

from enum import Enum
from typing import Self


class Verdict(Enum):
    """The answer in one word. 0 and numbers from a newer gateway are read as CANNOT_TELL."""

    CLEAR = 1
    FAVOURED = 2
    CAUTION = 3
    RESTRICTED = 4
    PROHIBITED = 5
    CANNOT_TELL = 6

    @classmethod
    def _missing_(cls, value: object) -> "Verdict | None":
        return cls.CANNOT_TELL if isinstance(value, int) else None

    @property
    def permits(self) -> bool:
        """The AuthZEN reading: true for CLEAR, FAVOURED and CAUTION; a CAUTION still wants to be read."""
        return self in {Verdict.CLEAR, Verdict.FAVOURED, Verdict.CAUTION}

    @property
    def wire_name(self) -> str:
        """The name on the wire, such as `VERDICT_PROHIBITED`."""
        return f"VERDICT_{self.name}"

    @property
    def title_zh(self) -> str:
        """The word for people, in Chinese."""
        return _VERDICT_ZH[self]

    @property
    def title_en(self) -> str:
        """The word for people, in English."""
        return self.name.replace("_", " ").lower()

    @property
    def label(self) -> str:
        """The word for people with the name that programs know, such as `受限制 RESTRICTED`."""
        return f"{self.title_zh} {self.name}"


_VERDICT_ZH = {
    Verdict.CLEAR: "无措施",
    Verdict.FAVOURED: "有激励",
    Verdict.CAUTION: "需注意",
    Verdict.RESTRICTED: "受限制",
    Verdict.PROHIBITED: "禁止",
    Verdict.CANNOT_TELL: "无法判断",
}


class _Open(Enum):
    """An enum whose member 0 stands for whatever this version does not know."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls(0) if isinstance(value, int) and value else None

    @property
    def title_zh(self) -> str:
        """The word for people, in Chinese."""
        return _OPEN_ZH.get(self, _UNSPECIFIED_ZH)

    @property
    def title_en(self) -> str:
        """The word for people, in English."""
        return self.name.replace("_", " ").lower() if self.value else "not stated"


class SubjectKind(_Open):
    """Who is asked about; stated by the caller, never guessed from a number."""

    UNSPECIFIED = 0
    LEGAL_ENTITY = 1
    SOLE_TRADER = 2
    NATURAL_PERSON = 3

    @property
    def wire_name(self) -> str:
        """The name on the wire, such as `SUBJECT_KIND_LEGAL_ENTITY`."""
        return f"SUBJECT_KIND_{self.name}"


class Effect(_Open):
    """What a measure does."""

    UNSPECIFIED = 0
    BAR = 1
    LIMIT = 2
    SCRUTINISE = 3
    INFORM = 4
    FAVOUR = 5


class Force(_Open):
    """Whether the implementing body must, may, or is encouraged to apply a measure."""

    UNSPECIFIED = 0
    MANDATORY = 1
    DISCRETIONARY = 2
    ADVISORY = 3


class MeasureResult(_Open):
    """What was done with a measure of an answer."""

    UNSPECIFIED = 0
    APPLIED = 1
    NOT_APPLIED = 2
    OTHER = 3

    @property
    def wire_name(self) -> str:
        """The name on the wire, such as `RESULT_APPLIED`."""
        return f"RESULT_{self.name}"


_UNSPECIFIED_ZH = "未说明"
_OPEN_ZH: dict[_Open, str] = {
    SubjectKind.LEGAL_ENTITY: "法人和非法人组织",
    SubjectKind.SOLE_TRADER: "个体工商户",
    SubjectKind.NATURAL_PERSON: "自然人",
    Effect.BAR: "禁止",
    Effect.LIMIT: "限制",
    Effect.SCRUTINISE: "从严",
    Effect.INFORM: "提示",
    Effect.FAVOUR: "激励",
    Force.MANDATORY: "强制",
    Force.DISCRETIONARY: "酌情",
    Force.ADVISORY: "倡导",
    MeasureResult.APPLIED: "已执行",
    MeasureResult.NOT_APPLIED: "未执行",
    MeasureResult.OTHER: "其他",
}


class View(Enum):
    """How much an answer tells: BASIC has ids only, FULL also titles, bases and remedies."""

    BASIC = 1
    FULL = 2
