"""Characters that are written in two ways, or cannot be seen: the one place that makes them equal on every side.

Lists, rosters and questions use the same three rules. Invisible: `Default_Ignorable_Code_Point` (Unicode Standard 15.1,
DerivedCoreProperties; UAX 44) and U+2800, a Braille cell without dots, fold away. Private use: letters that GB
18030-2000 and -2005 (and GBK before them) placed at private code points become the letters that Unicode has since then
(GB 18030-2022, annex on changed code points; Unicode 3.0 to 4.1). Dots: the signs that stand between the parts of a
transcribed name are one sign, U+00B7 (GB/T 15834-2011, 4.14). Left out: private letters of other makers (HKSCS, fonts),
which share code points with each other.
"""

import re

_IGNORABLE_RANGES = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
_BRAILLE_BLANK = 0x2800

_GBK_FE = (
    "2E81 20087 20089 200CC 2E84 3473 3447 2E88 2E8B 9FB4 359E 361A 360E 2E8C "
    "2E97 396E 3918 9FB5 39CF 39DF 3A73 39D0 9FB6 9FB7 3B4E 3C6E 3CE0 2EA7 "
    "215D7 9FB8 2EAA 4056 415F 2EAE 4337 2EB3 2EB6 2EB7 2298F 43B1 43AC 2EBB "
    "43DD 44D6 4661 464C 9FB9 4723 4729 477C 478D 2ECA 4947 497A 497D 4982 "
    "4983 4985 4986 499F 499B 49B7 49B6 9FBA 241FE 4CA3 4C9F 4CA0 4CA1 4C77 "
    "4CA2 4D13 4D14 4D15 4D16 4D17 4D18 4D19 4DAE 9FBB"
)
# Runs of private code points: the first, and what its letters became.
_PRIVATE_RUNS: tuple[tuple[int, str], ...] = (
    (0xE78D, "FE10 FE12 FE11 FE13 FE14 FE15 FE16 FE17 FE18 FE19"),
    (0xE7C7, "1E3F 1F9"),
    (0xE7E7, "303E 2FF0 2FF1 2FF2 2FF3 2FF4 2FF5 2FF6 2FF7 2FF8 2FF9 2FFA 2FFB"),
    (0xE815, _GBK_FE),
)

INVISIBLE = frozenset(chr(code) for first, last in _IGNORABLE_RANGES for code in range(first, last + 1)) | {
    chr(_BRAILLE_BLANK)
}
"""Every character that folds away."""

STANDARD_LETTERS = {
    chr(first + place): chr(int(code, 16)) for first, codes in _PRIVATE_RUNS for place, code in enumerate(codes.split())
}
"""Private-use letter -> its standard one."""

DOT = "·"
DOTS = "\u00b7\u0387\u02d9\u119e\u318d\u1427\u16eb"  # 02D9 is the sign of Big5 keyboards, 318D of Korean ones
DOTS += "\u2022\u2027\u2218\u2219\u22c5\u25cf\u25e6\u26ab\u2981"
DOTS += "\u2e30\u2e31\u2e33\u30fb\uff65\ua78f\ufe45\U00010101"
"""Signs that stand between the parts of a name and nowhere else."""

_LETTERS = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30fa\u30fc-\u318c\u3190-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_LETTERS += "\U00020000-\U000323af"
_EASTERN = re.compile(f"[{_LETTERS}]")
_STOP = re.compile(r"(?<=\w)[.。](?=\w)")
_SEVERAL_DOTS = re.compile(f"{DOT}{{2,}}")

TABLE: dict[int, str | None] = dict.fromkeys(map(ord, INVISIBLE)) | {
    ord(private): standard for private, standard in STANDARD_LETTERS.items()
}
"""For `str.translate`: invisible characters removed, private letters made standard."""

INVISIBLE_CLASS = "".join(f"{chr(first)}-{chr(last)}" for first, last in _IGNORABLE_RANGES) + chr(_BRAILLE_BLANK)
"""`INVISIBLE` as the inside of a regular expression's character class."""
CHANGED_CLASS = INVISIBLE_CLASS + "".join(STANDARD_LETTERS)
"""The same of all characters of `TABLE`."""
_CHANGED = re.compile(f"[{CHANGED_CLASS}]")


def standard(text: str) -> str:
    """`text` without invisible characters, private-use letters of GB 18030 made standard; case and width stay."""
    if text.isascii() or _CHANGED.search(text) is None:
        return text
    return text.translate(TABLE)


def dotted(name: str) -> str:
    """A name (after NFKC, dots unified) in which full stops between letters are dots, too, if it has a letter of an
    East Asian script, and several dots are one: `A.示例` is `A·示例`."""
    if ("." in name or "。" in name) and _EASTERN.search(name) is not None:
        name = _STOP.sub(DOT, name)
    return _SEVERAL_DOTS.sub(DOT, name) if DOT + DOT in name else name
