"""Characters that spoil a cell without being seen, and pairs of characters that a reader takes for one.

Sources: Unicode 15.1 DerivedCoreProperties (Default_Ignorable_Code_Point), GB 18030-2022 annex D and the code page 936
(private-use letters), Unicode NamesList (dots). Excluded: what the product does with them.
"""

from random import Random
from typing import Final

# One group a row of Default_Ignorable_Code_Point: soft hyphen, grapheme joiner, Arabic mark, Hangul fillers, Khmer
# vowels, Mongolian selectors, zero width and marks, embeddings, operators and isolates, variation selectors, byte
# order mark, unassigned specials, shorthand and musical controls, tags and further selectors.
IGNORABLE: Final = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0x2066, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0001, 0xE0001),
    (0xE0020, 0xE007F),
    (0xE0100, 0xE01EF),
)
_GROUPS: Final = {chr(code): first for first, last in IGNORABLE for code in range(first, last + 1)}
BRAILLE_BLANK: Final = "\u2800"

# Private-use letter of code page 936 (and of files that were written with it) -> the letter of the standard.
TWINS: Final = {
    "\ue816": "\U00020087",
    "\ue817": "\U00020089",
    "\ue818": "\U000200cc",
    "\ue81a": "㑳",
    "\ue81e": "\u9fb4",
    "\ue81f": "㖞",
    "\ue820": "㘚",
    "\ue821": "㘎",
    "\ue824": "㥮",
    "\ue826": "\u9fb5",
    "\ue828": "㧟",
    "\ue82a": "㧐",
    "\ue82b": "\u9fb6",
    "\ue82c": "\u9fb7",
    "\ue82f": "㳠",
    "\ue831": "\U000215d7",
    "\ue832": "\u9fb8",
    "\ue83b": "\U0002298f",
    "\ue841": "䙡",
    "\ue843": "\u9fb9",
    "\ue846": "䝼",
    "\ue849": "䥇",
    "\ue84d": "䦃",
    "\ue850": "䦟",
    "\ue854": "\u9fba",
    "\ue855": "\U000241fe",
    "\ue856": "䲣",
    "\ue857": "䲟",
    "\ue85f": "䴖",
    "\ue863": "䶮",
    "\ue864": "\u9fbb",
}

# What is written between the parts of a transcribed name; the first is the one of GB/T 15834.
DOTS: Final = "\u00b7\u2022\u30fb\uff65\u2027\u2219\u22c5\ua78f\u2e31\u2e33\u1427\u0387\uff0e"

# Blanks that are seen as one blank, or not at all.
BLANKS: Final = "\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u205f\u3000"


def unseen_groups(text: str) -> list[str]:
    """The groups of `IGNORABLE` that occur in the text, as `unseen_` and the group's first code point."""
    return [f"unseen_{first:04X}" for first in sorted({_GROUPS[c] for c in _GROUPS.keys() & set(text)})]


def ignorable(random: Random) -> str:
    """One character of a group chosen first, so that each group is as likely as another."""
    first, last = random.choice(IGNORABLE)
    return chr(random.randint(first, last))


def strewn(text: str, random: Random, *, hidden: str = "") -> str:
    """`text` with one to three unseen characters before, after or inside; `hidden` names the character."""
    for _ in range(random.randint(1, 3)):
        place = random.choice((0, len(text), random.randint(0, len(text))))
        text = text[:place] + (hidden or ignorable(random)) + text[place:]
    return text


def full_width(text: str) -> str:
    """ASCII as its full-width forms (U+FF01 to U+FF5E)."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
