"""Names that are alike: what is found, how alike it is said to be, and that no name takes long. Names are invented."""

import time
from collections.abc import Iterable, Sequence
from random import Random

import pytest
from benchmarks.name_variants import variants
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.amounts import amount

from xingate_server.core.names.likeness import likeness
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.names.parts import ALL, core_of, grams_of, legal_form, sound_of, syllables, words_of
from xingate_server.core.names.search import MOST_FREQUENT, MOST_MATCHES, THRESHOLD, Match, search

MARKS = (
    "华鑫宏达兴隆瑞丰源泰康盛顺通恒信诚安邦嘉禾永利博文远航天宇星河云海林森金银铜山川江湖德仁义礼智福禄寿喜"
    "春夏秋冬梅兰竹菊龙凤虎鹤麒麟凯旋捷飞腾跃升旭阳晨曦明月光辉灿烂美好佳绝妙精英杰豪雄伟壮丽锦绣翠玉珠宝钻石磊"
)
TRADES = [
    "商贸",
    "建筑工程",
    "机电设备",
    "物业管理",
    "房地产开发",
    "广告传媒",
    "医药连锁",
    "汽车零部件",
    "生态农业",
    "装饰工程",
]
AREAS = ["示例市", "示例县", "甲乙市", "丙丁县"]
FORMS = ["有限公司", "有限责任公司", "股份有限公司"]


class Names:
    """An index in memory."""

    def __init__(self, names: Iterable[str], *, are_people: bool = False) -> None:
        self.are_people = are_people
        self.names = [normalise(name) for name in names]
        self.grams: dict[str, list[int]] = {}
        for number, name in enumerate(self.names):
            for gram in grams_of(name, is_person=are_people):
                self.grams.setdefault(gram, []).append(number)

    def frequency(self, gram: str) -> int:
        return len(self.grams.get(gram, ()))

    def names_with(self, gram: str) -> Sequence[int]:
        numbers = self.grams[gram]
        return numbers if len(numbers) <= MOST_FREQUENT else ()

    def name(self, number: int) -> str:
        return self.names[number]


def invented(count: int, seed: int) -> list[str]:
    random, names = Random(seed), dict[str, None]()  # noqa: S311
    while len(names) < count:
        mark = "".join(random.sample(MARKS, random.choice([2, 3, 3, 4])))
        names[random.choice(AREAS) + mark + random.choice(TRADES) + random.choice(FORMS)] = None
    return list(names)


@pytest.fixture(scope="module")
def listed() -> list[str]:
    return invented(1000, 1)


@pytest.fixture(scope="module")
def index(listed: list[str]) -> Names:
    return Names(listed)


class TestQuality:
    """The benchmark in small: `python -m benchmarks.names` has the real names."""

    @pytest.mark.parametrize("kind", variants(["示例"]))
    def test_recall_at_ten(self, kind: str, listed: list[str], index: Names) -> None:
        variant, random, lost = variants(listed)[kind], Random(kind), []  # noqa: S311
        for name in random.sample(listed, 150):
            asked = normalise(variant(name, random))
            if asked != name and name not in [match.name for match in search(asked, index, THRESHOLD)]:
                lost.append((asked, name))
        assert len(lost) <= 0.03 * 150, lost[:10]

    @pytest.mark.sampled
    def test_unlisted_names_have_no_candidates(self, listed: list[str], index: Names) -> None:
        unlisted = [name for name in invented(900, 2) if name not in listed][: amount(800, 200)]
        cores = {core_of(name) for name in listed}
        found = [name for name in unlisted if core_of(name) not in cores and search(name, index, THRESHOLD)]
        assert len(found) <= 0.01 * len(unlisted), (len(found), found[:20])


LISTED = Names(
    [
        "示例市宏远机电设备有限公司",
        "示例第一建筑工程有限公司",
        "示例第二建筑工程有限公司",
        "示例市天达商贸有限公司",
        "甲乙县长江东路加油站",
        "示例市大大食品厂",
        "Example Trading & Shipping LLC",
        "Пример Судоходство ООО",
        "Ejemplo de Navegación, S.A.",
    ]
)


def found(asked: str, names: Names = LISTED, threshold: float = THRESHOLD) -> list[Match]:
    return search(normalise(asked), names, threshold)


class TestWhatIsAlike:
    @pytest.mark.parametrize(
        ("asked", "name", "least", "why"),
        [
            ("示例市宏远机电设备有限责任公司", "示例市宏远机电设备有限公司", 0.95, "but for the legal form"),
            ("示例市宏远机电设备", "示例市宏远机电设备有限公司", 0.95, "but for the legal form"),
            ("示例市宏远机电设备有陷公司", "示例市宏远机电设备有限公司", 0.8, "written alike"),
            ("示例市鸿远机电设备有限公司", "示例市宏远机电设备有限公司", 0.9, "sounds the same"),
            ("宏远机电设备示例市有限公司", "示例市宏远机电设备有限公司", 0.8, "in another order"),
            ("示例市宏远机电设设备有限公司", "示例市宏远机电设备有限公司", 0.9, "written alike"),
            ("示例宏远机电设备有限公司", "示例市宏远机电设备有限公司", 0.9, "written alike"),
            ("shilishi hongyuan jidian shebei", "示例市宏远机电设备有限公司", 0.9, "sounds"),
            ("ShiliShi HongYuan JiDian SheBei YouXianGongSi", "示例市宏远机电设备有限公司", 0.9, "sounds the same"),
            ("shilishi宏远机电设备有限公司", "示例市宏远机电设备有限公司", 0.8, "sounds"),
            ("EXAMPLE TRADING AND SHIPPING LTD.", "example trading & shipping llc", 0.98, "legal form is not"),
            ("Shipping Example Trading LLC", "example trading & shipping llc", 0.98, "words of the name are equal"),
            ("Exmple Tradng & Shipping LLC", "example trading & shipping llc", 0.85, "spelled alike"),
            ("ExampleTradingShipping", "example trading & shipping llc", 0.98, "spelled alike"),
            ("Example Trading", "example trading & shipping llc", 0.8, "spelled alike"),
            ("OOO Primer Sudokhodstvo", "пример судоходство ооо", 0.98, "words of the name are equal"),
            ("EJEMPLO DE NAVEGACION", "ejemplo de navegación, s.a.", 0.98, "legal form is not"),
        ],
    )
    def test_found(self, asked: str, name: str, least: float, why: str) -> None:
        match = found(asked)[0]
        assert match.name == name
        assert least <= match.score <= 1
        assert why in match.why

    @pytest.mark.parametrize(
        "asked",
        [
            "示例第三建筑工程有限公司",  # a number tells branches apart
            "甲乙县长江西路加油站",  # and so does a direction
            "示例市宏远",
            "另一个完全不同的名称",
            "Sample Trading",
            "Example 2 Trading",
        ],
    )
    def test_another_subject(self, asked: str) -> None:
        assert found(asked) == []

    def test_an_equal_name_is_no_match(self) -> None:
        assert found("示例市天达商贸有限公司") == []

    def test_nobody_is_listed(self) -> None:
        assert found("示例市天达商贸有限公司", Names([])) == []

    def test_at_most_ten_the_best_first_and_in_a_fixed_order(self) -> None:
        names = Names([f"示例市宏远机电设备有限公司第{c}厂" for c in "甲乙丙丁戊己庚辛壬癸子丑寅卯"])
        matches = found("示例市宏远机电设备有限公司厂", names, 0.1)
        assert len(matches) == MOST_MATCHES
        assert matches == sorted(matches, key=lambda match: (-match.score, match.name))
        assert matches == found("示例市宏远机电设备有限公司厂", names, 0.1)

    def test_none_below_the_threshold(self) -> None:
        assert found("示例市鸿远机电设备有限公司", threshold=0.99) == []

    @pytest.mark.parametrize(
        ("asked", "listed"),
        [
            ("示例市天大商贸", "示例市天达商贸有限公司"),
            ("示例第一二建筑工程", "示例第一建筑工程"),
            ("示例第建筑工程", "示例第一建筑工程"),
            ("示例市大食品厂", "示例市大大食品厂"),
            ("示例市龘远机电设备", "示例市宏远机电设备"),
            ("示例市宏机电设备", "示例市宏远机电设备"),
            ("示例市宏远机电", "示例市宏远机电设备"),
            ("示例市宏远机电设备某", "示例市宏远机电设备"),
            ("示例市🏛宏远机电设备", "示例市宏远机电设备"),
            ("例", "公司"),
        ],
    )
    def test_between_nothing_and_all(self, asked: str, listed: str) -> None:
        assert 0 <= likeness(asked, listed, LISTED.frequency).score < 1


class TestParts:
    def test_core_and_form(self) -> None:
        assert core_of("示例集团股份有限公司十堰分公司") == "示例十堰分公司"
        assert (core_of("有限公司"), legal_form("示例有限责任公司")) == ("有限公司", "有限公司")
        assert words_of("the example s.a. of l.l.c.")[0] == ["example", "of"]
        assert words_of("co ltd") == (["co", "ltd"], ["co", "ltd"])

    def test_sound(self) -> None:
        assert syllables("长安绿地") == syllables("changan ludi") == ["chang", "an", "lu", "di"]
        assert (sound_of("🏛"), sound_of("·")) == ("classical_building".replace("_", ""), "")

    def test_every_name_has_the_gram_of_all(self) -> None:
        assert all(ALL in grams_of(name) for name in ("示例", "example", "🏛", "·"))


HOSTILE = [
    "",
    " ",
    "武",
    "·",
    "!?" * 256,
    "有限公司" * 128,
    "武" * 512,
    "🏛" * 512,
    "a" * 512,
    "abcdef " * 73,
    "\U0010ffff" * 9,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_takes_long(name: str, index: Names) -> None:
    start = time.process_time()
    assert len(search(normalise(name), index, 0.0)) <= MOST_MATCHES
    assert time.process_time() - start < 0.5


@given(
    st.text(st.characters(), max_size=60), st.text(st.sampled_from("示例市县一二有限公司集团宏远鸿ab "), max_size=12)
)
@settings(max_examples=amount(150, 40), deadline=None)
def test_any_two_names_can_be_compared(any_name: str, listed: str) -> None:
    for one, other in ((any_name, listed), (listed, any_name)):
        asked, name = normalise(one), normalise(other)
        if asked and name:
            assert 0 <= likeness(asked, name, LISTED.frequency).score <= 1
            search(asked, LISTED, 0.0)


def test_what_is_read_is_bounded(index: Names, listed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xingate_server.core.names.search._MOST_READ", 300)
    read: list[int] = []
    names_with = index.names_with

    def counted(gram: str) -> Sequence[int]:
        numbers = names_with(gram)
        read.append(len(numbers))
        return numbers

    monkeypatch.setattr(index, "names_with", counted)
    for name in listed[:50]:
        read.clear()
        search(core_of(name), index, THRESHOLD)
        assert len(read) == 1 or sum(read) <= 300


def test_of_names_that_share_words_a_bounded_number_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names([f"Example {c}xem Personovich" for c in "abcdefghijklmnopqrstuvwxyz"], are_people=True)
    asked = normalise("Example Personovich")
    assert {match.why for match in search(asked, names, THRESHOLD)} == {
        "a short form: all words are words of the name, its first and last among them"
    }
    monkeypatch.setattr("xingate_server.core.names.search._MOST_READ", 5)
    monkeypatch.setattr("xingate_server.core.names.search._MOST_COMPARED", 1)
    assert len(search(asked, names, THRESHOLD)) <= 1
