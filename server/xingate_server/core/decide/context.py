"""A question's context in the words of the catalogue: known values of declared attributes, free text for all others.

A value that nobody knows must not pass for one that differs, so it is an error here and never reaches `decide`.
Source: DESIGN section 5 (context attributes); clause 18(6).
"""

from collections.abc import Iterable, Mapping

from xingate_server.core.catalogue import ContextAttribute, ContextValue
from xingate_server.core.entry import fold_word


class ContextError(ValueError):
    """A context that cannot be read; `attribute` is the key as given."""

    def __init__(self, message: str, attribute: str) -> None:
        super().__init__(message)
        self.attribute = attribute


def fold_context(text: str) -> str:
    """A key or value as it is compared: NFKC, without white space, without case."""
    return fold_word(text).casefold()


def words_of(value: ContextValue) -> tuple[str, ...]:
    """The folded words that mean a value: its id, its titles and its further words."""
    words = (value.id, value.title.zh, value.title.en, *value.words)
    return tuple(dict.fromkeys(folded for word in words if (folded := fold_context(word))))


class ContextWords:
    """The declared attributes of a catalogue, ready to read contexts by."""

    def __init__(self, attributes: Iterable[ContextAttribute]) -> None:
        self._attributes = {fold_context(a.id): a for a in attributes}
        self._values = {
            key: {word: value.id for value in attribute.values for word in words_of(value)}
            for key, attribute in self._attributes.items()
        }

    def read(self, context: Mapping[str, str]) -> dict[str, str]:
        """The context with the ids of declared attributes and of their values, the rest as it is; a blank value is an
        absent one. Raises ContextError for a value that is not declared, and for one attribute with two values."""
        found: dict[str, str] = {}
        for key, text in context.items():
            folded = fold_context(key)
            attribute = self._attributes.get(folded)
            if attribute is None:
                found[key] = text
                continue
            word = fold_context(text)
            if not word:
                continue
            value = self._values[folded].get(word)
            if value is None:
                expected = ", ".join(map(_shown, attribute.values))
                raise ContextError(f"context attribute `{key}` is `{text}`: expected one of {expected}", key)
            if found.setdefault(attribute.id, value) != value:
                raise ContextError(f"context attribute `{attribute.id}` has two values: give one of them", key)
        return found


def _shown(value: ContextValue) -> str:
    words = ", ".join(word for word in (value.title.zh, *value.words) if word)
    return f"`{value.id}` ({words})" if words else f"`{value.id}`"
