"""The parts of one decision make the same row in whatever order they come, and however often; what is cut off leaves nothing of itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.actions.change_register import change_register
from approvals.actions.cut_link import cut_link
from approvals.organisation import AgentRow, Organisation
from decisions.intake.reading import Reading, Says
from decisions.models import Agent, Decision, Evidence, Person
from decisions.rebuild import rebuild
from decisions.vocab import Outcome, State
from tests import factories
from tests.conftest import Clock
from tests.factories import event, hand_in, send

pytestmark = pytest.mark.django_db
ANY_ORDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
OF_ITS_ENTRIES = {"seq", "id", "version", "last_seq", "received_at", "lease_id", "lease_seq"}
"""What names a row and its entries: another order of the same parts has other numbers."""
ASKED = {"requirement", "hold_seconds", "window_ms", "served_due"}
"""What people were asked: nothing where the agent said what came of it before it asked."""
OUTCOMES = st.sampled_from(list(Outcome))
MINUTES = st.sampled_from([-20, -2, 0, 1, 4])


@dataclass(frozen=True)
class Part:
    """One part of the decision `d`, and how it comes in. It has one identity: a second time it is a duplicate."""

    name: str
    come: Callable[[Agent], Any]

    def __repr__(self) -> str:
        return self.name


@pytest.fixture
def watched(agent: Agent) -> Agent:
    row = AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",))
    change_register(Organisation(agents=[row]), actor=None)
    return agent


def told(kind: str, id_: str, at: datetime, **over: Any) -> Part:
    """An event of the agent."""
    if kind in ("proposed", "executed"):
        over = {"action": factories.action(resource="deployment/search")} | over
    one = event(kind, id=id_, decision="d", time=at.isoformat(), **over)
    return Part(f"{kind} {id_} {at:%H:%M} {over.get('outcome', '')}", lambda agent: send(agent, one))


def seen(id_: str, at: datetime, outcome: Outcome | None, *, says: Says = Says.EFFECT) -> Part:
    """What another system tells of the deployment `search`."""
    given: dict[str, Any] = {"outcome": outcome, "kind": "scale", "detail": id_} if says is Says.EFFECT else {}
    given |= {"actor": "rem", "targets": ("search",), "resource": "deployment/search"}
    reading = Reading(says=says, id=id_, at=at, **given)
    return Part(f"{says} {id_} {at:%H:%M} {outcome}", lambda _: hand_in(reading))


def finished(outcome: Outcome) -> Part:
    """The outcome by the holder of the lease."""
    return Part(f"finished {outcome}", lambda agent: factories.finish(factories.decision(agent, "d"), outcome))


def row_after(
    agent: Agent,
    parts: Sequence[Part],
    *,
    first: Callable[[], Any] = lambda: None,
    last: Callable[[], Any] = lambda: None,
    fold: bool = True,
) -> dict[str, Any]:
    """The decision after `parts`, and what was seen of it, each recorded by itself; nothing of it stays.

    With `fold` its entries make the same read models. Of two orders of the same parts that is asked of one: it takes
    as long as all the rest.
    """
    with transaction.atomic():
        first()
        for part in parts:
            part.come(agent)
        last()
        row = factories.decision(agent, "d")
        found = {
            field.attname: getattr(row, field.attname)
            for field in Decision._meta.concrete_fields
            if field.attname not in OF_ITS_ENTRIES
        }
        found["seen"] = {one.told.get("detail"): one.rule for one in Evidence.objects.filter(decision_seq=row.seq)}
        if fold:
            assert rebuild(check=True).differences == ()
        transaction.set_rollback(True)
    return found


def others(now: datetime) -> st.SearchStrategy[list[Part]]:
    """What systems that watch tell: up to two effects, an alert, and a remark of the agent that says nothing."""

    def at(minutes: float) -> datetime:
        return now + timedelta(minutes=minutes)

    effects = st.tuples(
        st.builds(lambda m, o: seen("x", at(m), o), MINUTES, OUTCOMES | st.none()),
        st.builds(lambda m, o: seen("y", at(m), o), MINUTES, OUTCOMES),
        st.just(seen("alert", now, None, says=Says.TRIGGER)),
        st.just(told("signal", "remark", now)),
    )
    return effects.flatmap(lambda four: st.lists(st.sampled_from(four), min_size=1, unique_by=lambda part: part.name))


def reports(now: datetime) -> st.SearchStrategy[list[Part]]:
    """One to two reports of the same act, each with or without an outcome, and at most one outcome of its own."""

    def report(id_: str, minutes: float, outcome: Outcome | None) -> Part:
        over: dict[str, Any] = {"outcome": {"status": str(outcome)}} if outcome else {}
        return told("executed", id_, now + timedelta(minutes=minutes), **over)

    one = st.builds(report, st.just("r1"), MINUTES, OUTCOMES | st.none())
    more = st.lists(st.builds(report, st.just("r2"), MINUTES, OUTCOMES | st.none()), max_size=1)
    return st.builds(lambda first, rest, own: [first, *rest, *own], one, more, own_outcome(now))


def own_outcome(now: datetime) -> st.SearchStrategy[list[Part]]:
    one = st.builds(
        lambda m, o: told("outcome", "o", now + timedelta(minutes=m), outcome={"status": str(o), "detail": "own"}),
        MINUTES,
        OUTCOMES,
    )
    return st.lists(one, max_size=1)


def orders(data: st.DataObject, parts: list[Part]) -> tuple[list[Part], list[Part]]:
    """`parts` in the order given, and in another one in which some come twice."""
    again = data.draw(st.lists(st.sampled_from(parts), max_size=2))
    return parts, data.draw(st.permutations([*parts, *again]))


@ANY_ORDER
@given(data=st.data())
def test_a_reported_decision_is_the_same_in_any_order(watched: Agent, clock: Clock, data: st.DataObject) -> None:
    parts = data.draw(reports(clock.at)) + data.draw(others(clock.at))
    one, another = orders(data, parts)
    assert row_after(watched, one, fold=False) == row_after(watched, another)


@ANY_ORDER
@given(data=st.data())
def test_a_proposed_decision_is_the_same_in_any_order(watched: Agent, clock: Clock, data: st.DataObject) -> None:
    over = {
        "action": factories.action(resource="deployment/search", kind=data.draw(st.sampled_from(["scale", "restart"])))
    }
    asked = told("proposed", "p", clock.at, **over)
    own = data.draw(own_outcome(clock.at))
    one, another = orders(data, [asked, *own, *data.draw(others(clock.at))])
    found, wanted = row_after(watched, another), row_after(watched, one, fold=False)
    left_out = ASKED if own else set()
    assert {name for name in wanted if found[name] != wanted[name]} <= left_out
    assert own or wanted["state"] in (State.PENDING, State.AUTHORIZED), "what was seen answers nothing"


@ANY_ORDER
@given(data=st.data(), late=st.booleans(), vetoed=st.booleans())
def test_a_claimed_decision_is_the_same_in_any_order(
    watched: Agent, manager: Person, clock: Clock, data: st.DataObject, *, late: bool, vetoed: bool
) -> None:
    start = clock.at

    def claimed() -> None:
        clock.set(start)
        told("proposed", "p", start).come(watched)
        factories.approve(factories.decision(watched, "d"), manager)
        factories.claim(factories.decision(watched, "d"))
        if vetoed:
            factories.veto(factories.decision(watched, "d"), manager)
        clock.advance(minutes=30 if late else 0)

    parts = [finished(data.draw(OUTCOMES)), *data.draw(others(start + timedelta(minutes=30 if late else 0)))]
    one, another = orders(data, parts)
    assert row_after(watched, one, first=claimed, fold=False) == row_after(watched, another, first=claimed)


@ANY_ORDER
@given(data=st.data(), late=st.booleans(), vetoed=st.booleans())
def test_what_an_agent_tells_beside_its_lease_is_for_people_in_any_order(
    watched: Agent, manager: Person, clock: Clock, data: st.DataObject, *, late: bool, vetoed: bool
) -> None:
    start = clock.at

    def claimed() -> None:
        clock.set(start)
        told("proposed", "p", start).come(watched)
        factories.approve(factories.decision(watched, "d"), manager)
        factories.claim(factories.decision(watched, "d"))
        if vetoed:
            factories.veto(factories.decision(watched, "d"), manager)
        clock.advance(minutes=30 if late else 0)

    now = start + timedelta(minutes=30 if late else 0)
    beside = [*data.draw(reports(now)), told("reverted", "undone", now)]
    own = data.draw(st.lists(st.sampled_from(beside), min_size=1, unique_by=lambda part: part.name))
    ended = [finished(data.draw(OUTCOMES))] if data.draw(st.booleans()) else []
    one, another = orders(data, [*ended, *own, *data.draw(st.just([]) | others(now))])
    found = row_after(watched, one, first=claimed, fold=False)
    assert row_after(watched, another, first=claimed) == found
    assert found["state"] in ((State.EXECUTING, State.REVERT_ORDERED, State.REVIEW) if vetoed else (State.REVIEW,))


@ANY_ORDER
@given(data=st.data(), how=st.sampled_from(["reported", "proposed", "claimed"]))
def test_what_is_cut_off_leaves_the_decision_as_if_it_had_never_been_joined(
    watched: Agent, manager: Person, responder: Person, clock: Clock, data: st.DataObject, how: str
) -> None:
    parts = data.draw(reports(clock.at)) if how == "reported" else []

    def first() -> None:
        if how != "reported":
            told("proposed", "p", clock.at).come(watched)
        if how == "claimed":
            factories.approve(factories.decision(watched, "d"), manager)
            factories.claim(factories.decision(watched, "d"))

    def cut() -> None:
        row = factories.decision(watched, "d")
        for one in Evidence.objects.filter(decision_seq=row.seq):
            cut_link(row.id, evidence=one.seq, reason="Another cluster.", actor=responder.id)

    effects = [
        seen(id_, clock.at + timedelta(minutes=data.draw(MINUTES)), data.draw(OUTCOMES | st.none())) for id_ in "xy"
    ]
    both = data.draw(st.permutations([*parts, *effects]))
    only = [part for part in both if part in parts]
    assert row_after(watched, both, first=first, last=cut) == row_after(watched, only, first=first, fold=False)
