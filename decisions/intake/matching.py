"""Which decision a change that was seen is of. It must not write: what it finds is recorded by whoever asks."""

import contextlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from decisions.envelope import Draft, parse_time, timestamp
from decisions.intake.told import ref_key
from decisions.models import Decision, Evidence
from decisions.states import claimed_at
from decisions.vocab import Kind, Outcome

BEFORE = timedelta(minutes=1)
"""Clocks differ: an effect may be seen so long before its action is said to be."""
AFTER = timedelta(minutes=15)
"""After so long what is seen is no longer taken for the effect of an action that nobody claimed."""
CLAIMED = timedelta(hours=24)
"""So long a permission may stand before the act."""
LOOKED_AT = 50
MOST = 2000
DECISION_KEY = "decision:"
FUTURE = timedelta(minutes=5)
"""No stated time is later than so long after its receipt."""


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
    acted: bool = False
    """Whether `at` is when it was done, by a report, and not when it was asked for."""
    ended: datetime | None = None
    """When the holder of its lease told the outcome: nobody's clock but ours, so that it does not matter what came first."""
    claimed: datetime | None = None
    """When the right to act was claimed."""
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
            acted=row.acted_at is not None,
            ended=row.released_at,
            claimed=claimed_at(row),
            proposed=row.proposed,
            seq=row.seq,
            named=(str(row.id), row.agent_ref),
        )

    @classmethod
    def told(cls, draft: Draft, at: datetime) -> "Acted":
        """The action that `draft` reports or proposes; `at` where it states no time."""
        facts, canonical = draft.facts, draft.disclosed["action"]["canonical"]
        return cls(
            ref=facts["ref"],
            id=UUID(facts["decision"]),
            agent=UUID(facts["agent"]),
            service=canonical["target"]["service"],
            resource=canonical["target"].get("resource", ""),
            kind=canonical["kind"],
            at=parse_time(facts["occurred"]) if facts["occurred"] else at,
            acted=draft.kind is Kind.ACTION_REPORTED,
            proposed=draft.kind is Kind.ACTION_PROPOSED,
            named=(facts["decision"], draft.disclosed["names"]["decision"]),
        )


def rule_of(effect: Effect, acted: Acted) -> Rule | None:
    """By what `effect` is of `acted`; None if it is not. The same in whatever order the two came."""
    if effect.agent not in (None, acted.agent):
        return None
    if any(f"{DECISION_KEY}{name}" in effect.keys for name in acted.named if name):
        # A name is a claim: of something else it proves nothing, and is shown to people without counting.
        return Rule.NAMED if effect.service == acted.service or _same_thing(effect, acted) else None
    if effect.agent is None or not effect.service or effect.service != acted.service:
        return None
    same = _same_thing(effect, acted) if effect.resource and acted.resource else effect.kind == acted.kind
    # When an act without a lease was over may be told before or after it was seen: it counts for nothing.
    last = acted.at + AFTER
    if acted.claimed:
        last = acted.ended + AFTER if acted.ended else acted.at + CLAIMED
    return Rule.TARGET if same and acted.at - BEFORE <= effect.at <= last else None


def _same_thing(effect: Effect, acted: Acted) -> bool:
    return bool(effect.resource and acted.resource) and _thing(effect.resource) == _thing(acted.resource)


def _thing(resource: str) -> str:
    """`deployments/geo`, `deployment.apps/geo` and `deployment/geo` are one thing; `geo` alone is not told from it."""
    kind, slash, name = resource.lower().rpartition("/")
    return f"{kind.rpartition('/')[2].partition('.')[0].rstrip('s')}{slash}{name}"


def nearest(effect: Effect, among: Iterable[Acted]) -> tuple[Acted, Rule] | None:
    """The decision that `effect` is of: one that it names, else the last that was acted on before it."""
    found = [(acted, rule) for acted in among if (rule := rule_of(effect, acted)) is not None]
    if not found:
        return None
    return max(found, key=lambda pair: (pair[1] is Rule.NAMED, pair[0].at <= effect.at, pair[0].at, pair[0].ref))


COMPARED = (
    *("seq", "id", "ref_key", "agent_id", "agent_ref", "service", "resource", "kind"),
    *("occurred_at", "acted_at", "released_at", "lease_until", "proposed"),
)


class Stored:
    """The stored decisions that the effects of one request may be of: asked once for each agent and service."""

    def __init__(self, effects: Iterable[Effect]) -> None:
        self._times: dict[tuple[UUID, str], list[datetime]] = {}
        self._found: dict[tuple[UUID, str], list[Acted]] = {}
        for effect in effects:
            if effect.agent is not None and effect.service:
                self._times.setdefault((effect.agent, effect.service), []).append(effect.at)

    def near(self, effect: Effect) -> list[Acted]:
        """Those that `effect` names, or else the last that were acted on before it."""
        named = _named(effect)
        if named or effect.agent is None or not effect.service:
            return named
        found = self._of(effect.agent, effect.service)
        last = bisect_right(found, effect.at + BEFORE, key=lambda one: one.at)
        return [one for one in found[max(0, last - LOOKED_AT) : last] if one.at >= effect.at - CLAIMED]

    def _of(self, agent: UUID, service: str) -> list[Acted]:
        """The decisions of one agent about one service, in the order of their times."""
        place = agent, service
        if place not in self._found:
            times = self._times[place]
            rows = Decision.rows.filter(
                agent_id=agent,
                service=service,
                complete=True,
                occurred_at__range=(min(times) - CLAIMED, max(times) + BEFORE),
            )
            latest = rows.only(*COMPARED).order_by("-occurred_at", "-seq")[: min(LOOKED_AT * len(times), MOST)]
            self._found[place] = [Acted.of(row) for row in latest][::-1]
        return self._found[place]


def _named(effect: Effect) -> list[Acted]:
    """The stored decisions that `effect` names and that may be meant."""
    rows: list[Decision] = []
    for name in (key.removeprefix(DECISION_KEY) for key in effect.keys if key.startswith(DECISION_KEY)):
        # A name may have the form of an id of ours and be the agent's own.
        with contextlib.suppress(ValueError):
            rows += Decision.rows.filter(id=UUID(name), complete=True).only(*COMPARED)
        if effect.agent is not None:
            rows += Decision.rows.filter(ref_key=ref_key(effect.agent, name), complete=True).only(*COMPARED)
    # What is known to be the doing of one agent is of no other's decision, whatever it names.
    return [Acted.of(row) for row in rows if effect.agent in (None, row.agent_id)]


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
    if acted.claimed and unclaimed(effect.at, acted.claimed):
        facts["unclaimed"] = True
    return Draft(
        kind=Kind.OUTCOME_OBSERVED,
        actor=by,
        facts=facts,
        disclosed={"outcome": {"detail": effect.detail}},
        follows=follows,
    )


NOTHING_DONE = frozenset({Outcome.FAILED, Outcome.NOT_EXECUTED, Outcome.NO_CHANGE})
"""Outcomes of an attempt that changed nothing: no alarm follows from them alone."""


def unclaimed(at: datetime, claimed: datetime | None) -> bool:
    """Whether what was done `at` that time was done without the claim, or before it and not as clocks differ."""
    return claimed is None or at < claimed - BEFORE


def forbidden(effect: Effect, acted: Acted) -> bool:
    """Whether what was seen was done without the permission that had been asked for."""
    return acted.proposed and unclaimed(effect.at, acted.claimed) and effect.outcome not in NOTHING_DONE
