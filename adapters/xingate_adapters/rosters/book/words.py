"""What the workbook says in Chinese and English, beside what the gateway says itself."""

from collections.abc import Mapping
from typing import Final

from xingate.types import Verdict

Words = tuple[str, str]

FOOTER: Final[Words] = ("页脚，未查询", "footer, not asked about")
NOT_ASKED: Final = (
    "栏中有号码，但未查询：请用 --map 栏名=字段 指明，或用 --map 栏名=- 表示不用",
    "the column holds codes that were not asked about: say what it is with --map COLUMN=FIELD, or --map COLUMN=-",
)
NOT_ANSWERED: Final[Words] = ("未能查询", "not answered")
VERDICTS: Final[Mapping[Verdict | None, Words]] = {
    **{verdict: (verdict.title_zh, verdict.name) for verdict in Verdict},
    None: NOT_ANSWERED,
}
ORDER: Final = (
    *(Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.CANNOT_TELL, Verdict.CAUTION, Verdict.FAVOURED, Verdict.CLEAR),
    None,
)
COLOURS: Final[Mapping[Verdict | None, Words]] = {
    Verdict.PROHIBITED: ("#C00000", "#FFFFFF"),
    Verdict.RESTRICTED: ("#F4B084", "#000000"),
    Verdict.CANNOT_TELL: ("#D9C3EC", "#000000"),
    Verdict.CAUTION: ("#FFE699", "#000000"),
    Verdict.FAVOURED: ("#A9D08E", "#000000"),
    Verdict.CLEAR: ("#E2EFDA", "#000000"),
    None: ("#BFBFBF", "#000000"),
}
"""Background and text."""
ERRORS: Final[Mapping[str, str]] = {
    "identifier_malformed": "号码格式不对：请按证照原件填写完整号码",
    "date_malformed": "日期格式不对：请写成 2026-03-02 的样子",
    "context_value_unknown": "事项属性的值不认识：请改为目录中的值",
    "subject_kind_unknown": "主体类别不认识：请写法人和其他组织、个体工商户或自然人",
    "purpose_missing": "查询自然人须写明单位、人员和事项编号：请补充",
    "request_id_reused": "同一编号已用于另一问题：请用新的输出文件重新查询",
    "text_malformed": "文字含有不能接受的字符或过长：请更正",
    "question_unencodable": "文字含有不能发送的字符：请更正",
}
COLUMNS: Final = {
    "row": "行 row",
    "role": "对象 asked about",
    "name": "名称 name",
    "number": "号码 number",
    "row_verdict": "本行结论 verdict of the row",
    "verdict": "结论 verdict",
    "measures": "措施 measures",
    "basis": "依据 legal basis",
    "entries": "认定 entries",
    "remedies": "救济 remedies",
    "gaps": "缺口（如何补足）gaps (what closes them)",
    "notes": "备注 notes",
    "error": "错误 error",
    "record": "留痕编号 record",
}
SUBJECT: Final = "申请主体 subject"
ROLES: Final[Mapping[str, str]] = {
    "consortium_member": "联合体成员 consortium_member",
    "representative": "授权代表 representative",
}
"""Roles of people and members that no list names, beside those of `xingate.types.Via`."""
