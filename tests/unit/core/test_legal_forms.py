"""Legal forms at the front and the end of names, in every script. All names are invented."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.amounts import amount

from xingate_server.core.names.legal_forms import names_without_form, without_legal_form
from xingate_server.core.names.normal_form import normalise


def without(name: str) -> str:
    return without_legal_form(normalise(name))


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("株式会社シレイ商事", "シレイ商事"),
        ("シレイ商事株式会社", "シレイ商事"),
        ("㈱シレイ商事", "シレイ商事"),
        ("シレイ商事（株）", "シレイ商事"),
        ("有限会社シレイ", "シレイ"),
        ("合同会社シレイ商事", "シレイ商事"),
        ("株式會社シレイ商事", "シレイ商事"),
        ("주식회사 예시상사", "예시상사"),
        ("예시상사 주식회사", "예시상사"),
        ("㈜예시상사", "예시상사"),
        ("예시상사(주)", "예시상사"),
        ("유한회사 예시상사", "예시상사"),
        ("示例商贸有限公司", "示例商贸"),
        ("示例商贸有限责任公司", "示例商贸"),
        ("示例商貿股份有限公司", "示例商贸"),
        ("示例商贸集团有限公司", "示例商贸"),
        ("示例商贸集团", "示例商贸"),
        ("示例商贸公司", "示例商贸"),
        ("示例商贸（有限合伙）", "示例商贸"),
        ("示例 Co., Ltd.", "示例"),
        ("ООО «Пример Торг»", "пример торг"),
        ('ООО "Пример Торг"', "пример торг"),
        ("Пример Торг, ООО", "пример торг"),
        ("ПАО Пример", "пример"),
        ("Общество с ограниченной ответственностью Пример", "пример"),
        ("ТОВ «Приклад»", "приклад"),
        ("ПрАТ Приклад", "приклад"),
        ("ТОО Мысал", "мысал"),
        ("Пример ЕООД", "пример"),
        ("OOO Primer", "primer"),
        ("Limited Liability Company Primer", "primer"),
        ("Primer d.o.o.", "primer"),
        ("شركة المثال للتجارة", "المثال للتجارة"),
        ("المثال للتجارة ش.م.م", "المثال للتجارة"),
        ("المثال للتجارة ذ م م", "المثال للتجارة"),
        ("شركة المثال للتجارة ذ.م.م.", "المثال للتجارة"),
        ("شرکت نمونه‌سازی", "نمونهسازی"),
        ("نمونه سازی (سهامی خاص)", "نمونه سازی"),
        ('דוגמה סחר בע"מ', "דוגמה סחר"),
        ("דוגמה סחר בע״מ", "דוגמה סחר"),
        ("דוגמה סחר שותפות מוגבלת", "דוגמה סחר"),
        ("บริษัท ตัวอย่าง จำกัด", normalise("ตัวอย่าง")),
        ("บริษัท ตัวอย่าง จำกัด (มหาชน)", normalise("ตัวอย่าง")),
        ("उदाहरण प्राइवेट लिमिटेड", "उदाहरण"),
        ("შპს მაგალითი", "მაგალითი"),
        ("Παράδειγμα Α.Ε.", "παράδειγμα"),
        ("Example Trading LLC", "example trading"),
        ("Example Trading L.L.C.", "example trading"),
        ("Example Trading Ltd", "example trading"),
        ("Example Trading Co., Ltd.", "example trading"),
        ("Example Trading Co Limited", "example trading"),
        ("Example Trading Inc.", "example trading"),
        ("Example Trading Corp", "example trading"),
        ("Example Trading Pte. Ltd.", "example trading"),
        ("Example Trading Pty Ltd", "example trading"),
        ("Example Trading (Pvt.) Ltd.", "example trading"),
        ("Example Trading W.L.L.", "example trading"),
        ("Example Trading FZE", "example trading"),
        ("Example Trading FZ-LLC", "example trading"),
        ("Example Trading FZCO", "example trading"),
        ("Example Trading PJSC", "example trading"),
        ("JSC Example", "example"),
        ("Exempel GmbH", "exempel"),
        ("Exempel GmbH & Co. KG", "exempel"),
        ("Exempel AG", "exempel"),
        ("Exempel Oy", "exempel"),
        ("Exempel AB", "exempel"),
        ("Eksempel A/S", "eksempel"),
        ("Eksempel ApS", "eksempel"),
        ("Eksempel AS", "eksempel"),
        ("Voorbeeld B.V.", "voorbeeld"),
        ("Voorbeeld NV", "voorbeeld"),
        ("Exemple SARL", "exemple"),
        ("Ejemplo S.A.", "ejemplo"),
        ("Ejemplo S A", "ejemplo"),
        ("Ejemplo A S.A.", "ejemplo a"),
        ("J Y E S. de R.L. de C.V.", "j y e"),
        ("Ejemplo, S.L.", "ejemplo"),
        ("Ejemplo S.A. de C.V.", "ejemplo"),
        ("Exemplo Ltda.", "exemplo"),
        ("Esempio S.r.l.", "esempio"),
        ("Esempio SpA", "esempio"),
        ("Przykład Sp. z o.o.", "przykład"),
        ("Příklad, s.r.o.", "příklad"),
        ("Příklad a.s.", "příklad"),
        ("Példa Kft.", "példa"),
        ("Példa Zrt", "példa"),
        ("Példa Bt.", "példa"),
        ("OÜ Näide", "näide"),
        ("Näide OÜ", "näide"),
        ('UAB "Pavyzdys"', "pavyzdys"),
        ("SIA Paraugs", "paraugs"),
        ("SC Exemplu SRL", "exemplu"),
        ("Örnek Ticaret A.Ş.", "örnek ticaret"),
        ("Contoh Sdn Bhd", "contoh"),
        ("PT Contoh Tbk", "contoh"),
        ("Công ty TNHH Ví Dụ", "ví dụ"),
    ],
)
def test_one_form_is_removed(name: str, left: str) -> None:
    assert without(name) == left


@pytest.mark.parametrize(
    "name",
    [
        "Example Trading",
        "AG",
        "AG KG",
        "Co., Ltd.",
        "A Ltd",
        "有限公司",
        "集团有限公司",
        "株式会社",
        "例有限公司",
        "示例有限公司十堰分公司",
        "示例商贸分公司",
        "示例总公司",
        "株洲示例",
        "Limited Example of Incorporated Names",
        "Agora Exempla",
        "!?",
        "",
    ],
)
def test_the_name_itself_where_there_is_no_form_or_nothing_else(name: str) -> None:
    assert without(name) == normalise(name)


def test_a_name_that_looks_as_if_it_began_with_a_form_is_found_under_both() -> None:
    assert without("AS Exempla") == "exempla"
    assert names_without_form("as exempla") == ("asexempla", "exempla")
    assert names_without_form(normalise("주영예시")) == ("주영예시", "영예시")
    assert "주영예시" in names_without_form(normalise("주영예시 주식회사"))


def test_of_two_forms_the_second_stays_until_the_next_time() -> None:
    once = without("UAB Pavyzdys Ltd")
    assert once == "uab pavyzdys"
    assert without_legal_form(once) == "pavyzdys"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Exempla-Torg L.L.C.", "exempla torg"),
        ("ООО “Пример-Торг”", "Пример Торг ЗАО"),
        ("㈱シレイ・商事", "シレイ商事"),
        ("PT Contoh", "PT Contoh Tbk"),
        ("شركة المثال", "المثال ذ.م.م"),
    ],
)
def test_equal_but_for_the_form(one: str, other: str) -> None:
    assert set(names_without_form(normalise(one))) & set(names_without_form(normalise(other)))


@given(st.text(st.sampled_from("示例有限公司集团株주ab.&/ '\"סןالش·-"), max_size=14) | st.text(max_size=30))
@settings(max_examples=amount(200, 60), deadline=None)
def test_what_is_left_is_a_part_of_the_name(text: str) -> None:
    name = normalise(text)
    left = without_legal_form(name)
    assert left in name
    if left != name:
        assert sum(map(str.isalnum, left)) > 1
        assert len(left) < len(name)
    assert "" not in names_without_form(name)
