"""Each fault that the model knows, made in the product: the shortest way in which it does harm must be seen.

The same way through the product as it is must be seen to do none. A fault must not be left out.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import approvals.gate
from approvals import access, machine
from approvals.actions import claim, give_verdict, set_freeze
from approvals.projections import freezes
from approvals.queries import leases
from decisions import restored, served, states
from decisions.models import Decision
from decisions.vocab import State
from tests.oracle import model
from tests.oracle.service import Gate
from tests.oracle.walking import Act, DisagreementError, Walk

pytestmark = pytest.mark.django_db
Patch = pytest.MonkeyPatch


def always(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


def silence_authorises(patch: Patch) -> None:
    held = states.held_state

    def faulty(row: Decision, at: Any) -> State:
        over = row.state == State.PENDING and held(row, at) is State.EXPIRED
        return State.AUTHORIZED if over else held(row, at)

    patch.setattr(states, "held_state", faulty)


def a_veto_of_what_is_authorised_is_only_noted(patch: Patch) -> None:
    after = machine.after_veto
    patch.setattr(
        give_verdict, "after_veto", lambda state, **more: state if state is State.AUTHORIZED else after(state, **more)
    )


def _claims_from(patch: Patch, another: State) -> None:
    effective = states.effective_state

    def faulty(row: Decision, now: Any) -> State:
        found = effective(row, now)
        return State.AUTHORIZED if found is another else found

    patch.setattr(claim, "effective_state", faulty)


def the_claim_does_not_see_that_there_is_one(patch: Patch) -> None:
    _claims_from(patch, State.EXECUTING)


def unknown_is_tried_again(patch: Patch) -> None:
    _claims_from(patch, State.UNKNOWN)


def a_token_outlives_its_lease(patch: Patch) -> None:
    ends = states.lease_ends
    patch.setattr(leases, "lease_ends", lambda row: ends(row) + timedelta(hours=1))
    patch.setattr("approvals.token.LIFETIME", 3600)
    patch.setattr("oversight_sdk.token.LONGEST_LIFE", 3600)


def any_action_can_be_claimed(patch: Patch) -> None:
    class Agreeable:
        compare_digest = staticmethod(always(True))

    patch.setattr(claim, "hmac", Agreeable)


def a_stop_leaves_permissions(patch: Patch) -> None:
    """Setting it ends nothing that was permitted."""

    class Nothing:
        objects = Decision.objects.none()

    patch.setattr(set_freeze, "Decision", Nothing)


def the_claim_does_not_see_a_stop(patch: Patch) -> None:
    a_stop_leaves_permissions(patch)
    patch.setattr(claim, "why_stopped", always(None))
    patch.setattr(approvals.gate, "stopped", lambda ruling, *_: ruling)


def windows_run_on_during_a_stop(patch: Patch) -> None:
    patch.setattr(freezes, "clocks_of", always(Decision.objects.none()))


def the_policy_is_not_asked_at_the_claim(patch: Patch) -> None:
    patch.setattr(claim, "permits", always(True))
    patch.setattr(claim, "_still_backed", always(True))


def windows_count_the_time_that_nobody_was_there(patch: Patch) -> None:
    patch.setattr(served, "MOST", timedelta(days=1))


def owners_approve(patch: Patch) -> None:
    why_not = access.why_not_approve

    def faulty(known: Any, person: Any, row: Decision, agent: Any) -> Any:
        refused = why_not(known, person, row, agent)
        return None if refused is not None and refused.slug == "self-approval" else refused

    patch.setattr(access, "why_not_approve", faulty)


def what_was_vetoed_is_closed_all_the_same(patch: Patch) -> None:
    effective = states.effective_state

    def faulty(row: Decision, now: Any) -> State:
        found = effective(row, now)
        paid = row.lease_until is not None and now >= row.lease_until + timedelta(hours=1)
        return State.CLOSED if found is State.REVERT_ORDERED and paid else found

    for module in ("tests.oracle.service", "approvals.actions.sign_off", "approvals.api.representation"):
        patch.setattr(f"{module}.effective_state", faulty)


def people_authorise_during_a_stop(patch: Patch) -> None:
    patch.setattr(give_verdict, "why_stopped", always(None))


def a_restored_database_goes_on(patch: Patch) -> None:
    patch.setattr(restored, "drafts", lambda *_, **__: [])


FAULTS: dict[str, Callable[[Patch], None]] = {
    "timeout_allows": silence_authorises,
    "veto_late_ignored": a_veto_of_what_is_authorised_is_only_noted,
    "no_cas": the_claim_does_not_see_that_there_is_one,
    "no_fence": a_token_outlives_its_lease,
    "retry_unknown": unknown_is_tried_again,
    "hash_unchecked": any_action_can_be_claimed,
    "freeze_not_at_claim": the_claim_does_not_see_a_stop,
    "freeze_not_at_timer": windows_run_on_during_a_stop,
    "epoch_unchecked": a_stop_leaves_permissions,
    "policy_not_rechecked": the_policy_is_not_asked_at_the_claim,
    "downtime_counts": windows_count_the_time_that_nobody_was_there,
    "self_approve": owners_approve,
    "veto_after_dropped": what_was_vetoed_is_closed_all_the_same,
    "votes_survive_freeze": people_authorise_during_a_stop,
    "restore_no_void": a_restored_database_goes_on,
}


def harm(mutant: str) -> tuple[model.Level, list[Act]]:
    """The level and the shortest way at which the model's `mutant` breaks an invariant."""
    for level in model.LEVELS:
        explored = model.explore(level, {mutant} | (set() if mutant == "restore_no_void" else {"no_backup"}))
        if explored.fault is not None:
            return level, [Act(step.name, step.by, step.wrong_hash) for step in explored.path]
    raise AssertionError(f"the model sees no harm in {mutant}")


def walk(gate: Gate, mutant: str) -> Walk:
    level, path = harm(mutant)
    made = Walk(gate, level, Counter())
    for act in path:
        made.take(act)
    made.finish()
    return made


@pytest.mark.parametrize("mutant", FAULTS)
def test_a_fault_of_the_gate_is_seen(gate: Gate, monkeypatch: Patch, mutant: str) -> None:
    FAULTS[mutant](monkeypatch)
    with pytest.raises(DisagreementError) as seen:
        walk(gate, mutant)
    print(mutant, seen.value)


@pytest.mark.parametrize("mutant", FAULTS)
def test_where_a_fault_does_harm_the_gate_does_none(gate: Gate, mutant: str) -> None:
    walk(gate, mutant)


def test_every_fault_of_the_model_is_made() -> None:
    assert len(FAULTS) == 15
