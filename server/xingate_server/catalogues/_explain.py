"""Pydantic's error details in the words of this project: lower case, the place in backticks, what was expected."""

from pydantic_core import ErrorDetails

_MAX_SHOWN = 60
_WORDS = {
    "string_type": "expected text",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "expected small letters, digits, underscores joined by dots; `*` only ends a pattern",
    "model_type": "expected keys and values",
    "model_attributes_type": "expected keys and values",
    "dict_type": "expected keys and values",
    "tuple_type": "expected a list",
    "too_short": "expected at least one item",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
}


def explain(detail: ErrorDetails) -> str:
    """One line for one fault."""
    place = _place(detail["loc"])
    if detail["type"] == "missing":
        return f"`{place}` is missing"
    if detail["type"] == "extra_forbidden":
        return f"unknown key `{place}`"
    context = detail.get("ctx") or {}
    if detail["type"] == "value_error":
        what = str(context["error"])
    elif detail["type"] == "enum":
        what = f"expected one of {str(context['expected']).replace(' or ', ', ').replace(chr(39), '`')}"
    else:
        message = detail["msg"].replace("Input should be", "expected to be")
        what = _WORDS.get(detail["type"], message[:1].lower() + message[1:])
    subject = f"`{place}`: " if place else ""
    return f"{subject}{what}{_found(detail['input'])}"


def _place(loc: tuple[int | str, ...]) -> str:
    place = ""
    for part in loc:
        if isinstance(part, int):
            place += f"[{part + 1}]"
        else:
            place += f".{part}" if place else part
    return place


def _found(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return ""
    if value is None:
        return ", found nothing"
    text = " ".join(str(value).split())
    return f", found `{text[:_MAX_SHOWN]}{'…' if len(text) > _MAX_SHOWN else ''}`"
