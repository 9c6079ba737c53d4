"""Take an agent's proposal: rule on it, and hold it where the policy says so."""

import hashlib
from concurrent.futures import Future
from typing import Any
from uuid import UUID

from django.db.models import CharField, UUIDField

from decisions.canonical import stable
from decisions.envelope import Draft
from decisions.errors import Refusal, conflict
from decisions.intake import events
from decisions.intake.receive import keys_of
from decisions.models import Decision
from decisions.models.prepared import Prepared, Slot
from decisions.moment import Moment
from decisions.recording import Recorded, record_soon
from decisions.states import effective_state
from decisions.vocab import HOLDING, State

SOURCE = "/api/v1/proposals"
OPEN = HOLDING | {State.AUTHORIZED}
_SAME = Prepared(
    lambda: Decision.objects.filter(
        agent_id=Slot("agent", UUIDField()), action_hash=Slot("hash", CharField()), state__in=sorted(OPEN)
    ).order_by("seq")
)


def propose(body: Any, *, agent: UUID, key: str) -> tuple["Future[Recorded]", events.Prepared]:
    """Record the proposal in `body` (an event's `data` without outcome) under idempotency key `key`.

    The future ends when it is durable. It, or the call, raises a Problem: 400 for a bad body, 409 `duplicate-open` while
    the same action of the agent is open, 409 `changed-duplicate` when the key was used for another body.
    """
    prepared = events.prepare_data(
        agent,
        events.EventType.PROPOSED,
        body,
        identity=(SOURCE, key),
        sha256=hashlib.sha256(stable(body)).hexdigest(),
        occurred=None,
    )

    assert prepared.action is not None
    action_hash = str(prepared.action["hash"])

    def decide(moment: Moment) -> list[Draft]:
        drafts = events.decide([prepared], moment)
        for row in _SAME.all(agent=agent, hash=action_hash):
            if row.ref_key != prepared.ref and effective_state(row, moment.now) in OPEN:
                raise Refusal(
                    conflict(
                        "duplicate-open", "The same action is open already; wait for it.", decision_id=str(row.id)
                    ),
                    str(row.id),
                )
        return drafts

    # Of other decisions it looks at those of the same action and, where the agent is watched, at whose what was seen is.
    keys = keys_of([prepared]) | {f"same:{agent}:{action_hash}"}
    return record_soon(decide, principal=f"agent:{agent}", keys=keys), prepared
