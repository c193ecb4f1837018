"""Names as they are compared: never an identity, only a way to candidates (DOMAIN, "Names are not unique").

NFKC, brackets and double quotes of every kind removed (what is in them stays), invisible characters removed, dots
between the parts of transcribed names and private-use letters made one (`core.characters`), white space removed between
Chinese characters and collapsed elsewhere, traditional characters made simplified (OpenCC `t2s`), case folded. Left
out: legal forms, abbreviations, transliteration. Callers keep the original beside it.
"""

import unicodedata
from functools import cache

from opencc import OpenCC

from xingate_server.core import characters

_FIRST_CJK = "\u2e80"  # from the CJK radicals on, white space parts nothing

_BRACKETS = "()[]{}<>⟨⟩⟪⟫❨❩❲❳〈〉《》「」『』【】〔〕〖〗〘〙〚〛﴾﴿‹›«»"
_QUOTES = '"“”„‟〝〞〟'
_TABLE = (
    str.maketrans(dict.fromkeys(_BRACKETS + _QUOTES) | dict.fromkeys(characters.DOTS, characters.DOT))
    | characters.TABLE
)
_SPACING_DOT = "\u02d9"  # NFKC makes a blank and a combining mark of it


def normalise(name: str) -> str:
    """The form of `name` that is indexed and compared; "" for a name of nothing but blanks and brackets."""
    if name.isascii():
        return " ".join(name.translate(_TABLE).split()).casefold()
    # A lone surrogate cannot be written out: it becomes the replacement character.
    readable = name if name.isprintable() else characters.standard(name.encode(errors="replace").decode())
    if _SPACING_DOT in readable:
        readable = readable.replace(_SPACING_DOT, characters.DOT)
    plain = unicodedata.normalize("NFKC", readable).translate(_TABLE)
    plain = characters.dotted(_join(plain.split()))
    if any(character >= _FIRST_CJK for character in plain):
        plain = str(_converter().convert(plain))
    return unicodedata.normalize("NFKC", plain.casefold())


def _join(words: list[str]) -> str:
    """The words with one blank between two that meet in letters which need it, and none beside a Chinese character."""
    if not words:
        return ""
    joined = words[0]
    for word in words[1:]:
        needs_blank = joined[-1] < _FIRST_CJK and word[0] < _FIRST_CJK
        joined += f" {word}" if needs_blank else word
    return joined


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")
