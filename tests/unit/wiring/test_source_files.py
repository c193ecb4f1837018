"""Which file `[sources]` takes: the newest by the date in its name, else by its name, never by its time."""

import itertools
import os
import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from xingate_server.settings import SourceSettings
from xingate_server.wiring.compiling.compile import GivenFile, OptionError
from xingate_server.wiring.compiling.source_files import Chosen, SourceFilesMissingError, choose_files, date_in

TODAY = date(2027, 6, 30)
FORMS = (
    "{:%Y-%m-%d}",
    "{:%Y%m%d}",
    "{:%Y_%m_%d}",
    "{:%Y.%m.%d}",
    "{0:%Y}年{0.month}月{0.day}日",
    "{:%Y%m%d}1530",
    "{:%Y%m%d}153045",
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def choose(*patterns: str, kind: str = "city_list") -> list[Chosen]:
    return list(choose_files({kind: SourceSettings(files=patterns)}, TODAY))


def chosen(pattern: str) -> GivenFile:
    (found,) = choose(pattern)
    return found.file


def make(*names: str) -> None:
    """Files of these names, the first with the newest time."""
    for age, name in enumerate(names):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
        os.utime(path, (2_000_000_000 - age * 86_400,) * 2)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_date(form: str) -> None:
    days = [date(2026, 1, 31), date(2026, 9, 30), date(2026, 10, 1), date(2025, 12, 31)]
    make(*[f"黑名单_{form.format(day)}.csv" for day in days])
    found = chosen("黑名单_*.csv")
    assert (found.named_day, found.path.name) == (date(2026, 10, 1), f"黑名单_{form.format(days[2])}.csv")
    assert found.data_as_of is None


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("list.csv", None),
        ("list_2026-06.csv", None),
        ("list_2026-02-30.csv", None),
        ("list_20261301.csv", None),
        ("list_420399202606300001.csv", None),
        ("list_202605300001.csv", date(2026, 5, 30)),  # one minute past midnight, or the first of that day
        ("list_202605302359.csv", date(2026, 5, 30)),
        ("list_202605302400.csv", None),
        ("list_202605301260.csv", None),
        ("list_202605309999.csv", None),
        ("list_202605301530599.csv", None),
        ("list_20260530153060.csv", None),
        ("list_20260530153059.csv", date(2026, 5, 30)),
        ("list_202612345678.csv", None),
        ("list_2026053001.csv", None),
        ("list_199912319999_2026-05-30.csv", date(2026, 5, 30)),
        ("420300-2026-06-30.csv", date(2026, 6, 30)),
        ("list_2026-06-30_v2.csv", date(2026, 6, 30)),
        ("list_20260101-20260630.csv", date(2026, 6, 30)),
        ("list_20260630.csv.gz", date(2026, 6, 30)),
        ("list_20260630_to_20271231.csv", date(2026, 6, 30)),
        ("list_20271231_20280101.csv", date(2027, 12, 31)),
        ("2026-06_30.csv", None),
    ],
)
def test_the_date_in_a_name(name: str, day: date | None) -> None:
    assert date_in(name, TODAY) == day


def test_random_names_against_their_days() -> None:
    chance = random.Random(1)  # noqa: S311 -- a test's
    for round_ in range(20):
        days = chance.sample([date(2024, 1, 1) + timedelta(days=n) for n in range(900)], 12)
        form = chance.choice(FORMS)
        folder = Path(str(round_))
        make(*[str(folder / f"{chance.choice('abc')}_{form.format(day)}.csv") for day in days])
        make(str(folder / "z_latest.csv"))
        assert chosen(f"{folder}/*.csv").named_day == max(days), "a name without a date is older than any with one"


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        (["b.csv", "a.csv"], "b.csv"),
        (["list_9.csv", "list_10.csv"], "list_10.csv"),
        (["list_v1.2.csv", "list_v1.10.csv"], "list_v1.10.csv"),
        (["第2批.csv", "第11批.csv"], "第11批.csv"),
        (["list_2026-06.csv", "list_2026-07.csv", "list_2025-12.csv"], "list_2026-07.csv"),
    ],
)
def test_without_dates_by_name_as_people_count(names: list[str], newest: str) -> None:
    for order in itertools.permutations(names):
        for path in Path().glob("*.csv"):
            path.unlink()
        make(*order)
        found = chosen("*.csv")
        assert (found.path.name, found.named_day) == (newest, None)


def test_of_the_same_day_the_last_by_name_and_the_others_are_told() -> None:
    make("black_20260630_a.csv", "black_20260630_b.csv", "black_20260629_c.csv")
    (found,) = choose("black_*.csv")
    assert found.file.path.name == "black_20260630_b.csv"
    assert [path.name for path in found.others] == ["black_20260630_a.csv"]


def test_a_time_of_day_counts() -> None:
    make("black_20260630090000.csv", "black_20260630170000.csv")
    assert chosen("black_*.csv").path.name == "black_20260630170000.csv"


def test_the_day_may_be_that_of_the_folder() -> None:
    make("2017-10-12/lists/2026-06-30/black.csv", "2017-10-12/lists/2026-07-01/black.csv")
    found = chosen("2017-10-12/lists/*/black.csv")
    assert (found.path.parent.name, found.named_day) == ("2026-07-01", date(2026, 7, 1))
    assert chosen("2017-10-12/lists/2026-06-30/b*.csv").named_day is None, "what the pattern fixes says nothing"
    assert chosen("2017-10-12/**/*.csv").named_day == date(2026, 7, 1)


def test_the_day_of_the_data_may_be_given() -> None:
    make("black_2026-06-30.csv")
    found = chosen("black_*.csv@2026-06-29")
    assert (found.data_as_of, found.named_day) == (date(2026, 6, 29), date(2026, 6, 30))
    with pytest.raises(OptionError, match=r"source `city_list`: .*2026-06-31"):
        choose("black_*.csv@2026-06-31")


def test_folders_and_the_lock_of_an_open_workbook_are_no_files() -> None:
    make("black_2026-06-30.xlsx", "~$black_2026-07-01.xlsx")
    Path("black_2026-07-02.xlsx").mkdir()
    assert chosen("*black_*.xlsx").path.name == "black_2026-06-30.xlsx"


def test_a_name_with_characters_of_a_pattern_is_itself() -> None:
    make("black [1].csv", "black 1.csv")
    assert chosen("black [1].csv").path.name == "black [1].csv"


def test_each_pattern_gives_a_file_and_all_that_fit_none_are_named() -> None:
    make("black_2026-06-30.csv", "red_2026-06-30.csv")
    assert [one.file.path.name for one in choose("red_*.csv", "black_*.csv")] == [
        "red_2026-06-30.csv",
        "black_2026-06-30.csv",
    ]
    with pytest.raises(SourceFilesMissingError) as caught:
        choose("black_*.xlsx", "red_*.csv", "grey_*.csv")
    told = str(caught.value)
    assert told.startswith(
        "source_files_missing: source `city_list`: no file fits `black_*.xlsx`; source `city_list`: "
    )
    assert "`grey_*.csv`" in told
    assert f"`{Path.cwd()}`" in told
