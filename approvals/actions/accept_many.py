"""Accept several decisions with the same words: each by its own sign-off, under every rule of one. It must not refuse any."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from uuid import UUID

from approvals.actions.sign_off import judging
from approvals.queries import together
from approvals.vocab import Judgement
from decisions.errors import Problem, bad_request
from decisions.models import Decision
from decisions.recording import Decide, Recorded, record_soon
from decisions.vocab import Effect, SignOff

CHANGED = "had changed"


@dataclass(slots=True)
class Judged:
    """What became of each: accepted, or left as it was, with the reason in words."""

    accepted: list[Decision] = field(default_factory=list)
    left: list[tuple[Decision, str]] = field(default_factory=list)


def accept_many(
    chosen: Mapping[UUID, int], *, effect: Effect, reason: str, opened: Collection[int], actor: UUID
) -> Judged:
    """Accept what `actor` chose, id → version as they saw it; `opened` are the seqs of what they have looked at.

    Each by itself: what one is refused for keeps nothing from the others. Raises a 400 problem, and nothing is recorded,
    for words that no sign-off takes, for none or for more than `together.MOST`.
    """
    if not 0 < len(chosen) <= together.MOST:
        raise bad_request(f"Choose from 1 to {together.MOST} decisions.")
    rows = together.named(chosen)
    if len(rows) != len(chosen):
        raise bad_request("One of the decisions is not there.")
    unseen = together.to_open_first(rows, opened)
    judged, asked = Judged(), list[tuple[Decision, Future[Recorded]]]()
    for row in rows:
        why = _why_not(row, chosen[row.id], unseen)
        if why:
            judged.left.append((row, why))
            continue
        decide = judging(
            row.id,
            judgement=Judgement.ACCEPT,
            effect=effect,
            cause=None,
            reason=reason,
            version=chosen[row.id],
            actor=actor,
        )
        asked.append((row, _asked(decide, row, actor)))
    # All have been asked for: what waits together is committed together.
    for row, answer in asked:
        problem = answer.exception()
        if problem is None:
            judged.accepted.append(row)
        elif isinstance(problem, Problem):
            judged.left.append((row, CHANGED if problem.slug == "stale-view" else problem.detail or problem.title))
        else:
            raise problem
    return judged


def _asked(decide: Decide, row: Decision, actor: UUID) -> "Future[Recorded]":
    """The sign-off under way; where too much waits, one that has been refused for that."""
    try:
        return record_soon(decide, principal=f"person:{actor}", keys=frozenset({row.ref_key}))
    except Problem as problem:
        refused: Future[Recorded] = Future()
        refused.set_exception(problem)
        return refused


def _why_not(row: Decision, version: int, unseen: Collection[int]) -> str:
    if row.version != version or row.sign_off != SignOff.REQUIRED:
        return CHANGED
    if row.seq in unseen:
        return "must be opened first: it is not of low risk and of one kind, rule and outcome with the others"
    return ""
