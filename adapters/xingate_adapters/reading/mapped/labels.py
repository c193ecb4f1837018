"""The city list's columns in code and in Chinese: the labels that every other layout may use as well."""

LABELS: dict[str, tuple[str, ...]] = {
    "list_type": ("list_type", "名单类型", "名单类别", "红黑名单类型"),
    "subject_kind": ("subject_kind", "主体类别", "主体类型", "主体性质"),
    "name": ("name", "主体名称", "信用主体名称", "失信主体名称", "主体名称/姓名", "姓名/名称"),
    "code": ("code", "主体代码", "信用主体代码", "失信主体代码", "主体证件号码"),
    "id_scheme": ("id_scheme", "证件类型", "证件种类", "主体证件类型"),
    "legal_representative": (
        "legal_representative",
        "法定代表人",
        "法定代表人姓名",
        "法定代表人/负责人",
        "法定代表人/负责人姓名",
        "法人代表",
    ),
    "legal_representative_id": (
        *(
            "legal_representative_id",
            "法定代表人证件号码",
            "法定代表人证件号",
            "法定代表人身份证号",
            "法定代表人身份证号码",
        ),
        *("法定代表人公民身份号码", "法定代表人号码", "法定代表人/负责人身份证号", "法定代表人/负责人证件号码"),
    ),
    "related": ("related", "关联人员", "关联人", "相关人员"),
    "severity": ("severity", "失信程度"),
    "grade": ("grade", "等级"),
    "facts": ("facts", "认定事由", "认定事实"),
    "authority": ("authority", "认定部门", "认定单位", "认定机关"),
    "basis": ("basis", "认定依据"),
    "document_no": ("document_no", "文书号", "认定文书号", "认定文号", "认定文书文号"),
    "document_date": ("document_date", "认定日期", "认定时间"),
    "notice_start": ("notice_start", "公示开始", "公示开始日期", "公示起始日期", "公示开始时间"),
    "notice_end": ("notice_end", "公示结束", "公示结束日期", "公示截止日期", "公示结束时间"),
    "signed_by": ("signed_by", "签署人", "签发人"),
    "valid_from": ("valid_from", "有效期自", "有效期起", "有效期开始"),
    "valid_until": ("valid_until", "有效期至", "有效期止", "有效期截止"),
    "status": ("status", "状态"),
    "status_date": ("status_date", "状态日期"),
    "status_reason": ("status_reason", "状态原因"),
    "region": ("region", "区域"),
    "field": ("field", "领域"),
    "repairable": ("repairable", "可修复"),
}
DATES = ("document_date", "notice_start", "notice_end", "valid_from", "valid_until", "status_date", "established")
RECOGNITION = (
    *("list_type", "subject_kind", "legal_representative", "legal_representative_id", "related", "severity"),
    *("authority", "basis", "document_no", "document_date", "notice_start", "notice_end", "signed_by"),
    *("valid_from", "valid_until", "status", "status_date", "status_reason", "region", "field", "repairable"),
)
"""What the recognising authority adds to a list that comes from elsewhere (Cl. 7, 8)."""
