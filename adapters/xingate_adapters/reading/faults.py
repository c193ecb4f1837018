"""The first fault of a TOML file that a model checks, in the words of whoever wrote the file."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from pydantic import ValidationError

_EXPECTED: Mapping[str, str] = MappingProxyType(
    {
        "tuple_type": 'a list, such as ["名称"]',
        "dict_type": "a table",
        "model_type": "a table",
        "string_type": "a text",
        "string_too_short": "a text that is not empty",
        "string_too_long": "one character at most",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
        "int_type": "a whole number",
        "int_parsing": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "float_parsing": "a number",
    }
)


def first_fault(error: ValidationError, known: Iterable[str], expected: Mapping[str, str] | None = None) -> str:
    """What is wrong at which key and what was expected, in one line; `known` are the file's keys, `expected` says what
    a key holds where the kind of fault does not."""
    fault = error.errors(include_url=False, include_context=True)[0]
    keys = [part for part in fault["loc"] if not (isinstance(part, str) and part.startswith(("str", "tuple[")))]
    place = ".".join(map(str, keys))
    if fault["type"] == "extra_forbidden":
        close = get_close_matches(str(keys[-1]), list(known), n=1)
        return f"unknown key `{place}`" + (f": did you mean `{close[0]}`" if close else "")
    words = (expected or {}).get(str(keys[0]) if keys else "", "")
    if fault["type"] == "missing":
        return f"the key `{place}` is missing" + (f": expected {words}" if words else "")
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    limit = fault.get("ctx", {})
    bounds = " and ".join(
        f"{word} {limit[name]:g}"
        for name, word in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most"))
        if name in limit
    )
    meant = words or _EXPECTED.get(fault["type"], "") or (f"a number {bounds}" if bounds else "another value")
    return f"at `{place}`: expected {meant}"
