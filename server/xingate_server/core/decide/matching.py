"""Whether a measure meets an entry of a subject: trigger, reach and `when` (rules 2 and 4)."""

from collections.abc import Mapping
from enum import Enum

from xingate_server.core.catalogue import Catalogue, Measure, Reach, triggers_on
from xingate_server.core.entry import Entry
from xingate_server.core.subject import Held, SubjectClass


class When(Enum):
    """How a measure's `when` stands to the question's context."""

    MATCHES = 1
    DIFFERS = 2
    UNKNOWN = 3


def when_of(measure: Measure, context: Mapping[str, str]) -> When:
    """Compare `when` with the context; an empty value is an absent one."""
    if any(context.get(key) and context[key] != value for key, value in measure.when.items()):
        return When.DIFFERS
    return When.MATCHES if all(context.get(key) for key in measure.when) else When.UNKNOWN


def reach_of(measure: Measure, held: Held, subject_class: SubjectClass) -> Reach | None:
    """Through which of its reaches the measure reaches this holder, or None."""
    if held.role is not None:
        reach = Reach(held.role.value)
        return reach if reach in measure.reach else None
    return own_reach(measure, subject_class)


def own_reach(measure: Measure, subject_class: SubjectClass) -> Reach | None:
    """How the measure reaches a subject through its own entry, or None."""
    kind = Reach.PERSON if subject_class is SubjectClass.PERSON else Reach.ORGANISATION
    for reach in (Reach.SUBJECT, kind):
        if reach in measure.reach:
            return reach
    return None


def sets_off(measure: Measure, entry: Entry, catalogue: Catalogue) -> bool:
    """Whether the entry's list type, severity and grade set the measure off.

    Lists that act on foreign-registered subjects only do so where the entry is known to be of one
    (Anti-Foreign Sanctions Law, art. 12).
    """
    if not any(triggers_on(t, entry.list_type, entry.severity, entry.grade) for t in measure.triggers):
        return False
    return entry.foreign or not any(t.id == entry.list_type and t.is_foreign_only for t in catalogue.list_types)
