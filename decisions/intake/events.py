"""From checked events to drafts, in two steps: `prepare` before the lock, `decide` under it.

What an agent says never loosens anything: tier, environment class, level, owner and risk are looked up here.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from decisions import register
from decisions.canonical import NotStrictError, action_hash
from decisions.envelope import Draft, named_uuid, timestamp
from decisions.errors import Problem, Refusal, bad_request, conflict
from decisions.intake import screening, seen, shape
from decisions.intake.alarm import alarm_of
from decisions.intake.cloudevents import Event
from decisions.intake.matching import FUTURE, unclaimed
from decisions.intake.ruleable import frozen, ruleable, state_of_proposal, too_many_open
from decisions.intake.told import Told, ref_key
from decisions.moment import Moment
from decisions.ports import Ruleable, Ruling, rule_many
from decisions.vocab import HOLDING, Kind, Level, Outcome, Scope

READ_ONLY = frozenset({"read", "query", "observe", "diagnose"})


class EventType(StrEnum):
    EXECUTED = "oversight.decision.executed.v1"
    PROPOSED = "oversight.decision.proposed.v1"
    OUTCOME = "oversight.decision.outcome.v1"
    REVERTED = "oversight.decision.reverted.v1"
    SIGNAL = "oversight.signal.v1"


KIND_OF = {
    EventType.EXECUTED: Kind.ACTION_REPORTED,
    EventType.PROPOSED: Kind.ACTION_PROPOSED,
    EventType.OUTCOME: Kind.OUTCOME_REPORTED,
    EventType.REVERTED: Kind.REVERT_FINISHED,
    EventType.SIGNAL: Kind.SIGNAL_RECEIVED,
}
DESCRIBES = frozenset({EventType.EXECUTED, EventType.PROPOSED})


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event read as far as it can be without the lock."""

    type: EventType
    agent: UUID
    entry_id: UUID
    ref: str
    src: str
    """The source that counts its events by `sequence`: one agent may have several."""
    data: shape.Data
    occurred: datetime | None
    sequence: int | None
    event: dict[str, str]
    removed: list[str]
    """Where it held secrets, which are in none of this any more."""
    action: dict[str, Any] | None
    account: dict[str, Any]
    found: screening.Found
    """What reading it showed that a person must see before it is done."""
    told_by: str = ""
    """Whose word it is, where that is not the agent."""
    keys: tuple[str, ...] = ()
    """Names of what belongs to the same affair, as `alert:fp-1a2b`."""


def prepare(agent: UUID, events: Sequence[Event]) -> list[Prepared]:
    """Read each event. Raises a Problem with the index of the first bad one; nothing of the batch is then taken."""
    prepared = []
    for index, event in enumerate(events):
        try:
            prepared.append(_prepare(agent, event))
        except Problem as problem:
            problem.extra.setdefault("index", index)
            raise
    return prepared


def _prepare(agent: UUID, event: Event) -> Prepared:
    try:
        type_ = EventType(event.type)
    except ValueError:
        known = ", ".join(EventType)
        raise bad_request(f"The event type is not known. Known types: {known}.", "unknown-type") from None
    return prepare_data(
        agent,
        type_,
        event.data,
        identity=(event.source, event.id),
        sha256=event.sha256,
        occurred=event.time,
        sequence=event.sequence,
    )


def prepare_data(
    agent: UUID,
    type_: EventType,
    value: Any,
    *,
    identity: tuple[str, str],
    sha256: str,
    occurred: datetime | None,
    sequence: int | None = None,
) -> Prepared:
    """Read one event's data. `identity` is (source, id): with the agent it names the entry."""
    data = shape.read(value)
    if type_ in DESCRIBES and data.action is None:
        raise bad_request("data.action is needed in this type of event.", "bad-event")
    if type_ is EventType.PROPOSED:
        screening.check_proposal(data)
    if type_ is EventType.OUTCOME and data.outcome is None:
        raise bad_request("data.outcome is needed in this type of event.", "bad-event")
    source, id_ = identity
    entry_id, ref = named_uuid("event", str(agent), source, id_), ref_key(agent, data.decision)
    event = {"source": source, "id": id_, "sha256": sha256}
    removed = screening.without_secrets(data, event)
    account = shape.account(data)
    return Prepared(
        type=type_,
        agent=agent,
        entry_id=entry_id,
        ref=ref,
        src=f"agent:{agent}/{hashlib.sha256(b'oversight-source-v1' + source.encode()).hexdigest()[:16]}",
        data=data,
        occurred=occurred,
        sequence=sequence,
        event=event,
        removed=removed,
        action=_canonical_action(agent, data.action) if data.action else None,
        account=account,
        found=screening.screen(data.action, account),
    )


def _canonical_action(agent: UUID, action: shape.Action) -> dict[str, Any]:
    """The action with its hash. The canonical form names the agent by its register id, whatever the body says."""
    target = {"service": action.target.service, "environment": action.target.environment or "prod"}
    if action.target.resource:
        target["resource"] = action.target.resource
    canonical: dict[str, Any] = {
        "v": 1,
        "agent": str(agent),
        "kind": action.kind,
        "target": target,
        "parameters": action.parameters,
    }
    if action.undo:
        canonical["undo"] = {"kind": action.undo.kind, "parameters": action.undo.parameters}
    try:
        return {"canonical": canonical, "hash": action_hash(canonical)}
    except NotStrictError as error:
        raise bad_request(f"The action has no canonical form: {error}.", "bad-event") from None


def decide(prepared: Sequence[Prepared], moment: Moment, *, replayed: bool = False) -> list[Draft]:
    """The drafts of `prepared`, ruled by the policy and the register in force at `moment`.

    Raises a Problem or Refusal with the index of the first event that cannot be taken; nothing of the batch then is.
    """
    known, told = register.at(moment.config), Told(moment)
    describing = [ruleable_of(item, known) for item in prepared if item.type in DESCRIBES]
    ruled = iter(zip(describing, rule_many(describing, config=moment.config, at=moment.now), strict=True))
    drafts: list[Draft] = []
    for index, item in enumerate(prepared):
        try:
            if item.occurred is not None and item.occurred > moment.now + FUTURE:
                raise bad_request("An event's time lies in the future; check the clock of its source.", "bad-time")
            if item.type in DESCRIBES:
                drafts += _described(item, *next(ruled), known, told, replayed=replayed)
            else:
                drafts += _followed(item, told)
        except (Problem, Refusal) as error:
            problem = error.problem if isinstance(error, Refusal) else error
            if len(prepared) > 1:
                problem.extra.setdefault("index", index)
            raise
    return drafts + seen.joins(drafts, known, moment)


def ruleable_of(item: Prepared, known: register.Register) -> Ruleable:
    assert item.action is not None
    return ruleable(item.action["canonical"], item.agent, known, item.found)


def _followed(item: Prepared, told: Told) -> list[Draft]:
    """An outcome, a revert or a signal: nothing is ruled."""
    facts: dict[str, Any] = {
        "kv": 1,
        "decision": str(told.decision(item.ref)),
        "ref": item.ref,
        "agent": str(item.agent),
        "occurred": timestamp(item.occurred) if item.occurred else None,
    }
    if item.type is not EventType.SIGNAL:
        facts["state"] = None
    disclosed: dict[str, Any] = {"event": item.event, "names": _names(item)}
    if item.data.outcome:
        facts["outcome"] = str(item.data.outcome.status)
        facts["lease"] = None
        disclosed["outcome"] = {"detail": item.data.outcome.detail}
    if item.account:
        disclosed["account"] = item.account
    acted = item.type is EventType.REVERTED or (
        item.type is EventType.OUTCOME and facts["outcome"] != Outcome.NOT_EXECUTED
    )
    return [_draft(item, facts, disclosed), *(_acted(item, facts, told) if acted else [])]


def _names(item: Prepared) -> dict[str, Any]:
    names: dict[str, Any] = {"decision": item.data.decision, "episode": item.data.episode}
    return names | {"keys": list(item.keys)} if item.keys else names


def _draft(item: Prepared, facts: dict[str, Any], disclosed: dict[str, Any], policy: Any = None) -> Draft:
    return Draft(
        kind=KIND_OF[item.type],
        actor=item.told_by or f"agent:{item.agent}",
        facts=facts,
        disclosed=disclosed | ({"removed": item.removed} if item.removed else {}),
        id=item.entry_id,
        src=item.src,
        src_seq=item.sequence,
        policy=policy,
        once=item.event["sha256"],
    )


def _described(
    item: Prepared, ruleable: Ruleable, ruling: Ruling, known: register.Register, told: Told, *, replayed: bool
) -> list[Draft]:
    """A report or a proposal, with the hold and the alarms that follow from it."""
    assert item.action is not None
    owner, deputy = known.answerable(ruleable.service)
    # Of what happened long ago it is not known who was.
    on_call = () if replayed else known.on_call(ruleable.service)
    service = known.services.get(ruleable.service)
    facts: dict[str, Any] = {
        "kv": 1,
        "decision": str(told.decision(item.ref)),
        "ref": item.ref,
        "agent": str(item.agent),
        "occurred": timestamp(item.occurred) if item.occurred else None,
        "service": ruleable.service if service else None,
        "tier": ruleable.tier,
        "environment_class": ruleable.environment_class,
        "owner": str(owner) if owner else None,
        "deputy": str(deputy) if deputy else None,
        "on_call": str(on_call[0]) if on_call else None,
        "ruled": str(ruling.level),
        "rule": ruling.rule,
        "risk": str(ruleable.risk),
        "reversible": ruleable.reversible,
        "hidden": ruleable.hidden,
        "uninspectable": ruleable.uninspectable,
        "replayed": replayed,
        "sign_off_seconds": int(ruling.sign_off.total_seconds()) if ruling.sign_off else None,
    }
    disclosed: dict[str, Any] = {
        "event": item.event,
        "action": item.action,
        "names": _names(item) | ({"team": service.team, "data_class": service.data_class} if service else {}),
    }
    if item.account:
        disclosed["account"] = item.account
    if item.type is EventType.EXECUTED:
        facts["used"] = str(Level.L0 if ruleable.kind in READ_ONLY else Level.L4)
        facts["outcome"] = str(item.data.outcome.status) if item.data.outcome else ""
        if item.data.outcome:
            disclosed["outcome"] = {"detail": item.data.outcome.detail}
        followers = _acted(item, facts, told)
        told.tell(item, asked=False)
    else:
        if ruling.frozen:
            raise Refusal(frozen(), ruleable.service)
        facts["state"] = str(state_of_proposal(ruling))
        facts["claim_seconds"] = int(ruling.claim.total_seconds())
        facts["protect_seconds"] = int(ruling.protect.total_seconds())
        followers = _hold(item, facts, ruling, told)
        told.tell(item, asked=True)
    if owner is None:
        followers.append(_alarm(item, "nobody_accountable", ruleable.service))
    return [_draft(item, facts, disclosed, ruling.policy), *followers]


def _hold(item: Prepared, facts: dict[str, Any], ruling: Ruling, told: Told) -> list[Draft]:
    """The hold of a first proposal. One that is sent again, or after the act, opens nothing and extends nothing.

    Raises Refusal for a proposal of another action under the same name: what people were asked must not change.
    """
    if told.contradicts(item, "kind", "target", "parameters", "undo"):
        detail = "This decision names another action already; propose a changed action under a new name."
        raise Refusal(conflict("another-action", detail, decision_id=facts["decision"]), facts["decision"])
    if facts["state"] not in HOLDING or told.described(item):
        return []
    if not facts["replayed"] and not told.moment.hold_one(item.agent):
        raise Refusal(too_many_open(), facts["decision"])
    # A window that is over may be claimed for as long as any other permission.
    hold = ruling.hold + ruling.window if ruling.window else ruling.hold
    held = Draft(
        kind=Kind.DECISION_HELD,
        actor="system",
        facts={
            "kv": 1,
            "decision": facts["decision"],
            "ref": item.ref,
            "agent": str(item.agent),
            "state": facts["state"],
            "hold_until": timestamp(told.moment.now + hold),
            "hold_seconds": int(hold.total_seconds()),
            "window_ms": int(ruling.window.total_seconds() * 1000) if ruling.window else None,
            "served_ms": told.served_ms() if ruling.window else None,
            "requirement": [dict(part) for part in ruling.requirement],
        },
        policy=ruling.policy,
        follows=item.entry_id,
    )
    return [held]


def _acted(item: Prepared, facts: dict[str, Any], told: Told) -> list[Draft]:
    """The alarm when people learn of an act that was not permitted, or that is another than the one told before."""
    facts["otherwise"] = told.contradicts(item, "kind", "target", "parameters")
    claimed = told.claimed(item.ref)
    if claimed is not None:
        facts["unclaimed"] = item.occurred is not None and unclaimed(item.occurred, claimed)
    if told.asked(item.ref) and (claimed is None or facts["unclaimed"]):
        return [_alarm(item, "acted_without_permission", facts["decision"])]
    return [_alarm(item, "acted_otherwise", facts["decision"])] if facts["otherwise"] else []


def _alarm(item: Prepared, alarm: str, subject: str) -> Draft:
    return alarm_of(alarm, subject, follows=item.entry_id)


def needed_scope(prepared: Sequence[Prepared]) -> set[Scope]:
    return {Scope.PROPOSE if item.type is EventType.PROPOSED else Scope.REPORT for item in prepared}
