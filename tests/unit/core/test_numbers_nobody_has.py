"""A number that nobody holds is settled at once: in the same way as by all the questions that others go through.

Companies and people are invented: division 420399 for companies, 990000 for people.
"""

from datetime import date
from typing import Any

import pytest

from xingate_server.core.entry import Entry
from xingate_server.core.identifiers import _check_digits
from xingate_server.core.identifiers.parsing import Scheme, read
from xingate_server.core.identity import identify
from xingate_server.core.subject import Held, SubjectClass, SubjectFile, SubjectKeyer, SubjectKind, class_of
from xingate_server.demo.numbers import unified_code

KEYER = SubjectKeyer(b"k" * 32)
COMPANY, TRADER, PERSON = SubjectKind.LEGAL_ENTITY, SubjectKind.SOLE_TRADER, SubjectKind.NATURAL_PERSON
HELD, UNHELD, OTHER = unified_code(1), unified_code(2), unified_code(3)
HUMAN = "99000019900101007" + _check_digits.citizen_check("99000019900101007")
MASKED_HUMAN = f"{HUMAN[:6]}********{HUMAN[14:]}"
MASKED_CODE = f"{UNHELD[:6]}********{UNHELD[14:]}"
ENTRY = Entry(id="e1", list_type="black.bribery", document_date=date(2026, 1, 5), valid_from=date(2026, 1, 5))


def wrong(number: str) -> str:
    """The same number with another check character."""
    return number[:-1] + ("1" if number[-1] != "1" else "2")


class Files(dict[bytes, SubjectFile]):
    """A lookup in memory."""

    def __init__(self, *, is_masked: bool) -> None:
        super().__init__()
        self.is_masked = is_masked
        for scheme, value in ((Scheme.USCC, HELD), (Scheme.ORG_CODE, HELD[8:17])):
            self[KEYER.identifier(SubjectClass.ORGANISATION, scheme, value)] = SubjectFile(held=(Held(ENTRY),))
        unsettled = SubjectFile(unsettled=(Held(ENTRY),))
        self[KEYER.mask(SubjectClass.ORGANISATION, Scheme.USCC, MASKED_CODE)] = unsettled
        self[KEYER.mask(SubjectClass.PERSON, Scheme.CITIZEN_ID, MASKED_HUMAN)] = unsettled
        self[KEYER.name(SubjectClass.ORGANISATION, "示例二公司")] = unsettled

    def mask_shapes(self, subject_class: SubjectClass, scheme: str) -> tuple[str, ...]:
        is_shaped = self.is_masked and scheme in (Scheme.USCC, Scheme.CITIZEN_ID)
        return ("......********....",) if is_shaped else ()

    def named(self, *_: Any) -> tuple[tuple[()], tuple[()]]:
        return (), ()

    def similar(self, *_: Any) -> tuple[()]:
        return ()


QUESTIONS = [
    (COMPANY, [("uscc", UNHELD)], []),
    (TRADER, [("", UNHELD)], []),
    (COMPANY, [("uscc", UNHELD)], ["示例二公司"]),
    (COMPANY, [("uscc", wrong(UNHELD))], []),
    (COMPANY, [("org_code", UNHELD[8:17])], []),
    (COMPANY, [("org_code", HELD[8:17])], []),
    (COMPANY, [("uscc", HELD)], []),
    (COMPANY, [("uscc", UNHELD), ("uscc", OTHER)], []),
    (COMPANY, [("uscc", UNHELD), ("uscc", wrong(OTHER))], []),
    (COMPANY, [("foreign_reg_no", "HRB12345")], []),
    (PERSON, [("citizen_id", HUMAN)], []),
    (PERSON, [("citizen_id", wrong(HUMAN))], ["示例人"]),
    (PERSON, [("citizen_id", MASKED_HUMAN)], []),
    (PERSON, [("passport", "E12345678")], []),
]


@pytest.mark.parametrize("is_masked", [False, True])
@pytest.mark.parametrize(("kind", "numbers", "names"), QUESTIONS)
def test_settled_as_all_others(
    kind: SubjectKind,
    numbers: list[tuple[str, str]],
    names: list[str],
    is_masked: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookup = Files(is_masked=is_masked)
    identifiers = [read(value, scheme, class_of(kind)) for scheme, value in numbers]
    at_once = identify.settle(kind, identifiers, names, lookup, KEYER)
    monkeypatch.setattr(identify._Identification, "is_unheld", lambda *_: False)
    assert identify.settle(kind, identifiers, names, lookup, KEYER) == at_once


def test_a_mask_or_a_name_that_fits_is_found_all_the_same() -> None:
    (identifier,) = [read(UNHELD, "uscc", SubjectClass.ORGANISATION)]
    found = [
        identify.settle(COMPANY, [identifier], names, Files(is_masked=is_masked), KEYER).file.unsettled
        for is_masked, names in ((False, []), (True, []), (False, ["示例二公司"]))
    ]
    assert found == [(), (Held(ENTRY),), (Held(ENTRY),)]
