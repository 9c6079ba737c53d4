"""What must be recorded of a database that is not the one last written, before anything else is: nothing old is claimable.

Of what was open in it nobody knows what people have said since. It must not write by itself.
"""

from datetime import datetime

from django.db.models import Q

from decisions.endings import expiry, lease_over
from decisions.envelope import Draft
from decisions.models import Decision, Freeze
from decisions.states import DONE
from decisions.vocab import HOLDING, FreezeMode, FreezeScope, Kind, State

ALARM = "database_restored"
MOST = 200
"""How many decisions the freeze lists as in flight."""
VOIDED = HOLDING | {State.AUTHORIZED}
ORDERED = (State.REVERT_ORDERED, State.REVERTING)


def drafts(why: str, *, since: datetime) -> list[Draft]:
    """A stop of everything; what was open or permitted is void, what was at work is unknown, what was done goes to review.

    `since` is when the database was last written: what was past its protection then is left as it is.
    """
    protected = Q(state__in=DONE, protect_until__gt=since)
    unsure = Q(state__in=[*VOIDED, *ORDERED, State.EXECUTING]) | protected
    rows = list(Decision.objects.filter(unsure, complete=True).order_by("seq"))
    return [*_stop(why, rows), *(_voided(row) for row in rows), _alarm(why)]


def _voided(row: Decision) -> Draft:
    if row.state in VOIDED:
        return expiry(row)
    # A veto that was waiting for its lease to end is left to the person who looks at what is unknown.
    return lease_over(row, State.UNKNOWN) if row.state == State.EXECUTING else _to_review(row)


def _to_review(row: Decision) -> Draft:
    return Draft(
        kind=Kind.DECISION_HELD,
        actor="system",
        facts={
            "kv": 1,
            "decision": str(row.id),
            "ref": row.ref_key,
            "agent": str(row.agent_id),
            "state": str(State.REVIEW),
        },
    )


def _stop(why: str, rows: list[Decision]) -> list[Draft]:
    everything = {"scope": FreezeScope.EVERYTHING, "value": "", "mode": FreezeMode.ALL}
    if Freeze.objects.filter(**everything, lifted_at__isnull=True).exists():
        return []
    at_work = [[str(row.id), row.state] for row in rows if row.state in VOIDED or row.state == State.EXECUTING]
    return [
        Draft(
            kind=Kind.FREEZE_SET,
            actor="system",
            facts={
                "kv": 1,
                **{name: str(value) for name, value in everything.items()},
                "in_flight": at_work[:MOST],
            },
            disclosed={"reason": f"The database is not the one that was last written: {why}."},
        )
    ]


def _alarm(why: str) -> Draft:
    return Draft(
        kind=Kind.ALARM_RAISED,
        actor="system",
        facts={"kv": 1, "key": ALARM, "alarm": ALARM},
        disclosed={"subject": why[:120]},
    )
