"""The temporary database in which `trace.audit.report` counts: its tables and statements. All of it is fixed text."""

from collections.abc import Iterator, Mapping
from typing import Final

# What is more than the cache (KiB) goes to disk.
SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
CREATE TABLE records (id TEXT PRIMARY KEY, content BLOB, place TEXT, leaf_index INTEGER) WITHOUT ROWID;
CREATE TABLE lookups (
    id TEXT PRIMARY KEY,
    seconds REAL,
    subject TEXT,
    has_measure INTEGER,
    organisation TEXT,
    action TEXT,
    verdict TEXT,
    system TEXT
) WITHOUT ROWID;
CREATE TABLE outcomes (id TEXT, lookup TEXT, seconds REAL, PRIMARY KEY (lookup, id)) WITHOUT ROWID;
CREATE TABLE results (
    lookup TEXT, measure TEXT, seconds REAL, result TEXT, PRIMARY KEY (lookup, measure)
) WITHOUT ROWID;
CREATE TABLE denials (organisation TEXT, system TEXT);
CREATE TABLE matters (
    number TEXT, organisation TEXT, decided TEXT, PRIMARY KEY (organisation, number)
) WITHOUT ROWID;
CREATE TABLE asked (number TEXT, organisation TEXT, first TEXT, PRIMARY KEY (organisation, number)) WITHOUT ROWID;
"""
INSERT: Final[Mapping[str, str]] = {
    "records": "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?)",
    "lookups": "INSERT INTO lookups VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "outcomes": "INSERT INTO outcomes VALUES (?, ?, ?)",
    "results": "INSERT INTO results VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET seconds = excluded.seconds,"
    " result = excluded.result WHERE excluded.seconds >= results.seconds",
    "denials": "INSERT INTO denials VALUES (?, ?)",
    "matters": "INSERT OR IGNORE INTO matters VALUES (?, ?, ?)",
    "asked": "INSERT INTO asked VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET first = min(first, excluded.first)",
}
KNOWN: Final = "SELECT content, place, leaf_index FROM records WHERE id = ?"
STRAYS: Final = (
    "SELECT count(*) FROM outcomes WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = outcomes.lookup)"
)

_MATTERS = " FROM matters AS m LEFT JOIN asked AS a ON a.organisation = m.organisation AND a.number = m.number"
_LATE = "(a.first IS NOT NULL AND m.decided <> '' AND a.first > m.decided)"
COVERAGE: Final = (
    "SELECT m.organisation, count(*), sum(a.first IS NOT NULL AND NOT " + _LATE + "), sum(" + _LATE + "),"
    " sum(a.first IS NULL)" + _MATTERS + " GROUP BY m.organisation ORDER BY m.organisation"
)
OPEN_MATTERS: Final = (
    "SELECT m.number, m.organisation, m.decided, a.first"
    + _MATTERS
    + " WHERE a.first IS NULL OR "
    + _LATE
    + " ORDER BY m.organisation, m.number"
)

# What each statement gives beside the group; `{group}` is a column of `lookups`, or NULL for the total.
_COUNTS: Mapping[str, str] = {
    "lookups,subjects,unanswered": "SELECT {group}, count(*), count(DISTINCT l.subject), sum(l.has_measure AND NOT"
    " EXISTS (SELECT 1 FROM outcomes WHERE outcomes.lookup = l.id)) FROM lookups AS l GROUP BY 1",
    "verdicts": "SELECT {group}, l.verdict, count(*) FROM lookups AS l GROUP BY 1, 2",
    "outcomes": "SELECT {group}, count(*) FROM outcomes AS o JOIN lookups AS l ON l.id = o.lookup GROUP BY 1",
    "applied,not_applied,other": "SELECT {group}, sum(r.result = 'applied'), sum(r.result = 'not_applied'),"
    " sum(r.result = 'other') FROM results AS r JOIN lookups AS l ON l.id = r.lookup GROUP BY 1",
    "feedback_seconds": "WITH took AS (SELECT {group} AS grouped, max(min(o.seconds) - l.seconds, 0) AS s"
    " FROM outcomes AS o JOIN lookups AS l ON l.id = o.lookup GROUP BY l.id),"
    " placed AS (SELECT grouped, s, row_number() OVER (PARTITION BY grouped ORDER BY s) AS place,"
    " count(*) OVER (PARTITION BY grouped) AS n FROM took)"
    " SELECT grouped, avg(s) FROM placed WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY 1",
}
_DENIALS = "SELECT {group}, count(*) FROM denials AS l GROUP BY 1"
_DENIALS_BY = ("organisation", "system")


def counts(by: str) -> Iterator[tuple[str, str]]:
    """The statements of a report: the fields that each gives, after the group; a group of NULL is the total."""
    for group in (f"l.{by}", "NULL"):
        for fields, sql in _COUNTS.items():
            yield fields, sql.format(group=group)
        if group == "NULL" or by in _DENIALS_BY:  # a refused caller has no verdict, and its action is not recorded
            yield "denials", _DENIALS.format(group=group)
