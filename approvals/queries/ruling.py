"""What the policy in force says of an action that nobody has proposed. It must not write."""

from typing import Any
from uuid import UUID

import msgspec

from decisions import clock, ledger, register
from decisions.intake import events, shape
from decisions.intake.ruleable import state_of_proposal
from decisions.ports import rule_many
from decisions.vocab import HOLDING

NOBODY = UUID(int=0)
"""Stands for an agent that is not named: no exception of the policy that names one fits it."""


def ruling_of(action: shape.Action, agent: UUID) -> dict[str, Any]:
    """The ruling of `action` by `agent` as it would be now. Raises a 400 problem for an action that cannot be read."""
    prepared = events.prepare_data(
        agent,
        events.EventType.PROPOSED,
        {"decision": "-", "action": msgspec.to_builtins(action)},
        identity=("", ""),
        sha256="",
        occurred=None,
    )
    config = ledger.config()
    known = register.at(config)
    asked = events.ruleable_of(prepared, known)
    ruling = rule_many([asked], config=config, at=clock.now())[0]
    state = state_of_proposal(ruling)
    accountable, _ = known.answerable(asked.service)
    assert prepared.action is not None
    return {
        "level": str(ruling.level),
        "rule": ruling.rule,
        "state": str(state),
        "risk": str(asked.risk),
        "policy_version": ruling.policy["ver"] if ruling.policy else None,
        "requirements": [dict(part) for part in ruling.requirement],
        "hold_seconds": int(ruling.hold.total_seconds()) if state in HOLDING else None,
        "claim_seconds": int(ruling.claim.total_seconds()),
        "sign_off_seconds": int(ruling.sign_off.total_seconds()) if ruling.sign_off else None,
        "tier": asked.tier,
        "environment_class": asked.environment_class,
        "registered": asked.registered,
        "reversible": asked.reversible,
        "accountable": str(accountable) if accountable else None,
        "action_hash": prepared.action["hash"],
    }
