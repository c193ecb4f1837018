"""The inputs of admission: the catalogue, the calendar, the maker of keys, and the exact codes in registers."""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Final

from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Catalogue, ListType, Reach, list_type_words, triggers_on
from xingate_server.core.entry import Severity, fold_word
from xingate_server.core.subject import BY_SCHEME, SubjectKeyer
from xingate_server.core.terms import Cells, Terms, read_terms

_TERMS_AT_MOST: Final = 1 << 13  # lists repeat them
_ROLES = frozenset(Reach) - {Reach.SUBJECT, Reach.ORGANISATION, Reach.PERSON}


class Rules:
    """The inputs of admission.

    `registered_codes` are folded codes with a failing check digit that a loaded register holds exactly; `today` is
    the day of the compile; `has_older_ids` says that entries of this installation once had ids of format version 1.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        calendar: WorkCalendar,
        keyer: SubjectKeyer,
        today: date,
        registered_codes: Collection[str] = (),
        has_older_ids: bool = False,
    ) -> None:
        self.catalogue = catalogue
        self.calendar = calendar
        self.keyer = keyer
        self.older_keyer = keyer.in_form(BY_SCHEME) if has_older_ids else None
        self.today = today
        self.registered_codes = registered_codes
        self.list_types = {t.id: t for t in catalogue.list_types}
        self.list_type_words = list_type_words(catalogue)
        self.terms = lru_cache(_TERMS_AT_MOST)(self._terms)
        self.reaching = frozenset(
            t.id
            for t in catalogue.list_types
            for m in catalogue.measures
            if not _ROLES.isdisjoint(m.reach)
            and any(triggers_on(g, t.id, severity, "") for g in m.triggers for severity in (*Severity, None))
        )

    def list_type(self, text: str) -> ListType | None:
        """The list type of a cell: an id, a title or a word of the catalogue; None for an unknown one."""
        return self.list_types.get(text) or self.list_types.get(self.list_type_words.get(fold_word(text), ""))

    def _terms(self, cells: Cells) -> Terms:
        return read_terms(self.list_types.get(cells.list_type), self.calendar, cells)
