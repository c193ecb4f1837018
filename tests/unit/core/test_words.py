"""One word for each thing: in lists, in answers, and on every page that the project prints."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from xingate._internal.values import titles
from xingate.types import AppliedMeasure, Candidate, Effect, EntryRef, Flag, Force, Gap, SubjectKind, Text, Verdict, Via
from xingate_server.core import catalogue as core
from xingate_server.core.decide.decision import GapReason
from xingate_server.core.entry import (
    COMMITMENT_STATUS_WORDS,
    SEVERITY_WORDS,
    STATUS_REASON_WORDS,
    STATUS_WORDS,
    Role,
    Severity,
    Status,
    StatusReason,
)
from xingate_server.core.identifiers.parsing import Scheme, scheme_of
from xingate_server.core.subject import KIND_WORDS
from xingate_server.core.subject import SubjectKind as CoreKind

ROOT = Path(__file__).parents[3]
VERDICTS = {
    "CLEAR": "无措施",
    "FAVOURED": "有激励",
    "CAUTION": "需注意",
    "RESTRICTED": "受限制",
    "PROHIBITED": "禁止",
    "CANNOT_TELL": "无法判断",
}
NAMES = "|".join(name.replace("_", "[_ ]") for name in VERDICTS)
WORD = r"[\u3400-\u9fff]{2,8}"
# A verdict's name beside a Chinese word that stands for it: `NAME（词）`, `词（NAME）`, `NAME: "词…"`, `"词 NAME`.
BESIDE = (
    re.compile(rf"(?P<name>{NAMES})\b\**\s*[（(]\s*(?P<word>{WORD})\s*[)）]"),
    re.compile(rf"(?P<word>{WORD})\s*[（(]\s*(?P<name>{NAMES})\s*[)）]"),
    re.compile(rf"(?P<name>{NAMES})[\"']?\s*:\s*(?:\w+\()*[\"'](?P<word>{WORD})"),
    re.compile(rf"[\"'`](?P<word>{WORD}) (?P<name>{NAMES})\b"),
    re.compile(rf"^(?P<name>{NAMES}) (?P<word>{WORD})\b", re.MULTILINE),
)
OLD_WORDS = re.compile("慎重|为无记录|受激励|需关注|无法判定|不能判断")
TREES = ("sdk", "server", "adapters", "docs", "examples", "deploy", "proto")
SUFFIXES = {".py", ".md", ".html", ".toml", ".yaml", ".proto", ".ts", ".java", ".svg", ".txt"}


def other_words(text: str) -> Iterator[str]:
    for pattern in BESIDE:
        for found in pattern.finditer(text):
            if found["word"] != VERDICTS[found["name"].replace(" ", "_")]:
                yield found.group()
    yield from OLD_WORDS.findall(text)


def files() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    for tree in TREES:
        for path in (ROOT / tree).rglob("*"):
            if path.suffix in SUFFIXES and "node_modules" not in path.parts and path.is_file():
                yield path


@pytest.mark.parametrize(
    "text",
    [
        *(
            "CAUTION（慎重）",
            "**CANNOT_TELL（不明）**",
            "激励（FAVOURED）",
            'Verdict.CLEAR: Series("通过 CLEAR")',
            "`限制 RESTRICTED`",
        ),
        *('"PROHIBITED": "禁入"', "RESTRICTED 限制 on 2026-01-01", "结论为受激励时为真"),
    ],
)
def test_another_word_would_be_found(text: str) -> None:
    assert list(other_words(text))


def test_every_verdict_has_one_chinese_word_in_the_whole_tree() -> None:
    assert {verdict.name: verdict.title_zh for verdict in Verdict} == VERDICTS
    met = list(files())
    assert len(met) > 300
    found = {str(path.relative_to(ROOT)): list(other_words(path.read_text(encoding="utf-8"))) for path in met}
    assert {name: words for name, words in found.items() if words} == {}


def test_the_words_of_verdicts_stand_in_one_table() -> None:
    literals = re.compile("[\"']({})".format("|".join(set(VERDICTS.values()) - {"禁止", "无法判断"})))
    trees = [path for path in files() if path.suffix == ".py" and path.parts[len(ROOT.parts)] in TREES[:3]]
    holders = {str(path.relative_to(ROOT)) for path in trees if literals.search(path.read_text(encoding="utf-8"))}
    assert holders == {"sdk/xingate/_internal/values/enums.py"}


def test_effects_forces_and_kinds_have_their_words() -> None:
    assert {e.name: Effect[e.name].title_zh for e in core.Effect} == {
        "BAR": "禁止",
        "LIMIT": "限制",
        "SCRUTINISE": "从严",
        "INFORM": "提示",
        "FAVOUR": "激励",
    }
    assert {f.name: Force[f.name].title_zh for f in core.Force} == {
        "MANDATORY": "强制",
        "DISCRETIONARY": "酌情",
        "ADVISORY": "倡导",
    }
    assert {k.name for k in SubjectKind if k.title_zh == "未说明"} == {"UNSPECIFIED"}
    assert set(titles.REACHES) == {reach.value for reach in core.Reach} >= {role.value for role in Role}
    assert set(titles.SEVERITIES) == {severity.value for severity in Severity}


def test_every_gap_has_words_and_says_what_closes_it() -> None:
    assert set(GapReason) | {"row_unreadable", "commitment_overdue"} <= set(titles.GAPS)
    assert set(titles.GAPS) == set(titles.CLOSES_ZH)
    gap = Gap("row_unreadable", Verdict.RESTRICTED, "ask 示例局", "E1")
    assert str(gap).startswith(
        "名单上有关于该主体的一行无法读取 row_unreadable (E1), could be RESTRICTED 受限制; closed by: 请"
    )
    assert str(gap).endswith(" ask 示例局")
    newer = Gap("of_a_newer_gateway", Verdict.CAUTION)
    assert (str(newer), newer.closes_zh) == ("of_a_newer_gateway, could be CAUTION 需注意", "")


def test_flags_entries_roles_and_measures_are_told_in_words() -> None:
    assert str(Flag("masked", "E1")) == "名单上的号码带星号 masked E1"
    assert str(Flag("of_a_newer_gateway")) == "of_a_newer_gateway"
    entry = EntryRef("E1", "black.bid_rigging", Text("围标串标", "Bid rigging"), "示例局", severity="serious")
    assert str(entry) == "围标串标 black.bid_rigging, 严重 serious, 示例局"
    assert str(EntryRef("E1", "black.bid_rigging")) == "black.bid_rigging"
    assert (Via("principal").title.zh, Via("cousin").title.zh) == ("主要负责人", "cousin")
    measure = AppliedMeasure(
        "18.3b", effect=Effect.LIMIT, force=Force.MANDATORY, bodies=("示例甲局", "示例乙局"), entry=entry
    )
    assert measure.manner == "限制 limit, 强制 mandatory"
    assert measure.bodies_told == "认定 recognised by 示例局; 实施 applied by 示例甲局、示例乙局"
    assert AppliedMeasure("11.green").bodies_told == ""


@pytest.mark.parametrize(
    ("words", "word", "meaning"),
    [
        (STATUS_WORDS, "异议中", Status.SUSPENDED),
        (STATUS_REASON_WORDS, "有效期届满", StatusReason.EXPIRY),
        (STATUS_REASON_WORDS, "信用修复", StatusReason.REPAIR),
        (STATUS_REASON_WORDS, "主动申请", StatusReason.OWN_REQUEST),
        (SEVERITY_WORDS, "严重失信", Severity.SERIOUS),
        (SEVERITY_WORDS, "一般失信", Severity.ORDINARY),
        *((KIND_WORDS, w, CoreKind.LEGAL_ENTITY) for w in ("企业", "法人", "机关", "事业单位", "社会组织")),
        (KIND_WORDS, "个人", CoreKind.NATURAL_PERSON),
        *((COMMITMENT_STATUS_WORDS, w, Status.EXITED) for w in ("已履约", "全部履约", "履行完毕", "已兑现")),
    ],
)
def test_words_of_lists(words: dict[str, object], word: str, meaning: object) -> None:
    assert words[word] is meaning


def test_that_a_commitment_was_kept_is_said_of_commitments_alone() -> None:
    kept = COMMITMENT_STATUS_WORDS.keys() - STATUS_WORDS.keys()
    assert kept == {"已履约", "全部履约", "履行完毕", "已兑现"}
    assert STATUS_WORDS.items() <= COMMITMENT_STATUS_WORDS.items()


@pytest.mark.parametrize(
    ("word", "scheme"),
    [
        ("军官证", Scheme.OTHER_DOCUMENT),
        ("临时身份证", Scheme.CITIZEN_ID),
        ("临时居民身份证号码", Scheme.CITIZEN_ID),
        ("居民户口簿", Scheme.CITIZEN_ID),
        ("居住证", Scheme.RESIDENCE_PERMIT),
        ("港澳台居民居住证", Scheme.RESIDENCE_PERMIT),
        ("港澳居民居住证号", Scheme.RESIDENCE_PERMIT),
        ("台湾居民居住证", Scheme.RESIDENCE_PERMIT),
        ("residence_permit", Scheme.RESIDENCE_PERMIT),
        ("外国人永久居留证", Scheme.FOREIGN_RESIDENT_ID),
        ("外国人永久居留身份证", Scheme.FOREIGN_RESIDENT_ID),
        ("ＵＳＣＣ", Scheme.USCC),
        ("其他（示例）", Scheme.OTHER_DOCUMENT),
    ],
)
def test_words_of_identity_documents(word: str, scheme: Scheme) -> None:
    assert scheme_of(word) is scheme


def test_the_chinese_of_what_closes_a_gap_fits_all_its_causes() -> None:
    closes = titles.CLOSES_ZH
    assert "认定部门" in closes["row_unreadable"]
    assert "目录" in closes["row_unreadable"], "a list type that the catalogue lacks is the operator's to mend"
    for cause in ("登记名录", "名单", "异议"):
        assert cause in closes["clean_years_unknown"]
    assert [code for code, words in closes.items() if "本人" in words] == [], "a subject may be a company"


def said_of_candidates() -> Iterator[str]:
    """Every text of the core that says why a candidate fits or what settles it, or a piece of one."""
    for module in ("identity/candidates", "names/likeness", "names/person_names"):
        tree = ast.parse((ROOT / f"server/xingate_server/core/{module}.py").read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and id(node) not in docstrings else None
            if isinstance(text, str) and re.match("(the|a|its|compare|ask) |, the", text):
                yield text


def test_why_a_candidate_fits_and_what_settles_it_is_said_in_chinese() -> None:
    texts = list(said_of_candidates())
    assert len(texts) > 15
    table = [*titles.WHYS_ZH, *titles.SETTLES_ZH]
    assert [text for text in texts if not any(text in known for known in table)] == []
    one = Candidate(
        SubjectKind.LEGAL_ENTITY,
        why="the name sounds the same (0.90)",
        closes_with="ask again with the subject's own code; it is this one if that is `91420399000000019G`",
    )
    assert one.why_told == "名称读音相同 (0.90) the name sounds the same (0.90)"
    assert one.closes_told.startswith("请用该主体自己的代码再查，相同才是：`91420399000000019G` ask again")
    person = Candidate(
        SubjectKind.NATURAL_PERSON, why="the masked number is equal", closes_with=next(iter(titles.SETTLES_ZH))
    )
    assert (person.why_told, person.closes_told) == (
        "带星号的号码相同 the masked number is equal",
        "请核对本人证件，用完整号码再查 compare the person's own document, and ask again with its complete number",
    )
    newer = Candidate(SubjectKind.LEGAL_ENTITY, why="of a newer (one)", closes_with="see `x`")
    assert (newer.why_told, newer.closes_told) == ("of a newer (one)", "see `x`")
    assert Candidate(SubjectKind.LEGAL_ENTITY).why_told == ""


def test_the_page_of_words_is_current() -> None:
    command = [sys.executable, str(ROOT / "docs" / "make_words.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
