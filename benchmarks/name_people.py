"""Names of people as lists write them, and the short forms by which people ask: for `benchmarks.names` and a test.

All are invented: given names that are common in a language, and surnames made of its syllables and endings. Patterns
are those of real lists: Russian with patronymic, Spanish with two surnames, Arabic in five parts with particles,
Chinese, Korean and Vietnamese in Latin letters, Western with middle names.
"""

from collections.abc import Callable
from itertools import product
from random import Random
from typing import NamedTuple


class Person(NamedTuple):
    """A person as listed, and usual short forms."""

    listed: str
    short: tuple[str, ...]


def _words(text: str) -> list[str]:
    return text.split()


def _made(*parts: str) -> list[str]:
    """Every joining of one of each, as a name."""
    return ["".join(found).capitalize() for found in product(*map(_words, parts))]


_RUSSIAN = _words(
    "Aleksandr Aleksey Anatoly Andrey Anton Boris Denis Dmitry Evgeny Grigory Igor Ilya Ivan Kirill Konstantin Leonid "
    "Maksim Mikhail Nikita Nikolay Oleg Pavel Roman Ruslan Sergey Stanislav Timur Vadim Valery Viktor Vladimir Yury"
)
_PATRONYMICS = [name.rstrip("ya") + "ovich" for name in _RUSSIAN]
_RUSSIAN_SURNAMES = _made(
    "bar vol gor dol zhur kal kor lom mor nov ost pol rad sol tar usp fad khar chern shab",
    "an ash ch en in k l ov r t ush yk",
    "ov ev in sky enko uk",
)
_SPANISH = _words(
    "Alberto Alejandro Andres Antonio Carlos Daniel Diego Eduardo Enrique Felipe Fernando Francisco Gabriel Gustavo "
    "Hector Hugo Jaime Javier Jorge Jose Juan Julio Luis Manuel Marcos Mario Miguel Oscar Pablo Pedro Rafael Ramon "
    "Ricardo Roberto Ruben Santiago Sergio Victor Ana Carmen Elena Isabel Laura Lucia Maria Marta Rosa Silvia"
)
_SPANISH_SURNAMES = _made(
    "al bar cas dom esc fer gal her jim lam mar nav ort per qui riv sal tor val zam",
    "an el ig on ud ar",
    "ez a es o al",
)
_ARABIC = _words(
    "Muhammad Ahmad Ali Hasan Husayn Ibrahim Ismail Khalid Mahmud Mustafa Omar Said Salih Tariq Yusuf Hamid Jamal "
    "Karim Nasir Rashid Walid Ziyad Faysal Hamza Imad Jabir Majid Munir Rami Sami Bilal Farid Ghassan Idris Luay"
)
_SERVANTS = _words("al-Rahman al-Aziz al-Karim al-Malik al-Qadir Allah al-Hamid al-Rahim")
_NISBAS = _made(
    "baghd mas bas hal tik shar jaz hud kur zab qar nab sham tam dur fal", "a i u", "di ri bi li mi ni wi thi"
)
_CHINESE_SURNAMES = _words(
    "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang Deng"
)
_SYLLABLES = _words(
    "wei ming jun hua jian guo yong qiang li hong xiao yan mei ling feng bo tao chao hui ping gang zhi hao yu xin lei "
    "dong fei sheng bin rong wen qing chun lan jing bao cheng de fang guang hai jia kai long nan peng rui shan tian"
)
_KOREAN_SURNAMES = _words("Kim Ri Pak Choe Chong Kang Cho Yun Chang Im Han O So Sin Kwon Hwang An Song Yu Hong Chon Ko")
_KOREAN = _words(
    "yong chol sok nam il ho jin su hyon song ung chun kyong thae hui myong kwang son hak ryong ju pom min sang"
)
_VIETNAMESE_SURNAMES = _words("Nguyen Tran Le Pham Hoang Phan Vu Vo Dang Bui Do Ho Ngo Duong Ly")
_VIETNAMESE_MIDDLES = _words("Van Thi Duc Huu Minh Quoc Thanh Xuan Ngoc Anh Dinh Cong")
_VIETNAMESE = _words(
    "An Binh Chau Dung Giang Ha Hai Hanh Hieu Hoa Hung Huong Khanh Khoa Lan Linh Long Mai Nam Nga Phuc Phuong Quan "
    "Quang Son Tam Thao Thu Toan Trang Trung Tuan Tung Vinh Yen"
)
_WESTERN = _words(
    "James John Robert Michael William David Richard Thomas Charles Daniel Matthew Anthony Mark Donald Steven Andrew "
    "Paul Joshua Kenneth Kevin Brian George Mary Patricia Jennifer Linda Elizabeth Susan Jessica Sarah Karen Nancy"
)
_WESTERN_SURNAMES = _made(
    "al ash black brad car clay dun east fair gar hart hol kings lang mar nor oak pem rad stan thorn wal whit wood",
    "b d f g h l m st t w",
    "ford ham ley man ton well worth by",
)
_SURNAME_FIRST = 0.1  # of Russian and Western names are listed with the surname first and a comma


def _russian(random: Random) -> Person:
    first, middle, last = random.choice(_RUSSIAN), random.choice(_PATRONYMICS), random.choice(_RUSSIAN_SURNAMES)
    return Person(f"{first} {middle} {last}", (f"{first} {last}", f"{last} {first}", f"{last}, {first}"))


def _spanish(random: Random) -> Person:
    first, second = random.sample(_SPANISH, 2)
    one, other = random.sample(_SPANISH_SURNAMES, 2)
    if random.random() < 0.5:
        return Person(f"{first} {one} {other}", (f"{first} {one}", f"{one}, {first}"))
    if random.random() < 0.2:
        return Person(f"{first} de la {one} {other}", (f"{first} {one}", f"{first} de la {one}"))
    return Person(
        f"{first} {second} {one} {other}", (f"{first} {one}", f"{first} {second} {one}", f"{first} {one} {other}")
    )


def _arabic(random: Random) -> Person:
    names = random.sample(_ARABIC, 4)
    nisba = random.choice(_NISBAS)
    if random.random() < 0.4:
        names[random.randrange(3)] = f"Abd {random.choice(_SERVANTS)}"
    joint = random.choice([" ", " bin ", " ibn "])
    listed = random.choice([f"{joint.join(names)} al-{nisba}", f"{joint.join(names[:3])} Al-{nisba}"])
    first = names[0].replace("Abd al-", random.choice(["Abdul ", "Abd al-", "Abdul"]))
    return Person(
        listed, (f"{first} al-{nisba}", f"{first} {nisba}", f"{nisba}, {first}", f"{first} {names[1]} Al {nisba}")
    )


def _chinese(random: Random) -> Person:
    last, (one, other) = random.choice(_CHINESE_SURNAMES), random.sample(_SYLLABLES, 2)
    listed = random.choice(
        [f"{last} {one.title()}{other}", f"{last} {one.title()}-{other}", f"{last} {one.title()} {other.title()}"]
    )
    return Person(
        listed, (f"{one.title()}{other} {last}", f"{last} {one}{other}", f"{one.title()}-{other.title()} {last}")
    )


def _korean(random: Random) -> Person:
    last, (one, other) = random.choice(_KOREAN_SURNAMES), random.sample(_KOREAN, 2)
    listed = random.choice([f"{last} {one.title()} {other.title()}", f"{last} {one.title()}-{other}"])
    return Person(
        listed, (f"{one.title()}-{other} {last}", f"{last} {one.title()} {other}", f"{last}, {one.title()}-{other}")
    )


def _vietnamese(random: Random) -> Person:
    last, middles, name = (
        random.choice(_VIETNAMESE_SURNAMES),
        random.sample(_VIETNAMESE_MIDDLES, 2),
        random.choice(_VIETNAMESE),
    )
    middle = random.choice([middles[0], " ".join(middles)])
    return Person(f"{last} {middle} {name}", (f"{last} {name}", f"{name} {last}"))


def _western(random: Random) -> Person:
    first, middle = random.sample(_WESTERN, 2)
    last = random.choice(_WESTERN_SURNAMES)
    return Person(f"{first} {middle} {last}", (f"{first} {last}", f"{first} {middle[0]}. {last}", f"{last}, {first}"))


PATTERNS: dict[str, Callable[[Random], Person]] = {
    "Arabic": _arabic,
    "Russian": _russian,
    "Spanish": _spanish,
    "Western": _western,
    "Chinese": _chinese,
    "Korean": _korean,
    "Vietnamese": _vietnamese,
}
SHARES = {"Arabic": 30, "Russian": 20, "Spanish": 20, "Western": 14, "Chinese": 8, "Korean": 4, "Vietnamese": 4}
"""Of a hundred names, about as the lists of the Security Council and OFAC have them."""


def people(count: int, seed: int, *, is_even: bool = False) -> list[tuple[str, Person]]:
    """That many, each listed name once, with the name of its pattern: in `SHARES`, or as many of each."""
    random, found = Random(seed), dict[str, tuple[str, Person]]()  # noqa: S311
    weights = [1 if is_even else SHARES[pattern] for pattern in PATTERNS]
    while len(found) < count:
        (pattern,) = random.choices(list(PATTERNS), weights)
        person = PATTERNS[pattern](random)
        if random.random() < _SURNAME_FIRST and pattern in ("Russian", "Western"):
            first, last = person.listed.rsplit(" ", 1)
            person = person._replace(listed=f"{last.upper()}, {first}")
        found.setdefault(person.listed, (pattern, person))
    return list(found.values())
