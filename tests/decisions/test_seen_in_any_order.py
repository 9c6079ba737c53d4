"""What was seen and what was told end as the same decisions, in whatever order and in whatever parcels the two come."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.actions.change_register import change_register
from approvals.actions.cut_link import cut_link
from approvals.organisation import AgentRow, Organisation, SourceRow
from decisions.intake.assembly import Sender
from decisions.intake.reading import Reading, Says
from decisions.models import Agent, Decision, Evidence, Person
from decisions.rebuild import rebuild
from decisions.vocab import Outcome, State
from tests import factories
from tests.factories import AUDIT, event, hand_in, send

pytestmark = pytest.mark.django_db
Piece = tuple[str, Any]
START = datetime.fromisoformat("2026-11-22T03:20:00+00:00")
FROZEN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)


@pytest.fixture
def watched(agent: Agent) -> Agent:
    row = AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",))
    change_register(Organisation(agents=[row]), actor=None)
    return agent


def report(name: str, minute: float, **over: Any) -> Piece:
    given: dict[str, Any] = {
        "action": factories.action(resource="deployment/search"),
        "outcome": {"status": "succeeded"},
    }
    at = (START + timedelta(minutes=minute)).isoformat()
    return "told", event(id=name, decision=name, time=at, **given | over)


def again(name: str, minute: float) -> Piece:
    """Another report of the same decision."""
    return "told", report(name, minute)[1] | {"id": f"again-{name}"}


def outcome(name: str, minute: float) -> Piece:
    at = (START + timedelta(minutes=minute)).isoformat()
    return "told", event("outcome", id=f"o-{name}", decision=name, time=at, outcome={"status": "partial"})


def seen(name: str, minute: float, **over: Any) -> Piece:
    given: dict[str, Any] = {"actor": "rem", "outcome": Outcome.FAILED, "targets": ("search",), "kind": "scale"}
    at = START + timedelta(minutes=minute)
    more = {"resource": "deployment/search", "detail": name} | over
    return "seen", Reading(says=Says.EFFECT, id=name, at=at, **given | more)


def ends(agent: Agent, pieces: Sequence[Piece], *, check: bool = False) -> dict[str, Any]:
    """What is there after `pieces`, each recorded by itself; nothing of it stays."""
    with transaction.atomic():
        for what, piece in pieces:
            if what == "told":
                send(agent, piece)
            else:
                hand_in(piece)
        names = dict(Decision.objects.values_list("seq", "agent_ref"))
        found: dict[str, Any] = {
            row.agent_ref: (
                row.state,
                row.outcome,
                row.outcome_detail,
                row.outcome_observed,
                row.ended_at,
                row.level_used,
            )
            for row in Decision.objects.all()
        }
        for row in Evidence.objects.all():
            found[f"seen {row.told['detail']}"] = (names.get(row.decision_seq or -1), row.rule)
        if check:
            assert rebuild(check=True).differences == ()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(
    "pieces",
    [
        [report("a", 0), report("b", 5), seen("x", 1), seen("y", 6)],
        [report("a", 0), report("b", 0), seen("x", 0)],
        [report("a", 0), seen("x", 20), outcome("a", 10)],
        [report("a", 0), report("b", 5), seen("x", 6, keys=frozenset({"decision:a"}))],
        [report("a", 0), seen("x", -60, keys=frozenset({"decision:a"}))],
        [report("a", 0, action=factories.action(resource="deployment/other")), report("b", 5), seen("x", 6)],
        [report("a", 5), again("a", 1), report("b", 3), seen("x", 6)],
    ],
    ids=[
        "each its own",
        "one instant",
        "told to be over later",
        "named",
        "named, long before",
        "other things",
        "first told later",
    ],
)
def test_every_order_ends_alike(watched: Agent, pieces: list[Piece]) -> None:
    first, *others = permutations(pieces)
    wanted = ends(watched, first, check=True)
    for order in others:
        assert ends(watched, order, check=True) == wanted


PIECES = st.lists(
    st.one_of(
        st.builds(report, st.sampled_from("abc"), st.sampled_from([0, 3, 5, 14])),
        st.builds(seen, st.sampled_from("xyz"), st.sampled_from([-2, 0, 1, 4, 6, 17])),
    ),
    min_size=2,
    max_size=5,
    unique_by=lambda piece: piece[1]["id"] if piece[0] == "told" else piece[1].id,
)


@FROZEN
@given(pieces=PIECES, data=st.data())
def test_any_pieces_in_any_two_orders_end_alike(watched: Agent, pieces: list[Piece], data: st.DataObject) -> None:
    other = data.draw(st.permutations(pieces))
    assert ends(watched, pieces) == ends(watched, other, check=True)


def test_told_in_one_request_each_act_has_what_was_seen_of_it(watched: Agent) -> None:
    for _, piece in (seen("x", 1), seen("y", 6)):
        hand_in(piece)
    send(watched, report("a", 0)[1], report("b", 5)[1])
    a, b = factories.decision(watched, "a"), factories.decision(watched, "b")
    assert list(Evidence.objects.order_by("seq").values_list("decision_seq", flat=True)) == [a.seq, b.seq]


def test_what_goes_to_a_nearer_act_proves_nothing_of_the_other_any_more(watched: Agent) -> None:
    hand_in(seen("x", 6)[1])
    send(watched, report("a", 0)[1])
    assert factories.decision(watched, "a").state == State.FAILED
    send(watched, report("b", 5)[1])
    a, b = factories.decision(watched, "a"), factories.decision(watched, "b")
    assert (a.state, a.outcome_observed, b.state, b.outcome_observed) == (State.REPORTED, False, State.FAILED, True)
    assert rebuild(check=True).differences == ()


def test_an_act_that_was_asked_for_and_not_permitted_is_found_when_it_is_told_at_last(watched: Agent) -> None:
    """It was seen too long after the proposal to be of it, and before the agent told when it acted."""
    send(watched, event("proposed", decision="p", action=factories.action(resource="deployment/search"), time=at(0)))
    hand_in(seen("x", 21)[1])
    send(watched, report("p", 20)[1])
    assert Evidence.objects.get().decision_seq == factories.decision(watched, "p").seq


def at(minute: float) -> str:
    return (START + timedelta(minutes=minute)).isoformat()


def test_what_was_cut_off_is_not_joined_again_when_the_agent_tells_more(watched: Agent, responder: Person) -> None:
    send(watched, report("a", 0)[1])
    hand_in(seen("x", 1)[1])
    row = factories.decision(watched, "a")
    cut_link(row.id, evidence=Evidence.objects.get().seq, reason="Another cluster.", actor=responder.id)
    send(watched, report("a", 1)[1] | {"id": "again"})
    assert Evidence.objects.get().decision_seq is None


def test_of_two_cuts_in_a_row_each_leaves_in_the_history_what_it_left(watched: Agent, responder: Person) -> None:
    send(watched, report("a", 0)[1])
    for _, piece in (seen("x", 1), seen("y", 2)):
        hand_in(piece)
    row = factories.decision(watched, "a")
    for evidence in Evidence.objects.order_by("seq"):
        cut_link(row.id, evidence=evidence.seq, reason="Another cluster.", actor=responder.id)
    assert rebuild(check=True).differences == ()


def test_an_agent_whose_platform_tells_of_it_is_watched_though_nobody_knows_it_by_name(agent: Agent) -> None:
    change_register(
        Organisation(sources=[SourceRow("runner", "Runner", "stackstorm", "remediator", None, True)]), actor=None
    )
    sender = Sender("source:runner", "stackstorm", agent.id)
    hand_in(seen("x", 1, actor="", keys=frozenset({"decision:a"}))[1], sender=sender)
    send(agent, report("a", 0)[1])
    assert Evidence.objects.get().decision_seq == factories.decision(agent, "a").seq


def test_an_act_and_its_effect_in_one_request_belong_together(watched: Agent) -> None:
    act = Reading(
        says=Says.ACTION,
        id="act",
        decision="a",
        actor="rem",
        kind="scale",
        at=START,
        targets=("search",),
        resource="deployment/search",
    )
    hand_in(act, seen("x", 1)[1], sender=AUDIT)
    assert Evidence.objects.get().decision_seq == Decision.objects.get().seq


def test_what_is_one_agents_doing_is_of_none_of_anothers_decisions_whatever_it_names(
    watched: Agent, organisation: factories.Register
) -> None:
    other = organisation.agents["autoscaler"]
    send(other, report("b", 0)[1])
    send(watched, report("a", 0)[1])
    named = frozenset({f"decision:{factories.decision(other, 'b').id}"})
    hand_in(seen("x", 1, keys=named)[1])
    assert Evidence.objects.get().decision_seq == factories.decision(watched, "a").seq


def test_many_that_were_seen_ask_no_more_of_the_database_than_few(watched: Agent) -> None:
    """All of it happens under the lock, for which everybody waits."""
    send(watched, report("a", 0)[1])
    counted = []
    for part, many in enumerate((10, 200)):
        with CaptureQueriesContext(connection) as asked:
            hand_in(*[seen(f"{part}-{number}", number / 20)[1] for number in range(many)])
        counted.append(len(asked))
    assert Evidence.objects.filter(decision_seq=factories.decision(watched, "a").seq).count() == 210
    assert counted[1] <= counted[0] + 10
