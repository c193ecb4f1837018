"""What is done to the words, dates and named people of one row, and what the clerk still makes of it.

Excluded: characters and numbers (`damage`). Source: DESIGN section 5, "Unreadable rows".
"""

from tests.support.dirty.damage import Place
from tests.support.dirty.numbers import Number
from tests.support.dirty.rows import Row

# ---- people whom an organisation's row names


def bad_auxiliary_number(row: Row, place: Place) -> bool:
    row.cells |= {
        "legal_representative": place.maker.name("natural_person"),
        "legal_representative_id": place.random.choice(("99000019", "123456789012345678", "见附件", "护照：未知", "0")),
    }
    row.people.clear()
    return True


def related_person(row: Row, place: Place) -> bool:
    """One with a complete number, and sometimes one of whom nothing can be made."""
    if not row.cells["list_type"].startswith("black.") or row.cells["severity"] not in {"严重", "serious", ""}:
        return False
    name, number = place.maker.name("natural_person"), place.maker.numbers.citizen()
    colon, semicolon = place.random.choice(((":", ";"), ("：", "；")))
    others = place.random.choice(([], ["司机:示例:无"], ["主要负责人:示例"]))
    parts = [colon.join(("主要负责人", name, number)), *(each.replace(":", colon) for each in others)]
    place.random.shuffle(parts)
    row.cells["related"] = semicolon.join(parts)
    row.people.append((name, Number("citizen_id", number), "market.entry"))
    return True


# ---- words and dates that nobody can read


def unreadable_severity(row: Row, place: Place) -> bool:
    row.cells["severity"] = place.random.choice(("三级半", "示例程度", "?", "yan zhong", "严重或一般"))
    row.is_unreadable = True
    return True


def unreadable_list_type(row: Row, place: Place) -> bool:
    row.cells["list_type"] = place.random.choice(
        ("black.example_unknown", "示例黑名单", "第九类", "black.", "重大名单")
    )
    row.action = "procurement.bid"
    row.is_unreadable = True
    return True


def unreadable_kind(row: Row, place: Place) -> bool:
    row.cells["subject_kind"] = place.random.choice(("示例体", "", "X"))
    row.has_no_kind = True
    row.is_unreadable = True
    return True


def unreadable_status(row: Row, place: Place) -> bool:
    row.cells["status"] = place.random.choice(("示例状态", "1.5", "见备注"))
    row.is_unreadable = True
    return True


def unreadable_grade(row: Row, place: Place) -> bool:
    row.cells |= {
        "list_type": "grade.credit",
        "severity": "",
        "grade": place.random.choice(("Z", "丙等", "五星", "C或D")),
    }
    row.action = "inspection.plan"
    row.people.clear()
    row.is_unreadable = True
    return True


def malformed_date(row: Row, place: Place) -> bool:
    field = place.random.choice(("document_date", "valid_from", "valid_until", "notice_start", "status_date"))
    row.cells[field] = place.random.choice(("2026-13-45", "去年", "01/04/26", "2026年4月", "46113", "2026-02-30"))
    if field == "status_date":
        row.cells["status"] = "已退出"
    row.is_unreadable = True
    return True


def inverted_dates(row: Row, _place: Place) -> bool:
    row.cells |= {"valid_from": "2027-04-01", "valid_until": "2026-04-01"}
    row.is_unreadable = True
    return True


# ---- rows that have no effect, and rightly so


def not_recognised(row: Row, place: Place) -> bool:
    if not row.cells["list_type"].startswith(("black.", "red.")) or row.cells["list_type"].endswith("_default"):
        row.cells["authority"] = ""
        row.may_be_clear = "no authority"
        return True
    cells, why = place.random.choice(
        (
            ({"notice_end": "2026-03-06"}, "notice too short"),
            ({"signed_by": ""}, "no signature"),
            ({"authority": ""}, "no authority"),
            ({"basis": ""}, "no legal basis"),
            ({"document_no": ""}, "no document number"),
        )
    )
    row.cells |= cells
    row.may_be_clear = why
    return True


def ended(row: Row, place: Place) -> bool:
    cells, why = place.random.choice(
        (
            ({"status": "已退出", "status_date": "2026-06-01", "status_reason": "信用修复"}, "exited"),
            ({"valid_until": "2026-05-01"}, "expired"),
            ({"status": "暂停", "status_date": "2026-06-01"}, "suspended"),
            ({"valid_from": "2027-01-01"}, "not begun"),
        )
    )
    row.cells |= cells
    row.may_be_clear = why
    return True


def red_or_promise(row: Row, place: Place) -> bool:
    kind = place.random.choice(("red.integrity_model", "commitment.open"))
    row.cells |= {"list_type": kind, "severity": "", "valid_until": "2028-04-01"}
    row.may_be_clear = f"{kind} restricts nothing"
    return True


def duplicate_number(row: Row, _place: Place) -> bool:
    """Marks the row: the list then gets a second one of the same subject."""
    return bool(row.numbers)
