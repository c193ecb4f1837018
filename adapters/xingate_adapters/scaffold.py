"""A new source in a folder of its own: declaration, mapping, a good file, bad ones, and the tests of all of it.

What is written works at once and is meant to be changed: the titles, the columns, the list types. Companies in it are
invented.
"""

import re
from pathlib import Path
from shutil import rmtree

from xingate_adapters.sources import kinds

_NAME = re.compile(r"[a-z][a-z0-9_]{2,40}", re.ASCII)
_HEADER = "企业名称,统一社会信用代码,列入原因,列入机关,决定书文号,列入日期,移出日期"
_ROW = "示例建筑公司,91420399000000019G,示例原因,示例局,示〔2026〕1号,2026-03-02,"
_ENDED = "示例面馆,91420399000000027B,示例原因,示例局,示〔2026〕2号,2026-03-03,2026-05-06"

_SOURCE = """\
title_zh = "{name}"
title_en = "{name}"
authority = "发布单位"
licence = "operator's own data; not redistributed"
max_age_days = 45 # after how many days the list no longer answers
shrink_threshold = 0.1 # the share of rows that may vanish unasked
refused_most = 0.05 # of more unreadable rows than this share (and 5 or more) nothing is published unasked
least_rows = 1 # with fewer rows the file is taken for a damaged one: write how many the list has at the very least
provides = ["watch.key_monitoring"] # every list type that it may hold (`xingate catalogue show`)

# For an xml or JSON list that a `map.py` reads: which elements may stand in which, and which every edition has. An
# unknown one with content stops the compile, since what it says would be lost.
# [elements.known]
# item = ["id", "remark"]
# [elements.expected]
# item = ["id"]
"""
_MAPPING = """\
# Which column is which: docs/sources.md says what may stand here, `xingate source inspect FILE` proposes it.
required = ["name", "identifiers", "document_date"]
# expected = ["列入机关"] # labels that every edition has: without one nothing is compiled, so that nothing is lost

[columns]
name = ["企业名称"]
facts = ["列入原因"]
authority = ["列入机关"]
document_no = ["决定书文号"]
document_date = ["列入日期"]
ended_on = ["移出日期"]

[identifiers]
uscc = ["统一社会信用代码"]

[constants]
list_type = "watch.key_monitoring"
subject_kind = "legal_entity"
basis = "示例办法" # the legal basis of the list
"""
_TEST = '''\
"""The source `{name}`: what its good file gives, and where its bad ones are refused."""

from pathlib import Path

import pytest

from xingate_adapters.sources import SourceError, load_folder

HERE = Path(__file__).parent
SOURCE = load_folder(HERE)


def test_the_good_file() -> None:
    first, second = SOURCE.records([HERE / "good.csv"])
    assert (first.row, first.name, first.document_date) == (2, "示例建筑公司", "2026-03-02")
    assert first.identifiers == (("uscc", "91420399000000019G"),)
    assert first.list_type in SOURCE.declaration.provides
    assert (second.status, second.status_date) == ("exited", "2026-05-06")


def test_every_row_is_admitted() -> None:
    from datetime import date

    from xingate_server import catalogues
    from xingate_server.core.admission.admit import Admitted, Rules, admit
    from xingate_server.core.calendar import WorkCalendar
    from xingate_server.core.catalogue import Posture
    from xingate_server.core.subject import SubjectKeyer

    rules = Rules(
        catalogue=catalogues.load(("shiyan2017",), Posture.AS_PLANNED_2017),
        calendar=WorkCalendar.official(),
        keyer=SubjectKeyer(bytes(range(32))),
        today=date(2026, 6, 1),
    )
    for record in SOURCE.records([HERE / "good.csv"]):
        assert isinstance(admit(record, rules), Admitted), admit(record, rules)


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [("bad_missing_column.csv", 1, "missing column `列入日期`"), ("bad_cut_off_row.csv", 3, "the row has 3 cells")],
)
def test_a_bad_file_is_refused_with_its_row(name: str, row: int, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        list(SOURCE.records([HERE / name]))
    assert caught.value.row == row
'''


class ScaffoldError(ValueError):
    """A source that cannot be made: its name, or the folder; the text says why."""


def scaffold(name: str, home: Path) -> list[Path]:
    """Make the folder `home/name`; gives the files written. Raises ScaffoldError, and OSError for the disk."""
    if not _NAME.fullmatch(name):
        raise ScaffoldError(f"`{name}` is not a source name: expected at least 3 lower-case letters, digits or `_`")
    if name in kinds():
        raise ScaffoldError(f"`{name}` is built in; choose another name, or read its files by a mapping (--map)")
    folder = home / name
    if folder.exists():
        raise ScaffoldError(f"`{folder}` is there already; remove it or choose another name")
    texts = {
        "source.toml": _SOURCE.format(name=name),
        "mapping.toml": _MAPPING,
        "good.csv": f"{_HEADER}\n{_ROW}\n{_ENDED}\n",
        "bad_missing_column.csv": "\n".join([_HEADER.replace("列入日期", "日期"), _ROW, ""]),
        "bad_cut_off_row.csv": "\n".join([_HEADER, _ROW, ",".join(_ENDED.split(",")[:3])]),
        f"test_source_{name}.py": _TEST.format(name=name),
    }
    folder.mkdir(parents=True)
    try:
        for file, content in texts.items():
            (folder / file).write_text(content, encoding="utf-8")
    except OSError as error:
        rmtree(folder, ignore_errors=True)  # half a source would only be in the way
        raise OSError(error.errno, error.strerror, str(folder)) from error
    return [folder / file for file in texts]
