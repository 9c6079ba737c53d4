"""What sources count: every number once, in any order and any cut, makes the same runs; what is missing shows."""

import random
from collections.abc import Callable

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.actions.erase import Why, erase
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import queries, rebuild
from decisions.models import Agent, Person, SourceRun
from decisions.queries import Gap
from tests import factories
from tests.factories import event, send

pytestmark = pytest.mark.django_db
SOURCE = "/agents/remediator"


def runs() -> list[tuple[int, int]]:
    return list(SourceRun.objects.order_by("src", "first").values_list("first", "last"))


def plain(numbers: set[int]) -> list[tuple[int, int]]:
    """The runs of `numbers`, found by looking at each."""
    starts = sorted(number for number in numbers if number - 1 not in numbers)
    ends = sorted(number for number in numbers if number + 1 not in numbers)
    return list(zip(starts, ends, strict=True))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(0, 30), max_size=40), seed=st.integers(0, 9))
def test_in_any_order_and_any_cut_the_runs_are_those_of_the_numbers(
    agent: Agent, numbers: list[int], seed: int
) -> None:
    chance = random.Random(seed)
    SourceRun.objects.all().delete()
    left = [event("signal" if number % 3 == 0 else "executed", sequence=number) for number in numbers]
    while left:
        some = [left.pop(0) for _ in range(min(len(left), chance.randint(1, 9)))]
        send(agent, *some)
    assert runs() == plain(set(numbers))


def test_what_never_came_is_listed_by_source_until_it_comes(agent: Agent, organisation: factories.Register) -> None:
    send(agent, *[event(sequence=number) for number in (1, 2, 3, 7, 9)])
    send(agent, event(sequence=5, source="/agents/other"))
    send(organisation.agents["autoscaler"], event(sequence=5))
    assert queries.gaps() == [Gap("remediator", SOURCE, 4, 6), Gap("remediator", SOURCE, 8, 8)]
    assert queries.gaps(most=1) == [Gap("remediator", SOURCE, 4, 6)]
    send(agent, *[event(sequence=number) for number in (5, 4)])
    assert queries.gaps() == [Gap("remediator", SOURCE, 6, 6), Gap("remediator", SOURCE, 8, 8)]
    send(agent, *[event(sequence=number) for number in (8, 6)])
    assert queries.gaps() == []
    assert rebuild.rebuild(check=True).differences == ()


def test_events_without_a_number_and_sent_again_count_for_nothing(agent: Agent) -> None:
    once = event(sequence=3)
    send(agent, once, event())
    send(agent, once)
    assert runs() == [(3, 3)]


def test_the_page_shows_what_is_missing(
    agent: Agent, admin: Person, auditor: Person, client_for: Callable[[Person], Client]
) -> None:
    send(agent, event(sequence=1))
    page = client_for(auditor).get("/ledger/").content.decode()
    assert "Missing numbers" not in page
    last = send(agent, event(sequence=5)).first_seq
    page = client_for(auditor).get("/ledger/").content.decode()
    assert "2 to 4" in page
    assert SOURCE in page
    why = Why(ErasureBasis.RECORDED_BY_MISTAKE, "Data protection officer", "The source names somebody.")
    erase(ErasureOf.ENTRIES, [last], names=["event"], why=why, actor=admin.id)
    page = client_for(auditor).get("/ledger/").content.decode()
    assert "2 to 4" in page
    assert SOURCE not in page
