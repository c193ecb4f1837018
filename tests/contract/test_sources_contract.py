"""One behaviour suite for every source: what comes of good files, and that bad ones only ever give `SourceError`."""

import gzip
import shutil
import tracemalloc
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.amounts import amount

from xingate_adapters.sources import SourceError, UnknownSourceError, kinds, load_source
from xingate_server.core.entry import REGISTER, Record

GOOD = Path(__file__).parent / "sources_good"
MAPPED = {
    "a_grade_taxpayer": 2,
    "abnormal_operation": 2,
    "aeo": 2,
    "commitments": 2,
    "procurement_violation": 2,
    "serious_violation": 2,
    "tax_violation": 2,
    "work_safety": 2,
}
EXPECTED = MAPPED | {
    "ftm": 2,
    "eu_sanctions": 3,
    "uk_sanctions": 3,
    "city_list": 2,
    "double_publicity": 2,
    "entity_register": 3,
    "judgment_debtor": 4,
    "ofac": 3,
    "un_consolidated": 2,
}
NEEDS_FTM = pytest.mark.skipif(find_spec("followthemoney") is None, reason="the extra `ftm` is not installed")
KINDS = [pytest.param(kind, marks=[NEEDS_FTM] if kind == "ftm" else []) for kind in sorted(EXPECTED)]
DAY = date(2026, 1, 2)


def sample(kind: str) -> list[Path]:
    return sorted(path for path in (GOOD / kind).iterdir() if path.is_file())


def read(kind: str, files: list[Path]) -> list[Record]:
    return list(load_source(kind).records(files, data_as_of=DAY))


def spoil(kind: str, tmp_path: Path, content: bytes) -> list[Path]:
    """The sample's files with the first replaced."""
    first, *others = sample(kind)
    spoilt = tmp_path / first.name
    spoilt.write_bytes(content)
    return [spoilt, *others]


def test_the_kinds_are_those_of_this_suite() -> None:
    assert kinds() == sorted(EXPECTED)
    with pytest.raises(UnknownSourceError, match="expected one of a_grade_taxpayer"):
        load_source("../city_list")


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_declares_itself(kind: str) -> None:
    source = load_source(kind)
    declared = source.declaration
    assert source.kind == kind
    assert declared.is_register != bool(declared.provides)
    assert len(set(declared.provides)) == len(declared.provides)
    assert declared.max_age_days > 0
    assert 0 < declared.shrink_threshold < 1
    assert 0 < declared.refused_most <= 0.05
    assert declared.least_rows >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_gives_one_record(kind: str) -> None:
    source = load_source(kind)
    found = read(kind, sample(kind))
    assert len(found) == EXPECTED[kind]
    assert len({(record.file, record.row) for record in found}) == len(found)
    allowed = {*source.declaration.provides, REGISTER}
    for record in found:
        assert record.source == kind
        assert Path(record.file) in sample(kind)
        assert record.row >= 1
        assert record.list_type in allowed
        assert record.name
        assert record.subject_kind
        assert record.raw
        if record.list_type != REGISTER:
            assert record.authority
            assert record.document_no
            assert record.document_date


@pytest.mark.parametrize("kind", KINDS)
def test_gzip_makes_no_difference(kind: str, tmp_path: Path) -> None:
    packed = []
    for file in sample(kind):
        packed.append(tmp_path / f"{file.name}.gz")
        packed[-1].write_bytes(gzip.compress(file.read_bytes()))
    plain = [(record.row, record.name, record.raw) for record in read(kind, sample(kind))]
    assert [(record.row, record.name, record.raw) for record in read(kind, packed)] == plain


@pytest.mark.parametrize("kind", KINDS)
def test_progress_runs_to_the_end_of_every_file(kind: str) -> None:
    seen: dict[Path, list[tuple[int, int]]] = {}
    source = load_source(kind)
    list(source.records(sample(kind), lambda file, done, total: seen.setdefault(file, []).append((done, total))))
    assert sorted(seen) == sample(kind)
    for file, steps in seen.items():
        assert steps == sorted(steps)
        assert steps[-1] == (file.stat().st_size, file.stat().st_size)


@pytest.mark.parametrize("kind", KINDS)
def test_own_date_is_only_what_the_file_says(kind: str) -> None:
    found = load_source(kind).own_date(sample(kind)[0])
    # 20:00 UTC on the 26th is the 27th in Shanghai.
    stated = {
        "un_consolidated": date(2026, 2, 27),
        "uk_sanctions": date(2026, 11, 18),
        "eu_sanctions": date(2026, 11, 18),
    }
    assert found == stated.get(kind)


def no_file(kind: str, tmp_path: Path) -> list[Path]:
    return [tmp_path / "absent", *sample(kind)[1:]]


def directory(kind: str, tmp_path: Path) -> list[Path]:
    return [tmp_path, *sample(kind)[1:]]


def unusable_path(kind: str, tmp_path: Path) -> list[Path]:
    return [tmp_path / "a\0b", *sample(kind)[1:]]


def empty(kind: str, tmp_path: Path) -> list[Path]:
    return spoil(kind, tmp_path, b"")


def empty_gzip(kind: str, tmp_path: Path) -> list[Path]:
    return spoil(kind, tmp_path, gzip.compress(b""))


def blank(kind: str, tmp_path: Path) -> list[Path]:
    return spoil(kind, tmp_path, b" \r\n\r\n")


def cut_off(kind: str, tmp_path: Path) -> list[Path]:
    content = sample(kind)[0].read_bytes()
    mark = {"judgment_debtor": b":", "un_consolidated": b"<", "eu_sanctions": b";"}.get(kind, b",")
    return spoil(kind, tmp_path, content[: content.rindex(mark)])


def cut_off_gzip(kind: str, tmp_path: Path) -> list[Path]:
    return spoil(kind, tmp_path, gzip.compress(sample(kind)[0].read_bytes())[:-20])


def nul_inside(kind: str, tmp_path: Path) -> list[Path]:
    content = sample(kind)[0].read_bytes()
    middle = len(content) // 2
    return spoil(kind, tmp_path, content[:middle] + b"a\0a" + content[middle:])


def old_workbook(kind: str, tmp_path: Path) -> list[Path]:
    return spoil(kind, tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))


def no_workbook(kind: str, tmp_path: Path) -> list[Path]:
    return spoil(kind, tmp_path, b"PK\x03\x04" + bytes(range(256)))


def noise(kind: str, tmp_path: Path) -> list[Path]:
    return spoil(kind, tmp_path, bytes(range(256)) * 8)


BAD = (
    no_file,
    directory,
    unusable_path,
    empty,
    empty_gzip,
    blank,
    cut_off,
    cut_off_gzip,
    nul_inside,
    old_workbook,
    no_workbook,
    noise,
)


@pytest.mark.parametrize("fault", BAD, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_file_is_named(kind: str, fault: object, tmp_path: Path) -> None:
    assert callable(fault)
    files = fault(kind, tmp_path)
    with pytest.raises(SourceError) as caught:
        read(kind, files)
    text = str(caught.value)
    assert caught.value.file == files[0]
    assert text.startswith(f"`{files[0]}`")
    assert "\n" not in text
    assert not text.endswith(".")


def test_padding_of_nul_bytes_is_removed_and_counted(tmp_path: Path) -> None:
    lines = (GOOD / "entity_register" / "register.csv").read_bytes().splitlines(keepends=True)
    file = tmp_path / "holed.csv"
    file.write_bytes(b"".join([lines[0], b"\0" * 1_400 + lines[1], *lines[2:], b"\0\0"]))
    found = load_source("entity_register").records([file])
    assert [record.name for record in found] == ["示例建筑公司", "示例面馆", "示例旧厂"]
    assert found.passed_over == {"nul_bytes": 1_402}


@settings(max_examples=amount(200, 40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize(
    "kind", [one for one in KINDS if one.values[0] not in MAPPED or one.values[0] == "commitments"]
)
@given(data=st.data())
def test_damaged_bytes_give_records_or_a_source_error(kind: str, data: st.DataObject, tmp_path: Path) -> None:
    victim = data.draw(st.sampled_from(sample(kind)))
    content = bytearray(victim.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        gone = data.draw(st.integers(0, 8))
        content[place : place + gone] = data.draw(st.binary(max_size=8))
    damaged = tmp_path / victim.name
    damaged.write_bytes(bytes(content))
    files = [damaged if file == victim else file for file in sample(kind)]
    outcome: list[Record] | SourceError
    try:
        outcome = read(kind, files)
    except SourceError as error:
        outcome = error
    if isinstance(outcome, SourceError):
        assert outcome.file in files
        assert "\n" not in str(outcome)
    else:
        assert len({(record.file, record.row) for record in outcome}) == len(outcome)


CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=amount(200, 40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", ["city_list", "entity_register", "double_publicity", "commitments"])
@given(data=st.data())
def test_whatever_a_well_formed_row_says_it_gives_one_record(kind: str, data: st.DataObject, tmp_path: Path) -> None:
    encoding = "gb18030" if kind == "city_list" else "utf-8"
    header = sample(kind)[0].read_bytes().decode(encoding).splitlines()[0]
    width = header.count(",") + 1
    rows = data.draw(st.lists(st.lists(CELL, min_size=width, max_size=width).filter(any), max_size=5))
    lines = [header, *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    file = tmp_path / "rows.csv"
    file.write_bytes(("\ufeff" + "\r\n".join(lines)).encode())
    assert len(read(kind, [file])) == len(rows)


@pytest.mark.parametrize("kind", ["city_list", "entity_register", "judgment_debtor"])
def test_memory_does_not_grow_with_the_file(kind: str, tmp_path: Path) -> None:
    source = sample(kind)[-1]
    big = tmp_path / source.name
    shutil.copyfile(source, big)
    lines = source.read_bytes().splitlines()
    body = b"\n".join(lines[1:]) + b"\n"
    with big.open("ab") as stream:
        stream.write(b"\n")
        for _ in range(20_000_000 // len(body) // 2):
            stream.write(body)
    records = load_source(kind).records([big])
    tracemalloc.start()
    count = sum(1 for _ in records)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count > 20_000
    assert peak < 16_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_type_is_known_to_a_catalogue(kind: str) -> None:
    catalogues = pytest.importorskip("xingate_server.catalogues", reason="no catalogues here")
    layers = Path(catalogues.__file__).parent
    text = "".join(
        (layers / name / "list_types.yaml").read_text(encoding="utf-8") for name in ("shiyan2017", "international")
    )
    for list_type in load_source(kind).declaration.provides:
        assert list_type in text
