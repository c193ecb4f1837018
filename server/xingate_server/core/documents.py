"""Document numbers as they are compared, so that formatting makes no second document (DESIGN, "Key of an entry")."""

from unicodedata import normalize

_OPENING, _CLOSING = "[{<〔【〈《「『〖〘〚⟨⟪⁅", "]}>〕】〉》」』〗〙〛⟩⟫⁆"
_ALIKE = str.maketrans(
    dict.fromkeys(_OPENING, "(") | dict.fromkeys(_CLOSING, ")") | dict.fromkeys("‐‑‒–—―−─━⸺⸻˗⁃", "-")
)


def document_key(document_no: str) -> str:
    """A document number after NFKC, all brackets equal, all dashes equal, without white space."""
    if document_no.isascii() and document_no.isalnum():
        return document_no
    return "".join(normalize("NFKC", document_no).translate(_ALIKE).split())
