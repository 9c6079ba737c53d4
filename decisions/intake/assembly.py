"""From what foreign records say to drafts: signals, reported actions, and effects joined to the decision they are of.

In two steps, as for events: `prepare` before the lock, `decide` under it. Nothing that a record says loosens a rule.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from decisions import clock, inert, redaction, register
from decisions.envelope import Draft, named_uuid, timestamp
from decisions.errors import Problem
from decisions.intake import events, matching, seen
from decisions.intake.alarm import alarm_of
from decisions.intake.mapping.foreign import mended
from decisions.intake.matching import Effect
from decisions.intake.reading import Reading
from decisions.intake.told import digest
from decisions.moment import Moment
from decisions.vocab import Kind, Says

_KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
OPENTELEMETRY = "opentelemetry"
"""The system of what comes to /v1/traces and /v1/logs."""
UNCLASSIFIED = "unclassified"
UNKNOWN_SERVICE = "unknown"
KEYS, TARGETS = 20, 10


@dataclass(frozen=True, slots=True)
class Sender:
    """Who hands records in: a source, or an agent itself."""

    principal: str
    """`source:<slug>` or `agent:<id>`."""
    system: str
    agent: UUID | None
    """Whose acts they are, where they name nobody whom the register knows."""

    @property
    def name(self) -> str:
        return self.principal.partition(":")[2]

    @property
    def is_agent(self) -> bool:
        return self.principal.startswith("agent:")

    @property
    def src(self) -> str:
        """The source of its records, as events name theirs."""
        return f"/hooks/{self.system}/{self.name}"


@dataclass(frozen=True, slots=True)
class Signal:
    """A trigger, an effect, or the looks of one episode, ready to be written."""

    draft: Draft
    effect: Effect | None = None


@dataclass(slots=True)
class Assembled:
    """What one request holds."""

    sender: Sender
    actions: list[events.Prepared] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    looks: int = 0
    nobody: int = 0
    """Read-only calls of nobody whom the register knows: they are counted for the source alone."""
    latest: datetime | None = None

    @property
    def reads_little(self) -> bool:
        """Whether it reads no more than its actions do: an effect looks among all decisions for the one that it is of."""
        return all(signal.effect is None for signal in self.signals)

    @property
    def weight(self) -> int:
        return len(self.actions) + len(self.signals)


def prepare(sender: Sender, readings: Iterable[Reading], known: register.Register) -> Assembled:
    """Read as far as it can be without the lock. Raises a 400 problem with the index of the first bad record."""
    # Asked once: in service mode it is the database's.
    made, now = Assembled(sender), clock.now()
    looks: dict[tuple[UUID, str], list[Reading]] = {}
    for index, told in enumerate(readings):
        reading = replace(told, id=mended(told.id), decision=mended(told.decision), episode=mended(told.episode))
        agent = _whose(sender, reading, known)
        if reading.at is not None and (made.latest is None or reading.at > made.latest):
            made.latest = reading.at
        try:
            if reading.says is Says.LOOK:
                if agent is None:
                    made.nobody += 1
                else:
                    looks.setdefault((agent, reading.episode), []).append(reading)
            elif reading.says is Says.ACTION and agent is not None and not _of_another(sender, reading):
                made.actions.append(_action(sender, reading, agent, known, now))
            else:
                made.signals.append(_signal(sender, reading, agent, known, now))
        except Problem as problem:
            problem.extra.setdefault("index", index)
            raise
    for (agent, episode), some in looks.items():
        made.signals.append(_looks(sender, agent, episode, some, now))
        made.looks += len(some)
    return made


def _whose(sender: Sender, reading: Reading, known: register.Register) -> UUID | None:
    """The agent whose doing it is. One that hands it in itself speaks for nobody else, and bears no witness to itself."""
    if sender.is_agent:
        return None if reading.says is Says.EFFECT else sender.agent
    return known.identities.get(f"{sender.system}:{reading.actor}", sender.agent) if reading.actor else sender.agent


def _of_another(sender: Sender, reading: Reading) -> bool:
    """Whether it is what a platform did for a decision that it names: seen of that one, and none of its own."""
    return not sender.is_agent and _names_decision(reading)


def _names_decision(reading: Reading) -> bool:
    return any(key.startswith(matching.DECISION_KEY) for key in reading.keys)


# -- actions


def _action(sender: Sender, reading: Reading, agent: UUID, known: register.Register, now: datetime) -> events.Prepared:
    """An act that an agent, or the platform it runs on, tells of."""
    service = known.service_named(reading.targets)
    target = {"service": service or _slug(reading.targets), "environment": _name(reading.environment, 64)}
    if reading.resource:
        target["resource"] = _name(reading.resource, 300)
    action: dict[str, Any] = {
        "kind": _kind(reading.kind),
        "target": target,
        "parameters": dict(reading.parameters),
    }
    if reading.undo:
        action["undo"] = dict(reading.undo)
    name = reading.decision or reading.id
    data: dict[str, Any] = {
        # One agent may be told of by several systems, each of which counts its runs from one.
        "decision": _name(name if sender.is_agent else f"{sender.system}:{name}", 200),
        "episode": _name(reading.episode, 200),
        "action": action,
    }
    if reading.rationale:
        data["rationale"] = redaction.beginning(reading.rationale, 60_000)
    if reading.evidence:
        data["evidence"] = [dict(one) for one in reading.evidence[:100]]
    if reading.model:
        data["model"] = dict(reading.model)
    if reading.trigger:
        data["trigger"] = dict(reading.trigger)
    if reading.outcome is not None:
        data["outcome"] = {"status": str(reading.outcome), "detail": redaction.beginning(reading.detail, 60_000)}
    prepared = events.prepare_data(
        agent,
        events.EventType.EXECUTED,
        mended(data),
        identity=(sender.src, mended(reading.id[:400])),
        sha256=_once(sender, reading.id),
        occurred=_plausible(reading.at, now),
    )
    told_by = "" if sender.principal == f"agent:{agent}" else sender.principal
    # Named by who told it as well: an event of the agent, whatever source it states, never takes the place of a platform's.
    id_ = named_uuid("act", sender.principal, str(agent), sender.src, reading.id)
    return replace(prepared, entry_id=id_, told_by=told_by, keys=_keys(reading))


def _once(sender: Sender, id_: str) -> str:
    """What a record is compared by when it comes again: its identity alone, for systems render one event anew each time."""
    return hashlib.sha256(f"{sender.src}\0{id_}".encode()).hexdigest()


def _plausible(at: datetime | None, now: datetime) -> datetime | None:
    """The stated time; None where a clock is so far ahead that the time of receipt says more."""
    return at if at is None or at <= now + matching.FUTURE else None


def _name(text: str, most: int) -> str:
    """An identifier of others as one of ours: normal, every character of it seen, and not too long."""
    return inert.visible(unicodedata.normalize("NFC", text.replace("\n", " ")))[:most]


def _slug(targets: Sequence[str]) -> str:
    return _name(targets[0], 64) if targets and targets[0].strip() else UNKNOWN_SERVICE


def _kind(kind: str) -> str:
    made = re.sub(r"[^a-z0-9_.-]+", "_", kind.lower())[:64]
    return made if _KIND.fullmatch(made) else UNCLASSIFIED


def _keys(reading: Reading) -> tuple[str, ...]:
    return tuple(sorted({mended(key)[:200] for key in reading.keys}))[:KEYS]


# -- signals


def _signal(sender: Sender, reading: Reading, agent: UUID | None, known: register.Register, now: datetime) -> Signal:
    """A trigger, or a change that was seen. An act of nobody whom the register knows as an agent is one too."""
    says = Says.TRIGGER if reading.says is Says.TRIGGER else Says.EFFECT
    service = known.service_named(reading.targets)
    at = _plausible(reading.at, now)
    told: dict[str, Any] = {
        "title": redaction.beginning(reading.title, 2000),
        "actor": reading.actor[:400],
        "decision": reading.decision[:200],
        "episode": reading.episode[:200],
        "kind": _kind(reading.kind) if reading.kind else "",
        "targets": [target[:300] for target in reading.targets[:TARGETS]],
        "environment": reading.environment[:64],
        "resource": reading.resource[:300],
        "parameters": dict(reading.parameters),
        "detail": redaction.beginning(reading.detail, 4000),
        "evidence": [dict(one) for one in reading.evidence[:100]],
        "trigger": dict(reading.trigger),
        "keys": list(_keys(reading)),
    }
    draft = _draft(
        sender,
        reading.id,
        {name: part for name, part in told.items() if part},
        says=says,
        agent=agent,
        service=service or None,
        occurred=at,
        until=reading.until,
        outcome=str(reading.outcome) if reading.outcome else None,
        keys=[digest(key) for key in _keys(reading)],
    )
    if says is not Says.EFFECT or sender.is_agent or not (agent or _names_decision(reading)):
        return Signal(draft)
    # As it is kept: without secrets, and the same whether it is joined now or found later.
    kept = draft.disclosed["told"]
    effect = Effect(
        id=draft.id,
        agent=agent,
        service=service,
        resource=kept.get("resource", ""),
        kind=kept.get("kind", ""),
        at=at or now,
        outcome=str(reading.outcome or ""),
        detail=kept.get("detail", ""),
        keys=tuple(kept.get("keys", ())),
    )
    return Signal(draft, effect)


def _looks(sender: Sender, agent: UUID, episode: str, readings: Sequence[Reading], now: datetime) -> Signal:
    """The read-only calls of one request and episode: one entry, however many they are."""
    tools: dict[str, int] = {}
    for reading in readings:
        tool = _name(reading.kind, 64) or "a tool"
        tools[tool] = tools.get(tool, 0) + 1
    times = [reading.at for reading in readings if reading.at is not None]
    # The same calls in the same request are the same entry.
    id_ = hashlib.sha256("\0".join(sorted(reading.id for reading in readings)).encode()).hexdigest()
    most = sorted(tools.items(), key=lambda pair: (-pair[1], pair[0]))[:100]
    return Signal(
        _draft(
            sender,
            f"looks:{id_}",
            {"tools": dict(most), "episode": episode[:200]},
            says=Says.LOOK,
            agent=agent,
            service=None,
            occurred=_plausible(min(times), now) if times else None,
            until=_plausible(max(times), now) if times else None,
            outcome=None,
            keys=[],
            more={"episode": episode_digest(agent, episode), "count": len(readings)},
        )
    )


def _draft(
    sender: Sender,
    id_: str,
    told: Mapping[str, Any],
    *,
    says: Says,
    agent: UUID | None,
    service: str | None,
    occurred: datetime | None,
    until: datetime | None,
    outcome: str | None,
    keys: Sequence[str],
    more: Mapping[str, Any] | None = None,
) -> Draft:
    once = _once(sender, id_)
    disclosed = mended({"event": {"source": sender.src, "id": id_[:400], "sha256": once}, "told": dict(told)})
    clean, once = redaction.cleaned(disclosed, once, settings.KEY_PEPPER.encode())
    facts: dict[str, Any] = {
        "kv": 2,
        "decision": None,
        "ref": None,
        "says": str(says),
        "source": sender.name,
        "agent": str(agent) if agent else None,
        "service": service,
        "occurred": timestamp(occurred) if occurred else None,
        "until": timestamp(until) if until else None,
        "outcome": outcome,
        "keys": sorted(set(keys)),
    }
    return Draft(
        kind=Kind.SIGNAL_RECEIVED,
        actor=sender.principal,
        facts=facts | dict(more or {}),
        disclosed=clean,
        id=named_uuid("signal", sender.principal, sender.src, id_),
        once=once,
    )


def episode_digest(agent: UUID, episode: str) -> str:
    return digest(f"episode\0{agent}\0{episode}")


# -- under the lock


def decide(assembled: Assembled, moment: Moment, *, replayed: bool = False) -> list[Draft]:
    """The drafts of one request, with what is seen joined to what is told. Raises as `events.decide` does."""
    drafts = events.decide(assembled.actions, moment, replayed=replayed) if assembled.actions else []
    told = seen.acts(drafts, moment)
    stored = matching.Stored(signal.effect for signal in assembled.signals if signal.effect is not None)
    # What is of one kind stands together: it is folded at once.
    drafts += [signal.draft for signal in assembled.signals]
    for signal in assembled.signals:
        if signal.effect is not None:
            # What this request tells of an act counts, beside what it is without that.
            near = {one.ref: one for one in stored.near(signal.effect)} | {ref: act.acted for ref, act in told.items()}
            drafts += joined(signal.effect, near.values(), by=assembled.sender.principal)
    return drafts


def joined(effect: Effect, near: Iterable[matching.Acted], *, by: str) -> list[Draft]:
    """The entries that say of which of `near` the effect is; none where it is of none of them."""
    found = matching.nearest(effect, near)
    if found is None:
        return []
    acted, rule = found
    drafts = [matching.observed(effect, acted, rule, by=by, follows=effect.id)]
    if matching.forbidden(effect, acted):
        drafts.append(alarm_of("acted_without_permission", str(acted.id), follows=effect.id))
    return drafts
