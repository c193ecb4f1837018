"""`xingate source`: list, new, inspect, and compiling a list in a layout of its own with no code."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from tests.support.commands import run_command

from xingate_adapters.sources import load_source, read_mapping
from xingate_server.cli import app
from xingate_server.cli.app import cli
from xingate_server.demo.numbers import citizen_number, unified_code

HEADER = "序号;企业全称;统一社会信用代码;列入的原因;决定日期;法人身份证号"
PERSON = citizen_number(7)
FULL = "the disk is full (no space left on device): free space for `{}` and try again"  # it says what to do


def run(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def own_list(path: Path, encoding: str = "gb18030") -> Path:
    """A list in no known layout: a title row, semicolons, its own labels."""
    rows = [
        "示例区失信名单;;;;;",
        HEADER,
        f"1;示例建筑公司;{unified_code(1)};拖欠;2026-03-02;{PERSON}",
        f"2;示例面馆;{unified_code(2)};拖欠;2026/3/2;",
    ]
    path.write_bytes("\n".join(rows).encode(encoding))
    return path


def found(file: Path, *more: str | Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run("source", "inspect", file, "--json", *more).stdout)
    return document


class TestInspect:
    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
    def test_a_layout_of_its_own_is_guessed(self, encoding: str, tmp_path: Path) -> None:
        document = found(own_list(tmp_path / "a.csv", encoding))
        assert (document["form"], document["encoding"], document["delimiter"]) == ("csv", encoding, ";")
        assert (document["headerRow"], document["kind"], document["fault"]) == (2, "", "")
        assert {column["label"]: column["field"] for column in document["columns"]} == {
            "序号": "",
            "企业全称": "name",
            "统一社会信用代码": "identifiers",
            "列入的原因": "facts",
            "决定日期": "document_date",
            "法人身份证号": "legal_representative_id",
        }
        assert all(0 <= column["confidence"] <= 1 for column in document["columns"])
        assert [row["name"] for row in document["rows"]] == ["示例建筑公司", "示例面馆"]

    def test_no_number_of_a_person_is_shown(self, tmp_path: Path) -> None:
        file = own_list(tmp_path / "a.csv")
        mapping = tmp_path / "m.toml"
        for done in (
            run("source", "inspect", file, "--out", mapping),
            run("source", "inspect", file, "--json"),
            run("source", "inspect", file, "--map", mapping),
        ):
            assert PERSON not in done.output
            assert PERSON[6:14] not in done.output
        assert PERSON not in mapping.read_text(encoding="utf-8")

    def test_a_known_layout_needs_no_mapping(self, tmp_path: Path) -> None:
        good = Path(__file__).parents[1] / "contract" / "sources_good"
        for kind in ("city_list", "double_publicity", "judgment_debtor", "un_consolidated", "tax_violation", "aeo"):
            document = found(next(iter(sorted((good / kind).iterdir()))))
            assert (document["kind"], document["mapping"], document["fault"]) == (kind, None, "")
            assert document["rows"]
        done = run("source", "inspect", good / "aeo" / "list.csv", "--out", tmp_path / "m.toml", code=2)
        assert "needs no mapping: xingate compile --source aeo=" in done.output
        assert not (tmp_path / "m.toml").exists()

    @pytest.mark.parametrize("kind", ["uk_sanctions", "eu_sanctions"])
    def test_a_list_of_several_rows_an_entry_is_recognised(self, kind: str) -> None:
        good = Path(__file__).parents[1] / "contract" / "sources_good" / kind
        document = found(next(iter(good.iterdir())))
        assert (document["kind"], document["mapping"], document["fault"]) == (kind, None, "")
        assert [row["list_type"] for row in document["rows"]] == ["international.other"] * 3
        assert "EX1234567" not in json.dumps(document)

    def test_a_known_list_of_another_layout_is_told_as_that(self, tmp_path: Path) -> None:
        good = Path(__file__).parents[1] / "contract" / "sources_good" / "un_consolidated" / "consolidated.xml"
        file = tmp_path / "un.xml"
        file.write_text(good.read_text("utf-8").replace("ALIAS_NAME", "AliasName"), encoding="utf-8")
        said = run("source", "inspect", file, code=3).output
        assert "schema_unknown: " in said
        assert "the element `AliasName` in `INDIVIDUAL_ALIAS` is not known and has content" in said
        file.write_text("<CONSOLIDATED_LIST><INDIVIDUALS/><ENTITIES/></CONSOLIDATED_LIST>", encoding="utf-8")
        assert "the list is empty" in run("source", "inspect", file, code=3).output

    def test_a_list_without_labels_is_known_by_its_rows(self, tmp_path: Path) -> None:
        good = Path(__file__).parents[1] / "contract" / "sources_good" / "ofac"
        document = found(good / "sdn.csv")
        assert (document["kind"], document["mapping"], document["headerRow"]) == ("ofac", None, 0)
        assert document["rows"][0]["list_type"] == "international.ofac"
        western = tmp_path / "sdn.csv"
        western.write_bytes((good / "sdn.csv").read_bytes().replace(b"EXAMPLE", b"EX\xc1MPLE"))
        assert western.read_bytes() != (good / "sdn.csv").read_bytes()
        assert found(western)["kind"] == "ofac"
        part = run("source", "inspect", good / "add.csv").stdout
        assert "no column is known: has the file a header?" in part

    def test_a_workbook_with_titles_and_a_hidden_sheet(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["示例区失信名单（2026年第一批）"])
        sheet.merge_cells("A1:D1")
        sheet.append(["填报单位：示例局", None, None, "2026-03-02"])
        sheet.append(["企业全称", "统一社会信用代码", "列入事由", "列入日期"])
        sheet.append(["示例建筑公司", unified_code(1), "拖欠", 20260302])
        book.create_sheet("去年").append(["企业全称", "示例旧厂"])
        book["去年"].sheet_state = "hidden"
        file = tmp_path / "list.xlsx"
        book.save(file)
        document = found(file)
        assert (document["form"], document["headerRow"], document["hiddenSheets"]) == ("xlsx", 3, ["去年"])
        assert document["rows"][0]["document_date"] == "20260302"
        assert "hidden sheets, which are not read: 去年" in run("source", "inspect", file).stdout
        book.create_sheet("第二批").append(["企业全称", "示例新厂"])
        book.save(file)
        document = found(file)
        assert (document["sheet"], document["unreadSheets"]) == (sheet.title, ["第二批"])
        mapping = tmp_path / "m.toml"
        assert "other sheets, which are not read: 第二批" in run("source", "inspect", file, "--out", mapping).stdout
        records = load_source("city_list").mapped(read_mapping(mapping)).records([file])
        assert len(list(records)) == 1
        assert records.passed_over["other_sheets"] == 2

    def test_an_encoding_that_is_not_read_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "a.csv"
        file.write_bytes("名稱,統一編號\n範例公司,1\n".encode("utf-32"))
        assert (
            "the encoding is UTF-32; expected UTF-8, GB18030 or UTF-16" in run("source", "inspect", file, code=3).output
        )

    @pytest.mark.parametrize(
        ("content", "said"),
        [(b"", "the file is empty"), (b"\n , \n\n", "the file is empty"), (b'{"a": 1}', "no source reads this json")],
    )
    def test_what_cannot_be_read_is_told_in_a_line(self, content: bytes, said: str, tmp_path: Path) -> None:
        file = tmp_path / "a"
        file.write_bytes(content)
        assert said in run("source", "inspect", file, code=3).output
        assert "cannot be read" in run("source", "inspect", tmp_path / "absent", code=3).output

    def test_a_mapping_is_never_written_over(self, tmp_path: Path) -> None:
        file, mapping = own_list(tmp_path / "a.csv"), tmp_path / "m.toml"
        run("source", "inspect", file, "--out", mapping)
        before = mapping.read_bytes()
        assert "is there already" in run("source", "inspect", file, "--out", mapping, code=2).output
        assert mapping.read_bytes() == before


class TestMapping:
    def corrected(self, tmp_path: Path) -> Path:
        """The proposed mapping with the constants that the list lacks filled in."""
        mapping = tmp_path / "m.toml"
        run("source", "inspect", own_list(tmp_path / "a.csv"), "--out", mapping)
        text = mapping.read_text(encoding="utf-8")
        filled = {"list_type": "watch.key_monitoring", "subject_kind": "legal_entity", "authority": "示例局"}
        filled |= {"basis": "示例办法", "document_no": "示〔2026〕1号"}
        for field, value in filled.items():
            assert f'{field} = ""' in text
            text = text.replace(f'{field} = ""', f'{field} = "{value}"')
        mapping.write_text(text, encoding="utf-8")
        return mapping

    def test_a_list_in_its_own_layout_is_compiled_with_a_mapping_and_no_code(self, tmp_path: Path) -> None:
        mapping = self.corrected(tmp_path)
        assert found(tmp_path / "a.csv", "--map", mapping)["rows"][0]["identifiers"] == f"uscc:{unified_code(1)}"
        arguments = ("--source", f"city_list={tmp_path / 'a.csv'}", "--map", f"city_list={mapping}")
        done = run("compile", *arguments, "--state", tmp_path / "state", "--json")
        [source] = json.loads(done.stdout)["sources"]
        assert (source["kind"], source["rows"], source["admitted"], source["refused"]) == ("city_list", 2, 2, {})
        done = run(
            *("check", unified_code(1), "--action", "permit.grant", "--kind", "legal_entity"),
            *("--state", tmp_path / "state", "--json"),
            code=10,
        )
        assert json.loads(done.stdout)["verdict"] == "VERDICT_CAUTION"

    def test_a_wrong_mapping_is_told_in_a_line(self, tmp_path: Path) -> None:
        mapping = tmp_path / "m.toml"
        mapping.write_text("[columns]\nnmae = ['a']\n", encoding="utf-8")
        file = own_list(tmp_path / "a.csv")
        arguments = ("compile", "--source", f"city_list={file}", "--state", tmp_path / "state")
        assert "did you mean `name`" in run(*arguments, "--map", f"city_list={mapping}", code=2).output
        assert "a mapping but no file" in run(*arguments, "--map", f"aeo={mapping}", code=2).output
        assert "is given twice" in run(*arguments, *(("--map", f"city_list={mapping}") * 2), code=2).output

    def test_what_is_told_about_a_mapping_is_true(self, tmp_path: Path) -> None:
        mapping = self.corrected(tmp_path)
        file = tmp_path / "a.csv"
        done = run("source", "inspect", file, "--map", mapping, "--out", tmp_path / "x.toml", code=2)
        assert "needs no mapping" not in done.output
        assert "--out writes a mapping for a file without one, and --map gives" in done.output
        assert not (tmp_path / "x.toml").exists()
        told = run("source", "inspect", file, "--map", mapping).stdout
        usage = f"xingate compile --source city_list={file} --map city_list={mapping}"
        assert f"it is read by this mapping: {usage}" in told
        assert "no column is known" not in told
        arguments = usage.replace("--map", f"--state {tmp_path / 'state'} --map").split()[1:]
        run(*arguments)

    @pytest.mark.parametrize("head", ['group_by = ["序号"]\n', "", 'kind = "city_list"\n'])
    def test_rows_that_are_shown_are_not_called_unknown(self, head: str, tmp_path: Path) -> None:
        mapping = tmp_path / "grp.toml"
        mapping.write_text(
            f'{head}header_row = 2\nignored = ["统一社会信用代码", "法人身份证号"]\n'
            '[columns]\nname = ["企业全称"]\nfacts = ["没有"]\n'
            '[constants]\nlist_type = "x"\n',
            "utf-8",
        )
        done = run("source", "inspect", own_list(tmp_path / "a.csv"), "--map", mapping).stdout
        assert "示例建筑公司" in done
        assert "no column is known" not in done
        assert "it is read by this mapping: xingate compile --source city_list=" in done
        assert "`columns.facts` of the mapping is not read: the file has no column `没有`" in done


class TestNew:
    def test_the_scaffold_passes_its_own_tests_and_is_compiled(self, tmp_path: Path) -> None:
        state = tmp_path / "state"
        assert "made" in run("source", "new", "district_list", "--state", state).stdout
        folder = state / "sources" / "district_list"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, folder],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        )
        assert done.returncode == 0, done.stdout
        assert "4 passed" in done.stdout
        compiled = run("compile", "--source", f"district_list={folder / 'good.csv'}", "--state", state, "--json")
        assert json.loads(compiled.stdout)["sources"][0]["admitted"] == 2
        kinds = [one["kind"] for one in json.loads(run("source", "list", "--state", state, "--json").stdout)["sources"]]
        assert "district_list" in kinds
        assert "city_list" in kinds

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("../evil", "is not a source name"),
            ("city_list", "is built in"),
            ("X", "is not a source name"),
            ("名单列", "is not a source name"),
        ],
    )
    def test_a_name_that_cannot_be(self, name: str, said: str, tmp_path: Path) -> None:
        assert said in run("source", "new", name, "--state", tmp_path / "state", code=2).output
        assert not (tmp_path / "state").exists()

    def test_nothing_is_written_over(self, tmp_path: Path) -> None:
        run("source", "new", "district_list", "--in", tmp_path)
        assert "is there already" in run("source", "new", "district_list", "--in", tmp_path, code=2).output

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("", encoding="utf-8")
        assert "cannot write" in run("source", "new", "district_list", "--in", tmp_path / "file" / "a", code=3).output

    def test_a_broken_source_of_ones_own_is_told(self, tmp_path: Path) -> None:
        run("source", "new", "district_list", "--state", tmp_path)
        (tmp_path / "sources" / "district_list" / "source.toml").write_text("title_zh = 1", encoding="utf-8")
        told = run("source", "list", "--state", tmp_path, code=2).output
        assert "cannot use" in told
        assert "at `title_zh`: expected a text, the list's title in Chinese" in told
        assert "pydantic" not in told


class TestAcceptedSchema:
    @pytest.fixture
    def drifted(self, tmp_path: Path) -> Path:
        good = Path(__file__).parents[1] / "contract" / "sources_good" / "un_consolidated" / "consolidated.xml"
        file = tmp_path / "un.xml"
        text = good.read_text("utf-8").replace("COMMENTS1", "REMARKS")
        file.write_text(text, encoding="utf-8")
        return file

    def compile(self, file: Path, *more: str, code: int = 0) -> Result:
        state = ("--catalogue", "shiyan2017", "--catalogue", "international", "--state", file.parent / "state")
        return run("compile", "--source", f"un_consolidated={file}", *state, *more, code=code)

    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_it_is_refused_and_accepted(self, jobs: str, drifted: Path) -> None:
        said = self.compile(drifted, "--jobs", jobs, code=3).output
        assert said.startswith(f"xingate: schema_unknown: `{drifted}`, row 2: the element `REMARKS` in `ENTITY`")
        assert not (drifted.parent / "state" / "snapshots" / "current").exists()
        accepted = self.compile(drifted, "--jobs", jobs, "--accept-schema", "un_consolidated")
        assert f"source un_consolidated: `{drifted}`: the element `REMARKS` in `ENTITY`" in accepted.output

    def test_notes_stand_in_the_json(self, drifted: Path) -> None:
        done = self.compile(drifted, "--accept-schema", "un_consolidated", "--json")
        document = json.loads(done.stdout)
        assert document["sources"][0]["rows"] == 2
        note = f"`{drifted}`: the element `REMARKS` in `ENTITY` is not known and has content; it is not read"
        assert document["notes"] == {"un_consolidated": [note]}

    def test_an_unknown_kind_is_a_usage_error(self, drifted: Path) -> None:
        assert "unknown source kind `un`" in self.compile(drifted, "--accept-schema", "un", code=2).output

    def test_notes_of_large_lists_come_from_every_process(self, tmp_path: Path) -> None:
        """More than a megabyte is shared among processes; what one of them notes is shown."""
        file = tmp_path / "un.xml"
        text = "".join(
            f"<ENTITY><FIRST_NAME>EXAMPLE {n}</FIRST_NAME><UN_LIST_TYPE>Ex</UN_LIST_TYPE><ENTITY_ALIAS><ALIAS_NAME>A"
            f"</ALIAS_NAME></ENTITY_ALIAS><REFERENCE_NUMBER>EXe.{n}</REFERENCE_NUMBER><LISTED_ON>2026-01-05</LISTED_ON>"
            f"<COMMENTS1>{'invented ' * 100}</COMMENTS1></ENTITY>"
            for n in range(2_500)
        )
        file.write_text(
            f'<CONSOLIDATED_LIST dateGenerated="2026-01-06"><ENTITIES>{text}</ENTITIES></CONSOLIDATED_LIST>', "utf-8"
        )
        assert file.stat().st_size > 2 << 20
        done = self.compile(file, "--jobs", "2", "--accept-schema", "un_consolidated", "--json")
        note = f"`{file}`: the element `INDIVIDUALS`, expected in `CONSOLIDATED_LIST`, occurs nowhere"
        assert json.loads(done.stdout)["notes"] == {"un_consolidated": [note]}
        assert "occurs nowhere in 2,500 entries" in self.compile(file, "--jobs", "2", code=3).output


def test_an_extra_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in [name for name in sys.modules if name.startswith(("xingate_adapters.sources.ftm", "followthemoney"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "followthemoney", None)
    file = tmp_path / "a.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        app.run(["compile", "--source", f"ftm={file}", "--state", str(tmp_path / "state")])
    assert ended.value.code == 2
    assert "pip install 'xingate[server,adapters,ftm]'" in capsys.readouterr().err
    assert "not installed: followthemoney" in run("source", "list").stdout


def test_the_kinds_are_listed_for_people() -> None:
    assert "city_list" in run("source", "list").stdout


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk without room for a page."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("may not mount a small file system here")
    try:
        (folder / "filler").write_bytes(bytes(12 << 10))
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def told(*arguments: str | Path) -> str:
    return run_command(*arguments, code=3).stderr


def test_a_full_disk_is_told_in_a_line_and_nothing_is_left(full_disk: Path, tmp_path: Path) -> None:
    (full_disk / "rest").write_bytes(bytes(4 << 10))
    file = own_list(tmp_path / "a.csv")
    mapping, home = full_disk / "m.toml", full_disk / "sources"
    assert (
        told("source", "inspect", file, "--out", mapping)
        == f"xingate: cannot write `{mapping}`: {FULL.format(mapping)}\n"
    )
    assert (
        told("source", "new", "district_list", "--in", home)
        == f"xingate: cannot write `{home / 'district_list'}`: {FULL.format(home / 'district_list')}\n"
    )
    assert sorted(path.name for path in full_disk.iterdir() if path != home) == ["filler", "rest"]
    assert not (home / "district_list").exists()


@pytest.mark.parametrize("free_kib", [4, 0])
def test_a_report_on_a_full_disk(full_disk: Path, tmp_path: Path, free_kib: int) -> None:
    (full_disk / "rest").write_bytes(bytes((4 - free_kib) << 10))
    mapping, report = tmp_path / "m.toml", full_disk / "r.xlsx"
    mapping.write_text('[columns]\nname = ["企业全称"]', encoding="utf-8")
    listed = tmp_path / "a.csv"
    listed.write_text("企业全称\n" + "".join(f"示例{n:x}\n" for n in range(3_000)), encoding="utf-8")
    arguments = ("--source", f"city_list={listed}", "--map", f"city_list={mapping}", "--refusals", report)
    said = told("compile", *arguments, "--state", tmp_path / "state")
    assert said == f"xingate: cannot write `{report}`: {FULL.format(report)}\n"
    assert sorted(path.name for path in full_disk.iterdir()) == ["filler", "rest"]
