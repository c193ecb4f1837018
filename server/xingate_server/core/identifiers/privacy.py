"""What may be stored of a row's text: never a natural person's number (DESIGN section 6).

A number is found by its place in the record, or by its shape anywhere. Left out: a document's number of a person, other
than a citizen number, that is in free text only.
"""

from collections.abc import Sequence

from xingate_server.core.entry import Record, fold_word
from xingate_server.core.identifiers.parsing import hide, mask_dated, mask_text
from xingate_server.core.subject import KIND_WORDS, SubjectClass, class_of

SHORTEST_NUMBER = 5  # no document has a shorter one, and it would be found inside other cells
SHORTEST_SURE_NUMBER = 8  # shorter ones may as well be a part of a document's number


def personal_numbers(record: Record, shortest: int = SHORTEST_NUMBER) -> list[str]:
    """The cells that hold a document's number of a person, of whatever shape; unknown kinds count as persons.

    Those with less than `shortest` characters are left out.
    """
    kind = KIND_WORDS.get(record.subject_kind) or KIND_WORDS.get(fold_word(record.subject_kind))
    numbers = [record.legal_representative_id] if record.legal_representative_id else []
    if record.related:
        numbers += [part.rpartition(":")[2] for part in record.related.replace("：", ":").replace("；", ";").split(";")]
    if kind is None or class_of(kind) is SubjectClass.PERSON:
        numbers += [text for _, text in record.identifiers]
    return [number for number in (number.strip() for number in numbers) if len(number) >= shortest]


def hidden(text: str, numbers: Sequence[str]) -> str:
    """`text` with the given numbers hidden, and all that looks like a citizen number."""
    return mask_text(without(text, numbers) if numbers else text)


def hidden_document(text: str, numbers: Sequence[str]) -> str:
    """The same for the number of a document, where only what holds a birth date looks like a citizen number."""
    return mask_dated(without(text, numbers) if numbers else text)


def without(text: str, numbers: Sequence[str]) -> str:
    """`text` with the given numbers hidden, and nothing else."""
    for number in numbers:
        if number in text:
            text = text.replace(number, hide(number, 1, 2))
    return text
