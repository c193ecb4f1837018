"""What `xingate catalogue lint` finds: one folder per fault under `catalogues_bad`, each with that fault alone."""

import json
import random
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.amounts import amount

from xingate_server.catalogues import CatalogueError, Problem, lint, load, unprovided, warnings
from xingate_server.catalogues.models import Family
from xingate_server.cli.catalogue import catalogue
from xingate_server.core.catalogue import Audience, Posture, Procedure
from xingate_server.wiring.compiling.list_sources import declared_list_types

HERE = Path(__file__).parent
BAD = HERE / "catalogues_bad"
EXAMPLE = HERE / "catalogues_good" / "example"
BASIC_LIST = HERE / "catalogues_good" / "invented_basic_list"
MEASURES = "/measures.yaml"
X1 = "/measures.yaml: x.1"
YAML = "is not YAML that can be read here: "
DEAD = "measure that no entry can ever trigger: "
DATE = "expected a date as YYYY-MM-DD, found"

# Folder, the end of the problem's place, the beginning of what it says.
FAULTS = {
    "action_pattern_matches_nothing": (X1, "action pattern `permits.*` matches nothing"),
    "action_twice": ("/actions.yaml: permit.grant", "overlapping id: stands 2 times"),
    "actions_from_beside_actions": (MEASURES, "`actions_from` and actions.yaml exclude each other"),
    "actions_from_unknown": (MEASURES, "`actions_from` is `nowhere`, expected a built-in catalogue"),
    "alias": ("/measures.yaml:10:14", f"{YAML}anchors and aliases are not read"),
    "bad_id": ("/actions.yaml: Permit Grant", "`id`: expected small letters"),
    "basic_list_of_unknown_measure": (
        "/basic_list.yaml: x.2",
        "unknown measure `x.2`, did you mean `x.1`",
    ),
    "basic_list_without_item": ("/basic_list.yaml", "`x.1.item` is missing"),
    "basis_never_in_force": (X1, "legal basis `示例办法` ends before it begins"),
    "clean_years_and_a_list": (X1, "`trigger[1]`: `clean_years` stands alone in a trigger"),
    "clean_years_of_a_relation": (X1, f"{DEAD}clean years are a subject's own"),
    "context_twice": ("/measures.yaml: context", "overlapping id: `domain` stands 2 times in this file"),
    "context_value_of_two_words": (MEASURES, "`context[1].values[2].id`: expected small letters"),
    "context_value_twice": ("/measures.yaml: context domain", "overlapping id: `water` stands 2 times in this file"),
    "context_without_values": (MEASURES, "`context[1].values`: expected at least one item"),
    "context_word_of_two_values": (
        "/measures.yaml: context domain",
        "the word `其他` means `water` and `other`, keep one",
    ),
    "control_character": (MEASURES, "contains control characters"),
    "date_as_number": (MEASURES, f"`instruments.example.in_force_from`: {DATE} `20200101`"),
    "duplicate_key": ("/measures.yaml:10:5", f"{YAML}key `clause` appears twice"),
    "empty_condition": (X1, "`when.domain` is empty and so never met"),
    "empty_file": (MEASURES, "is empty, expected keys and values"),
    "escape_beyond_unicode": (MEASURES, f"{YAML}an escape stands for no character"),
    "escaped_control_character": ("/measures.yaml:8:27", f"{YAML}an escape stands for a control character"),
    "escaped_half_of_a_pair": ("/measures.yaml:8:27", f"{YAML}an escape stands for a control character"),
    "impossible_grade": (X1, f"{DEAD}no list type of the trigger has grade E"),
    "impossible_severity": (X1, f"{DEAD}entries of the trigger's list types have no severity"),
    "key_is_a_list": ("/measures.yaml:4:1", f"{YAML}a key must be text"),
    "list_type_pattern_matches_nothing": (X1, "list type pattern `blak.*` matches nothing"),
    "list_type_word_of_two": ("/list_types.yaml: red.example", "the word `示例名单` already names `black.example`"),
    "list_type_twice": ("/list_types.yaml: black.example", "overlapping id: stands 2 times"),
    "measure_is_text": ("/measures.yaml: measures[2]", "expected keys and values, found `just text`"),
    "measure_twice": (X1, "overlapping id: stands 2 times"),
    "measures_not_a_list": (MEASURES, "`measures`: expected a list, found `none`"),
    "missing_chinese": ("/actions.yaml: permit.grant", "missing translation: title has no Chinese text"),
    "missing_english": (X1, "missing translation: title has no English text"),
    "missing_key": (X1, "`effect` is missing"),
    "no_action": (X1, "measure without an action"),
    "no_basis": (X1, "measure without a legal basis"),
    "no_body": (X1, "measure without an implementing body"),
    "no_measures_file": ("/no_measures_file", "has neither measures.yaml nor basic_list.yaml"),
    "no_measures_in_file": (MEASURES, "`measures`: expected at least one item"),
    "no_reach": (X1, "measure that reaches nobody"),
    "no_trigger": (X1, f"{DEAD}it has no trigger"),
    "not_a_mapping": (MEASURES, "expected keys and values at the top"),
    "not_utf8": ("/measures.yaml:3", "is not UTF-8: byte 0x"),
    "only_a_comment": (MEASURES, "is empty, expected keys and values"),
    "shorthand_as_a_key": (X1, "`trigger[1]`: write a shorthand (black, red, A) as plain text"),
    "synonyms_as_text": ("/list_types.yaml: red.example", "`synonyms`: expected a list"),
    "tag": ("/measures.yaml:10:14", f"{YAML}tag `tag:yaml.org,2002:python/object:os.system` is not read"),
    "too_deep": ("/measures.yaml:10:31", f"{YAML}more than 20 levels deep"),
    "trigger_contradicts_itself": (X1, "`trigger[1]`: `any_severity` and `severities` exclude each other"),
    "trigger_with_nothing": (X1, "`trigger[1]`: names no list type"),
    "two_documents": ("/measures.yaml:17:1", f"{YAML}expected a single document"),
    "undeclared_value": (
        X1,
        "`when.domain` is `wood`, which is not a declared value: expected one of `other`, `water`",
    ),
    "unknown_action": (X1, "unknown action `permit.grand`, did you mean `permit.grant`"),
    "unknown_effect": (X1, "`effect`: expected one of `bar`, `limit`, `scrutinise`, `inform`, `favour`, found"),
    "unknown_family": (
        "/list_types.yaml: black.example",
        f"`family`: expected one of {', '.join(f'`{family}`' for family in Family)}, found `blak`",
    ),
    "unknown_instrument": (X1, "unknown instrument `exmaple`"),
    "unknown_key": (X1, "unknown key `efect`"),
    "unknown_list_type": (X1, "unknown list type `black.exmple`, did you mean `black.example`"),
    "unknown_top_level_key": ("/list_types.yaml", "unknown key `list_type`"),
    "untranslated_context": ("/measures.yaml: context domain", "missing translation: value `water` has no English"),
    "untranslated_list_type": ("/list_types.yaml: black.example", "missing translation: title has no Chinese"),
    "untranslated_parameter": (X1, "missing translation: parameter `manner_zh` of obligation `example`"),
    "untranslated_remedy": ("/measures.yaml: remedy objection", "missing translation: title has no English text"),
    "wrong_boolean": ("/list_types.yaml: black.example", "`is_adverse`: expected true or false, found `yes`"),
    "wrong_date": (MEASURES, f"`instruments.example.in_force_from`: {DATE} `2020-02-30`"),
    "wrong_number": ("/actions.yaml: permit.grant", "`work`: expected to be less than or equal to 5, found `6`"),
    "wrong_type": (X1, "`actions`: expected a list"),
    "yaml_syntax": ("/measures.yaml:11:11", f"{YAML}while parsing a flow sequence"),
    "yaml_tab": ("/measures.yaml:9:1", f"{YAML}while scanning for the next token"),
}


def test_every_bad_folder_has_its_case() -> None:
    assert {folder.name for folder in BAD.iterdir()} == set(FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_one_problem(fault: str) -> None:
    where, what = FAULTS[fault]
    (problem,) = lint([str(BAD / fault)])
    assert problem.where.endswith(where), problem
    assert problem.what.startswith(what), problem


@pytest.mark.parametrize("fault", FAULTS)
def test_what_lint_finds_is_not_loaded(fault: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        load([str(BAD / fault)], Posture.AS_PLANNED_2017)
    assert caught.value.problems == lint([str(BAD / fault)])
    assert str(caught.value) == str(caught.value.problems[0])


@pytest.mark.parametrize(
    "names",
    [
        ["shiyan2017"],
        ["international"],
        ["shiyan2017", "international"],
        [str(EXAMPLE)],
        [str(EXAMPLE / "measures.yaml")],
    ],
)
def test_good_catalogues_are_clean(names: list[str]) -> None:
    assert lint(names) == []


def _example(folder: Path, name: str = "example", **replaced: str) -> str:
    """A copy of the good example, its catalogue renamed and texts replaced in all files (`old=new`)."""
    copy = folder / name
    shutil.copytree(EXAMPLE, copy)
    for file in copy.iterdir():
        text = file.read_text(encoding="utf-8").replace("catalogue: example", f"catalogue: {name}")
        for old, new in replaced.items():
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    return str(copy)


def test_several_faults_are_all_found(tmp_path: Path) -> None:
    copy = _example(tmp_path, limit="forbid", 示例名单="", mandatory="must")
    found = sorted((p.where.removeprefix(copy), p.what.partition(":")[0]) for p in lint([copy]))
    assert found == [
        ("/list_types.yaml: black.example", "missing translation"),
        ("/measures.yaml: x.1", "`effect`"),
        ("/measures.yaml: x.1", "`force`"),
    ]
    with pytest.raises(CatalogueError, match=r"\(and 2 more\)$"):
        load([copy], Posture.AS_PLANNED_2017)


def test_same_layer_twice() -> None:
    (problem,) = lint(["shiyan2017", "shiyan2017"])
    assert problem.what == "overlapping layers: `shiyan2017` is given twice"


def test_layers_that_share_ids_overlap(tmp_path: Path) -> None:
    other = _example(tmp_path, "other")
    found = [(p.where, p.what) for p in lint([str(EXAMPLE), other])]
    # Identical actions are no conflict; list types and measures have one owner.
    assert found == [
        (f"{other}/list_types.yaml: {name}", f"overlapping id: also in {EXAMPLE}/list_types.yaml")
        for name in ("black.example", "grade.credit", "red.example")
    ] + [(f"{other}/measures.yaml: x.1", f"overlapping id: also in {EXAMPLE}/measures.yaml")]


def test_layers_with_different_actions_of_one_id_conflict(tmp_path: Path) -> None:
    other = _example(
        tmp_path,
        "other",
        **{"Example action": "Another action", "x.1": "x.9", "black.": "blue.", "red.": "rose.", "grade.": "mark."},
        示例名单="另一名单",
        示例红名单="另一红名单",
        示例等级="另一等级",
    )
    (problem,) = lint([str(EXAMPLE), other])
    assert problem.where == f"{other}/actions.yaml: permit.grant"
    assert problem.what == f"overlapping id: defined otherwise in {EXAMPLE}/actions.yaml"


def test_two_mappings_of_one_measure_overlap(tmp_path: Path) -> None:
    second = shutil.copytree(BASIC_LIST, tmp_path / "second")
    (problem,) = lint(["shiyan2017", str(BASIC_LIST), str(second)])
    assert problem.where == f"{second}/basic_list.yaml: 18.3b"


def test_a_mapping_alone_maps_nothing() -> None:
    for name in (str(BASIC_LIST), str(BASIC_LIST / "basic_list.yaml")):
        (problem,) = lint([name])
        assert problem.what.startswith("unknown measure `18.3b`")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("shiyan2018", "unknown catalogue `shiyan2018`: neither built in (shiyan2017, international) nor a file"),
        ("", "unknown catalogue ``"),
        ("x" * 5000, "unknown catalogue `xxx"),
        ("a\0b", "unknown catalogue `a"),
        ("\udcff", "unknown catalogue `\\udcff`"),
        (str(EXAMPLE / "actions.yaml"), "is part of a layer, name its folder or its measures.yaml"),
        (str(EXAMPLE / "list_types.yaml"), "is part of a layer, name its folder or its measures.yaml"),
    ],
)
def test_names_that_are_no_catalogue(name: str, what: str) -> None:
    (problem,) = lint([name])
    assert problem.what.startswith(what)


def test_no_name_at_all() -> None:
    assert lint([]) == [Problem("catalogue", "no layer is named")]


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    copy = Path(_example(tmp_path))
    with (copy / "measures.yaml").open("ab") as file:
        file.truncate(4 * 1024 * 1024 + 1)
    (problem,) = lint([str(copy)])
    assert problem.what == "has 4194305 bytes, at most 4194304 are read"


@pytest.mark.sampled
def test_damaged_files_never_raise(tmp_path: Path) -> None:
    copy = Path(_example(tmp_path))
    chance = random.Random(20171012)  # noqa: S311 - a fixed seed is wanted
    files = {path: path.read_bytes() for path in sorted(copy.iterdir())}
    found = 0
    for _ in range(amount(600, 150)):
        path, content = chance.choice(list(files.items()))
        at = chance.randrange(len(content))
        junk = chance.choice(
            [b"", b"{", b"]", b": ", b"- ", b"&a ", b"*a", b"!x ", b"\\", b'"', b"\xff", b"\t", b"~", b"0"]
        )
        damaged = content[:at] + junk + content[at + chance.randrange(4) :]
        path.write_bytes(damaged[: chance.randrange(len(damaged))] if chance.random() < 0.2 else damaged)
        problems = lint([str(copy)])
        assert all(p.where.startswith(str(copy)) and p.what for p in problems)
        found += bool(problems)
        path.write_bytes(content)
    assert found > amount(200, 50)


def test_command_lint_says_place_and_fault_and_exits_2() -> None:
    result = CliRunner().invoke(catalogue, ["lint", str(BAD / "no_basis")])
    assert result.exit_code == 2
    assert f"{BAD / 'no_basis'}/measures.yaml: x.1: measure without a legal basis" in result.output
    assert "1 problem found" in result.output


def test_command_lint_as_json() -> None:
    clean = CliRunner().invoke(catalogue, ["lint", "shiyan2017", "international", "--json"])
    assert (clean.exit_code, json.loads(clean.output)) == (0, {"problems": [], "warnings": []})
    faulty = CliRunner().invoke(catalogue, ["lint", "nowhere", "--json"])
    assert faulty.exit_code == 2
    assert json.loads(faulty.output)["problems"][0]["where"] == "nowhere"


CONTEXT = """context:
  - id: domain
    title: {zh: 示例领域, en: Example field}
    values:
      - {id: water, title: {zh: 水利, en: Water}, words: [水务]}
measures:
"""


def test_layers_add_values_to_one_attribute(tmp_path: Path) -> None:
    own = Path(_example(tmp_path, **{"measures:\n": CONTEXT}))
    layers = ["shiyan2017", str(own)]
    text = (own / "list_types.yaml").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if "grade.credit" not in line)
    (own / "list_types.yaml").write_text(kept, encoding="utf-8")
    (own / "actions.yaml").unlink()
    assert lint(layers) == []
    (domain,) = load(layers).context
    assert domain.title.en == "Field of the project"
    assert [value.id for value in domain.values] == ["environmental_protection", "other", "water"]
    again = Path(_example(tmp_path, "again", **{"measures:\n": CONTEXT.replace("水务", "水电"), "x.1": "x.2"}))
    for name, what in (("water", "overlapping id: `water` is defined otherwise before"),):
        found = [p.what for p in lint([str(own), str(again)]) if p.where.endswith("context domain")]
        assert found == [what], name


def test_an_undeclared_attribute_is_free_text_with_a_warning(tmp_path: Path) -> None:
    own = _example(tmp_path, **{"actions: [permit.*]": "actions: [permit.*]\n    when: {season: winter}"})
    assert lint([own]) == []
    (warning,) = warnings([own])
    assert warning.where.endswith("measures.yaml: x.1")
    assert warning.what.startswith("`when.season` is not declared under `context`")
    result = CliRunner().invoke(catalogue, ["lint", own, "--state", str(tmp_path / "state")])
    assert result.exit_code == 0
    assert f"warning: {warning}" in result.output


def test_a_list_type_without_a_source_is_a_warning_and_an_unknown_source_a_problem(tmp_path: Path) -> None:
    sources = {"city_list": ("grade.credit",), "example_list": ("red.example",)}
    (warning,) = warnings([str(EXAMPLE)], sources)
    assert warning.where.endswith("list_types.yaml: black.example")
    assert warning.what.startswith("no source provides this list type")
    assert unprovided([str(EXAMPLE)], sources) == [warning]
    own = _example(tmp_path, **{"family: general,": "family: general, provided_by: [city_list],"})
    assert (lint([own], sources), warnings([own], sources)) == ([], [])
    wrong = _example(tmp_path, "wrong", **{"family: general,": "family: general, provided_by: [citylist],"})
    assert lint([wrong]) == []  # without the sources' declarations nothing is known of them
    (problem,) = lint([wrong], sources)
    assert problem.what == "`provided_by` names the unknown source `citylist`, did you mean `city_list`"
    with pytest.raises(CatalogueError, match="unknown source `citylist`"):
        load([wrong], sources=sources)


def test_command_lint_knows_the_sources_of_the_state_directory(tmp_path: Path) -> None:
    own = _example(tmp_path, **{"family: general,": "family: general, provided_by: [example_list],"})
    state = tmp_path / "state"
    found = CliRunner().invoke(catalogue, ["lint", own, "--state", str(state)])
    assert (found.exit_code, "unknown source `example_list`" in found.output) == (2, True)
    folder = state / "sources" / "example_list"
    folder.mkdir(parents=True)
    declaration = 'title_zh = "示例"\ntitle_en = "x"\nauthority = "示例局"\nlicence = "x"\nmax_age_days = 30\n'
    (folder / "source.toml").write_text(f"{declaration}shrink_threshold = 0.1\n", encoding="utf-8")
    found = CliRunner().invoke(catalogue, ["lint", own, "--state", str(state)])
    assert (found.exit_code, "black.example" in found.output, "red.example" in found.output) == (0, False, True)
    (folder / "source.toml").write_text("title_zh = \n", encoding="utf-8")  # told where the source is used
    assert CliRunner().invoke(catalogue, ["lint", own, "--state", str(state)]).exit_code == 0


def test_the_families_are_those_of_the_shipped_layers() -> None:
    assert {t.family for t in load(["shiyan2017", "international"]).list_types} == {family.value for family in Family}


PAGE = (HERE.parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")


def test_the_page_names_every_family_procedure_and_audience() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    for values in (Family, Procedure, Audience):
        assert [value for value in values if value not in rows] == []


def test_the_layer_of_the_page_is_clean(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n# my-list/(\w+\.yaml)\n(.*?)```", PAGE, re.DOTALL)
    assert [name for name, _ in blocks] == ["list_types.yaml", "measures.yaml"]
    for name, text in blocks:
        (tmp_path / name).write_text(text, encoding="utf-8")
    layers, sources = ["shiyan2017", str(tmp_path)], declared_list_types([])
    assert (lint(layers, sources), warnings(layers, sources)) == ([], [])
    loaded = load(layers, sources=sources)
    (own,) = (t for t in loaded.list_types if t.layer == "my-list")
    assert (bool(own.synonyms), own.provided_by) == (True, ("city_list",))
    assert [m.id for m in loaded.measures if any(own.id in t.list_types for t in m.triggers)] == ["my.1"]


def test_every_shipped_list_type_has_a_source() -> None:
    sources = declared_list_types([])
    assert sources is not None
    assert warnings(["shiyan2017", "international"], sources) == []


def test_document_numbers_are_the_operators(tmp_path: Path) -> None:
    own = _example(tmp_path, **{"{title: 示例办法,": "{title: 示例办法, document_no: , issued_on: 2019-12-30,"})
    (basis,) = load([own], document_no={"example": "示例政发〔2019〕3号"}).measures[0].basis
    assert (basis.document_no, basis.issued_on) == ("示例政发〔2019〕3号", date(2019, 12, 30))
    assert load([own], document_no={"example": ""}).measures[0].basis[0].document_no == ""
    assert load([own], document_no={"shiyan2017": "示例1号"}).measures[0].basis[0].document_no == ""
    for names, number, told in (
        ([str(EXAMPLE)], "example", "`example` has no instrument whose number is left to the operator"),
        ([own], "exmaple", "`exmaple` is not among the catalogues that are loaded (example)"),
    ):
        with pytest.raises(CatalogueError) as caught:
            load(names, document_no={number: "示例1号"})
        assert str(caught.value) == f"setting `catalogue.document_no`: {told}"


def test_command_show_takes_the_number_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGATE_CATALOGUE__DOCUMENT_NO", '{"shiyan2017": "示例政发〔2017〕1号"}')
    told = CliRunner().invoke(catalogue, ["show", "--action", "market.entry"]).output
    assert "示例政发〔2017〕1号, issued on 2017-10-12" in told.replace("\n", "")


def test_command_lint_clean_and_usage() -> None:
    clean = CliRunner().invoke(catalogue, ["lint", "shiyan2017"])
    assert (clean.exit_code, clean.output) == (0, "no problems in shiyan2017\n")
    assert CliRunner().invoke(catalogue, ["lint"]).exit_code == 2


def test_command_show_prints_tables() -> None:
    result = CliRunner().invoke(catalogue, ["show"])
    assert result.exit_code == 0
    for text in (
        "permit.production_licence",
        "black.wage_arrears",
        "18.6",
        "3 clean years",
        "when domain",
        "note on 21",
    ):
        assert text in result.output


def test_command_show_of_one_action_as_json() -> None:
    result = CliRunner().invoke(catalogue, ["show", "--action", "consumption.air", "--json"])
    assert result.exit_code == 0
    shown = json.loads(result.output)
    assert [a["id"] for a in shown["actions"]] == ["consumption.air"]
    assert [m["id"] for m in shown["measures"]] == ["19.1c"]
    assert [t["id"] for t in shown["list_types"]] == ["black.judgment_default", "black.administrative_default"]
    assert len(shown["hash"]) == 64


def test_command_show_layers_and_posture() -> None:
    arguments = ["show", "--catalogue", "shiyan2017", "--catalogue", "international", "--posture", "basic-list-only"]
    shown = json.loads(CliRunner().invoke(catalogue, [*arguments, "--json"]).output)
    assert (shown["name"], shown["posture"]) == ("shiyan2017+international", "basic-list-only")


def test_command_show_of_nothing_known() -> None:
    unknown = CliRunner().invoke(catalogue, ["show", "--action", "consumption.ai"])
    assert unknown.exit_code == 2
    assert "unknown action `consumption.ai`, did you mean `consumption.air`" in unknown.output
    broken = CliRunner().invoke(catalogue, ["show", "--catalogue", str(BAD / "empty_file")])
    assert broken.exit_code == 2
    assert "is empty, expected keys and values" in broken.output


def test_the_measure_in_the_guide_is_a_good_one(tmp_path: Path) -> None:
    guide = (HERE.parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")
    own = tmp_path / "measures.yaml"
    own.write_text(guide.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert [m.id for m in load([str(own)], Posture.AS_PLANNED_2017).measures] == ["example.1"]
    plan = load(["shiyan2017"], Posture.AS_PLANNED_2017)
    counts = f"{len(plan.measures)} measures, {len(plan.list_types)} list types, {len(plan.actions)} actions"
    assert counts in guide
