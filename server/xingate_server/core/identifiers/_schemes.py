"""The schemes of identifiers, and the words by which lists and callers name them (DOMAIN "Identifiers")."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from xingate_server.core.entry import fold_word


class Scheme(StrEnum):
    """What kind of number it is; the first seven are the names on the wire."""

    USCC = "uscc"
    ORG_CODE = "org_code"
    REG_NO = "reg_no"
    CITIZEN_ID = "citizen_id"
    PASSPORT = "passport"
    LEI = "lei"
    FOREIGN_REG_NO = "foreign_reg_no"
    HK_MACAU_PERMIT = "hk_macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_RESIDENT_ID = "foreign_resident_id"
    RESIDENCE_PERMIT = "residence_permit"
    OTHER_DOCUMENT = "other_document"
    TAX_NO = "tax_no"
    INSTITUTION_NO = "institution_no"
    SOCIAL_ORG_NO = "social_org_no"


PERSONAL = frozenset(
    {
        Scheme.CITIZEN_ID,
        Scheme.PASSPORT,
        Scheme.HK_MACAU_PERMIT,
        Scheme.TAIWAN_PERMIT,
        Scheme.FOREIGN_RESIDENT_ID,
        Scheme.RESIDENCE_PERMIT,
        Scheme.OTHER_DOCUMENT,
    }
)


def _numbered(*documents: str) -> tuple[str, ...]:
    """Names of documents, each also with 号 and 号码 behind it."""
    return tuple(f"{document}{end}" for document in documents for end in ("", "号", "号码"))


SCHEME_WORDS: Mapping[str, Scheme] = MappingProxyType(
    {scheme.value: scheme for scheme in Scheme}
    | dict.fromkeys(("统一社会信用代码", "统一代码", "社会信用代码", "信用代码"), Scheme.USCC)
    | dict.fromkeys(("组织机构代码", "组织机构代码证", "机构代码"), Scheme.ORG_CODE)
    | dict.fromkeys(
        ("注册号", "工商注册号", "工商登记码", "工商登记号", "工商注册码", "营业执照注册号", "营业执照号"),
        Scheme.REG_NO,
    )
    | dict.fromkeys(("身份证", "身份证号", "身份证号码", "公民身份号码", "公民身份证号码"), Scheme.CITIZEN_ID)
    | dict.fromkeys(("居民身份证", "居民身份证号", "居民身份证号码", "中华人民共和国居民身份证"), Scheme.CITIZEN_ID)
    | dict.fromkeys(_numbered("临时身份证", "临时居民身份证", "居民户口簿", "户口簿", "户口本"), Scheme.CITIZEN_ID)
    | dict.fromkeys(("护照", "护照号", "护照号码", "外国护照", "中国护照"), Scheme.PASSPORT)
    | dict.fromkeys(("法人机构识别编码", "全球法人识别编码", "法律实体识别编码"), Scheme.LEI)
    | dict.fromkeys(("境外注册号", "国外注册号", "外国注册号", "境外登记号"), Scheme.FOREIGN_REG_NO)
    | dict.fromkeys(
        ("港澳居民来往内地通行证", "港澳居民往来内地通行证", "港澳通行证", "回乡证"), Scheme.HK_MACAU_PERMIT
    )
    | dict.fromkeys(("台湾居民来往大陆通行证", "台湾居民往来大陆通行证", "台胞证", "台湾通行证"), Scheme.TAIWAN_PERMIT)
    | dict.fromkeys(
        _numbered("外国人永久居留身份证", "外国人永久居留证", "永久居留身份证", "外国人居留证", "外国人居留许可"),
        Scheme.FOREIGN_RESIDENT_ID,
    )
    | dict.fromkeys(
        _numbered("港澳台居民居住证", "港澳居民居住证", "台湾居民居住证", "居住证"), Scheme.RESIDENCE_PERMIT
    )
    | dict.fromkeys(_numbered("军官证", "士兵证", "警官证", "武警警官证"), Scheme.OTHER_DOCUMENT)
    | dict.fromkeys(("税务登记号", "税务登记证号", "纳税人识别号", "税号"), Scheme.TAX_NO)
    | dict.fromkeys(("事业单位证书号", "事业单位法人证书号"), Scheme.INSTITUTION_NO)
    | dict.fromkeys(("社会组织登记证号", "社会组织登记号"), Scheme.SOCIAL_ORG_NO)
    | {"其他": Scheme.OTHER_DOCUMENT, "其它": Scheme.OTHER_DOCUMENT}
)


def scheme_of(word: str) -> Scheme | None:
    """The scheme of a word in code or in Chinese, None for a blank one. Raises ValueError for an unknown word."""
    scheme = SCHEME_WORDS.get(word)
    if scheme is not None:
        return scheme
    plain = fold_word(word).lower()
    if not plain:
        return None
    scheme = SCHEME_WORDS.get(plain)
    if scheme is None and plain.startswith(("其他", "其它")):
        return Scheme.OTHER_DOCUMENT
    if scheme is None:
        raise ValueError(
            f"unknown identifier scheme `{word}`: expected one of {', '.join(Scheme)}, or its Chinese name"
        )
    return scheme
