"""The words of a roster for the kind of subject, beside those of the lists. A kind is never guessed from a number."""

from collections.abc import Mapping
from typing import Final

from xingate.types import SubjectKind
from xingate_server.core.entry import fold_word
from xingate_server.core.subject import KIND_WORDS

_KINDS: Final[Mapping[str, SubjectKind]] = {
    **{word: SubjectKind[kind.name] for word, kind in KIND_WORDS.items()},
    **dict.fromkeys(("法人", "企业法人", "企业", "单位", "其他组织", "事业单位", "社会组织"), SubjectKind.LEGAL_ENTITY),
    "个体户": SubjectKind.SOLE_TRADER,
    "个人": SubjectKind.NATURAL_PERSON,
}


def kind_of(word: str) -> SubjectKind | None:
    """The kind that a word says, None for one that is not known."""
    return _KINDS.get(word) or _KINDS.get(fold_word(word))
