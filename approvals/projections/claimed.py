"""Claims, leases, reverts and what else is said of a decision between proposal and end, from their entries.

What an entry makes of the decision was decided under the lock and stands in its facts: the fold repeats it.
"""

from collections.abc import Sequence
from uuid import UUID

from approvals.models import Comment
from decisions.envelope import Entry, parse_time
from decisions.models import Decision
from decisions.projections import decided
from decisions.vocab import Basis, Kind, State


def apply(entries: Sequence[Entry]) -> None:
    decided.fold_into_decisions(entries, dict.fromkeys(KINDS, _as_decided))


def _as_decided(row: Decision, entry: Entry) -> None:
    FOLD[entry.kind](row, entry)
    if "state" in entry.facts:
        row.state = State(entry.facts["state"])


def _claimed(row: Decision, entry: Entry) -> None:
    facts = entry.facts
    row.basis = Basis(facts["basis"])
    row.level_used = decided.level_claimed(row)
    decided.judge(row)
    row.lease_id, row.lease_seq = entry.id, entry.seq
    row.lease_until = parse_time(facts["lease_until"])
    row.claim_key = facts["claim_key"]
    row.executor = entry.disclosed.get("executor", "")
    row.hold_until = row.stopped_at = None
    if row.basis is Basis.BREAK_GLASS:
        # Owed from the moment it can have been done: also where nobody hears of it again.
        decided.owe(row, entry)


def _only_the_state(row: Decision, entry: Entry) -> None:
    """Everything else of these entries is their own."""


def _ordered(row: Decision, entry: Entry) -> None:
    row.to_revert = True


def _ended(row: Decision, entry: Entry) -> None:
    row.hold_until = row.stopped_at = None


def _extended(row: Decision, entry: Entry) -> None:
    """People have longer, also to veto, and have it again after a stop; the agent has no longer to claim."""
    row.hold_until = parse_time(entry.facts["hold_until"])
    # The first form of these entries moved the end alone.
    more = entry.facts.get("more_seconds", 0)
    row.hold_seconds += more
    if row.window_ms is not None and row.served_due is not None:
        row.window_ms, row.served_due = row.window_ms + more * 1000, row.served_due + more * 1000


def _commented(row: Decision, entry: Entry) -> None:
    Comment.objects.create(
        seq=entry.seq,
        decision_seq=row.seq,
        person_id=UUID(entry.actor.removeprefix("person:")),
        text=str(entry.disclosed.get("comment", "")),
        at=entry.at,
    )


FOLD = {
    Kind.CLAIM_GRANTED: _claimed,
    Kind.LEASE_EXPIRED: _only_the_state,
    Kind.DECISION_WITHDRAWN: _ended,
    Kind.DECISION_REVIEWED: _only_the_state,
    Kind.HOLD_EXTENDED: _extended,
    Kind.COMMENT_MADE: _commented,
    Kind.REVERT_ORDERED: _ordered,
    Kind.REVERT_ACKNOWLEDGED: _only_the_state,
}
KINDS = tuple(FOLD)
