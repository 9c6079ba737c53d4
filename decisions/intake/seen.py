"""What systems that watch had seen of agents before it was told. It must not write: what it finds is recorded by whoever asks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from decisions import register
from decisions.envelope import Draft
from decisions.intake.alarm import alarm_of
from decisions.intake.matching import (
    BEFORE,
    CLAIMED,
    COMPARED,
    DECISION_KEY,
    FUTURE,
    LOOKED_AT,
    Acted,
    Effect,
    Rule,
    Stored,
    forbidden,
    nearest,
    observed,
)
from decisions.intake.told import digest
from decisions.models import Decision, Evidence, EvidenceKey, LinkCut
from decisions.models.bulk import chunks
from decisions.models.prepared import PreparedValues
from decisions.moment import Moment
from decisions.vocab import Kind, Says

SEEN = "seen:"
NEARER = "It belongs to another decision, of which the agent told later."
ELSEWHEN = "The agent told later that it acted at another time."


@dataclass(frozen=True, slots=True)
class Act:
    """An act as it is once the drafts of a request are recorded, and the entry that made it so."""

    acted: Acted
    entry: UUID


def acts(drafts: Iterable[Draft], moment: Moment) -> dict[str, Act]:
    """By their keys, the acts that `drafts` propose or report and that are not known so already."""
    found: dict[str, Act] = {}
    for draft in drafts:
        if draft.kind not in (Kind.ACTION_PROPOSED, Kind.ACTION_REPORTED):
            continue
        told = Acted.told(draft, moment.now)
        known = found[told.ref].acted if told.ref in found else _stored(told.ref, moment)
        now = told if known is None else _with(known, told)
        if now != known:
            found[told.ref] = Act(now, draft.id)
    return found


def _stored(ref: str, moment: Moment) -> Acted | None:
    row = moment.decision(ref)
    return Acted.of(row) if row is not None and row.complete else None


def _with(known: Acted, told: Acted) -> Acted:
    """What it is was told before; when it was done is the first time that a report says."""
    if not told.acted:
        return known
    return replace(known, at=min(known.at, told.at) if known.acted else told.at, acted=True)


def joins(drafts: Iterable[Draft], known: register.Register, moment: Moment) -> list[Draft]:
    """The entries that join what was seen before to the acts that `drafts` tell of: as if it had come after them.

    What is nearer to them is taken from the decision that had it, and what is not of them any more is given back.
    """
    watched = {str(agent) for agent in known.watched}
    told = acts((draft for draft in drafts if draft.facts.get("agent") in watched), moment) if watched else {}
    return _shared_out(told, moment) if told else []


def _shared_out(told: Mapping[str, Act], moment: Moment) -> list[Draft]:
    effects = _near([act.acted for act in told.values()], moment)
    # What was seen may also be of what another command tells of: whoever finds some looks at what the others have written.
    moment.tell_of({act.acted.agent for act in told.values()}, read=bool(effects))
    holders, cut = _held(effects)
    # What one of `told` has may now be of any other decision.
    stored = Stored(effect for effect in effects if _holder(effect, holders) in told)
    places = _places(told.values())
    drafts: list[Draft] = []
    for effect in effects:
        holder = holders.get(effect.seq or 0)
        among = {one.ref: one for place in (effect.service, *effect.keys) for one in places.get(place, ())}
        if holder is not None:
            others = stored.near(effect) if holder.ref in told else [holder]
            among = {one.ref: one for one in others if one.ref not in told} | among
        best = nearest(effect, (one for one in among.values() if (one.seq, effect.seq) not in cut))
        if (best[0].ref if best else None) == (holder.ref if holder else None):
            continue
        cause = next(one.ref for one in (best and best[0], holder) if one is not None and one.ref in told)
        drafts += _moved(effect, holder, best, follows=told[cause].entry)
    return drafts


def _moved(effect: Effect, holder: Acted | None, best: tuple[Acted, Rule] | None, *, follows: UUID) -> list[Draft]:
    """The entries that take `effect` from `holder` and say that it is of `best`; either may be nobody."""
    drafts = []
    if holder is not None:
        drafts.append(_given_up(effect, holder, NEARER if best else ELSEWHEN, follows=follows))
    if best is not None:
        acted, rule = best
        drafts.append(observed(effect, acted, rule, by="system", follows=follows))
        if forbidden(effect, acted):
            drafts.append(alarm_of("acted_without_permission", str(acted.id), follows=follows))
    return drafts


def _given_up(effect: Effect, acted: Acted, reason: str, *, follows: UUID) -> Draft:
    facts: dict[str, Any] = {
        "kv": 1,
        "decision": str(acted.id),
        "ref": acted.ref,
        "evidence": str(effect.id),
        "evidence_seq": effect.seq,
        "rule": str(Rule.TARGET),
    }
    return Draft(Kind.LINK_CUT, "system", facts, {"reason": reason}, follows=follows)


def _near(acted: Sequence[Acted], moment: Moment) -> list[Effect]:
    """Effects of the agents of `acted` that no decision has by its name, in the order in which they came.

    Those of the same service about that time, those that one of `acted` has, and those that name one, whenever they were.
    """
    agents = {one.agent for one in acted}
    # One that another decision has by its time may turn out to be nearer to one that is told of later.
    free = Evidence.objects.filter(
        Q(decision_seq__isnull=True) | Q(rule=Rule.TARGET), says=Says.EFFECT, agent_id__in=agents
    )
    found: dict[int, Evidence] = {}
    for near in _about(acted, agents, free, moment):
        found |= {row.seq: row for row in near.order_by("occurred_at")[: LOOKED_AT * 10]}
    for seqs in chunks({one.seq for one in acted if one.seq is not None}):
        found |= {row.seq: row for row in free.filter(decision_seq__in=seqs)[: LOOKED_AT * 10]}
    for naming in _naming(acted, moment):
        found |= {row.seq: row for row in free.filter(seq__in=naming)[: LOOKED_AT * 10]}
    return [Effect.of(found[seq]) for seq in sorted(found)]


def _about(
    acted: Sequence[Acted], agents: set[UUID], free: "QuerySet[Evidence]", moment: Moment
) -> "Iterator[QuerySet[Evidence]]":
    """What of `free` is of a service of `acted` and of about its time."""
    services = {one.service for one in acted}
    first, last = min(one.at for one in acted) - BEFORE, max(one.at for one in acted) + CLAIMED
    newest = moment.once(_Newest.read)
    if newest.since is None or first > newest.since:
        seqs = [
            seq
            for seq, agent, service, at in newest.effects
            if agent in agents and service in services and first <= at <= last
        ]
        if seqs:
            yield free.filter(seq__in=seqs)
        return
    for some in chunks(services):
        yield free.filter(service__in=some, occurred_at__range=(first, last))


NEWEST = 128
"""So much of what was told last is read once for all that is decided together: most acts are told of when they were just done."""
_NEWEST = PreparedValues(
    lambda: Evidence.objects.order_by("-seq").values_list(
        "seq", "says", "agent_id", "service", "occurred_at", "received_at", "decision_seq", "rule"
    )[:NEWEST]
)


@dataclass(frozen=True, slots=True)
class _Newest:
    """The effects among what was told last that no decision has by its name."""

    effects: tuple[tuple[int, UUID | None, str, datetime], ...]
    """(seq, agent, service, when)."""
    since: datetime | None
    """Every effect that was seen later than this is among them; None where there are no others."""

    @classmethod
    def read(cls, _: Moment) -> "_Newest":
        rows = _NEWEST.all()
        effects = tuple(
            (seq, agent, service, at)
            for seq, says, agent, service, at, _, decision, rule in rows
            if says == Says.EFFECT and (decision is None or rule == Rule.TARGET)
        )
        return cls(effects, rows[-1][5] + FUTURE if len(rows) == NEWEST else None)


def name_of(decision: str) -> str:
    """How a command announces that it tells of what is called `decision`, which evidence may name."""
    return f"{SEEN}{digest(f'{DECISION_KEY}{decision}')}"


def _naming(acted: Sequence[Acted], moment: Moment) -> Iterator[list[int]]:
    """The evidence that names one of `acted`; what was announced is asked for once."""
    before = moment.once(_named_before)
    # Nobody has named what has no entry yet by the id that it gets now.
    told = {name for one in acted for name in one.named if name and (one.seq is not None or name != str(one.id))}
    names = {digest(f"{DECISION_KEY}{name}") for name in told}
    announced = {name for name in names if f"{SEEN}{name}" in moment.announced}
    yield from chunks(seq for name in announced for seq in before.get(name, ()))
    for some in chunks(names - announced):
        yield from chunks(EvidenceKey.objects.filter(key__in=some).values_list("evidence_seq", flat=True))


def _named_before(moment: Moment) -> dict[str, list[int]]:
    """The evidence that carries any of the names that were announced."""
    found: dict[str, list[int]] = {}
    for names in chunks(name.removeprefix(SEEN) for name in moment.announced if name.startswith(SEEN)):
        for key, seq in EvidenceKey.objects.filter(key__in=names).values_list("key", "evidence_seq"):
            found.setdefault(key, []).append(seq)
    return found


def _held(effects: Iterable[Effect]) -> tuple[dict[int, Acted], set[tuple[int, int]]]:
    """(by the seqs of `effects`, the decisions that have them; what people cut off, as (decision, effect))."""
    holders: dict[int, Acted] = {}
    cut: set[tuple[int, int]] = set()
    for some in chunks(effect.seq for effect in effects if effect.seq is not None):
        held = Evidence.objects.filter(seq__in=some, decision_seq__isnull=False).values_list("seq", "decision_seq")
        rows = {
            row.seq: Acted.of(row)
            for row in Decision.rows.filter(seq__in={decision for _, decision in held}).only(*COMPARED)
        }
        holders |= {seq: rows[decision] for seq, decision in held if decision in rows}
        cut |= set(LinkCut.objects.filter(evidence_seq__in=some).values_list("decision_seq", "evidence_seq"))
    return holders, cut


def _holder(effect: Effect, holders: Mapping[int, Acted]) -> str:
    holder = holders.get(effect.seq or 0)
    return holder.ref if holder else ""


def _places(told: Iterable[Act]) -> dict[str, list[Acted]]:
    """The acts of `told` by what an effect of one may carry: its service, or one of its names."""
    found: dict[str, list[Acted]] = {}
    for act in told:
        for place in {act.acted.service, *(f"{DECISION_KEY}{name}" for name in act.acted.named)}:
            found.setdefault(place, []).append(act.acted)
    return found
