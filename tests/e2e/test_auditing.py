"""What an auditor and an operator see: searches by command and over HTTP, whom to tell, sources that do not answer."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
from click.testing import CliRunner
from tests.support import blocking

import xingate
from xingate.types import Subject
from xingate_server.cli.app import cli
from xingate_server.core.identifiers._check_digits import citizen_check
from xingate_server.core.subject import BY_SCHEME, SubjectClass, SubjectKeyer
from xingate_server.demo import DATA
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.gateway.errors import InvalidQuestionError
from xingate_server.gateway.records.search import Search, read_search, subject_keys
from xingate_server.snapshot.keys import read_key
from xingate_server.trace.leaf.record import CheckLeaf, encode, read
from xingate_server.trace.port import Draft
from xingate_server.trace.sqlite.store import SqliteLog

TODAY = datetime.now(timezone(timedelta(hours=8))).date()
PERSON, COMPANY = citizen_number(771), unified_code(9771)
ASKED = (  # organisation, operator, subject, action
    ("示例审批局", "op-1", Subject.natural_person(PERSON, name="示例甲"), "permit.grant"),
    ("示例人社局", "op-2", Subject.natural_person(PERSON, name="示例甲"), "personnel.recruit"),
    ("示例交易中心", "op-3", Subject.legal_entity(COMPANY), "tender.bid"),
    ("示例交易中心", "op-3", Subject.legal_entity(unified_code(1)), "tender.bid"),
)


def run(*arguments: str, code: int = 0, typed: str = "") -> str:
    """What a command prints on standard output, or where it fails on standard error."""
    done = CliRunner().invoke(cli, list(arguments), input=typed, prog_name="xingate")
    assert done.exit_code == code, done.output
    for number in (PERSON, PERSON[:-4]):
        assert number not in done.output
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def asked_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists of which one is stale, one has unreadable rows, and four lookups."""
    folder = tmp_path_factory.mktemp("auditing")
    state, old = folder / "state", TODAY - timedelta(days=40)
    rows = (DATA / "city_list_black.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    broken = folder / "black.csv"
    at = next(n for n, cell in enumerate(rows[1].split(",")) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell))
    cells = rows[1].split(",")
    broken.write_text("".join([*rows, ",".join([*cells[:at], "某日", *cells[at + 1 :]])]), encoding="utf-8")
    run(
        *("compile", "--state", str(state)),
        *("--source", f"city_list={broken}@{TODAY}"),
        *("--source", f"double_publicity={DATA / 'double_publicity_penalty.xlsx'}@{old}"),
    )
    for organisation, operator, subject, action in ASKED:
        with xingate.connect(f"embedded:{state}", system="t", organisation=organisation, operator=operator) as client:
            client.check(subject, action, matter=f"办-{operator}")
    return state


def listed(state: Path, *options: str, typed: str = "") -> list[str]:
    text = run("trace", "list", "--state", str(state), "--json", *options, typed=typed)
    return [json.loads(line)["operator"] for line in text.splitlines()]


def test_an_auditor_finds_lookups(asked_state: Path) -> None:
    state = asked_state
    assert listed(state) == ["op-3", "op-3", "op-2", "op-1"]
    assert listed(state, "--subject", "-", typed=f"{PERSON}\n") == ["op-2", "op-1"]
    assert listed(state, "--subject", COMPANY) == ["op-3"]
    assert listed(state, "--subject", COMPANY[8:17]) == ["op-3"], "the organisation code inside"
    assert listed(state, "--organisation", "示例交易中心", "--verdict", "CLEAR") == ["op-3"]
    assert listed(state, "--operator", "op-2", "--action", "personnel.recruit", "--matter", "办-op-2") == ["op-2"]
    assert listed(state, "--from", str(TODAY), "--to", str(TODAY)) == ["op-3", "op-3", "op-2", "op-1"]
    assert listed(state, "--to", str(TODAY - timedelta(days=1))) == []
    assert "no record fits" in run("trace", "list", "--state", str(state), "--name", "示例乙")


def test_an_action_that_no_catalogue_knows_is_noted_and_searched_for(asked_state: Path) -> None:
    state = str(asked_state)
    for given, hint in (("permit.grnt", ", did you mean `permit.grant`"), ("nope", "")):
        done = CliRunner().invoke(cli, ["trace", "list", "--state", state, "--action", given], prog_name="xingate")
        assert done.exit_code == 0, "records of an older catalogue may have it"
        assert f"the catalogue in use knows no action `{given}`{hint}: only records" in done.stderr
        assert done.stdout == "no record fits\n"
    done = CliRunner().invoke(cli, ["trace", "list", "--state", state, "--action", "tender.bid"], prog_name="xingate")
    assert done.stderr == ""


def test_times_on_the_screen_are_of_the_days_that_are_searched(asked_state: Path) -> None:
    state = ("--state", str(asked_state))
    (entry,) = map(json.loads, run("trace", "list", *state, "--json", "--limit", "1").splitlines())
    assert entry["time"].endswith("Z"), "RFC 3339 in UTC for programs"
    shown = datetime.fromisoformat(entry["time"]).astimezone(timezone(timedelta(hours=8))).isoformat(" ", "seconds")
    screens = (
        run("trace", "list", *state, "--limit", "1"),
        run("trace", "recipients", *state, "--subject", unified_code(1)),
        run("trace", "show", entry["recordId"], *state),
    )
    for text in screens:
        assert shown in text
    assert all("time (Shanghai)" in text for text in screens[:2])
    assert str(TODAY) in run("snapshot", "list", *state).replace("\n", "")


def test_pages_go_on_where_the_last_ended(asked_state: Path) -> None:
    found: list[int] = []
    for _ in range(9):
        before = ("--before", str(found[-1])) if found else ()
        text = run("trace", "list", "--state", str(asked_state), "--json", "--kind", "all", "--limit", "2", *before)
        page = [json.loads(line)["leafIndex"] for line in text.splitlines()]
        if not page:
            break
        found += page
    assert found == sorted(found, reverse=True)
    assert found[-1] == 0
    assert len(found) == found[0] + 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--subject", PERSON), "a person's number does not belong on the command line"),
        (("--subject", "E1234567", "--scheme", "passport"), "a person's number does not belong"),
        (("--subject", "91420"), "identifier_malformed: the number is malformed"),
        (("--subject", COMPANY, "--scheme", "nonsense"), "identifier_malformed: unknown identifier scheme"),
        (("--subject", "-"), "no code came on standard input"),
        (("--subject", ""), "--subject is empty"),
        (("--organisation", " "), "--organisation is empty"),
        (("--from", "2026-13-01"), "expected YYYY-MM-DD"),
        (("--from", "2026-02-02", "--to", "2026-02-01"), "span_malformed"),
        (("--verdict", "maybe"), "is not one of"),
    ],
)
def test_what_cannot_be_searched_for_is_said(asked_state: Path, options: tuple[str, ...], said: str) -> None:
    assert said in run("trace", "list", "--state", str(asked_state), *options, code=2)


@pytest.mark.parametrize("option", ["scheme", "name", "organisation", "operator", "action", "matter"])
@pytest.mark.parametrize("written", ["{}", "办{}号", " {} "])
def test_a_persons_number_is_refused_in_every_text(asked_state: Path, option: str, written: str) -> None:
    given = (f"--{option}", written.format(PERSON))
    said = f"--{option} contains what looks like a citizen number"
    assert said in run("trace", "list", "--state", str(asked_state), *given, code=2)
    if option in {"scheme", "name"}:
        assert said in run("trace", "recipients", "--state", str(asked_state), "--subject", COMPANY, *given, code=2)


def test_a_number_without_a_division_is_refused_as_well(asked_state: Path) -> None:
    body = "99000019800101101"
    number = body + citizen_check(body)
    assert "citizen number" in run("trace", "list", "--state", str(asked_state), "--matter", number, code=2)
    assert "citizen number" in run("trace", "recipients", "--state", str(asked_state), "--name", number, code=2)
    assert number not in run("trace", "list", "--state", str(asked_state), "--from", number, code=2)


FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"


def test_days_at_both_ends_of_the_calendar(asked_state: Path, url: str) -> None:
    state, everyone = str(asked_state), ["op-3", "op-3", "op-2", "op-1"]
    for days, wanted in (
        (("--from", FIRST_DAY, "--to", LAST_DAY), everyone),
        (("--to", LAST_DAY), everyone),
        (("--from", FIRST_DAY), everyone),
        (("--from", LAST_DAY), []),
        (("--to", FIRST_DAY), []),
    ):
        assert listed(asked_state, *days) == wanted
    about = ("trace", "recipients", "--state", state, "--subject", COMPANY)
    assert "示例交易中心" in run(*about, "--from", FIRST_DAY, "--to", LAST_DAY, "--format", "csv")
    assert "nobody" in run(*about, "--from", LAST_DAY)
    run("trace", "report", "--state", state, "--from", FIRST_DAY, "--to", LAST_DAY, "--format", "json")
    assert '"replayed": 4' in run("trace", "replay", "--state", state, "--since", FIRST_DAY, "--json")
    with httpx.Client(base_url=url, trust_env=False) as client:
        for days, count in (({"to": LAST_DAY}, 4), ({"from": FIRST_DAY}, 4), ({"from": LAST_DAY}, 0)):
            answer = client.post("/v1/trace:search", json={**days, "kind": "check"})
            assert (answer.status_code, len(answer.json().get("entries", []))) == (200, count)
        question = {"subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": COMPANY}]}}
        question |= {"caller": {"system": "ends", "organisation": "示例局"}}
        for action in client.get("/v1/actions").json()["actions"]:
            for day in (FIRST_DAY, LAST_DAY):
                body = {**question, "action": action["id"], "asOf": day}
                assert client.post("/v1/check", json=body).status_code in {200, 400}, (action["id"], day)


def test_all_who_asked_about_a_subject_are_told(asked_state: Path) -> None:
    state = str(asked_state)
    text = run("trace", "recipients", "--state", state, "--subject", "-", "--format", "json", typed=PERSON)
    told = [json.loads(line) for line in text.splitlines()]
    assert [(one["organisation"], one["matter"]) for one in told] == [
        ("示例审批局", "办-op-1"),
        ("示例人社局", "办-op-2"),
    ]
    assert told[0]["verdict"] == "VERDICT_CLEAR"
    none = run("trace", "recipients", "--state", state, "--subject", COMPANY, "--to", str(TODAY - timedelta(days=1)))
    assert "nobody asked about this subject" in none
    assert "--entry ENTRY_ID" in run("trace", "recipients", "--state", state, code=2)
    both = ("--entry", "0" * 32, "--subject", COMPANY)
    assert "say whom it is about" in run("trace", "recipients", "--state", state, *both, code=2)


def test_records_of_older_releases_are_found(asked_state: Path, tmp_path: Path) -> None:
    """They know the subject by class, scheme and number, and nothing beside the log says where to look."""
    state = tmp_path / "state"
    shutil.copytree(asked_state, state, symlinks=True)
    keyer = SubjectKeyer(read_key(state)).in_form(BY_SCHEME)
    log = SqliteLog(state / "trace")
    now = next(leaf for one in log.list(9) if isinstance(leaf := read(one.leaf), CheckLeaf))
    old = encode(
        CheckLeaf(
            **{name: getattr(now, name) for name in CheckLeaf.__struct_fields__}
            | {
                "record_id": "old-record",
                "operator": "op-old",
                "subject_key": keyer.identifier(SubjectClass.PERSON, "citizen_id", PERSON),
            }
        )
    )
    common: dict[str, Any] = {"system": "t", "organisation": "o", "question_digest": b"q", "answer": b""}
    blocking.append(
        log, Draft(kind="check", record_id="old-record", request_id="old", time=now.time, leaf=old, **common)
    )
    log.close()
    assert listed(state, "--subject", "-", typed=PERSON) == ["op-old", "op-2", "op-1"]
    before = apsw.Connection(str(state / "trace" / "search.sqlite")).execute("SELECT content FROM terms").fetchall()
    assert "6 leaves" in run("trace", "index", "--state", str(state))
    after = apsw.Connection(str(state / "trace" / "search.sqlite")).execute("SELECT content FROM terms").fetchall()
    assert sum(len(row[0]) - 4 for row in after) == 6 * 32 > sum(len(row[0]) - 4 for row in before)
    assert listed(state, "--subject", "-", typed=PERSON) == ["op-old", "op-2", "op-1"]


@pytest.fixture(scope="module")
def url(asked_state: Path, start_gateway: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    state = tmp_path_factory.mktemp("served") / "state"
    shutil.copytree(asked_state, state, symlinks=True)
    return str(start_gateway(state).http)


def test_a_search_over_http_has_no_number_in_its_address(url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as client:
        body: dict[str, Any] = {"subject": PERSON, "limit": 1}
        first = client.post("/v1/trace:search", json=body)
        assert PERSON not in first.text
        told = first.json()
        assert [entry["record"]["check"]["caller"]["operator"] for entry in told["entries"]] == ["op-2"]
        second = client.post("/v1/trace:search", json={**body, "before": told["nextBefore"]}).json()
        assert [entry["record"]["check"]["caller"]["operator"] for entry in second["entries"]] == ["op-1"]
        named = {"organisation": "示例交易中心", "verdict": "VERDICT_CLEAR", "from": str(TODAY), "to": str(TODAY)}
        assert len(client.post("/v1/trace:search", json=named).json()["entries"]) == 1
        assert client.post("/v1/trace:search", json={}).json() == client.get("/v1/trace").json()
        everything = client.post("/v1/trace:search", json={"kind": "all"}).json()  # as `--kind all`
        assert everything["entries"] == client.get("/v1/trace").json()["entries"]
        for wrong, reason, field in (
            ({"subject": "91420"}, "identifier_malformed", "subject"),
            ({"subject": COMPANY, "scheme": "x"}, "identifier_malformed", "scheme"),
            ({"name": "()"}, "name_malformed", "name"),
            ({"verdict": "CLEAR"}, "message_malformed", "verdict"),
            ({"from": "1.1.2026"}, "date_malformed", "from"),
            ({"from": "2026-02-02", "to": "2026-02-01"}, "span_malformed", "from"),
            ({"kind": "lookup"}, "kind_unknown", "kind"),
            ({"limit": 0}, "limit_out_of_range", "limit"),
            ({"matter": "x" * 300}, "matter_malformed", "matter"),
            ({"sujet": PERSON}, "field_unknown", "sujet"),
        ):
            answer = client.post("/v1/trace:search", json=wrong)
            assert (answer.status_code, answer.json()["reason"], answer.json()["field"]) == (400, reason, field)
            assert PERSON not in answer.text
        in_address = client.post("/v1/trace:search", params={"subject": PERSON}, json={})
        assert (in_address.status_code, in_address.json()["reason"]) == (400, "field_unknown")
        assert PERSON not in in_address.text
        assert client.get("/v1/trace", params={"subject": COMPANY}).json()["reason"] == "field_unknown"
        assert client.get("/v1/trace:search").status_code == 405


def test_readiness_names_sources_that_do_not_answer(url: str) -> None:
    answer = httpx.get(f"{url}/readyz", trust_env=False)
    assert answer.status_code == 200
    told = answer.json()["sources"]
    assert [(one["kind"], one["dataAsOf"]) for one in told["stale"]] == [
        ("double_publicity", str(TODAY - timedelta(days=40)))
    ]
    assert told["stale"][0]["maxAgeDays"] < 40
    assert told["unreadable"] == [{"kind": "city_list", "rows": 3}]
    assert told["missing"] == []


def test_metrics_of_sources_and_gaps(url: str) -> None:
    with xingate.connect(url, system="t", organisation="o", operator="p") as client:
        client.check(Subject.natural_person("", name="示例甲"), "permit.grant", matter="m")
    text = httpx.get(f"{url}/metrics", trust_env=False).text

    def value(name: str, labels: str) -> float:
        (found,) = re.findall(rf"^{name}{{{labels}}} (\S+)$", text, re.MULTILINE)
        return float(found)

    penalties, cities = 'source="double_publicity"', 'source="city_list"'
    age = value("xingate_snapshot_source_age_seconds", penalties)
    assert 39 * 86_400 <= age <= 41 * 86_400
    assert age > value("xingate_snapshot_source_max_age_seconds", penalties)
    assert value("xingate_snapshot_source_age_seconds", cities) == 0
    assert value("xingate_snapshot_source_rows", cities) > value("xingate_snapshot_source_admitted_rows", cities) > 0
    assert value("xingate_snapshot_source_unreadable_rows", cities) == 3
    made = value("xingate_snapshot_source_compiled_timestamp_seconds", cities)
    assert abs(made - datetime.now().timestamp()) < 3600  # noqa: DTZ005
    assert value("xingate_snapshot_refused_rows", f'kind="unreadable",reason="date_malformed",{cities}') == 2
    assert value("xingate_gaps_total", 'reason="identity_name_only"') >= 1


def test_a_log_in_a_database_is_searched_with_select_rights_alone(
    asked_state: Path, tmp_path: Path, postgres_dsn: str, sql: Callable[..., Any]
) -> None:
    state = tmp_path / "state"
    shutil.copytree(asked_state, state, symlinks=True, ignore=shutil.ignore_patterns("trace"))
    settings = tmp_path / "xingate.toml"
    text = f'state = "{state}"\n[trace]\nstore = "postgres"\ndsn = "{{}}"\n'
    settings.write_text(text.format(postgres_dsn), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XINGATE_CONFIG", str(settings))
        run(
            *("check", "-", "--kind", "natural_person", "--action", "permit.grant", "--state", str(state)),
            *("--organisation", "示例审批局", "--operator", "op-9", "--matter", "办-9"),
            typed=PERSON,
        )
        role = "auditor_of_search"
        sql(
            postgres_dsn,
            f"DROP ROLE IF EXISTS {role}",
            f"CREATE ROLE {role} LOGIN",
            f"GRANT USAGE ON SCHEMA xingate TO {role}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA xingate TO {role}",
        )
        settings.write_text(text.format(re.sub(r"//[^@/]*@", f"//{role}@", postgres_dsn)), encoding="utf-8")
        assert listed(state, "--subject", "-", typed=PERSON) == ["op-9"]
        told = run("trace", "recipients", "--subject", "-", "--format", "json", typed=PERSON)
        assert json.loads(told)["operator"] == "op-9"
        sql(postgres_dsn, f"REVOKE SELECT ON xingate.terms FROM {role}")
        assert listed(state, "--subject", "-", typed=PERSON) == ["op-9"]
        assert "cannot be written" in run("trace", "index", code=3)
        sql(postgres_dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_keys_of_both_forms_and_classes() -> None:
    keyer = SubjectKeyer(bytes(32))
    keys = subject_keys(Search(subject=COMPANY, name="示例有限公司"), keyer)
    old = keyer.in_form(BY_SCHEME)
    for wanted in (
        keyer.identifier(SubjectClass.ORGANISATION, "uscc", COMPANY),
        keyer.identifier(SubjectClass.ORGANISATION, "org_code", COMPANY[8:17]),
        old.identifier(SubjectClass.ORGANISATION, "uscc", COMPANY),
        old.identifier(SubjectClass.ORGANISATION, "org_code", COMPANY[8:17]),
        keyer.name(SubjectClass.ORGANISATION, "示例有限公司"),
        keyer.name(SubjectClass.PERSON, "示例有限公司"),
    ):
        assert wanted in keys
    masked = PERSON[:6] + "*" * 8 + PERSON[14:]
    assert keyer.mask(SubjectClass.PERSON, "citizen_id", masked) in subject_keys(Search(subject=masked), keyer)


def test_texts_are_sought_as_they_were_recorded() -> None:
    query = read_search(Search(matter=f"办{PERSON}", operator=PERSON), lambda: SubjectKeyer(bytes(32)))
    assert PERSON not in query.matter + query.operator
    assert query.matter.startswith("办")
    with pytest.raises(InvalidQuestionError) as caught:
        read_search(Search(verdict=77), lambda: SubjectKeyer(bytes(32)))
    assert (caught.value.reason, caught.value.field) == ("verdict_unknown", "verdict")
