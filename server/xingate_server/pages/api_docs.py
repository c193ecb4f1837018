"""A page for people, made from the OpenAPI document: no script, nothing loaded from elsewhere, in two languages."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any, Literal

from xingate.types import Effect, Force, SubjectKind, Verdict

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "lang": "en",
        "other": '<a href="/docs?lang=zh">中文</a>',
        "raw": "machine-readable: ",
        "paths": "Paths",
        "shapes": "Shapes",
        "request": "Body",
        "query": "Parameters",
        "response": "Answer",
        "name": "field",
        "type": "type",
        "about": "meaning",
        "example": "Example",
        "problems": "Every error is a problem document (RFC 9457); <code>reason</code> is for programs.",
        "list": "list of",
        "map": "map of",
        "one": "one of",
    },
    "zh": {
        "lang": "zh-CN",
        "other": '<a href="/docs?lang=en">English</a>',
        "raw": "机器可读：",
        "paths": "接口",
        "shapes": "数据结构",
        "request": "请求体",
        "query": "参数",
        "response": "答复",
        "name": "字段",
        "type": "类型",
        "about": "含义",
        "example": "示例",
        "problems": "所有错误均为问题文档（RFC 9457），程序请以 <code>reason</code> 为准。",
        "list": "列表：",
        "map": "键值：",
        "one": "取值：",
    },
}
_STYLE = """
body{font:16px/1.6 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:60rem;margin:2rem auto;
padding:0 1rem;color:#1d2530;background:#fff}
h1{margin-bottom:0}h2{margin-top:3rem;border-bottom:2px solid #d6dbe1}h3{margin:2rem 0 .25rem}
code,pre{font:14px/1.5 ui-monospace,Consolas,monospace;background:#f2f4f7;border-radius:4px}
code{padding:.1em .3em;overflow-wrap:anywhere}pre{padding:1rem;overflow:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{text-align:left;padding:.3rem .6rem;
border-bottom:1px solid #d6dbe1;vertical-align:top}.verb{display:inline-block;min-width:3.2em;color:#fff;
background:#1f5f99;border-radius:4px;padding:0 .4em;text-align:center;font-size:.85em}
a{color:#1f5f99}nav a{margin-right:1rem}
@media(prefers-color-scheme:dark){body{color:#e3e8ee;background:#14181d}code,pre{background:#222932}
a{color:#7db7ec}th,td,h2{border-color:#39424d}}
"""


_TITLES_ZH = {
    **{verdict.wire_name: verdict.title_zh for verdict in Verdict},
    **{kind.wire_name: kind.title_zh for kind in SubjectKind},
    **{f"EFFECT_{effect.name}": effect.title_zh for effect in Effect},
    **{f"FORCE_{force.name}": force.title_zh for force in Force},
}


def page(api: Mapping[str, Any], language: Language) -> str:
    """An OpenAPI 3.1 document as a page in one language."""
    words = _WORDS[language]
    info = api["info"]
    summary = info["x-summary-zh"] if language == "zh" else info["summary"]
    operations = [(verb, path, o) for path, item in api["paths"].items() for verb, o in item.items()]
    parts = [
        f'<!doctype html><html lang="{words["lang"]}"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>xingate {escape(info['version'])}</title><style>{_STYLE}</style>",
        f"<h1>xingate {escape(info['version'])}</h1><p>{escape(summary)}</p>",
        f'<nav>{words["other"]}<span>{words["raw"]}<a href="/openapi.json">openapi.json</a></span></nav>',
        f"<p>{words['problems']}</p><h2>{words['paths']}</h2>",
        *(_operation(words, language, verb, path, operation) for verb, path, operation in operations),
        f"<h2>{words['shapes']}</h2>",
        *(_shape(words, language, name, schema) for name, schema in api["components"]["schemas"].items()),
        "</html>",
    ]
    return "".join(parts)


def _operation(words: dict[str, str], language: Language, verb: str, path: str, operation: dict[str, Any]) -> str:
    summary = operation["x-summary-zh"] if language == "zh" else operation["summary"]
    anchor = escape(operation["operationId"])
    out = f'<h3 id="op-{anchor}"><span class="verb">{verb.upper()}</span> <code>{escape(path)}</code></h3>'
    out += f"<p>{escape(summary)}</p>"
    if parameters := operation.get("parameters"):
        rows = {p["name"]: p["schema"] for p in parameters}
        out += f"<p>{words['query']}</p>" + _table(words, language, rows)
    if body := operation.get("requestBody"):
        schema = body["content"]["application/json"]["schema"]
        out += f"<p>{words['request']}: {_type(words, schema)}</p>"
        out += f"<p>{words['example']}</p><pre>{escape(_example(operation['operationId']))}</pre>"
    for media, content in operation["responses"]["200"]["content"].items():
        shown = _type(words, content["schema"]) if "$ref" in content["schema"] else f"<code>{escape(media)}</code>"
        out += f"<p>{words['response']}: {shown}</p>"
    return out


def _shape(words: dict[str, str], language: Language, name: str, schema: dict[str, Any]) -> str:
    out = f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>'
    if "enum" in schema:
        return out + "<p>" + ", ".join(_value(language, str(value)) for value in schema["enum"]) + "</p>"
    return out + _table(words, language, schema.get("properties", {}))


def _value(language: Language, value: str) -> str:
    """A value of an enumeration, in Chinese with its word for people."""
    title = _TITLES_ZH.get(value, "") if language == "zh" else ""
    return f"<code>{escape(value)}</code> {title}".rstrip()


def _table(words: dict[str, str], language: Language, properties: dict[str, Any]) -> str:
    key = "x-description-zh" if language == "zh" else "description"
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{_type(words, schema)}<td>{escape(schema.get(key, ''))}"
        for name, schema in properties.items()
    )
    return f"<table><tr><th>{words['name']}<th>{words['type']}<th>{words['about']}{rows}</table>"


def _type(words: dict[str, str], schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#{name}">{name}</a>'
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return _type(words, schema[choice][0])
    if schema.get("type") == "array":
        return f"{words['list']} {_type(words, schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"{words['map']} {_type(words, schema['additionalProperties'])}"
    if "enum" in schema:
        return words["one"] + " " + ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    return escape(str(schema.get("type", "")))


_EVALUATION = {
    "subject": {"type": "legal_entity", "id": "91420399MA0000007C"},
    "action": {"name": "permit.grant"},
    "resource": {"type": "case", "id": "SP-2024-001"},
    "context": {"system": "approval", "organisation": "示例审批局"},
}
_EVALUATIONS = {
    **_EVALUATION,
    "evaluations": [{"action": {"name": "permit.grant"}}, {"action": {"name": "market.entry"}}],
    "options": {"evaluations_semantic": "deny_on_first_deny"},
}


def _example(operation_id: str) -> str:
    others = {"Evaluation": _EVALUATION, "Evaluations": _EVALUATIONS}
    if operation_id in others:
        return json.dumps(others[operation_id], ensure_ascii=False, indent=2)
    question = {
        "subject": {
            "kind": "SUBJECT_KIND_LEGAL_ENTITY",
            "identifiers": [{"scheme": "uscc", "value": "91420399MA0000007C"}],
        },
        "action": "permit.grant",
        "matter": "SP-2024-001",
        "caller": {"system": "approval", "organisation": "示例审批局", "operator": "op-1"},
    }
    return json.dumps(
        {"requests": [question]} if operation_id == "BatchCheck" else question, ensure_ascii=False, indent=2
    )
