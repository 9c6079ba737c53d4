"""Alarms about other systems: nobody is hidden by another, and what is refused is not what was heard."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from approvals import access
from approvals.actions.change_register import change_register
from approvals.actions.watch_sources import watch_sources
from approvals.organisation import AgentRow, Organisation, SourceRow
from approvals.queries import sources as queries
from decisions import clock as product_clock
from decisions import register
from decisions.intake import tally
from decisions.models import Agent, Alarm, Evidence, Person, SourceMinute
from tests import factories
from tests.conftest import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched(organisation: factories.Register) -> tuple[Agent, Agent]:
    rows = [
        AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",)),
        AgentRow("autoscaler", "Autoscaler", "Acme", "m-2", "2026-11", "marta", identities=("kubernetes-audit:auto",)),
    ]
    change_register(Organisation(agents=rows), actor=None)
    return organisation.agents["remediator"], organisation.agents["autoscaler"]


def silent_after(minutes: int) -> None:
    row = SourceRow("audit", "Audit", "kubernetes-audit", "", minutes, True)
    change_register(Organisation(sources=[row]), actor=None)


def test_one_agent_that_does_much_hides_none_that_does_little(watched: Any, clock: Clock) -> None:
    factories.hand_in(factories.effect(actor="auto", at=clock.at - timedelta(minutes=5)))
    factories.hand_in(*[factories.effect(actor="rem", id=f"e-{n}") for n in range(queries.SHOWN + 10)])
    clock.advance(minutes=16)
    watch_sources()
    found = set(Alarm.objects.filter(kind="unreported_action").values_list("subject", flat=True))
    assert found == {"Remediator", "Autoscaler"}


def test_what_was_seen_while_the_last_alarm_was_not_due_for_it_raises_one_of_its_own(
    watched: Any, clock: Clock, responder: Any
) -> None:
    factories.hand_in(factories.effect(actor="rem", id="first"))
    clock.advance(minutes=14)
    factories.hand_in(factories.effect(actor="rem", id="second"))
    clock.advance(minutes=2)
    assert watch_sources() == 1
    Alarm.objects.update(state="cleared")
    assert watch_sources() == 0, "of the first it was said, and the second may be told yet"
    clock.advance(minutes=14)
    assert watch_sources() == 1


def test_a_source_of_which_everything_is_refused_is_not_heard(organisation: Any, clock: Clock) -> None:
    silent_after(60)
    SourceMinute.objects.create(id="m", source="source:audit", minute=clock.at - timedelta(minutes=90), records=1)
    SourceMinute.objects.create(id="n", source="source:audit", minute=clock.at, refused=5)
    [one] = [one for one in queries.health(clock.at) if one.slug == "audit"]
    assert (one.silent, one.hour["refused"]) == (True, 5)


def test_a_source_that_sends_once_a_week_is_not_silent_after_two_days(
    organisation: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "EVERY", 3600.0)
    monkeypatch.setattr(product_clock, "local", clock.now)
    silent_after(7 * 24 * 60)
    tally.count("source:audit", records=1)
    tally.flush()
    clock.advance(days=3)
    tally.count("source:another", records=1)
    tally.flush()
    [one] = [one for one in queries.health(clock.at) if one.slug == "audit"]
    assert not one.silent
    assert SourceMinute.objects.filter(source="source:audit").count() == 1
    clock.advance(days=3)
    tally.count("source:audit", records=1)
    tally.flush()
    assert SourceMinute.objects.filter(source="source:audit").count() == 1, "what is old goes when there is newer"


def test_the_page_says_how_many_there_are_and_not_how_many_it_shows(
    watched: Any, clock: Clock, client: Client, responder: Person
) -> None:
    many = queries.SHOWN + 10
    factories.hand_in(*[factories.effect(actor="rem", id=f"e-{n}") for n in range(many)])
    clock.advance(minutes=16)
    client.force_login(responder)
    page = client.get("/sources/").content.decode()
    heading = page[page.index('id="unreported-h">') :].split("</h2>")[0]
    assert str(many) in heading
    assert f"The latest {queries.SHOWN} are shown." in page


@pytest.mark.parametrize("who", ["noor", "ines", "helena"])
def test_the_words_of_a_record_are_for_those_alone_who_may_read_an_account(
    watched: Any, organisation: factories.Register, client: Client, who: str
) -> None:
    factories.hand_in(factories.effect(actor="rem", title="Quux title", detail="Quux detail"))
    evidence = Evidence.objects.get()
    person = organisation.people[who]
    client.force_login(person)
    sees = access.may(register.latest(), person.id, access.READS_ACCOUNT)
    page = client.get(f"/ledger/entries/{evidence.seq}/")
    assert page.status_code == 200
    assert ("Quux" in page.content.decode()) is sees
