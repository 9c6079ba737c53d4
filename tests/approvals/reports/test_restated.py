"""What a later edition says of an earlier one: figures that changed, what came in between, and words that were erased."""

from datetime import datetime
from typing import Any

import pytest

from approvals.actions.attest_report import attest_report
from approvals.actions.change_register import change_register
from approvals.actions.erase import Why, erase
from approvals.actions.issue_report import issue_report
from approvals.actions.sign_off import sign_off
from approvals.models import Report
from approvals.organisation import Organisation
from approvals.periods import WHOLE, Period, Scope
from approvals.reports.collect import facts_of
from approvals.reports.dataset import report_of
from approvals.reports.restated import exact
from approvals.vocab import REPORT_PAGES, ErasureBasis, ErasureOf, Judgement
from decisions.models import Agent, Decision, Person
from decisions.vocab import Cause, Effect
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send
from tests.reports import edition

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = Period.read("2026-10"), Period.read("2026-11")


def counted(period: Period, now: datetime, scope: Scope = WHOLE) -> dict[str, Any]:
    return report_of(facts_of("Example", period, scope, now=now, verified=True))


def issue(report: dict[str, Any], period: Period, manager: Person, executive: Person, *, n: int = 1) -> Report:
    """That edition, attested and issued."""
    figures = {
        m["id"]: {"text": m["text"], "value": exact(m["value"]), "status": m["status"]} for m in report["measures"]
    }
    row = edition(period=period.key, n=n, figures=figures)
    for page in REPORT_PAGES:
        row = attest_report(row.id, page=page, attests=True, comment="", version=row.version, actor=manager.id)
    return issue_report(row.id, reason="Something came late.", version=row.version, actor=executive.id)


def acted(agent: Agent, name: str, **over: Any) -> Decision:
    send(agent, event(decision=name, time="2026-10-10T03:47:00Z", **over))
    return factories.decision(agent, name)


def harmed(row: Decision, judge: Person) -> None:
    fresh = Decision.objects.get(seq=row.seq)
    sign_off(
        row.id,
        judgement=Judgement.ACCEPT,
        effect=Effect.HARMED,
        cause=Cause.AGENT_ERROR,
        reason="It took the shop down for a minute.",
        version=fresh.version,
        actor=judge.id,
    )


def test_nothing_was_issued_so_nothing_is_restated(agent: Agent, clock: Clock) -> None:
    acted(agent, "a")
    table = counted(OCTOBER, clock.now())["tables"]["restatements"]
    assert (table["rows"], table["note"]) == ([], "No report was issued before that this one could restate.")


def test_what_stands_is_said_to_stand(agent: Agent, clock: Clock, manager: Person, executive: Person) -> None:
    acted(agent, "a")
    issue(counted(OCTOBER, clock.now()), OCTOBER, manager, executive)
    for period in (OCTOBER, NOVEMBER):
        table = counted(period, clock.now())["tables"]["restatements"]
        assert (table["rows"], table["note"]) == ([], "None: every figure of 1 issued report stands.")


def test_was_now_and_why(agent: Agent, clock: Clock, manager: Person, executive: Person) -> None:
    row = acted(agent, "a")
    acted(agent, "b")
    first = issue(counted(OCTOBER, clock.now()), OCTOBER, manager, executive)
    acted(agent, "c", outcome={"status": "succeeded"})
    harmed(row, manager)
    report = counted(OCTOBER, clock.now())
    rows = {line[1].split()[0]: line for line in report["tables"]["restatements"]["rows"]}
    assert rows["M7"][0] == "2026-10"
    assert rows["M7"][2:4] == ["0.0%", "33.3%"]
    assert rows["M2"][2:4] == ["2", "3"]
    assert rows["M7"][4] == f"1 decision came late and 1 decision was signed off after entry {first.seq_limit:,}."
    notices = [line["text"] for line in report["verdict"]["notices"]]
    assert any("restated on page 6" in text for text in notices)
    later = counted(NOVEMBER, clock.now())["tables"]["restatements"]["rows"]
    assert [line for line in later if line[1].startswith("M7")] == [rows["M7"]], "the next month says it too"


def test_only_the_last_issued_edition_is_held_against(
    agent: Agent, clock: Clock, manager: Person, executive: Person
) -> None:
    row = acted(agent, "a")
    issue(counted(OCTOBER, clock.now()), OCTOBER, manager, executive)
    harmed(row, manager)
    issue(counted(OCTOBER, clock.now()), OCTOBER, manager, executive, n=2)
    assert counted(OCTOBER, clock.now())["tables"]["restatements"]["rows"] == []


def test_an_edition_after_an_erasure_says_so(
    agent: Agent, clock: Clock, manager: Person, executive: Person, organisation: factories.Register
) -> None:
    row = acted(agent, "a")
    issue(counted(OCTOBER, clock.now()), OCTOBER, manager, executive)
    why = Why(ErasureBasis.SUBJECT_REQUEST, "Letter of 21 November", "A customer is named in it.")
    erase(ErasureOf.DECISION, str(row.id), names=["account"], why=why, actor=organisation.people["yuki"].id)
    notices = [line["text"] for line in counted(OCTOBER, clock.now())["verdict"]["notices"]]
    assert "Words of 1 decision were erased since the edition that was issued before." in notices


def test_a_part_of_the_company_counts_its_own(agent: Agent, clock: Clock) -> None:
    change_register(Organisation(services=[factories.service("geo", 2, team="Maps")]), actor=None)
    acted(agent, "a", action=factories.action(service="geo"))
    acted(agent, "b", action=factories.action(service="wiki"))
    whole, team, service, other = (
        counted(OCTOBER, clock.now(), Scope.read(key)) for key in ("", "team:Maps", "service:wiki", "service:search")
    )
    assert [one["measures"][0]["denominator"] for one in (whole, team, service, other)] == [2, 1, 1, None]
    assert [one["rows"]["total"] for one in (whole, team, service, other)] == [2, 1, 1, 0]
    assert team["meta"]["title"].endswith(", team Maps")
    assert "Of team Maps alone, not of the whole organisation." in [n["text"] for n in team["verdict"]["notices"]]
    assert team["limits_of_report"] != whole["limits_of_report"]


def test_what_a_team_had_then_counts_and_not_what_it_has_now(agent: Agent, clock: Clock) -> None:
    change_register(Organisation(services=[factories.service("geo", 2, team="Maps")]), actor=None)
    acted(agent, "a", action=factories.action(service="geo"))
    change_register(Organisation(services=[factories.service("geo", 2, team="Search")]), actor=None)
    acted(agent, "b", action=factories.action(service="geo"))
    counts = [counted(OCTOBER, clock.now(), Scope.read(f"team:{team}"))["rows"]["total"] for team in ("Maps", "Search")]
    assert counts == [1, 1]


def test_days_stand_beside_as_many_days(agent: Agent, clock: Clock) -> None:
    send(agent, event(decision="in", time="2026-10-10T23:59:59Z"))
    send(agent, event(decision="after", time="2026-10-11T00:00:00Z"))
    send(agent, event(decision="before", time="2026-10-03T12:00:00Z"))
    report = counted(Period.read("2026-10-04..2026-10-10"), clock.now())
    beyond = report["measures"][1]
    assert (beyond["value"], beyond["series"][10], report["months"]["keys"][11]) == (1, 1, "2026-10-04")
    assert report["meta"]["period_name"] == "4 Oct to 10 Oct 2026"
    assert report["meta"]["twelve"] == "Twelve periods"
