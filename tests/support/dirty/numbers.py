"""Invented numbers with right check digits, computed here so that a fault of the product's own sums would show.

Organisations lie in division 420399, people in 990000 (never issued) or in the divisions of the residence permits
(81, 82, 83) and of the resident cards (9...) with the area 990000's place. Sources: GB 32100, GB 11714, GB 11643,
GB/T 17710 (MOD 11,10).
"""

from dataclasses import dataclass
from random import Random
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_PERSON_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PERSON_CHECKS: Final = "10X98765432"


@dataclass(frozen=True)
class Number:
    """A complete and valid number as the standard writes it; `scheme` is the product's word for what it is."""

    scheme: str
    value: str


def organisation_code(body: str) -> str:
    """Nine characters of eight (GB 11714)."""
    total = sum(int(c, 36) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return body + {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def unified_code(body: str, kind: str = "91", division: str = "420399") -> str:
    """Eighteen characters around an organisation code of eight (GB 32100)."""
    front = kind + division + organisation_code(body)
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(front))
    return front + ALPHABET[(31 - total % 31) % 31]


def person_number(front: str) -> str:
    """Eighteen characters of seventeen digits (GB 11643)."""
    total = sum(int(c) * w for c, w in zip(front, _PERSON_WEIGHTS, strict=True))
    return front + _PERSON_CHECKS[total % 11]


def registration_number(front: str) -> str:
    """Fifteen digits of fourteen (GB/T 17710, MOD 11,10)."""
    rest = 10
    for digit in front:
        rest = ((rest + int(digit)) % 10 or 10) * 2 % 11
    return front + str((11 - rest) % 10)


class Numbers:
    """Numbers that no other row of the same list has. `stranger` numbers are on no list."""

    def __init__(self, seed: int, random: Random) -> None:
        self._random = random
        self._serial = random.randint(0, 40) * 100 + seed % 89
        self._seen: set[str] = set()

    def _next(self) -> int:
        self._serial += self._random.randint(1, 7)
        return self._serial

    def unified(self, kind: str = "91") -> str:
        """A unified code; one in four has a letter in its organisation code."""
        serial = self._next()
        body = f"{self._random.choice('3568')}{serial:07d}"
        if self._random.random() < 0.25:
            body = f"MA{self._random.choice('1234567')}{self._random.choice('EHKPTX')}{serial % 10000:04d}"
        return unified_code(body, kind)

    def digits_unified(self) -> str:
        """A unified code of digits alone, as a spreadsheet program would take for a number."""
        while True:
            code = unified_code(f"{self._random.choice('3568')}{self._next():07d}")
            if code.isdigit() and code[15:] != "000":
                return code

    def organisation(self) -> str:
        """An organisation code that no unified code of the list contains."""
        return organisation_code(f"7{self._next():07d}")

    def citizen(self, division: str = "990000") -> str:
        """A citizen number, or with another division a residence permit; never one that ends in three zeros."""
        while True:
            born = (
                f"{self._random.randint(1950, 2004)}{self._random.randint(1, 12):02d}{self._random.randint(1, 28):02d}"
            )
            number = person_number(f"{division}{born}{self._next() % 1000:03d}")
            if number[15:] != "000" and number not in self._seen:
                self._seen.add(number)
                return number

    def old_citizen(self) -> tuple[str, str]:
        """A citizen number of fifteen digits, and the same person's of eighteen."""
        number = self.citizen()
        while number[6:8] != "19":
            number = self.citizen()
        return number[:6] + number[8:17], number

    def resident_card(self) -> str:
        """A foreign permanent resident card of 2023: 9, area, nationality, birth date, serial, check."""
        area, nation = self._random.choice(("11", "31", "42")), self._random.choice(("004", "156", "250", "840"))
        return self.citizen(f"9{area}{nation}")

    def old_resident_card(self) -> str:
        """A foreign permanent resident card before 2023: three letters and twelve digits."""
        return (
            f"EXA{self._random.choice(('11', '31', '42'))}00{self._random.randint(50, 99)}0615{self._next() % 100:02d}"
        )

    def home_permit(self) -> str:
        """A travel permit of residents of Hong Kong (H) or Macao (M)."""
        return f"{self._random.choice('HM')}{90_000_000 + self._next() * 37 % 9_000_000:08d}"

    def taiwan_permit(self) -> str:
        """A travel permit of residents of Taiwan, eight digits."""
        return f"{90_000_000 + self._next() * 53 % 9_000_000:08d}"

    def passport(self) -> str:
        """A passport of an invented state: EX and seven digits."""
        return f"EX{1_000_000 + self._next() * 7919 % 8_999_999:07d}"

    def tax(self) -> str:
        """An old tax number: division and organisation code, fifteen characters."""
        return "420399" + self.organisation()

    def registration(self) -> str:
        """A registration number of fifteen digits."""
        return registration_number(f"420399{self._next():08d}")


def rounded(number: str) -> str:
    """What a spreadsheet program leaves of a number of digits: fifteen, then zeros."""
    return number[:15] + "0" * (len(number) - 15)


def is_sound_person(number: str) -> bool:
    """Whether the check digit of an eighteen-character person number fits."""
    return person_number(number[:17]) == number


def is_sound_unified(code: str) -> bool:
    """Whether the check character of a unified code fits."""
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return ALPHABET[(31 - total % 31) % 31] == code[17]


def spoilt(number: str) -> str:
    """The number with another check character: right shape, wrong sum."""
    return number[:-1] + ("7" if number[-1] != "7" else "3")
