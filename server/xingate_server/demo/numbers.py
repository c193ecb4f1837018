"""Invented numbers with valid check digits: division 420399 for organisations, the never-issued 990000 for people.

Sources: GB 32100 (unified code), GB 11714 (organisation code inside it), GB 11643 (citizen number).
"""

from stdnum.iso7064 import mod_11_2

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def unified_code(serial: int, kind: str = "91") -> str:
    """An invented unified code with valid check digits: `kind` (91 enterprise, 92 sole trader), 420399, serial."""
    body = f"{serial:08d}"
    check = (11 - sum(int(c) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True)) % 11) % 11
    front = f"{kind}420399{body}{'0123456789X'[check]}"
    total = sum(_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(front))
    return front + _ALPHABET[(31 - total % 31) % 31]


def citizen_number(serial: int, born: str = "19800101") -> str:
    """An invented citizen number: division 990000, which was never issued, and a valid check digit."""
    front = f"990000{born}{serial:03d}"
    return front + mod_11_2.calc_check_digit(front)
