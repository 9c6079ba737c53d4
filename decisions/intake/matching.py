"""Which decision a change that was seen is of. It must not write: what it finds is recorded by whoever asks."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from decisions.envelope import Draft, timestamp
from decisions.intake.told import ref_key
from decisions.models import Decision, Evidence, LinkCut
from decisions.vocab import Kind, Outcome, Says

BEFORE = timedelta(minutes=1)
"""Clocks differ: an effect may be seen so long before its action is said to be."""
AFTER = timedelta(minutes=15)
"""After so long what is seen is no longer taken for the effect of an action that nobody claimed."""
CLAIMED = timedelta(hours=24)
"""So long a permission may stand before the act."""
LOOKED_AT = 50
DECISION_KEY = "decision:"


class Rule(StrEnum):
    """By what evidence was found to be of a decision."""

    NAMED = "named"
    """The record names the decision."""
    TARGET = "target"
    """The same agent changed the same thing at that time."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A change that was seen, as far as it says whose it is."""

    id: UUID
    agent: UUID | None
    service: str
    resource: str
    kind: str
    at: datetime
    outcome: str
    """Empty where it was seen that something was begun, and not how it ended."""
    detail: str
    keys: tuple[str, ...]
    seq: int | None = None

    @classmethod
    def of(cls, row: Evidence) -> "Effect":
        told = row.told
        return cls(
            id=row.id,
            agent=row.agent_id,
            service=row.service,
            resource=str(told.get("resource", "")),
            kind=str(told.get("kind", "")),
            at=row.occurred_at,
            outcome=row.outcome,
            detail=str(told.get("detail", "")),
            keys=tuple(told.get("keys", ())),
            seq=row.seq,
        )


@dataclass(frozen=True, slots=True)
class Acted:
    """What is compared of a decision: one that is stored, or one that is being recorded."""

    ref: str
    id: UUID
    agent: UUID
    service: str
    resource: str
    kind: str
    at: datetime
    ended: datetime | None = None
    claimed: bool = False
    proposed: bool = False
    seq: int | None = None
    named: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Decision) -> "Acted":
        return cls(
            ref=row.ref_key,
            id=row.id,
            agent=row.agent_id,
            service=row.service,
            resource=row.resource,
            kind=row.kind,
            at=row.occurred_at,
            ended=row.ended_at,
            claimed=row.lease_seq is not None,
            proposed=row.proposed,
            seq=row.seq,
            named=(str(row.id), row.agent_ref),
        )


def rule_of(effect: Effect, acted: Acted) -> Rule | None:
    """By what `effect` is of `acted`; None if it is not. The same in whatever order the two came."""
    if effect.agent not in (None, acted.agent):
        return None
    if any(f"{DECISION_KEY}{name}" in effect.keys for name in acted.named if name):
        return Rule.NAMED
    if effect.agent is None or not effect.service or effect.service != acted.service:
        return None
    if effect.resource and acted.resource:
        same = _thing(effect.resource) == _thing(acted.resource)
    else:
        same = effect.kind == acted.kind
    last = (acted.ended or acted.at) + AFTER if not acted.claimed or acted.ended else acted.at + CLAIMED
    return Rule.TARGET if same and acted.at - BEFORE <= effect.at <= last else None


def _thing(resource: str) -> str:
    """`deployments/geo`, `deployment.apps/geo` and `deployment/geo` are one thing; `geo` alone is not told from it."""
    kind, slash, name = resource.lower().rpartition("/")
    return f"{kind.rpartition('/')[2].partition('.')[0].rstrip('s')}{slash}{name}"


def nearest(effect: Effect, among: Iterable[Acted]) -> tuple[Acted, Rule] | None:
    """The decision that `effect` is of: one that it names, else the last that was acted on before it."""
    found = [(acted, rule) for acted in among if (rule := rule_of(effect, acted)) is not None]
    if not found:
        return None
    return max(found, key=lambda pair: (pair[1] is Rule.NAMED, pair[0].at <= effect.at, pair[0].at, str(pair[0].id)))


def decisions_near(effect: Effect) -> list[Acted]:
    """The stored decisions that `effect` may be of."""
    names = [key.removeprefix(DECISION_KEY) for key in effect.keys if key.startswith(DECISION_KEY)]
    rows: list[Decision] = []
    for name in names:
        # A name may have the form of an id of ours and be the agent's own.
        with contextlib.suppress(ValueError):
            rows += Decision.rows.filter(id=UUID(name), complete=True)
        if effect.agent is not None:
            rows += Decision.rows.filter(ref_key=ref_key(effect.agent, name), complete=True)
    if not rows and effect.agent is not None and effect.service:
        near = Decision.rows.filter(
            agent_id=effect.agent,
            service=effect.service,
            complete=True,
            occurred_at__range=(effect.at - CLAIMED, effect.at + BEFORE),
        )
        rows += near.order_by("-occurred_at")[:LOOKED_AT]
    cut = set()
    if effect.seq is not None:
        cut = set(LinkCut.objects.filter(evidence_seq=effect.seq).values_list("decision_seq", flat=True))
    return [Acted.of(row) for row in rows if row.seq not in cut]


def open_effects(acted: Sequence[Acted], agents: Iterable[UUID]) -> list[Effect]:
    """What was seen before it was told: effects of `agents` without a decision, about the time of `acted`."""
    some = list(agents)
    if not some or not acted:
        return []
    first, last = min(one.at for one in acted) - BEFORE, max(one.at for one in acted) + CLAIMED
    rows = Evidence.objects.filter(
        says=Says.EFFECT, agent_id__in=some, decision_seq__isnull=True, occurred_at__range=(first, last)
    )
    return [Effect.of(row) for row in rows.order_by("seq")[: LOOKED_AT * 10]]


def observed(effect: Effect, acted: Acted, rule: Rule, *, by: str, follows: UUID) -> Draft:
    """The entry that says what was seen of `acted`."""
    facts: dict[str, Any] = {
        "kv": 1,
        "decision": str(acted.id),
        "ref": acted.ref,
        "agent": str(acted.agent),
        "occurred": timestamp(effect.at),
        "state": None,
        "lease": None,
        "outcome": effect.outcome or None,
        "rule": str(rule),
        "evidence": str(effect.id),
    }
    return Draft(
        kind=Kind.OUTCOME_OBSERVED,
        actor=by,
        facts=facts,
        disclosed={"outcome": {"detail": effect.detail}},
        follows=follows,
    )


NOTHING_DONE = frozenset({Outcome.FAILED, Outcome.NOT_EXECUTED, Outcome.NO_CHANGE})
"""Outcomes of an attempt that changed nothing: no alarm follows from them alone."""


def forbidden(effect: Effect, acted: Acted) -> bool:
    """Whether what was seen was done without the permission that had been asked for."""
    return acted.proposed and not acted.claimed and effect.outcome not in NOTHING_DONE


class Seen:
    """What systems that watch had seen of agents before it was told; asked of the database once, and only where it may be."""

    def __init__(self, acted: Mapping[str, Acted]) -> None:
        self._acted = dict(acted)
        self._open: list[Effect] | None = None

    def before(self, ref: str, follows: UUID) -> list[Draft]:
        """The entries that join what was seen to the action of `ref`; they follow from its entry, `follows`."""
        acted = self._acted.pop(ref, None)
        if acted is None:
            return []
        if self._open is None:
            told = [acted, *self._acted.values()]
            self._open = open_effects(told, {one.agent for one in told})
        joined = [(effect, rule) for effect in self._open if (rule := rule_of(effect, acted)) is not None]
        for effect, _ in joined:
            self._open.remove(effect)
        return [observed(effect, acted, rule, by="system", follows=follows) for effect, rule in joined]
