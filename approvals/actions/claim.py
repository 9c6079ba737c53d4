"""Claim the right to act, once: the one transaction in which permission, veto, freeze, policy and quorum are looked at together."""

import hashlib
import hmac
from concurrent.futures import Future
from uuid import UUID

from approvals import access
from approvals.machine import LEASE, basis_of, permits, quorum_met
from approvals.models import PolicyVersion
from approvals.queries.quorum import approvers
from approvals.queries.reverts import seen_unclaimed
from approvals.queries.stops import why_stopped
from decisions import register
from decisions.envelope import Draft, timestamp, uuid7
from decisions.errors import Problem, Refusal, conflict, forbidden, not_found
from decisions.freezes import in_force
from decisions.intake.ruleable import ruleable
from decisions.intake.screening import screen_stored
from decisions.models import Decision, Freeze
from decisions.moment import Moment
from decisions.ports import Ruling, rule_many
from decisions.recording import Recorded, record_soon
from decisions.states import effective_state, window_left_ms
from decisions.vocab import Basis, Kind, Level, State, word


def claim(decision_id: UUID, *, claim_key: str, action_hash: str, executor: str, agent: UUID) -> "Future[Recorded]":
    """Grant `agent` the lease of its decision; under the same `claim_key` the lease that was granted before.

    Whoever asks again after people have said stop is told so: it may not have begun, and a lease that is told is permission.
    The future ends when the lease is durable. It, or the call, raises a Problem: 403 vetoed or denied, 404, 409 claimed or not open, 410 expired, 412 another action or a stricter
    policy, 423 frozen, 425 the window is still open, 503 the policy cannot be asked. Only a 2xx is permission to act.
    """
    digest, key = hashlib.sha256(claim_key.encode()).hexdigest(), access.own_ref(agent, decision_id)

    def decide(moment: Moment) -> list[Draft]:
        # One query finds all that are claimed at this moment.
        row = moment.current(key)
        if row is None:
            raise not_found("decision")
        try:
            if row.claim_key == digest and effective_state(row, moment.now) is State.EXECUTING:
                _guard_again(row, moment, action_hash)
                return []
            ruling = _guard(row, moment, action_hash)
        except Problem as problem:
            problem.extra |= {"decision_id": str(row.id), "version": row.version}
            raise Refusal(problem, str(row.id)) from None
        return [_granted(row, moment, ruling, digest, executor)]

    # Claims of other decisions change nothing that this one looks at: what permits them is with the stops and the policy.
    return record_soon(decide, principal=f"agent:{agent}", keys=frozenset({key}))


def _stops(_: Moment) -> list[Freeze]:
    return in_force()


def _guard(row: Decision, moment: Moment, action_hash: str) -> Ruling:
    """The ruling of the policy in force, if everything permits the claim now; the Problem that forbids it is raised."""
    state = effective_state(row, moment.now)
    if state is not State.AUTHORIZED:
        raise _not_claimable(row, state)
    _same_action(row, action_hash)
    if seen_unclaimed(row):
        # Seen to be done by somebody who is not the agent: what is permitted is one act, and it cannot be a second one.
        raise conflict(
            "not-open",
            "It was seen to be done without a claim. Do not act; people can say that what was seen was something else.",
            state=str(state),
        )
    basis = basis_of(state, row.basis)
    stopped = why_stopped(row, basis, moment.once(_stops))
    if stopped is not None:
        raise stopped
    known = register.at(moment.config)
    action = row.action or {}
    asked = ruleable(action, row.agent_id, known, screen_stored(action, row.account))
    [ruling] = rule_many([asked], config=moment.config, at=moment.now)
    if ruling.policy is None and PolicyVersion.objects.exists():
        raise Problem(
            503,
            "not-ruled",
            "The policy could not be asked",
            "Nothing was permitted. Claim again in a moment.",
            {"retryable": True},
        )
    moved = asked.environment_class != row.environment_class
    if (
        moved
        or not permits(ruling.level, basis, suggested=row.level_ruled == Level.L1)
        or not _still_backed(row, basis, ruling, known)
    ):
        raise Problem(
            412,
            "policy-changed",
            "The policy no longer permits it on what was agreed",
            "Propose the action again; it is then ruled by the policy in force.",
            {"state": str(state)},
        )
    return ruling


def _guard_again(row: Decision, moment: Moment, action_hash: str) -> None:
    """Raise the Problem that forbids to tell the holder of a live lease of it once more."""
    _same_action(row, action_hash)
    if row.to_revert:
        raise _vetoed(State.EXECUTING)
    stopped = why_stopped(row, Basis(row.basis), moment.once(_stops))
    if stopped is not None:
        raise stopped


def _same_action(row: Decision, action_hash: str) -> None:
    if not hmac.compare_digest(action_hash.encode(), row.action_hash.encode()):
        raise Problem(
            412, "hash-mismatch", "The action is not the one proposed", "Run the action that this decision names."
        )


def _still_backed(row: Decision, basis: Basis, ruling: Ruling, known: register.Register) -> bool:
    """Whether those who permitted it may still: they fill the requirement that was shown and the one in force now."""
    if basis is Basis.BREAK_GLASS:
        person, agent = row.decided_by, known.agents.get(row.agent_id)
        return person is not None and access.why_not_break_glass(known, person, agent) is None
    if basis is not Basis.QUORUM:
        return True
    held = approvers(row, known)
    return quorum_met(row.requirement, held) and quorum_met(ruling.requirement, held)


def _not_claimable(row: Decision, state: State) -> Problem:
    said = {"state": str(state)}
    match state:
        case State.VETOED:
            return _vetoed(state)
        case State.DENIED:
            problem = forbidden("The policy does not permit this action. Do not act.", "denied")
            problem.extra |= said
            return problem
        case State.EXPIRED:
            return Problem(410, "expired", "The time for it is over", "Propose the action again.", said)
        case State.EXECUTING:
            return conflict("claimed", "The right to act was claimed under another key.", **said)
        case State.WINDOW:
            left = window_left_ms(row)
            more = {"retry_after_s": max(1, -(-left // 1000))} if left is not None else {}
            detail = "People can still veto. Wait, and claim again."
            return Problem(425, "window-open", "The veto window is open", detail, said | more | {"retryable": True})
        case _:
            return conflict("not-open", f"The decision is {word(state).lower()}; there is nothing to claim.", **said)


def _vetoed(state: State) -> Problem:
    return Problem(403, "vetoed", "People have vetoed this action", "Do not act.", {"state": str(state)})


def _granted(row: Decision, moment: Moment, ruling: Ruling, digest: str, executor: str) -> Draft:
    return Draft(
        kind=Kind.CLAIM_GRANTED,
        actor=f"agent:{row.agent_id}",
        facts={
            "kv": 1,
            "decision": str(row.id),
            "ref": row.ref_key,
            "state": str(State.EXECUTING),
            "basis": str(basis_of(State.AUTHORIZED, row.basis)),
            "claim_key": digest,
            "lease_until": timestamp(moment.now + LEASE),
        },
        disclosed={"executor": executor},
        id=uuid7(moment.now),
        policy=ruling.policy,
    )
