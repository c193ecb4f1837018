"""What rows of double publicity and of the court's list become."""

import json
from pathlib import Path

import pytest

from xingate_adapters.reading.errors import SchemaError
from xingate_adapters.sources import load_source
from xingate_server.core.entry import Record
from xingate_server.core.identifiers._check_digits import unified_check
from xingate_server.demo.numbers import citizen_number, unified_code

CODE = "91420399000000013B"


def read(kind: str, tmp_path: Path, header: str, *rows: str) -> list[Record]:
    file = tmp_path / "rows.csv"
    file.write_text("\n".join([header, *rows]), encoding="gb18030")
    return list(load_source(kind).records([file]))


def publicity(tmp_path: Path, **cells: str) -> Record:
    """One row from codes and cells."""
    [record] = read("double_publicity", tmp_path, ",".join(cells), ",".join(cells.values()))
    return record


PENALTY = {"CF_XDR_MC": "示例公司", "CF_WSH": "示罚1号", "CF_JDRQ": "2024-05-01 00:00:00", "CF_CFJG": "示例局"}
PERMIT = {"XK_XDR_MC": "示例公司", "XK_WSH": "示许1号", "XK_JDRQ": "2024/5/1", "XK_XKJG": "示例局"}


@pytest.mark.parametrize(
    ("cell", "yuan"),
    [
        ("0.2", "2000"),
        ("0.000001", "0.01"),
        ("10", "100000"),
        ("1.230000", "12300"),
        ("0.00000001", "0.0001"),
        ("0", "0"),
        ("", ""),
        ("暂无", ""),
        ("两万", "两万"),
        ("NaN", "NaN"),
        ("1e999999", "1e999999"),
    ],
)
def test_ten_thousand_yuan(cell: str, yuan: str, tmp_path: Path) -> None:
    record = publicity(tmp_path, **PENALTY, CF_XDR_SHXYM=CODE, CF_NR_FK=cell)
    assert record.amount_yuan == yuan


def test_a_penalty_of_2018(tmp_path: Path) -> None:
    cells = {
        "CF_XDR_LB": "法人及非法人组织",
        "CF_XDR_SHXYM": CODE,
        "CF_XDR_GSZC": "420399000000001",
        "CF_XDR_ZZJG": "00000001-3",
        "CF_XDR_SWDJ": "420399000000013",
        "CF_XDR_SYDW": "142039900001",
        "CF_XDR_SHZZ": "示社证字第1号",
        "CF_FRDB": "示例甲",
        "CF_FR_SFZH": "9900001980****1014",
        "CF_SY": "扬尘",
        "CF_YJ": "条例第一条",
        "CF_YXQ": "2099-12-31 00:00;00",
        "CF_GSJZQ": "2027-05-01",
    }
    record = publicity(tmp_path, **PENALTY, **cells)
    assert (record.list_type, record.subject_kind) == ("penalty.administrative", "legal_entity")
    assert record.identifiers == (
        ("uscc", CODE),
        ("reg_no", "420399000000001"),
        ("org_code", "00000001-3"),
        ("tax_no", "420399000000013"),
        ("institution_no", "142039900001"),
        ("social_org_no", "示社证字第1号"),
    )
    assert (record.legal_representative, record.legal_representative_id) == ("示例甲", "9900001980****1014")
    assert (record.facts, record.basis, record.authority) == ("扬尘", "条例第一条", "示例局")
    assert (record.document_no, record.document_date) == ("示罚1号", "2024-05-01")
    assert (record.valid_from, record.valid_until) == ("", "2027-05-01")


def test_a_person_is_known_by_the_document(tmp_path: Path) -> None:
    cells = {"CF_XDR_LB": "自然人", "CF_XDR_ZJLX": "护照号", "CF_XDR_ZJHM": "X1234567", "CF_XDR_SHXYM": ""}
    record = publicity(tmp_path, **PENALTY, **cells)
    assert (record.subject_kind, record.identifiers) == ("natural_person", (("护照号", "X1234567"),))


def test_the_later_revision_names_the_representatives_document(tmp_path: Path) -> None:
    cells = {
        "CF_XDR_LB": "个体工商户",
        "CF_XDR_SHXYM": CODE,
        "CF_FR_ZJLX": "身份证",
        "CF_FR_ZJHM": "9900001980****1014",
    }
    record = publicity(tmp_path, **PENALTY, **cells)
    assert (record.subject_kind, record.legal_representative_id) == ("sole_trader", "9900001980****1014")


def test_a_permit_and_its_stand_ins(tmp_path: Path) -> None:
    cells = {
        "XK_XDR_SHXYM": CODE,
        "XK_XKWS": "示例许可决定书",
        "XK_XKBH": "示编1",
        "XK_NR": "准予示例",
        "XK_YXQZ": "2024-05-02",
        "XK_YXQZI": "2026-05-01",
        "XK_ZT": "1",
    }
    record = publicity(tmp_path, **PERMIT | {"XK_WSH": " "}, **cells)
    assert record.list_type == "permit.administrative"
    assert record.document_no == "示编1"
    assert record.basis == "示例许可决定书"
    assert record.facts == "准予示例"
    assert (record.valid_from, record.valid_until, record.status) == ("2024-05-02", "2026-05-01", "active")
    record = publicity(tmp_path, **PERMIT, XK_XDR_SHXYM=CODE, XK_NR="准予示例", XK_XKWS="")
    assert record.basis == "准予示例"


@pytest.mark.parametrize(
    ("generation", "cell", "status"),
    [
        (2018, "1", ("active", "")),
        (2018, "2", ("exited", "")),
        (2018, "无效", ("exited", "")),
        (2018, "撤销", ("corrected", "")),
        (2018, "怪", ("怪", "")),
        (2018, "", ("", "")),
        (2016, "0", ("active", "")),
        (2016, "1", ("corrected", "")),
        (2016, "2", ("suspended", "objection")),
    ],
)
def test_status_is_read_by_generation(generation: int, cell: str, status: tuple[str, str], tmp_path: Path) -> None:
    if generation == 2016:
        cells = {"XK_XDR": "示例公司", "XK_WSH": "示许1号", "XK_JDRQ": "2024-05-01", "XK_XZJG": "示例局", "XK_ZT": cell}
    else:
        cells = PERMIT | {"XK_ZT": cell}
    record = publicity(tmp_path, **cells)
    assert (record.status, record.status_reason) == status


def test_chinese_labels_of_2016_number_the_codes_otherwise_than_2018(tmp_path: Path) -> None:
    old = "行政许可决定书文号,项目名称,许可内容,行政相对人名称,行政相对人代码_1,行政相对人代码_2,行政相对人代码_3"
    [record] = read(
        "double_publicity",
        tmp_path,
        old + ",行政相对人代码_5,许可决定日期,许可截止期,许可机关,当前状态",
        f"示许1号,示例项目,准予,示例公司,{CODE},00000001-3,420399000000001,,2016-05-01,2018-05-01,示例局,0",
    )
    assert record.identifiers == (("uscc", CODE), ("reg_no", "420399000000001"), ("org_code", "00000001-3"))
    assert (record.subject_kind, record.basis, record.valid_until) == ("legal_entity", "示例项目", "2018-05-01")
    new = "行政处罚决定书文号,行政相对人名称,行政相对人类别,行政相对人代码_1（统一社会信用代码）,行政相对人代码_2"
    [record] = read(
        "double_publicity",
        tmp_path,
        new + ",处罚依据,罚款金额（万元）,处罚决定日期,处罚机关",
        f"示罚1号,示例公司,法人及非法人组织,{CODE},420399000000001,条例,1.5,2024-05-01,示例局",
    )
    assert record.identifiers == (("uscc", CODE), ("reg_no", "420399000000001"))
    assert record.amount_yuan == "15000"


def test_in_2016_the_filled_code_column_says_the_kind(tmp_path: Path) -> None:
    cells = {"CF_XDR_MC": "示例甲", "CF_WSH": "1", "CF_JDRQ": "2016-05-01", "CF_XZJG": "示例局", "CF_CFMC": "示例案"}
    record = publicity(tmp_path, **cells, CF_AJMC="别名", CF_XDR_SHXYM="", CF_XDR_SFZ="9900001980****1014")
    assert (record.subject_kind, record.identifiers) == ("natural_person", (("citizen_id", "9900001980****1014"),))
    assert record.facts == "示例案"
    assert publicity(tmp_path, **cells).subject_kind == ""


COURT = {
    "iname": "示例公司",
    "caseCode": "（2024）示执1号",
    "cardNum": "00000001-3",
    "businessEntity": "示例甲",
    "courtName": "示例法院",
    "areaName": "湖北",
    "partyTypeName": "1",
    "gistId": "（2023）示民初1号",
    "gistUnit": "示例二院",
    "regDate": "20240501",
    "publishDate": "2024年05月13日",
    "performance": "全部已履行",
    "disruptTypeName": "违反财产报告制度",
    "unperformPart": "余",
}


@pytest.mark.parametrize("form", ["array", "lines", "csv"])
def test_a_court_row_in_each_form(form: str, tmp_path: Path) -> None:
    file = tmp_path / "court"
    if form == "csv":
        text = ",".join(COURT) + "\n" + ",".join(COURT.values())
    else:
        text = json.dumps([COURT]) if form == "array" else json.dumps(COURT, ensure_ascii=False)
    file.write_text("\ufeff" + text, encoding="utf-8")
    [record] = load_source("judgment_debtor").records([file])
    assert record.list_type == "black.judgment_default"
    assert (record.subject_kind, record.identifiers) == ("legal_entity", (("", "00000001-3"),))
    assert (record.authority, record.document_no) == ("示例法院", "（2024）示执1号")
    assert record.basis == "（2023）示民初1号（示例二院）"
    assert record.document_date == "2024年05月13日"
    assert record.facts == "失信行为：违反财产报告制度；履行情况：全部已履行"
    assert (record.severity, record.status) == ("", "")
    assert record.legal_representative == "示例甲"
    assert record.raw == COURT


@pytest.mark.parametrize(
    ("cells", "kind", "number"),
    [
        ({"partyTypeName": "0", "cardNum": "9900001980****1014"}, "natural_person", "9900001980****1014"),
        ({"partyTypeName": 0, "cardNum": "9900001980****1014"}, "natural_person", "9900001980****1014"),
        ({"partyTypeName": "580", "cardNum": "1"}, "580", "1"),
        ({"partyTypeName": None, "cardNum": "1"}, "", "1"),
        ({"partyTypeName": "1", "cardNum": None}, "legal_entity", None),
    ],
)
def test_the_kind_of_a_debtor(cells: dict[str, object], kind: str, number: str | None, tmp_path: Path) -> None:
    file = tmp_path / "court.json"
    file.write_text(json.dumps([COURT | cells | {"publishDate": "暂无"}]), encoding="utf-8")
    [record] = load_source("judgment_debtor").records([file])
    assert record.subject_kind == kind
    assert record.identifiers == (() if number is None else (("", number),))
    assert record.document_date == "20240501"


def is_code(number: str) -> bool:
    """Whether a citizen number passes the check of a unified code as well, by chance."""
    return unified_check(number) == number[17]


@pytest.mark.parametrize("age", ["", "0", "\\N"])
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        *((number, "" if is_code(number) else "natural_person") for number in map(citizen_number, range(900, 904))),
        *((unified_code(place), "legal_entity") for place in range(5, 9)),
        *((unified_code(place)[8:17], "legal_entity") for place in range(5, 9)),
        ("9900001980****101X", ""),
        ("9142039900****001A", "legal_entity"),
        ("990000198001011011", ""),
        ("", ""),
    ],
)
def test_blank_sex_and_age_say_nothing_and_the_number_says_the_kind(
    number: str, kind: str, age: str, tmp_path: Path
) -> None:
    header = "姓名/名称,性别,年龄,案号,证件号码,执行法院,发布时间"
    rows = [f"示例甲,{sex},{years},示执1号,{number},示例法院,20240513" for sex, years in (("", age), ("男", "40"))]
    blank, filled = read("judgment_debtor", tmp_path, header, *rows)
    assert (blank.subject_kind, filled.subject_kind) == (kind, "natural_person")
    assert blank.identifiers == ((("", number),) if number else ())


def test_the_columns_of_zhejiang(tmp_path: Path) -> None:
    header = "bzxrmc,sfzhm,zzjgdm,fddbr,zxfy,zxyjwh,larq,ah,zczxyjdw,bzxrlxqk,fbrq,sxbzxrxwqk"
    first, second = read(
        "judgment_debtor",
        tmp_path,
        header,
        "示例甲,9900001980****1014,,,示例法院,示民初1号,20240501,示执1号,示例二院,全部未履行,20240513,拒不履行",
        "示例公司,,00000001-3,示例乙,示例法院,示民初2号,20240502,示执2号,示例二院,全部未履行,20240514,拒不履行",
    )
    assert (first.subject_kind, first.identifiers) == ("natural_person", (("", "9900001980****1014"),))
    assert (second.subject_kind, second.identifiers) == ("legal_entity", (("", "00000001-3"),))
    assert (second.document_no, second.document_date) == ("示执2号", "20240514")


def test_an_array_longer_than_one_chunk_and_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "court.json"
    rows = [COURT | {"caseCode": str(number), "duty": "义务" * 200} for number in range(3_000)]
    file.write_text(json.dumps(rows, ensure_ascii=False, indent=2), encoding="utf-8")
    found = list(load_source("judgment_debtor").records([file]))
    assert [record.document_no for record in found] == [str(number) for number in range(3_000)]
    assert [record.row for record in found] == list(range(1, 3_001))
    file.write_text(" [ ] ", encoding="utf-8")
    assert list(load_source("judgment_debtor").records([file])) == []


def test_half_a_character_in_json_is_kept_as_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    row = {"iname": "示例\ud800", "caseCode": "示1号", "cardNum": "9900001980****0012", "courtName": "示例法院"}
    file.write_text(json.dumps([row | {"publishDate": "20240501", "\udfff": "x"}]), encoding="utf-8")
    records = load_source("judgment_debtor").records([file], accepts_schema=True)  # nobody knows such a key
    [record] = records
    assert record.name == "示例\ufffd"
    assert "\ufffd" in record.raw
    assert "the key `\ufffd` in `item`" in next(iter(records.notes))


@pytest.mark.parametrize(
    "value", [["00000001-3", "00000002-1"], {"no": "00000001-3"}, [{"no": "00000001-3"}], [["00000001-3"]], [1, 2]]
)
@pytest.mark.parametrize("key", sorted(COURT.keys() - {"unperformPart"}))
def test_a_list_or_object_in_a_key_that_is_read_is_a_fault(key: str, value: object, tmp_path: Path) -> None:
    file = tmp_path / "court.json"
    file.write_text(json.dumps([COURT, COURT | {key: value}]), encoding="utf-8")
    with pytest.raises(SchemaError, match=f"row 2, column `{key}`: the value of `{key}` is a list or an object"):
        list(load_source("judgment_debtor").records([file]))
    assert len(list(load_source("judgment_debtor").records([file], accepts_schema=True))) == 2


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ('["00000001-3"]', "00000001-3"),
        ("990000198001010012", "990000198001010012"),
        ("9.950471985061528e+17", "995047198506152***"),
        ("9.95007198506159e+17", "995007198506159000.0"),
        ("420399000000001.0", "420399000000001.0"),
    ],
)
def test_numbers_of_the_courts_json(written: str, number: str, tmp_path: Path) -> None:
    file = tmp_path / "court.json"
    file.write_text(json.dumps([COURT]).replace('"00000001-3"', written), encoding="utf-8")
    [record] = load_source("judgment_debtor").records([file])
    assert record.identifiers == (("", number),)


def test_a_key_of_the_courts_json_that_nobody_knows_is_told(tmp_path: Path) -> None:
    file = tmp_path / "court.json"
    rows = [COURT, COURT | {"caseCode": "2", "formerCardNum": "00000001-3"}]
    file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(SchemaError, match=r"row 2: the key `formerCardNum` in `item` is not known") as caught:
        list(load_source("judgment_debtor").records([file]))
    assert caught.value.row == 2
    empty = [COURT | {"formerCardNum": nothing} for nothing in ("", None, [], {}, "暂无")]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in empty), encoding="utf-8")
    assert len(list(load_source("judgment_debtor").records([file]))) == 5
