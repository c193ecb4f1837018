"""Between the words of a provincial interface and the gateway: a query is one check, a feedback one outcome.

The business serial number is the request id, so a repeated query is answered from its record; each query needs one of
its own. The request id that they are given is the record's id, which feedback quotes. An empty list of theirs can mean
"nothing found" or "nothing known": the first comes with the code of success, the second never does.
"""

from collections.abc import Mapping
from typing import Any

from xingate import Client, Decision, Subject, Verdict
from xingate.types import AppliedMeasure, Effect, MeasureOutcome, MeasureResult
from xingate_adapters.systems.errors import SystemAdapterError
from xingate_adapters.systems.mapping import MatterMap
from xingate_adapters.systems.provincial.style import FEEDBACK, QUERY, Style

__all__ = ["ProvincialError", "Translator"]

_MOST_TEXT = 512
_REQUIRED_QUERY = ("matter_code", "subject_type", "department", "operator", "serial")
_REQUIRED_FEEDBACK = ("request_id", "measure_id", "result", "operator")


class ProvincialError(SystemAdapterError):
    """A request that cannot be read; `reason` and `field` (by their name) say what is wrong."""

    def __init__(self, reason: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field


class Translator:
    """Answers for one province. Safe to share between threads, as its client is."""

    def __init__(self, client: Client, matters: MatterMap, style: Style) -> None:
        self._client = client
        self._matters = matters
        self.style = style

    def query(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a query, in their words. Raises ProvincialError, UnknownMatterError and errors of
        `xingate.errors`."""
        asked = self._read(sent, QUERY, _REQUIRED_QUERY)
        matter = self._matters.of(asked["matter_code"])
        kind = self._coded("subject_type", asked, self.style.subject_types, QUERY)
        subject: Subject = getattr(Subject, kind)(asked["subject_code"], name=asked["subject_name"])
        of_theirs = {"business.department": asked["department"], "business.area": asked["area"]}
        decision = self._client.check(
            subject,
            matter.decision,
            matter=asked["serial"],
            operator=asked["operator"],
            context={**matter.context, **{key: value for key, value in of_theirs.items() if value}},
            request_id=asked["serial"],
        )
        return self._answer(decision)

    def feedback(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Record what was done with one measure; feedback sent twice is recorded once. Raises as `query` does."""
        told = self._read(sent, FEEDBACK, _REQUIRED_FEEDBACK)
        result = self._coded("result", told, self.style.results, FEEDBACK)
        measure = MeasureOutcome(
            told["measure_id"],
            MeasureResult[result.upper()],
            told["reason"],
            told["amount"],
            told["date"],
            told["basis"],
        )
        recorded = self._client.report_outcome(
            told["request_id"],
            measures=[measure],
            operator=told["operator"],
            outcome_id=f"{told['request_id']}/{told['measure_id']}",
        )
        return {"code": self.style.success, "message": "", "feedbackId": recorded.trace.record_id}

    def polarity_of(self, effect: Effect) -> str:
        """The province's code: an incentive is what favours, everything else punishes."""
        return self.style.polarity.incentive if effect is Effect.FAVOUR else self.style.polarity.punishment

    def _read(self, sent: Mapping[str, Any], words: Mapping[str, str], required: tuple[str, ...]) -> dict[str, str]:
        """Every field by our word, "" where absent; what remains is a signature, or is refused."""
        left = dict(sent)
        for name in self.style.encrypted:
            if name in left:
                text = "an encrypted body is not read: send the fields in clear over TLS"
                raise ProvincialError("encryption_unsupported", text, name)
        read = {word: _text(self.style.name(word, words), left) for word in words}
        unknown = [name for name in left if name not in self.style.ignored]
        if unknown:
            raise ProvincialError("field_unknown", f"the field `{unknown[0][:64]}` is not known", unknown[0][:64])
        for word in required:
            if not read[word]:
                name = self.style.name(word, words)
                raise ProvincialError("field_missing", f"the field `{name}` is missing", name)
        return read

    def _coded(self, word: str, read: Mapping[str, str], codes: Mapping[str, str], words: Mapping[str, str]) -> str:
        if read[word] not in codes:
            name = self.style.name(word, words)
            raise ProvincialError("code_unknown", f"`{name}` has a code that the style does not map", name)
        return codes[read[word]]

    def _answer(self, decision: Decision) -> dict[str, Any]:
        is_known = decision.verdict is not Verdict.CANNOT_TELL
        gaps = [str(gap) for gap in decision.gaps]
        return {
            "code": self.style.success if is_known else self.style.cannot_tell,
            "message": ""
            if is_known
            else f"无法判断，不得视为未列入名单 cannot tell, which is not a pass: {'; '.join(gaps)}",
            "requestId": decision.trace.record_id,
            "conclusion": decision.verdict.name,
            "lists": self._lists(decision),
            "measures": [self._measure(measure) for measure in decision.measures],
            "unknown": gaps,
        }

    def _lists(self, decision: Decision) -> list[dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for measure in decision.measures:
            entry = measure.entry
            if entry is not None and entry.id and entry.id not in found:
                found[entry.id] = {
                    "polarity": self.polarity_of(measure.effect),
                    "entryId": entry.id,
                    "listType": entry.list_type,
                    "listName": entry.title.zh,
                    "department": entry.authority,
                    "documentNo": entry.document_no,
                    "validFrom": entry.valid_from.isoformat() if entry.valid_from else "",
                    "validUntil": entry.valid_until.isoformat() if entry.valid_until else "",
                }
        return list(found.values())

    def _measure(self, measure: AppliedMeasure) -> dict[str, str]:
        return {
            "polarity": self.polarity_of(measure.effect),
            "measureId": measure.id,
            "measureName": measure.title.zh,
            "department": measure.entry.authority if measure.entry else "",
            "basis": "；".join(map(str, measure.basis)),
            "remedies": "；".join(remedy.title.zh for remedy in measure.remedies),
        }


def _text(name: str, left: dict[str, Any]) -> str:
    value = left.pop(name, "")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise ProvincialError("field_malformed", f"the field `{name}` is not text of at most {_MOST_TEXT}", name)
    return value.strip()
