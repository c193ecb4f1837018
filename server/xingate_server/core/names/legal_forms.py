"""The legal form of an organisation at the front or the end of its name, in any script.

Scope: which part of a name says the legal form only, so that two names can be compared without it. Exclusions: what
kind of subject it is, and words that are not a legal form (group in Latin letters, trading, holding). Names come as
`names.normalise` gives them. A form inside a name is not a form (示例有限公司十堰分公司).

Sources: ISO 20275 (Entity Legal Forms) and its code list, maintained by GLEIF, for the abbreviations of each country;
Japan, Companies Act art. 6 (会社 in front or behind); Korea, Commercial Act art. 19; China, Provisions on the
Administration of Enterprise Name Registration, art. 6. Beside them the spellings of the lists themselves (`company
limited`, `joint stock company`, Russian forms in Latin letters and in front, dots and blanks left out).
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final, NamedTuple

from xingate_server.core.names.normal_form import normalise

_LEAST_LEFT: Final = 2  # letters or digits that have to be left of a name
_MOST_WORDS: Final = 8  # of one form

# Behind a name. Dots, slashes and accents do not count: `s.a.` is `sa`, `A/S` is `as`, `a.ş.` is `as`.
_BEHIND: Final = """
ltd, limited, co, company, co ltd, co limited, company ltd, company limited, co inc, co llc, company llc, company inc
corp, corporation, corp ltd, corporation ltd, corporation limited, inc, incorporated, plc, public limited company
llc, limited liability company, lc, pllc, llp, lp, lllp, limited partnership, limited liability partnership, ulc
limited company, professional corporation, limited liability limited partnership, ltd co, rllp, pllp, gp, coop, co op
cooperative, coop ltd, cooperative ltd, cooperative limited, co operative ltd, co operative limited, co operative
private limited, private ltd, pvt, pvt ltd, pvt limited, private limited company, co private ltd, co pvt ltd
company private limited, co private limited, smc pvt ltd, unlimited, cic, clg, dac, and co, and company, and co ltd
pty, pty ltd, pty limited, proprietary limited, co pty ltd, cc, npc, rf pty ltd, pte, pte ltd, pte limited, co pte ltd
sdn bhd, bhd, berhad, sendirian berhad, tbk, opc, pcl, public company limited, tnhh, mtv
jsc, ojsc, cjsc, pjsc, pjs, psc, pjsc co, joint stock company, open joint stock company, closed joint stock company
public joint stock company, private joint stock company, jsc co, saoc, saog, wll, co wll, company wll, bsc, bsc c, bscc
ksc, kscc, kscp, kscc p, qsc, qpsc, spc, fz, fze, fzc, fzco, fz llc, fz co, fzllc, llc fz, dmcc, dmcc llc, dwc llc, est
establishment, llc spc, sal, sal offshore, sal holding, sae, co sal, co sarl
gmbh, mbh, gesmbh, ges mbh, ggmbh, gmbh co kg, gmbh and co kg, gmbh und co kg, gmbh co ohg, gmbh co kgaa, ag, ag co kg
ag und co kg, kg, kgaa, co kg, und co kg, ohg, og, ug, ug haftungsbeschrankt, ek, eg, ev, se, se co kg, se co kgaa, gbr
partg, partg mbb, ewiv, gen mbh
aktiengesellschaft, gesellschaft mit beschrankter haftung, gesellschaft mbh, kommanditgesellschaft
bv, nv, vof, cv, bvba, cvba, besloten vennootschap, naamloze vennootschap, vzw, asbl, aisbl, sprl, scrl, comm v, commv
sa, sas, sasu, sarl, sarlu, suarl, sarl au, eurl, snc, scs, scsp, sca, sci, gie, scop, sicav, societe anonyme
societe a responsabilite limitee, societe par actions simplifiee, et cie, et cie sa, et cie sarl, cie, cie sa
ltee, limitee, geie, sencrl
spa, srl, srls, srl unipersonale, sapa, scarl, scpa, sagl, societa per azioni, societa a responsabilita limitata
sociedad anonima, sociedad limitada, sociedad de responsabilidad limitada, sl, slu, sau, sll, slne, sal, sc, scp, scl
sa de cv, sab de cv, sapi de cv, sofom, sa de cv sofom, s de rl, s de rl de cv, srl de cv, sc de rl, sc de rl de cv
s de rl mi, sa de c v, s en c, s en cs, s en nc, y cia, y cia ltda, y cia sa, y cia s en c, y cia s en cs, y cia sca
cia, cia ltda, compania limitada, e hijos ltda, ltda, limitada, spa, eirl, eu, sac, saa, saic, sacif, sacifia
saici, ca, compania anonima, s a s, bic, sas bic, ac, sociedad por acciones simplificada
lda, limitada, unipessoal lda, sgps, sgps sa, eireli, ltda me, ltda epp, sociedade anonima, e cia ltda
oy, oyj, ab, abp, ab publ, kb, hb, ky, as, asa, ans, ks, aps, ivs, ps, amba, ehf, hf, slf, enk, aktiebolag, aktieselskab
aksjeselskap, osakeyhtio, anpartsselskab, ou, uu, fie, sia, uab, mb, vsi, tuab, ek for, mtu
sp z oo, sp zoo, spzoo, spolka zoo, spolka z oo, spolka z ograniczona odpowiedzialnoscia, spolka akcyjna, ska, sp k
sp j, sp p, psa, sp z oo sp k, sp zoo sp k, sp z oo spolka komandytowa, sro, spol s ro, spol sro, vos
akciova spolecnost, spolecnost s rucenim omezenym, sp, kft, korlatolt felelossegu tarsasag, zrt, nyrt, rt, bt, kkt
doo, d oo, dd, ad, jdoo, dooel, dno, kd, drustvo s ogranicenom odgovornoscu, eood, ood, ead, et, ada
shpk, sha, ae, epe, ike, oe, ee, αε, επε, ικε, οε, εε, αβεε
ltd sti, limited sirketi, anonim sirketi, sti, kollektif sirketi, mmc, asc, qsc, mchj, aj
ooo, oao, zao, pao, ao, nao, nko, tov, too, prat, pat, vat, zat, tdv, odo, chup, up, lls
ооо, оао, зао, пао, ао, нао, тоо, тов, пат, ват, зат, прат, ат, тдв, одо, чп, чуп, уп, руп, гп, фгуп, муп, нко, нпо
жшс, жшк, ак, аак, осоо, мчж, аж, хк, ххк, таа, аат, еоод, оод, еад, ад, ет, доо, дооел
общество с ограниченной ответственностью, акционерное общество, публичное акционерное общество
открытое акционерное общество, закрытое акционерное общество, товариство з обмеженою відповідальністю
товарищество с ограниченной ответственностью, публічне акціонерне товариство, приватне акціонерне товариство
акціонерне товариство, непубличное акционерное общество
შპს, სს, ააიპ, սպը, փբը, բբը, հծկ
ذمم, شمم, شذمم, شمل, شمك, شمكم, شمكع, شمب, شمع, شمخ, شمق, شوم, ششو, ممح, مشم, محدودة, المحدودة, ليمتد
شركة مساهمة, شركة ذات مسؤولية محدودة, ذات مسؤولية محدودة, ذات المسؤولية المحدودة, مساهمة, المساهمة
مساهمة عامة, مساهمة مقفلة, مساهمة خاصة, سهامی خاص, سهامی عام, با مسئولیت محدود, لمیٹڈ, پرائیویٹ لمیٹڈ
בעמ, חברה בעמ, שותפות, שותפות מוגבלת, שותפות רשומה, עמותה
kabushiki kaisha, kabushiki gaisha, kabushikikaisha, kabushikigaisha, kk, yk, gk, yugen kaisha, yugen gaisha
godo kaisha, jusik hoesa, jusikhoesa, chusik hoesa, yuhan hoesa
youxian gongsi, youxiangongsi, gufen youxian gongsi, youxian zeren gongsi, jituan youxian gongsi, jituan
"""
# In front of a name, where registers of the country put it or lists do.
_BEFORE: Final = """
ooo, oao, zao, pao, ao, nao, tov, too, pat, prat, zat, vat, odo, jsc, ojsc, cjsc, pjsc, pjs, llc, joint stock company
open joint stock company, closed joint stock company, public joint stock company, private joint stock company
limited liability company, obshchestvo s ogranichennoy otvetstvennostyu
ооо, оао, зао, пао, ао, нао, тоо, тов, пат, ват, зат, прат, ат, тдв, одо, чп, чуп, уп, руп, гп, фгуп, муп, нко
жшс, ак, осоо, мчж, таа, аат, еоод, оод, еад, ет
общество с ограниченной ответственностью, акционерное общество, публичное акционерное общество
открытое акционерное общество, закрытое акционерное общество, товариство з обмеженою відповідальністю
товарищество с ограниченной ответственностью, публічне акціонерне товариство, приватне акціонерне товариство
акціонерне товариство, непубличное акционерное общество
uab, ab, mb, vsi, sia, as, ou, pt, cv, ud, sc, sarl, eurl, sasu, sas, sci, snc, spa, gie, societe anonyme, asbl, vzw
sociedad anonima, sociedad limitada, gmbh
cong ty tnhh, cong ty tnhh mtv, cong ty tnhh mot thanh vien, cong ty co phan, cong ty cp, cong ty, cong ty hop danh
cong ty trach nhiem huu han, cong ty trach nhiem huu han mot thanh vien, doanh nghiep tu nhan
შპს, სს, ააიპ, սպը, փբը, բբը, شركة, الشركة, شرکت, مؤسسة, شركت, חברת, עמותת
kabushiki kaisha, kabushiki gaisha, jusik hoesa, jusikhoesa, chusik hoesa, sherkat, sherkate, sherkat e
"""
# A form of two parts, one in front and one behind, counts as one: شركة … ذ.م.م, PT … Tbk, SC … SRL.
_AROUND: Final = "شركة, الشركة, شرکت, شركت, חברת, pt, sc, sherkat, sherkate, sherkat e"

# Written without blanks, in front or behind.
_UNSPACED: Final = """
株式会社 有限会社 合同会社 合資会社 合名会社 相互会社 特例有限会社 一般社団法人 一般財団法人 公益社団法人 公益財団法人
特定非営利活動法人 医療法人 医療法人社団 社会福祉法人 学校法人 農事組合法人 協同組合 独立行政法人
주식회사 유한회사 유한책임회사 합자회사 합명회사 사단법인 재단법인
股份有限公司 有限责任公司 有限公司
"""
_UNSPACED_BEHIND: Final = """
集团 集团公司 集团有限公司 集团有限责任公司 集团股份有限公司 股份公司 无限公司 两合公司 有限合伙 普通合伙 特殊普通合伙
合伙企业 合伙企业有限合伙 合伙企业普通合伙 有限责任公司自然人独资 จำกัด จำกัดมหาชน
"""
_COMPANY: Final = "公司"  # but 分公司, 支公司, 子公司, 总公司 and 母公司 are words of their own
_COMPANY_NEEDS: Final = "分支子总母"
# What is left of ㈱, （株）, ㈜, （주） and (유) when the brackets are removed.
_BRACKETED: Final = "株주유"
_ZHUZHOU: Final = "株洲"
_SCRIPTS_WITH_MARKS: Final = {  # their vowel signs are not letters to a regular expression
    "บริษัท": "จำกัด มหาชน, จำกัด (มหาชน), จำกัด",
    "ห้างหุ้นส่วน": "จำกัด",
    "": "प्राइवेट लिमिटेड, प्रा लि, लिमिटेड, লিমিটেড, প্রাইভেট লিমিটেড, லிமிடெட், பிரைவேட் லிமிடெட், लि",
}

_CJK: Final = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS: Final = r"\u0300-\u036f\u064b-\u065f"
_TOKEN = re.compile(rf"[^\W_{_CJK}](?:[^\W_{_CJK}]|[{_MARKS}]|(?<=[א-ת])[\"'״׳](?=[א-ת]))*")
_DOTS = re.compile(r"\s?[./]\s?|\s")
_IGNORED = re.compile(r"[\s!-/:-@\[-`{-~¡-¿‐-⁯、。〃〈-〟·]+")
_TRIMMED: Final = " \t,.;:\"'“”„‟‘’`´-‐‑–—·&/|_*+"
_UNFINISHED: Final = ("有限", "责任")  # 有限公司 without 公司
_PART_OF_FORM = re.compile("(?:有限|责任|股份|集团|公司|会社)+|株式(?:会社)?|주식(?:회사)?|유한(?:회사)?")
_LETTERS = str.maketrans("łøđıßکیىةأإآٱ", "lodisكييهاااا")


class _Forms(NamedTuple):
    behind: frozenset[tuple[str, ...]]
    before: frozenset[tuple[str, ...]]
    around: frozenset[tuple[str, ...]]
    last: frozenset[str]
    first: frozenset[str]
    unspaced: tuple[str, ...]
    unspaced_behind: tuple[str, ...]
    marked: tuple[tuple[str, str], ...]


class _Word(NamedTuple):
    text: str
    start: int
    end: int


class _Cut(NamedTuple):
    """What may be cut off: letters of the form, and what is left."""

    size: int
    is_behind: bool
    left: str


@lru_cache(maxsize=8192)
def without_legal_form(normalised: str) -> str:
    """A normalised name without one legal form, at its front or end, and without the punctuation beside it.

    The longest form that fits is removed; one of several words (`co ltd`, `gmbh & co. kg`) or with a part on either
    side (`pt … tbk`) is one. The name itself if there is none, or where less than two letters or another legal form
    alone would be left (`ag`, `co ltd`). Of a name with two forms the second stays: calling it again removes that
    one too. `as roma` loses `as`, which may be a form: compare by `names_without_form`, which keeps both.
    """
    cuts = _of_words(normalised) + _of_signs(normalised)
    if not cuts:
        return normalised
    cuts.sort(key=lambda cut: (cut.size, cut.is_behind), reverse=True)
    for cut in cuts:
        left = cut.left.strip(_TRIMMED)
        if _is_name(left):
            return left
    return normalised


@lru_cache(maxsize=2048)
def names_without_form(normalised: str) -> tuple[str, ...]:
    """Under what an organisation's name is indexed and compared so that the legal form does not count.

    The name itself and the name without its form, each once, without punctuation and blanks; never empty ones. Two
    names are equal but for the legal form if they have one of these in common, so that neither a name that looks as
    if it began or ended with a form (`as roma`, 주영산업) nor one that lost it is missed.
    """
    both = (_IGNORED.sub("", normalised), _IGNORED.sub("", without_legal_form(normalised)))
    return tuple(name for name in dict.fromkeys(both) if name)


# -- forms of words


def _of_words(name: str) -> list[_Cut]:
    forms, words = _forms(), _words(name)
    if not words:
        return []
    is_last = words[-1].end >= len(name.rstrip(_TRIMMED))
    behind = _lengths(words[::-1], forms.behind, forms.last) if is_last else []
    is_first = words[0].start <= len(name) - len(name.lstrip(_TRIMMED))
    before = _lengths(words, forms.before, forms.first) if is_first else []
    cuts = [_Cut(_size(words[-many:]), True, name[: words[-many].start]) for many in behind]
    for many in before:
        size, end = _size(words[:many]), words[many - 1].end
        cuts.append(_Cut(size, False, name[end:]))
        if tuple(word.text for word in words[:many]) in forms.around:
            cuts += [
                _Cut(size + _size(words[-more:]), True, name[end : words[-more].start])
                for more in behind
                if many + more < len(words)
            ]
    return cuts


def _lengths(words: list[_Word], forms: frozenset[tuple[str, ...]], ends: frozenset[str]) -> list[int]:
    """How many of the words, from the first of these on, are a form; they stand backwards where it is behind."""
    if words[0].text not in ends:
        return []
    texts = tuple(word.text for word in words[:_MOST_WORDS])
    is_backwards = words[0].start > words[-1].start
    found = []
    for many in range(1, len(texts) + 1):
        form = texts[:many][::-1] if is_backwards else texts[:many]
        if form in forms:
            found.append(many)
    return found


def _words(name: str) -> list[_Word]:
    """The words of a name; letters parted by dots, slashes or blanks are one (`l.l.c.`, `s a`, `a/s`)."""
    words: list[_Word] = []
    is_initials = False
    for found in _TOKEN.finditer(name):
        text, start, end = found[0], found.start(), found.end()
        if len(text) == 1:
            # Of `a s.a.` the first letter is a word of its own.
            is_joined = is_initials and (
                name[start - 1] != " " or name[start - 2] in "./" or name[end : end + 1] not in (".", "/")
            )
            if is_joined and _DOTS.fullmatch(name, words[-1].end, start):
                words[-1] = _Word(words[-1].text + _folded(text), words[-1].start, end)
                continue
            is_initials = True
        else:
            is_initials = False
        words.append(_Word(_folded(text), start, end))
    return words


@lru_cache(maxsize=8192)
def _folded(word: str) -> str:
    """A word without accents, with one letter for those that lists write in several ways."""
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFD", word.translate(_LETTERS))
    return "".join(c for c in plain if c.isalnum())


def _size(words: list[_Word]) -> int:
    return sum(len(word.text) for word in words)


# -- forms of signs, which need no blanks


def _of_signs(name: str) -> list[_Cut]:
    if name.isascii():
        return []
    forms = _forms()
    cuts: list[_Cut] = []
    if name.endswith(forms.unspaced_behind):
        cuts += [_Cut(len(form), True, name[: -len(form)]) for form in forms.unspaced_behind if name.endswith(form)]
    if name.startswith(forms.unspaced):
        cuts += [_Cut(len(form), False, name[len(form) :]) for form in forms.unspaced if name.startswith(form)]
    if name.endswith(_COMPANY) and name[-3:-2] not in _COMPANY_NEEDS:
        cuts.append(_Cut(len(_COMPANY), True, name[: -len(_COMPANY)]))
    if name[0] in _BRACKETED and not name.startswith((_ZHUZHOU, *forms.unspaced)):
        cuts.append(_Cut(1, False, name[1:]))
    if name[-1] in _BRACKETED:
        cuts.append(_Cut(1, True, name[:-1]))
    for front, back in forms.marked:
        if name.endswith(back) and name.startswith(front):
            cuts.append(_Cut(len(front + back), True, name[len(front) : -len(back)]))
    return cuts


# -- the table


def _is_name(left: str) -> bool:
    """Whether what is left can be a name: two letters or more, and not a legal form itself."""
    if sum(map(str.isalnum, left)) < _LEAST_LEFT or left.endswith(_UNFINISHED):
        return False
    texts = tuple(word.text for word in _words(left))
    forms = _forms()
    return texts not in forms.behind and texts not in forms.before and not _PART_OF_FORM.fullmatch(left)


@cache
def _forms() -> _Forms:
    behind, before, around = _table(_BEHIND), _table(_BEFORE), _table(_AROUND)
    unspaced = sorted({normalise(form) for form in _UNSPACED.split()})
    marked = [
        (normalise(front), f" {normalise(form)}".strip() if front else f" {normalise(form)}")
        for front, text in _SCRIPTS_WITH_MARKS.items()
        for form in text.split(",")
    ]
    return _Forms(
        behind=behind,
        before=before,
        around=around,
        last=frozenset(form[-1] for form in behind),
        first=frozenset(form[0] for form in before),
        unspaced=tuple(unspaced),
        unspaced_behind=tuple(sorted({*unspaced, *(normalise(form) for form in _UNSPACED_BEHIND.split())})),
        marked=tuple(sorted(set(marked))),
    )


def _table(text: str) -> frozenset[tuple[str, ...]]:
    forms = [form for line in text.strip().splitlines() for form in line.split(",")]
    return frozenset(tuple(word.text for word in _words(normalise(form))) for form in forms)
