"""The printable receipt for a matter's paper file: one A4 page, in Chinese and English, nothing loaded from elsewhere.

Shows who asked what, when, on which snapshot, and the answer, with the record id as text and as a QR code (ISO/IEC
18004). Only what a verified receipt proves is shown as such; titles of actions and measures are not in a leaf: they
are the catalogue's, and stand there only where it is the one that answered. The page itself proves nothing; the
receipt's JSON file does, and the page says how. Source: DESIGN section 7.
"""

import asyncio
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape

import segno

from xingate.errors import ReceiptError
from xingate.merkle import leaf_hash
from xingate.receipt import Fact, Proven, Receipt, verify_receipt
from xingate.types import Effect, Force, Gap, Verdict
from xingate.v1 import trace_pb2 as tr
from xingate_server.core.catalogue import Measure
from xingate_server.core.timestamps import SHANGHAI
from xingate_server.gateway.errors import GatewayError, UnavailableError
from xingate_server.gateway.gateway import Gateway

Titles = Mapping[str, tuple[str, str]]
"""Chinese and English titles by the id of an action or a measure."""

Row = tuple[str, str, str]
"""A label in Chinese, in English, and the value as HTML."""

_MOST_LISTED = 8  # more measures or gaps than these would not fit the page
_ONE_COLUMN = 5
_MOST_CHARACTERS = 300  # of one value
_MOST_OF_CALLER, _MOST_OF_MATTER = 30, 60
_TONES = {
    Verdict.CLEAR: "good",
    Verdict.FAVOURED: "good",
    Verdict.CAUTION: "mind",
    Verdict.CANNOT_TELL: "mind",
    Verdict.RESTRICTED: "bad",
    Verdict.PROHIBITED: "bad",
}
_HEADS = {
    "check": ("信用联合奖惩查询回执", "Receipt of a lookup of incentives and restrictions"),
    "outcome": ("措施执行反馈回执", "Receipt of a reported outcome"),
    "denial": ("拒绝记录回执", "Receipt of a refusal"),
    "act": ("运维操作回执", "Receipt of an operator's act"),
}
_STYLE = """
@page{size:A4;margin:12mm 16mm}
*{box-sizing:border-box}
body{font:9.5pt/1.3 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",system-ui,sans-serif;
color:#111;background:#fff;margin:0 auto;-webkit-print-color-adjust:exact;print-color-adjust:exact}
header{display:flex;justify-content:space-between;align-items:flex-start;gap:6mm;border-bottom:1.2pt solid #111;
padding-bottom:3mm}
h1{font-size:18pt;line-height:1.2;margin:0 0 2mm;letter-spacing:.04em}
h1 small{display:block;font-size:10.5pt;font-weight:400;letter-spacing:0;color:#444;margin-top:1mm}
.id{font:10.5pt/1.3 "DejaVu Sans Mono","Noto Sans Mono",ui-monospace,monospace;word-break:break-all}
.qr svg{width:24mm;height:24mm;display:block}
.verdict{display:flex;align-items:baseline;gap:4mm;margin:3mm 0 1.5mm;padding:1.2mm 4mm;border:1pt solid;
border-left-width:5pt}
.verdict b{font-size:17pt}
.bad{border-color:#a11}.bad b{color:#a11}.mind{border-color:#960}.mind b{color:#850}.good{border-color:#175}
.good b{color:#175}
table{width:100%;border-collapse:collapse}
th,td{text-align:left;vertical-align:baseline;padding:.8mm 0;border-bottom:.4pt solid #bbb;overflow-wrap:anywhere}
th{width:44mm;font-weight:400;padding-right:4mm}
th small{color:#666;font-size:8.5pt;white-space:nowrap}
ul{margin:0;padding:0;list-style:none}
.two{columns:2;column-gap:5mm}.two li{break-inside:avoid}
code,pre{font:8pt/1.4 "DejaVu Sans Mono","Noto Sans Mono",ui-monospace,monospace;word-break:break-all;
white-space:pre-wrap;margin:0}
h2{font-size:10.5pt;margin:2.5mm 0 .5mm}
footer{margin-top:2mm;font-size:8.5pt;line-height:1.3;color:#333}
footer p{margin:.8mm 0}
@media screen{html{background:#e9e9e9}body{padding:14mm 16mm;max-width:210mm;margin:8mm auto;
box-shadow:0 1px 8px #0003}}
@media print{tr,.verdict,footer{break-inside:avoid}}
"""


async def page_of(gateway: Gateway, message: tr.Receipt) -> str:
    """The page of a receipt of this gateway's own. Raises UnavailableError if it does not hold."""
    receipt = Receipt.from_message(message)
    key = (await gateway.records.checkpoint()).verifier_key
    try:
        proven = verify_receipt(receipt, key)
    except ReceiptError as error:
        raise UnavailableError("receipt_unproven", f"the receipt does not hold: {error.message}") from error
    titles = await asyncio.to_thread(_titles, gateway, proven)  # its snapshot may have to be opened
    return page(proven, receipt.checkpoint, titles)


def page(proven: Proven, note: str, titles: Titles | None = None) -> str:
    """The page of a verified receipt; `note` is its signed checkpoint."""
    rows = _check_rows(proven, titles or {}) if proven.kind == "check" else _rows(proven.facts)
    parts = [
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
        f"<title>{_shown(proven.record_id)}</title>",
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>',
        _header(proven),
        _verdict(proven) if proven.kind == "check" else "",
        _table(rows),
        *_proof(proven, note),
        "</body></html>",
    ]
    return "\n".join(parts)


def _titles(gateway: Gateway, proven: Proven) -> Titles:
    """Those of the catalogue that answered, if its snapshot is still kept."""
    if proven.kind != "check":
        return {}
    try:
        view = gateway.snapshots.snapshot(int(proven.value("sequence")))
    except GatewayError:
        return {}
    if view.info.catalogue_hash != proven.value("catalogueHash"):
        return {}
    catalogue = view.catalogue
    actions = {action.id: (action.title.zh, action.title.en) for action in catalogue.actions}
    return actions | {measure.id: _with_manner(measure) for measure in catalogue.measures}


def _with_manner(measure: Measure) -> tuple[str, str]:
    """The titles of a measure with its effect and force."""
    effect, force = Effect[measure.effect.name], Force[measure.force.name]
    return (
        f"{measure.title.zh}（{effect.title_zh}、{force.title_zh}）",
        f"{measure.title.en} ({effect.title_en}, {force.title_en})",
    )


def _header(proven: Proven) -> str:
    zh, en = _HEADS[proven.kind]
    return (
        f"<header><div><h1>{zh}<small>{en}</small></h1>"
        f'<div>记录编号 Record</div><div class="id">{_shown(proven.record_id)}</div></div>'
        f'<div class="qr" role="img" aria-label="{_shown(proven.record_id)}">{_qr(proven.record_id)}</div></header>'
    )


def _qr(text: str) -> str:
    """The QR code as inline SVG; level M survives a stamp over a seventh of it."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=1, omitsize=True)
    return out.getvalue().decode()


def _verdict(proven: Proven) -> str:
    verdict = Verdict[proven.value("verdict")]
    words = f"<b>{verdict.title_zh}</b><span>{verdict.title_en.upper()}</span>"
    return f'<div class="verdict {_TONES[verdict]}"><span>结论 Verdict</span>{words}</div>'


def _check_rows(proven: Proven, titles: Titles) -> Iterator[Row]:
    value = proven.value
    caller = [_shown(value(name), _MOST_OF_CALLER) for name in ("organisation", "system", "operator") if value(name)]
    yield "查询方", "Asked by", " · ".join(caller) or "未注明 not stated"
    yield "查询时间", "Asked at", _time(proven.time)
    subject = [_shown(value("subjectCode"))] if value("subjectCode") else ["号码不留存 number not kept"]
    kind = next(fact.words for fact in proven.facts if fact.name == "subjectKind")
    subject.append(f"{kind.zh} {kind.en}")
    yield "查询对象", "Subject", f"{' · '.join(subject)}<br><code>{_shown(value('subjectKey'))}</code>"
    yield "办理事项", "Action", _titled(value("action"), titles)
    yield "办件编号", "Matter", _shown(value("matter"), _MOST_OF_MATTER) or "—"
    if value("context"):
        yield "情节", "Context", _shown(value("context"), _MOST_OF_MATTER)
    yield "判断日期", "As of", _shown(value("asOf"))
    measures = value("measureIds").split()
    is_short = len(measures) > _ONE_COLUMN  # then one language has to do
    yield "适用措施", "Measures", _listed(_titled(name, titles, is_short=is_short) for name in measures)
    if value("gaps"):
        gaps = list(dict.fromkeys(value("gaps").split()))
        told = (" ".join(dict.fromkeys((Gap(gap).title.zh, gap))) for gap in gaps[:_MOST_LISTED])
        yield "未知之处", "Not known", "、".join(map(_shown, told))
    yield "名单记录", "Entries shown", f"{len(value('entryIds').split())}"
    snapshot = f"<code>{_shown(value('snapshotHash'))}</code>"
    yield "快照", "Snapshot", f"第 {_shown(value('sequence'))} 号 no. {_shown(value('sequence'))}<br>{snapshot}"
    yield "目录", "Catalogue", f"<code>{_shown(value('catalogueHash'))}</code>"
    yield "答复摘要", "Answer digest", f"<code>{_shown(value('decisionDigest'))}</code>"


def _rows(facts: Iterable[Fact]) -> Iterator[Row]:
    """The facts of another kind of leaf, as they are."""
    for fact in facts:
        words = fact.words.zh if fact.words.zh == fact.words.en else f"{fact.words.zh} {fact.words.en}"
        yield escape(fact.label.zh), escape(fact.label.en), _shown(words)


def _proof(proven: Proven, note: str) -> Iterator[str]:
    yield "<h2>证明 Proof</h2>"
    yield _table(
        [
            ("日志与序号", "Log, leaf", f"{_shown(proven.checkpoint.origin)} · {proven.leaf_index}"),
            ("叶散列", "Leaf hash", f"<code>{leaf_hash(proven.leaf).hex()}</code>"),
            ("签名检查点", "Checkpoint", f"<pre>{escape(note.strip())}</pre>"),
        ]
    )
    yield (
        "<footer><p>本页供归档阅读。能作证明的是同一记录的 JSON 回执文件，凭日志公钥即可离线验证。<br>"
        "This page is for the paper file. What proves the lookup is the receipt's JSON file, which is verified offline "
        "with the log's public key:</p>"
        f"<p><code>xingate trace receipt {_shown(proven.record_id)} --out receipt.json</code><br>"
        "<code>xingate trace verify receipt.json --key trace.pub</code></p></footer>"
    )


def _table(rows: Iterable[Row]) -> str:
    lines = (f"<tr><th>{zh} <small>{en}</small></th><td>{value}</td></tr>" for zh, en, value in rows)
    return f"<table>{''.join(lines)}</table>"


def _listed(items: Iterable[str]) -> str:
    given: Sequence[str] = list(items)
    if not given:
        return "无 none"
    shown = [f"<li>{item}</li>" for item in given[:_MOST_LISTED]]
    if (rest := len(given) - _MOST_LISTED) > 0:
        shown.append(f"<li>另有 {rest} 项，见回执文件 and {rest} more, in the receipt's file</li>")
    columns = ' class="two"' if len(given) > _ONE_COLUMN else ""
    return f"<ul{columns}>{''.join(shown)}</ul>"


def _titled(name: str, titles: Titles, *, is_short: bool = False) -> str:
    zh, en = titles.get(name, ("", ""))
    words = " ".join(_shown(word) for word in ((zh,) if is_short else (zh, en)) if word)
    return f"<code>{_shown(name)}</code> {words}" if words else _shown(name)


def _shown(text: str, most: int = _MOST_CHARACTERS) -> str:
    """As HTML, clipped, and with unprintable characters escaped: what callers chose may hold any."""
    clipped = text if len(text) <= most else f"{text[: most - 1]}…"
    printable = (one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in clipped)
    return escape("".join(printable))


def _time(text: str) -> str:
    """The time in Beijing, as people read it, with the recorded one beside it."""
    try:
        moment = datetime.fromisoformat(text).astimezone(SHANGHAI)
    except ValueError:
        return _shown(text)
    return f"{moment:%Y-%m-%d %H:%M:%S} 北京时间 Beijing <code>{_shown(text)}</code>"
