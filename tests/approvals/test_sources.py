"""What people learn of other systems: links and their cutting, what nobody told of, what nobody saw, silence."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from approvals.actions.change_register import change_register
from approvals.actions.cut_link import cut_link
from approvals.actions.watch_sources import watch_sources
from approvals.organisation import AgentRow, Organisation, SourceRow
from approvals.queries import linked
from approvals.queries import sources as queries
from decisions import clock as product_clock
from decisions import ledger
from decisions.errors import Problem
from decisions.intake.reading import Reading, Says
from decisions.models import Agent, Alarm, Decision, Evidence, Person, SourceMinute
from decisions.rebuild import rebuild
from decisions.vocab import Outcome, State
from tests import factories
from tests.conftest import Clock
from tests.factories import event, hand_in, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched(agent: Agent) -> Agent:
    """The remediator, whom the audit log knows as `rem`."""
    row = AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",))
    change_register(Organisation(agents=[row]), actor=None)
    return agent


def acted(agent: Agent, **over: Any) -> Decision:
    given: dict[str, Any] = {
        "decision": "d",
        "action": factories.action(resource="deployment/search"),
        "time": product_clock.now().isoformat(),
        "outcome": {"status": "succeeded", "detail": "done"},
    }
    send(agent, event(**given | over))
    return Decision.objects.order_by("-seq")[0]


def seen(**over: Any) -> Evidence:
    hand_in(factories.effect(**{"actor": "rem"} | over))
    return Evidence.objects.order_by("-seq")[0]


def trigger(**over: Any) -> Evidence:
    given: dict[str, Any] = {"id": "t", "title": "5xx", "at": product_clock.now(), "targets": ("search",)}
    hand_in(Reading(says=Says.TRIGGER, **given | over))
    return Evidence.objects.order_by("-seq")[0]


# -- links


def test_an_alert_that_the_agent_names_is_linked_wherever_it_was(watched: Agent) -> None:
    alert = trigger(targets=(), keys=frozenset({"alert:fp-1"}), at=product_clock.now() - timedelta(days=3))
    row = acted(watched, trigger={"kind": "alert", "id": "fp-1"})
    [link] = linked.of(row)
    assert (link.row.seq, link.rule) == (alert.seq, "The agent names this alert")


@pytest.mark.parametrize(
    ("over", "is_linked"),
    [
        ({"at": timedelta(minutes=-59)}, True),
        ({"at": timedelta(minutes=-61)}, False),
        ({"at": timedelta(minutes=4)}, True),
        ({"targets": ("geo",)}, False),
    ],
)
def test_an_alert_of_the_same_service_at_that_time_is_linked(
    watched: Agent, over: dict[str, Any], is_linked: bool
) -> None:
    given = {**over, "at": product_clock.now() + over.get("at", timedelta())}
    trigger(**given)
    assert bool(linked.of(acted(watched))) is is_linked


def test_a_cut_link_is_gone_for_good_and_its_outcome_with_it(watched: Agent, responder: Person) -> None:
    row = acted(watched)
    evidence = seen(outcome=Outcome.FAILED, detail="forbidden")
    row.refresh_from_db()
    assert (row.state, row.outcome_observed) == (State.FAILED, True)
    cut_link(row.id, evidence=evidence.seq, reason="Another cluster.", actor=responder.id)
    row.refresh_from_db()
    evidence.refresh_from_db()
    assert (row.state, row.outcome, row.outcome_detail, row.outcome_observed) == (
        State.REPORTED,
        Outcome.SUCCEEDED,
        "done",
        False,
    )
    assert (evidence.decision_seq, linked.of(row)) == (None, [])
    assert rebuild(check=True).differences == ()
    with pytest.raises(Problem) as caught:
        cut_link(row.id, evidence=evidence.seq, reason="Again.", actor=responder.id)
    assert caught.value.slug == "not-linked"


def test_of_two_observations_the_one_that_stands_prevails(watched: Agent, responder: Person) -> None:
    row = acted(watched)
    first, second = seen(outcome=Outcome.SUCCEEDED), seen(outcome=Outcome.FAILED)
    row.refresh_from_db()
    assert row.state == State.FAILED
    cut_link(row.id, evidence=second.seq, reason="No.", actor=responder.id)
    row.refresh_from_db()
    assert (row.state, row.outcome_observed) == (State.REPORTED, True)
    cut_link(row.id, evidence=first.seq, reason="No.", actor=responder.id)
    row.refresh_from_db()
    assert row.outcome_observed is False


@pytest.mark.parametrize("who", ["noor", "samuel", "helena", "yuki", "tomasz"])
def test_others_may_not_cut(watched: Agent, organisation: factories.Register, who: str) -> None:
    """Not the agent's owner either."""
    row, evidence = acted(watched), seen()
    with pytest.raises(Problem) as caught:
        cut_link(row.id, evidence=evidence.seq, reason="No.", actor=organisation.people[who].id)
    assert caught.value.status == 403


def test_a_reason_is_needed(watched: Agent, responder: Person) -> None:
    row, evidence = acted(watched), seen()
    with pytest.raises(Problem) as caught:
        cut_link(row.id, evidence=evidence.seq, reason="  ", actor=responder.id)
    assert caught.value.status == 400


# -- reported and observed


def test_what_was_seen_and_not_told_is_listed_after_a_while_and_alarms_once(watched: Agent, clock: Clock) -> None:
    seen(targets=("geo",))
    assert (list(queries.unreported(clock.now())), watch_sources()) == ([], 0)
    clock.advance(minutes=16)
    assert len(queries.unreported(clock.now())) == 1
    assert watch_sources() == 1
    assert watch_sources() == 0
    [alarm] = Alarm.objects.filter(kind="unreported_action")
    assert alarm.subject == "Remediator"
    size = ledger.size()
    clock.advance(minutes=1)
    assert (watch_sources(), ledger.size()) == (0, size)


def test_what_is_told_late_is_no_longer_unreported(watched: Agent, clock: Clock) -> None:
    seen()
    at = clock.now()
    clock.advance(minutes=20)
    assert len(queries.unreported(clock.now())) == 1
    acted(watched, time=at.isoformat())
    assert len(queries.unreported(clock.now())) == 0


def test_what_somebody_else_did_is_not_unreported(watched: Agent, clock: Clock) -> None:
    seen(actor="a person")
    clock.advance(minutes=20)
    assert len(queries.unreported(clock.now())) == 0


def test_what_was_told_and_never_seen_is_listed_where_somebody_watches(watched: Agent, clock: Clock) -> None:
    row = acted(watched)
    clock.advance(minutes=16)
    assert list(queries.never_happened(clock.now())) == [], "nobody watches the service"
    seen(resource="deployment/another", at=clock.now())
    assert [one.seq for one in queries.never_happened(clock.now())] == [row.seq]
    seen(at=row.occurred_at)
    assert list(queries.never_happened(clock.now())) == []


# -- silence


def test_a_source_that_falls_silent_alarms_once_for_each_silence(organisation: Any, clock: Clock) -> None:
    change_register(Organisation(sources=[SourceRow("audit", "Audit log", "kubernetes-audit", "", 60)]), actor=None)
    assert watch_sources() == 1, "it has never sent anything"
    SourceMinute.objects.create(id="m", source="source:audit", minute=clock.at, records=1)
    assert (watch_sources(), Alarm.objects.get().state) == (1, "cleared")
    clock.advance(minutes=59)
    assert watch_sources() == 0
    clock.advance(minutes=2)
    assert watch_sources() == 1
    assert watch_sources() == 0
    assert Alarm.objects.exclude(state="cleared").get().kind == "source_silent"


# -- pages


@pytest.mark.parametrize("who", ["noor", "ines", "marta", "helena", "samuel", "yuki"])
def test_the_pages_open_for_everybody_with_a_role(watched: Agent, organisation: factories.Register, who: str) -> None:
    row = acted(watched)
    seen()
    trigger(title="<script>alert(1)</script>\u202e", detail="x" * 5000)
    client = Client()
    client.force_login(organisation.people[who])
    for path in ("/sources/", "/sources/formats/", "/sources/formats/alertmanager/", f"/decisions/{row.id}/"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert b"<script>alert(1)" not in answer.content
    assert client.get("/sources/formats/of-nobody/").status_code == (200 if who == "yuki" else 404)


def test_a_mapping_is_tried_then_put_in_force_then_dropped(organisation: factories.Register) -> None:
    client = Client()
    client.force_login(organisation.people["yuki"])
    path = "/sources/formats/acme/"
    text = client.get(path).context["text"]
    given = {"text": text, "sample": '{"id": "1", "time": "2026-11-22T03:47:00Z"}', "headers": ""}
    tried = client.post(path, {**given, "do": "try"})
    [item] = tried.context["tried"]
    assert (item["says"], dict(item["fields"])["id"]) == ("effect", "1")
    assert client.post(path, {**given, "do": "save"}).status_code == 302
    assert client.post(path, {**given, "do": "save"}).status_code == 400, "a version is one text"
    other = text.replace("version: 1", "version: 2").replace("system: acme", "system: another")
    assert client.post(path, {"text": other, "do": "save"}).status_code == 400
    assert "version" in client.post(path, {"text": "system: x", "do": "try"}).context["faults"][0]
    assert client.post(path, {"do": "drop"}).status_code == 302
    assert rebuild(check=True).differences == ()


def test_only_an_administrator_puts_a_mapping_in_force(organisation: factories.Register) -> None:
    client = Client()
    client.force_login(organisation.people["marta"])
    size = ledger.size()
    given = {"text": "system: alertmanager", "do": "save"}
    assert client.post("/sources/formats/alertmanager/", given).status_code == 403
    assert ledger.size() == size
