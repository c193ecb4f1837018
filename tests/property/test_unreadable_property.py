"""Whatever of a row cannot be read: what it would have given is never a CLEAR (DESIGN section 5, "Unreadable rows")."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from xingate_server.catalogues import load
from xingate_server.core.admission.admit import Admitted, Refused, admit
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import STRICTNESS, Posture, Verdict
from xingate_server.core.decide.decide import decide
from xingate_server.core.decide.decision import Decision, Question, Situation
from xingate_server.core.entry import Record, Severity, Status
from xingate_server.core.subject import Held, HeldUnread, SubjectFile, SubjectKeyer, SubjectKind
from xingate_server.demo.numbers import unified_code

CATALOGUE = load(["shiyan2017"], Posture.AS_PLANNED_2017)
RULES = Rules(
    catalogue=CATALOGUE, calendar=WorkCalendar.official(), keyer=SubjectKeyer(b"k" * 32), today=date(2026, 7, 1)
)
ACTIONS = [action.id for action in CATALOGUE.actions]
LIST_TYPES = [
    "black.tax_evasion",
    "black.judgment_default",
    "criticised.environment_project",
    "watch.key_monitoring",
    "general.ordinary",
    "commitment.breached",
]
DOCUMENT = date(2026, 4, 1)
WHOLE: dict[str, Any] = {
    "source": "city_list",
    "file": "示例.csv",
    "row": 2,
    "subject_kind": "legal_entity",
    "name": "示例有限公司",
    "identifiers": (("", unified_code(1)),),
    "authority": "示例局",
    "basis": "示例办法",
    "document_no": "示例1号",
    "document_date": DOCUMENT.isoformat(),
    "notice_start": "2026-03-02",
    "notice_end": "2026-03-30",
    "signed_by": "示例签署人",
}
days = st.integers(0, 400).map(lambda n: DOCUMENT + timedelta(days=n))


@st.composite
def cells(draw: st.DrawFn) -> dict[str, Any]:
    """The cells of an admissible row of a restricting list."""
    first = draw(days)
    status = draw(st.sampled_from(Status))
    return WHOLE | {
        "list_type": draw(st.sampled_from(LIST_TYPES)),
        "severity": draw(st.sampled_from(["", *Severity])),
        "valid_from": draw(st.sampled_from(["", first.isoformat()])),
        "valid_until": draw(st.just("") | st.integers(0, 400).map(lambda n: (first + timedelta(days=n)).isoformat())),
        "status": status.value,
        "status_date": draw(st.just("") | days.map(str)) if status is not Status.ACTIVE else "",
    }


@st.composite
def damages(draw: st.DrawFn) -> frozenset[str]:
    """Which cells somebody wrote so that nobody understands them."""
    columns = ["list_type", "subject_kind", "severity", "valid_from", "valid_until", "document_date", "status"]
    return frozenset(draw(st.sets(st.sampled_from([*columns, "status_date"]), min_size=1, max_size=3)))


def damaged(row: dict[str, Any], columns: frozenset[str]) -> dict[str, Any]:
    family = row["list_type"].partition(".")[0]
    wrong = {"list_type": f"{family}.unheard_of", "subject_kind": "", "severity": "很严重", "status": "示例词"}
    return row | {column: wrong.get(column, "某日") for column in columns}


def answer(file: SubjectFile, action: str, as_of: date) -> Decision:
    question = Question(action=action, kind=SubjectKind.LEGAL_ENTITY, as_of=as_of)
    return decide(file, CATALOGUE, question, Situation(sources=(), checked_on=date(2026, 7, 1)))


@settings(deadline=None)  # a busy machine is no fault of the rules
@given(cells(), damages(), st.sampled_from(ACTIONS), days)
def test_what_it_would_have_given_may_be_hidden(
    row: dict[str, Any], columns: frozenset[str], action: str, as_of: date
) -> None:
    whole = admit(Record(**row), RULES)
    assert isinstance(whole, Admitted)
    assert whole.entry is not None
    readable = answer(SubjectFile(held=(Held(whole.entry),)), action, as_of)
    outcome = admit(Record(**damaged(row, columns)), RULES)
    assert isinstance(outcome, Refused)
    assert outcome.is_unreadable
    rows = [found.unread for found in outcome.remains if found.group == whole.group]
    unreadable = answer(SubjectFile(unread=tuple(HeldUnread(u) for u in rows if u is not None)), action, as_of)
    given = [Verdict.CLEAR, *(gap.could_be for gap in readable.gaps)]
    if readable.verdict is not Verdict.CANNOT_TELL:
        given.append(readable.verdict)
    strictest = max(STRICTNESS[verdict] for verdict in given)
    hidden = max((STRICTNESS[gap.could_be] for gap in unreadable.gaps), default=0)
    assert hidden >= strictest
    assert unreadable.verdict is (Verdict.CANNOT_TELL if hidden else Verdict.CLEAR)
    assert unreadable.measures == ()
