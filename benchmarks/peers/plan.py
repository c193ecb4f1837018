"""What the peers are given: the entries of the lists by code, and per action and list type what applies.

The plan is worked out of our own catalogue beforehand, so that the peers have as little to do as can be. It holds the
measures on an organisation's own entries; the benchmark's lists have neither grades nor relations.
"""

import csv
from collections.abc import Iterator
from typing import Any

from benchmarks.data import Data
from xingate_server.catalogues import load
from xingate_server.core.catalogue import Catalogue, Measure, Reach, Verdict, matches, verdict_of

ACTIONS = ("tender.bid", "permit.grant", "funding.apply", "honour.nominate", "market.entry")
_SERIOUS = "serious"  # what a blank severity on a black list means


def entries(data: Data) -> Iterator[tuple[str, dict[str, str]]]:
    """Code and entry of every row of the city list."""
    with data.city_list.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            list_type = row["名单类型"]
            severity = row["失信程度"] or (_SERIOUS if list_type.startswith("black.") else "")
            yield (
                row["主体代码"],
                {
                    "list_type": list_type,
                    "severity": severity,
                    "valid_from": row["有效期自"] or row["认定日期"],
                    "name": row["主体名称"],
                    "authority": row["认定部门"],
                    "document": row["文书号"],
                },
            )


def register(data: Data) -> Iterator[tuple[str, str]]:
    """Code and day of registration of every company that the benchmark made."""
    with data.register.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["uscc"], row["reg_date"]


def plan(catalogue: Catalogue | None = None) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Per action and list type: id, verdict and severities of each measure."""
    whole = catalogue or load(("shiyan2017",))
    return {
        action: {
            kind.id: found for kind in whole.list_types if (found := list(_applying(whole.measures, action, kind.id)))
        }
        for action in ACTIONS
    }


def _applying(measures: tuple[Measure, ...], action: str, list_type: str) -> Iterator[dict[str, Any]]:
    for measure in measures:
        if not any(matches(pattern, action) for pattern in measure.actions) or measure.when:
            continue
        if not {Reach.SUBJECT, Reach.ORGANISATION} & set(measure.reach):
            continue
        for trigger in measure.triggers:
            if any(matches(pattern, list_type) for pattern in trigger.list_types) and not trigger.grades:
                verdict = Verdict(verdict_of(measure.effect, measure.force)).name
                severities = [severity.value for severity in trigger.severities]
                yield {"id": measure.id, "verdict": verdict, "severities": severities}
