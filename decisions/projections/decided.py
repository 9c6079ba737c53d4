"""Decisions and the timeline from entries about actions, outcomes and holds.

`fold` is the only code that moves a decision's row by these kinds; rebuilding the read models runs the same code.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models

from decisions import kinds
from decisions.envelope import Entry, parse_time
from decisions.models import Decision, Timeline
from decisions.models.bulk import insert_rows, made, upsert
from decisions.models.prepared import PreparedMany
from decisions.projections import counts, links, sources
from decisions.states import DONE, held_state, told_state
from decisions.vocab import (
    BEYOND_OWES_SECONDS,
    HOLDING,
    LEVEL_OF,
    STATE_AFTER,
    TERMINAL,
    Basis,
    Kind,
    Level,
    Outcome,
    SignOff,
    State,
)

KINDS = (
    Kind.ACTION_PROPOSED,
    Kind.ACTION_REPORTED,
    Kind.OUTCOME_REPORTED,
    Kind.OUTCOME_OBSERVED,
    Kind.REVERT_FINISHED,
    Kind.DECISION_HELD,
    Kind.DECISION_EXPIRED,
)
Fold = Callable[[Decision, Entry], None]
"""What an entry of a kind makes of the decision it speaks of."""


_BY_REF = PreparedMany(lambda keys: Decision.rows.filter(ref_key__in=keys), models.CharField())


def decisions_by_ref(keys: Iterable[str]) -> dict[str, Decision]:
    """By their keys, as the entries alone make them."""
    return {row.ref_key: row for row in _BY_REF.all(keys)}


def apply(entries: Sequence[Entry]) -> None:
    fold_into_decisions(entries, FOLD)
    sources.count(entries)


def fold_into_decisions(entries: Sequence[Entry], fold: Mapping[Kind, Fold]) -> None:
    """Fold `entries` into their decisions: one read, one write, whatever their number."""
    rows = decisions_by_ref({entry.facts["ref"] for entry in entries})
    before = counts.of(rows.values())
    history = []
    for entry in entries:
        key = entry.facts["ref"]
        row = rows.get(key)
        if row is None:
            row = rows[key] = blank(entry)
        # A deadline that has passed counts here as everywhere, whether or not its expiry was written down before.
        stored, row.state = row.state, held_state(row, entry.at)
        fold[entry.kind](row, entry)
        # Every entry about a decision is a new version of it.
        row.version += 1
        row.last_seq = entry.seq
        history.append((entry.seq, row.seq, str(entry.kind), str(told_state(row)), entry.actor, entry.at))
        if row.state == State.EXPIRED and entry.kind is not Kind.DECISION_EXPIRED:
            # That it is over is an entry of its own, which is still to come: it is due for as long as none says so.
            row.state = stored
    upsert(Decision, list(rows.values()))
    counts.move(before, counts.of(rows.values()))
    links.join(entries, rows)
    insert_rows(Timeline, ("seq", "decision_seq", "kind", "state", "actor", "at"), history)


def blank(entry: Entry) -> Decision:
    """The row of a decision of which nothing is known yet but that an entry speaks of it."""
    return made(
        Decision,
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
    # Without its action a decision is still one of its service, which a stop may cover.
    row.service = target.get("service", facts.get("service") or "")[:64]
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
    row.title = kinds.title(row.kind, row.resource, row.service) if canonical else "An action that was erased"
    row.replayed = facts["replayed"]
    row.action = canonical or None
    row.action_hash = disclosed.get("action", {}).get("hash", "")
    row.account = disclosed.get("account", {})
    row.sign_off_seconds = facts["sign_off_seconds"]


def describe_once(row: Decision, entry: Entry) -> None:
    """What the first entry says of the action stands; a later one may only add what the agent had not told of its reasons."""
    if not row.complete:
        _describe(row, entry)
    elif "account" in entry.disclosed:
        row.account = {**entry.disclosed["account"], **row.account}


def _proposed(row: Decision, entry: Entry) -> None:
    if row.complete:
        return
    _describe(row, entry)
    row.proposed = True
    row.occurred_at = _when(entry)
    row.claim_seconds = entry.facts["claim_seconds"]
    row.protect_seconds = entry.facts["protect_seconds"]
    reverted = row.state == State.REVERTED
    if not reverted:
        row.state = State(entry.facts["state"])
    if row.state == State.AUTHORIZED:
        row.basis = Basis.AUTONOMY
        row.claim_until = entry.at + timedelta(seconds=row.claim_seconds)
    if reverted or row.outcome:
        # The act was told before the question: it is judged as one that nobody waited for.
        if reverted or row.outcome != Outcome.NOT_EXECUTED:
            _use(row, entry)
        settle(row, entry)


def _held(row: Decision, entry: Entry) -> None:
    """The hold of the proposal just told. No later entry of this kind opens it again or changes what it asks for.

    After a restore it says instead that a person must look at what was done.
    """
    if entry.facts["state"] == State.REVIEW:
        row.state = State.REVIEW
        return
    if row.state not in HOLDING or row.hold_until is not None:
        return
    row.state = State(entry.facts["state"])
    row.hold_until = parse_time(entry.facts["hold_until"])
    row.hold_seconds = entry.facts["hold_seconds"]
    row.window_ms = entry.facts["window_ms"]
    if row.window_ms is not None and entry.facts["served_ms"] is not None:
        row.served_due = entry.facts["served_ms"] + row.window_ms
    row.requirement = list(entry.facts["requirement"])


def _expired(row: Decision, entry: Entry) -> None:
    row.state = State.EXPIRED
    row.stopped_at = None


def _reported(row: Decision, entry: Entry) -> None:
    describe_once(row, entry)
    _act(row, _when(entry))
    if row.proposed:
        _use(row, entry)
    else:
        row.level_used = max(row.level_used, Level(entry.facts["used"]))
        judge(row)
    if entry.facts["outcome"]:
        end(row, entry, own=False)
    settle(row, entry)


def _act(row: Decision, at: datetime) -> None:
    """That it was done at `at`, as a report says. Of several times the first stands, whichever was told first."""
    row.acted_at = at if row.acted_at is None else min(row.acted_at, at)
    row.occurred_at = row.acted_at


def _use(row: Decision, entry: Entry) -> None:
    """The level that a proposed action was taken at when no claim says it: alone.

    So is an act other than the proposed one, and one that was done before it was claimed.
    """
    facts = entry.facts
    if row.level_used and not facts.get("otherwise", False) and not facts.get("unclaimed", False):
        return
    row.level_used = Level.L4
    judge(row)


def level_claimed(row: Decision) -> Level:
    """The level that an act is taken at by the claim of `row`: what was only suggested and people made their own is at L1."""
    basis = Basis(row.basis)
    return Level.L1 if basis is Basis.QUORUM and row.level_ruled == Level.L1 else LEVEL_OF[basis]


def judge(row: Decision) -> None:
    """Mark what went beyond the level ruled, and make it owe a sign-off."""
    row.beyond = row.level_used > row.level_ruled
    if row.beyond and row.sign_off_seconds is None:
        row.sign_off_seconds = BEYOND_OWES_SECONDS


def _outcome(row: Decision, entry: Entry) -> None:
    if not entry.facts["outcome"]:
        # Seen to be under way: that it was done is no outcome.
        return
    if entry.facts["state"]:
        # Told by the holder of the lease: what it makes of the decision was decided under the lock.
        end(row, entry, own=True)
        row.state = State(entry.facts["state"])
        row.released_at = entry.at
        if row.state in DONE:
            row.protect_until = entry.at + timedelta(seconds=row.protect_seconds)
        owe(row, entry)
        return
    if not row.complete:
        row.occurred_at = min(row.occurred_at, _when(entry))
    if entry.kind is Kind.OUTCOME_OBSERVED:
        _observed(row, entry)
        return
    if row.proposed and entry.facts["outcome"] != Outcome.NOT_EXECUTED:
        _use(row, entry)
    end(row, entry, own=True)
    settle(row, entry)


def _observed(row: Decision, entry: Entry) -> None:
    """What was seen is nobody's answer: a hold, a permission and a lease stay what they are, beside what it shows.

    So a link that is cut leaves nothing behind, and nobody has a hold ended by what somebody else did.
    """
    early = entry.facts.get("unclaimed", False)
    if not early:
        # What was done before the claim says nothing of what was done under it.
        end(row, entry, own=True)
    if row.lease_seq is not None and not early:
        return
    if row.proposed and entry.facts["outcome"] != Outcome.NOT_EXECUTED:
        _use(row, entry)
    follow(row)
    owe(row, entry)


def end(row: Decision, entry: Entry, *, own: bool) -> None:
    """Take the outcome that `entry` tells of if it prevails over the one known: in whatever order they come.

    Observed before claimed; an outcome event of its own before what came with the action; then the later one; then,
    of two told for the same instant, the worse.
    """
    outcome, at = Outcome(entry.facts["outcome"]), _when(entry)
    # What a system other than the agent tells was seen, and is not the agent's word: it stands above that.
    observed = entry.kind is Kind.OUTCOME_OBSERVED or entry.actor.startswith("source:")
    detail = str(entry.disclosed.get("outcome", {}).get("detail", ""))
    if row.outcome and row.ended_at is not None:
        known = (
            row.outcome_observed,
            row.outcome_own,
            row.ended_at,
            _WORSE.index(Outcome(row.outcome)),
            row.outcome_detail,
        )
        if (observed, own, at, _WORSE.index(outcome), detail) < known:
            return
    row.outcome, row.outcome_detail, row.ended_at = outcome, detail, at
    row.outcome_observed, row.outcome_own = observed, own


_WORSE = (
    Outcome.SUCCEEDED,
    Outcome.NO_CHANGE,
    Outcome.NOT_EXECUTED,
    Outcome.PARTIAL,
    Outcome.UNKNOWN,
    Outcome.FAILED,
)


def settle(row: Decision, entry: Entry) -> None:
    """The state after an act that is told outside a lease.

    A vetoed, denied or expired decision stays so: what was done all the same is its outcome. Of a claimed one it is
    evidence beside the word of the lease's holder, for a person to look at.
    """
    if row.lease_seq is not None:
        # One that was vetoed at work is ordered to be reverted when its lease ends, in an entry that says so.
        if row.state in _LEASED and not (row.state == State.EXECUTING and row.to_revert):
            # Whether this or the holder's word comes first: it stands beside it in review.
            row.state, row.protect_until = State.REVIEW, None
    elif row.state in _TOLD:
        row.state = State.REPORTED
        row.hold_until = None
        follow(row)
    owe(row, entry)


def follow(row: Decision) -> None:
    """The state of an act that was told outside a lease is that of its outcome."""
    if row.lease_seq is None and row.state in _DONE_ALONE:
        row.state = STATE_AFTER[Outcome(row.outcome)] if row.outcome else State.REPORTED


def owe(row: Decision, entry: Entry) -> None:
    """Make what was done owe the sign-off that the policy, or the way it was permitted, asks for."""
    # level_used says that an act was told: what was vetoed or left undone owes nobody's judgement.
    if row.complete and row.level_used and row.sign_off == SignOff.NONE and row.sign_off_seconds is not None:
        row.sign_off = SignOff.REQUIRED
        row.sign_off_due = entry.at + timedelta(seconds=row.sign_off_seconds)


def _reverted(row: Decision, entry: Entry) -> None:
    """A revert says that the act took place, asked for or not. One that people ordered is not over by the agent's word."""
    if entry.facts["state"]:
        row.state = State(entry.facts["state"])
        return
    if not row.complete:
        row.occurred_at = min(row.occurred_at, _when(entry))
    if row.proposed:
        _use(row, entry)
    settle(row, entry)
    if row.state in TERMINAL or row.state == State.REVERT_FAILED:
        return
    ordered = row.lease_seq is not None or row.state in (State.REVERT_ORDERED, State.REVERTING)
    row.state = State.REVIEW if ordered else State.REVERTED


_LEASED = frozenset({State.EXECUTING, State.UNKNOWN, *DONE})
"""The states of a claimed act that nobody has ended or ordered to be undone."""
_DONE_ALONE = frozenset({State.REPORTED, State.FAILED, State.UNKNOWN})
_TOLD = HOLDING | {State.AUTHORIZED} | _DONE_ALONE
"""The states of an unclaimed decision that its agent's word of the act changes; what people ordered since then stands."""

FOLD = {
    Kind.ACTION_PROPOSED: _proposed,
    Kind.ACTION_REPORTED: _reported,
    Kind.OUTCOME_REPORTED: _outcome,
    Kind.OUTCOME_OBSERVED: _outcome,
    Kind.REVERT_FINISHED: _reverted,
    Kind.DECISION_HELD: _held,
    Kind.DECISION_EXPIRED: _expired,
}
