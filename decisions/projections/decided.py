"""Decisions and the timeline from entries about actions, outcomes and holds.

`fold` is the only code that moves a decision's row by these kinds; rebuilding the read models runs the same code.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from decisions import kinds
from decisions.envelope import Entry, parse_time
from decisions.models import Decision, Timeline
from decisions.models.bulk import chunks, insert_rows, upsert
from decisions.vocab import HOLDING, STATE_AFTER, TERMINAL, Kind, Level, Outcome, SignOff, State

KINDS = (
    Kind.ACTION_PROPOSED,
    Kind.ACTION_REPORTED,
    Kind.OUTCOME_REPORTED,
    Kind.OUTCOME_OBSERVED,
    Kind.REVERT_FINISHED,
    Kind.DECISION_HELD,
    Kind.DECISION_EXPIRED,
)


def decisions_by_ref(keys: Iterable[str]) -> dict[str, Decision]:
    found: dict[str, Decision] = {}
    for some in chunks(keys):
        found.update((row.ref_key, row) for row in Decision.objects.filter(ref_key__in=some))
    return found


def apply(entries: Sequence[Entry]) -> None:
    """Fold `entries` into their decisions: one read, one write, whatever their number."""
    rows = decisions_by_ref({entry.facts["ref"] for entry in entries})
    history = []
    for entry in entries:
        key = entry.facts["ref"]
        row = rows.get(key)
        if row is None:
            row = rows[key] = _blank(entry)
        FOLD[entry.kind](row, entry)
        touch(row, entry)
        history.append(history_row(row, entry))
    upsert(Decision, list(rows.values()))
    write_history(history)


def touch(row: Decision, entry: Entry) -> None:
    """Every entry about a decision is a new version of it."""
    row.version += 1
    row.last_seq = entry.seq


def history_row(row: Decision, entry: Entry) -> tuple[object, ...]:
    return (entry.seq, row.seq, str(entry.kind), str(row.state), entry.actor, entry.at)


def write_history(history: Sequence[tuple[object, ...]]) -> None:
    insert_rows(Timeline, ("seq", "decision_seq", "kind", "state", "actor", "at"), history)


def _blank(entry: Entry) -> Decision:
    return Decision(
        seq=entry.seq,
        id=UUID(entry.facts["decision"]),
        ref_key=entry.facts["ref"],
        version=0,
        last_seq=entry.seq,
        agent_id=UUID(entry.facts["agent"]),
        title="An outcome whose action was not reported",
        state=State.REPORTED,
        occurred_at=_when(entry),
        received_at=entry.at,
    )


def _when(entry: Entry) -> datetime:
    stated = entry.facts.get("occurred")
    return parse_time(stated) if stated else entry.at


def _describe(row: Decision, entry: Entry) -> None:
    """What the action is, who answers for it and what the policy ruled: the same for proposals and reports."""
    facts, disclosed = entry.facts, entry.disclosed
    canonical = disclosed.get("action", {}).get("canonical", {})
    target = canonical.get("target", {})
    names = disclosed.get("names", {})
    row.complete = True
    row.agent_ref = names.get("decision", "")[:200]
    row.episode = names.get("episode", "")[:200]
    row.service = target.get("service", "")[:64]
    row.environment = target.get("environment", "")[:64]
    row.environment_class = facts["environment_class"]
    row.resource = target.get("resource", "")[:300]
    row.kind = canonical.get("kind", "")[:64]
    row.tier = facts["tier"]
    row.data_class = names.get("data_class", "")
    row.team = names.get("team", "")
    row.owner_id = UUID(facts["owner"]) if facts["owner"] else None
    row.deputy_id = UUID(facts["deputy"]) if facts["deputy"] else None
    row.level_ruled = facts["ruled"]
    row.rule = facts["rule"]
    row.policy_version = entry.policy["ver"] if entry.policy else None
    row.risk = facts["risk"]
    row.reversible = facts["reversible"]
    row.title = kinds.title(row.kind, row.resource, row.service)
    row.replayed = facts["replayed"]
    row.action = canonical or None
    row.action_hash = disclosed.get("action", {}).get("hash", "")
    row.account = disclosed.get("account", {})
    row.sign_off_seconds = facts["sign_off_seconds"]


def _proposed(row: Decision, entry: Entry) -> None:
    if row.complete:
        return
    _describe(row, entry)
    row.proposed = True
    row.occurred_at = _when(entry)
    row.claim_seconds = entry.facts["claim_seconds"]
    row.state = State(entry.facts["state"])
    if row.state == State.AUTHORIZED:
        row.claim_until = entry.at + timedelta(seconds=row.claim_seconds)
    if row.outcome:
        _settle(row, entry)


def _held(row: Decision, entry: Entry) -> None:
    if row.state in TERMINAL or row.outcome:
        return
    row.state = State(entry.facts["state"])
    row.hold_until = parse_time(entry.facts["hold_until"])
    row.requirement = list(entry.facts["requirement"])


def _expired(row: Decision, entry: Entry) -> None:
    row.state = State.EXPIRED


def _reported(row: Decision, entry: Entry) -> None:
    permitted = row.state == State.AUTHORIZED and (row.claim_until is None or entry.at < row.claim_until)
    if not row.complete:
        _describe(row, entry)
    row.occurred_at = _when(entry)
    row.level_used = Level(entry.facts["used"]) if not row.proposed else (row.level_ruled if permitted else Level.L4)
    row.beyond = row.level_used > row.level_ruled
    claimed = entry.facts["outcome"]
    # An outcome of its own prevails over the one that came with the action, whichever of the two arrives first.
    if claimed and (not row.outcome or (row.ended_at is not None and _when(entry) > row.ended_at)):
        _end(row, entry, Outcome(claimed))
    _settle(row, entry)


def _outcome(row: Decision, entry: Entry) -> None:
    observed = entry.kind is Kind.OUTCOME_OBSERVED
    later = row.ended_at is None or _when(entry) >= row.ended_at
    if observed or (later and not row.outcome_observed):
        row.outcome_observed = observed
        _end(row, entry, Outcome(entry.facts["outcome"]))
    _settle(row, entry)


def _end(row: Decision, entry: Entry, outcome: Outcome) -> None:
    row.outcome = outcome
    row.outcome_detail = entry.disclosed.get("outcome", {}).get("detail", "")
    row.ended_at = _when(entry)


def _settle(row: Decision, entry: Entry) -> None:
    """The state after the act. A vetoed, denied or expired decision stays so: what was done all the same is its outcome."""
    if row.state not in TERMINAL:
        row.state = STATE_AFTER[Outcome(row.outcome)] if row.outcome else State.REPORTED
        row.hold_until = None
    if row.complete and row.sign_off == SignOff.NONE and row.sign_off_seconds is not None:
        row.sign_off = SignOff.REQUIRED
        row.sign_off_due = entry.at + timedelta(seconds=row.sign_off_seconds)


def _reverted(row: Decision, entry: Entry) -> None:
    if row.state not in TERMINAL and row.state not in HOLDING:
        row.state = State.REVERTED


FOLD = {
    Kind.ACTION_PROPOSED: _proposed,
    Kind.ACTION_REPORTED: _reported,
    Kind.OUTCOME_REPORTED: _outcome,
    Kind.OUTCOME_OBSERVED: _outcome,
    Kind.REVERT_FINISHED: _reverted,
    Kind.DECISION_HELD: _held,
    Kind.DECISION_EXPIRED: _expired,
}
