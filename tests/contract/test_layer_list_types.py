"""A list type of a layer of one's own, from the city list: named in Chinese, provided, never a CLEAR by accident."""

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

import xingate
from xingate.types import Subject, Verdict
from xingate_server.catalogues import CatalogueError
from xingate_server.cli.app import cli
from xingate_server.demo.generate import COLUMNS, row
from xingate_server.demo.numbers import unified_code
from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile, compile_from_options

EXAMPLE = Path(__file__).parents[1] / "unit" / "catalogues" / "catalogues_good" / "example"
LISTED, NOBODY = unified_code(1), unified_code(2)
DAY = date(2026, 7, 1)
PROVIDED = "family: general, provided_by: [city_list], synonyms: [示例 黑名单],"


def layer(folder: Path, said: str = PROVIDED) -> Path:
    """A layer on top of the plan, with one black list and its limit on permits."""
    own = folder / "own"
    shutil.copytree(EXAMPLE, own)
    (own / "actions.yaml").unlink()
    lists = (own / "list_types.yaml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lists if "grade.credit" not in line and "red.example" not in line]
    (own / "list_types.yaml").write_text("\n".join(kept).replace("family: general,", said) + "\n", encoding="utf-8")
    return own


def city_list(folder: Path, list_type: str) -> Path:
    file = folder / "名单.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerow(row("black.bribery", "示例有限公司", LISTED, 1) | {"名单类型": list_type})
    return file


def compiled(folder: Path, list_type: str, said: str = PROVIDED, day: date = DAY) -> Path:
    state = folder / "state"
    options = CompileOptions(
        state_dir=state,
        files=(GivenFile("city_list", city_list(folder, list_type), day),),
        catalogues=("shiyan2017", str(layer(folder, said))),
        required=("city_list",),
        max_age_days={"city_list": 30},
    )
    compile_from_options(options)
    return state


def asked(state: Path, code: str, as_of: date = DAY) -> xingate.Decision:
    with xingate.connect(f"embedded:{state}", system="s", organisation="示例局") as client:
        return client.check(Subject.legal_entity(code), "permit.grant", as_of=as_of)


@pytest.mark.parametrize("word", ["black.example", "示例名单", "示例黑名单", " 示例 黑名单"])
def test_a_list_type_of_a_layer_acts_by_each_of_its_words(tmp_path: Path, word: str) -> None:
    decision = asked(compiled(tmp_path, word), LISTED)
    assert decision.verdict is Verdict.RESTRICTED
    assert "x.1" in [measure.id for measure in decision.measures]


def test_on_a_list_that_is_too_old_nobody_is_clear(tmp_path: Path) -> None:
    state = compiled(tmp_path, "示例名单", day=date(2024, 9, 1))
    stale = asked(state, NOBODY)
    assert stale.verdict is Verdict.CANNOT_TELL
    assert [(gap.reason, gap.about, gap.could_be) for gap in stale.gaps if gap.about == "city_list"] == [
        ("source_stale", "city_list", Verdict.RESTRICTED)
    ]


def test_an_unknown_source_of_a_list_type_is_refused_before_anything_is_compiled(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="`provided_by` names the unknown source `citylist`"):
        compiled(tmp_path, "示例名单", "family: general, provided_by: [citylist],")
    assert not (tmp_path / "state" / "snapshots").exists()


def test_compile_tells_the_list_types_that_no_source_provides(tmp_path: Path) -> None:
    own = layer(tmp_path, "family: general,")
    arguments = ["--catalogue", "shiyan2017", "--catalogue", str(own), "--state", str(tmp_path / "state"), "--dry-run"]
    file = city_list(tmp_path, "black.bribery")
    done = CliRunner().invoke(cli, ["compile", "--source", f"city_list={file}@2026-07-01", *arguments])
    assert done.exit_code == 0, done.output
    assert f"note: {own}/list_types.yaml: black.example: no source provides this list type" in done.output
