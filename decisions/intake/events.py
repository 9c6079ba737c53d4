"""From checked events to drafts, in two steps: `prepare` before the lock, `decide` under it.

What an agent says never loosens anything: tier, environment class, level, owner and risk are looked up here.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from decisions import kinds, register
from decisions.canonical import NotStrictError, action_hash
from decisions.envelope import Draft, named_uuid, timestamp, uuid7
from decisions.errors import Problem, bad_request
from decisions.intake import shape
from decisions.intake.cloudevents import Event
from decisions.ports import Ruleable, Ruling, rule_many
from decisions.recording import Moment
from decisions.vocab import TERMINAL, Kind, Level, Outcome, Risk, Scope, State

FUTURE = timedelta(minutes=5)
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
    data: shape.Data
    occurred: datetime | None
    sequence: int | None
    event: dict[str, str]
    action: dict[str, Any] | None
    account: dict[str, Any]


def ref_key(agent: UUID, decision: str) -> str:
    """How entries name the decision that `agent` calls `decision`."""
    return hashlib.sha256(f"oversight-ref-v1\0{agent}\0{decision}".encode()).hexdigest()[:32]


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
    if type_ is EventType.PROPOSED and data.outcome is not None:
        raise bad_request("A proposal has no outcome.", "bad-event")
    if type_ is EventType.OUTCOME and data.outcome is None:
        raise bad_request("data.outcome is needed in this type of event.", "bad-event")
    source, id_ = identity
    return Prepared(
        type=type_,
        agent=agent,
        entry_id=named_uuid("event", str(agent), source, id_),
        ref=ref_key(agent, data.decision),
        data=data,
        occurred=occurred,
        sequence=sequence,
        event={"source": source, "id": id_, "sha256": sha256},
        action=_canonical_action(agent, data.action) if data.action else None,
        account=shape.account(data),
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
    """The drafts of `prepared`, ruled by the policy and the register in force at `moment`."""
    known = register.at(moment.config)
    describing = [(item, _ruleable(item, known)) for item in prepared if item.action is not None]
    rulings = rule_many([ruleable for _, ruleable in describing], config=moment.config)
    ruled = {id(item): (ruleable, ruling) for (item, ruleable), ruling in zip(describing, rulings, strict=True)}
    drafts: list[Draft] = []
    for item in prepared:
        if item.occurred is not None and item.occurred > moment.now + FUTURE:
            raise bad_request("An event's time lies in the future; check the clock of its source.", "bad-time")
        if item.type in DESCRIBES:
            ruleable, ruling = ruled[id(item)]
            drafts += _described(item, ruleable, ruling, known, moment, replayed=replayed)
        else:
            drafts.append(_followed(item, moment))
    return drafts


def _ruleable(item: Prepared, known: register.Register) -> Ruleable:
    assert item.action is not None
    canonical = item.action["canonical"]
    target, kind = canonical["target"], canonical["kind"]
    service = known.services.get(target["service"])
    environment = known.environment_class(target["service"], target["environment"])
    reversible = kinds.reversible(kind)
    return Ruleable(
        kind=kind,
        service=target["service"],
        resource=target.get("resource", ""),
        data_class=service.data_class if service else "",
        tier=service.tier if service else None,
        environment_class=environment,
        parameters=canonical["parameters"],
        agent_id=str(item.agent),
        has_undo="undo" in canonical,
        registered=service is not None,
        risk=risk_of(service.tier if service else None, environment, reversible=reversible),
        reversible=reversible,
    )


def risk_of(tier: int | None, environment_class: str, *, reversible: bool | None) -> Risk:
    """High: irreversible, or tier 0-1 in production. Low: reversible and (tier 3 or not production). Else medium."""
    strict = 0 if tier is None else tier
    if reversible is False or (strict <= 1 and environment_class == "prod"):
        return Risk.HIGH
    if reversible and (strict == 3 or environment_class != "prod"):  # noqa: PLR2004 - tier 3 is the least critical
        return Risk.LOW
    return Risk.MEDIUM


def _followed(item: Prepared, moment: Moment) -> Draft:
    """An outcome, a revert or a signal: nothing is ruled."""
    facts: dict[str, Any] = {"kv": 1, "decision": str(_decision_id(item, moment)), "ref": item.ref, "agent": str(item.agent)}
    facts["occurred"] = timestamp(item.occurred) if item.occurred else None
    disclosed: dict[str, Any] = {"event": item.event, "names": _names(item)}
    if item.data.outcome:
        facts["outcome"] = str(item.data.outcome.status)
        disclosed["outcome"] = {"detail": item.data.outcome.detail}
    if item.account:
        disclosed["account"] = item.account
    return _draft(item, facts, disclosed)


def _decision_id(item: Prepared, moment: Moment) -> UUID:
    row = moment.decision(item.ref)
    return row.id if row else uuid7(moment.now)


def _names(item: Prepared) -> dict[str, str]:
    return {"decision": item.data.decision, "episode": item.data.episode}


def _draft(
    item: Prepared, facts: dict[str, Any], disclosed: dict[str, Any], policy: Any = None
) -> Draft:
    return Draft(
        kind=KIND_OF[item.type],
        actor=f"agent:{item.agent}",
        facts=facts,
        disclosed=disclosed,
        id=item.entry_id,
        src=f"agent:{item.agent}",
        src_seq=item.sequence,
        policy=policy,
        once=item.event["sha256"],
    )


def _described(
    item: Prepared, ruleable: Ruleable, ruling: Ruling, known: register.Register, moment: Moment, *, replayed: bool
) -> list[Draft]:
    """A report or a proposal, with the hold and the alarms that follow from it."""
    assert item.action is not None
    owner, deputy = known.answerable(ruleable.service)
    service = known.services.get(ruleable.service)
    decision = _decision_id(item, moment)
    facts: dict[str, Any] = {
        "kv": 1,
        "decision": str(decision),
        "ref": item.ref,
        "agent": str(item.agent),
        "occurred": timestamp(item.occurred) if item.occurred else None,
        "service": ruleable.service if service else None,
        "tier": ruleable.tier,
        "environment_class": ruleable.environment_class,
        "owner": str(owner) if owner else None,
        "deputy": str(deputy) if deputy else None,
        "ruled": str(ruling.level),
        "rule": ruling.rule,
        "risk": str(ruleable.risk),
        "reversible": ruleable.reversible,
        "replayed": replayed,
        "sign_off_seconds": int(ruling.sign_off.total_seconds()) if ruling.sign_off else None,
    }
    disclosed: dict[str, Any] = {
        "event": item.event,
        "action": item.action,
        "names": _names(item)
        | ({"team": service.team, "data_class": service.data_class} if service else {}),
    }
    if item.account:
        disclosed["account"] = item.account
    if item.type is EventType.EXECUTED:
        used = Level.L0 if ruleable.kind in READ_ONLY else Level.L4
        facts["used"] = str(used)
        if used > ruling.level and ruling.sign_off is None:
            facts["sign_off_seconds"] = int(ruling.sign_off_beyond.total_seconds())
        facts["outcome"] = str(item.data.outcome.status) if item.data.outcome else ""
        if item.data.outcome:
            disclosed["outcome"] = {"detail": item.data.outcome.detail}
        followers = _acted_against(item, moment)
    else:
        state = state_of_proposal(ruling)
        facts["state"] = str(state)
        facts["claim_seconds"] = int(ruling.claim.total_seconds())
        followers = list(_hold(item, facts, state, ruling, moment))
    if owner is None:
        followers.append(_alarm(item, "nobody_accountable", ruleable.service))
    return [_draft(item, facts, disclosed, ruling.policy), *followers]


def state_of_proposal(ruling: Ruling) -> State:
    """The state in which a proposal starts, by the level that was ruled."""
    return {
        Level.L0: State.DENIED,
        Level.L1: State.SUGGESTED,
        Level.L2: State.PENDING,
        Level.L3: State.WINDOW,
        Level.L4: State.AUTHORIZED,
    }[ruling.level]


def _hold(item: Prepared, facts: dict[str, Any], state: State, ruling: Ruling, moment: Moment) -> Iterable[Draft]:
    if state in (State.DENIED, State.AUTHORIZED):
        return
    yield Draft(
        kind=Kind.DECISION_HELD,
        actor="system",
        facts={
            "kv": 1,
            "decision": facts["decision"],
            "ref": item.ref,
            "agent": str(item.agent),
            "state": str(state),
            "hold_until": timestamp(moment.now + ruling.hold),
            "requirement": [dict(part) for part in ruling.requirement],
        },
        policy=ruling.policy,
        follows=item.entry_id,
    )


def _acted_against(item: Prepared, moment: Moment) -> list[Draft]:
    """The alarm when an action is reported whose decision was refused, or had not been answered yet."""
    row = moment.decision(item.ref)
    if row is None or not row.proposed or (row.state not in TERMINAL and row.hold_until is None):
        return []
    return [_alarm(item, "acted_without_permission", str(row.id))]


def _alarm(item: Prepared, alarm: str, subject: str) -> Draft:
    key = f"{alarm}:{hashlib.sha256(subject.encode()).hexdigest()[:16]}"
    return Draft(
        kind=Kind.ALARM_RAISED,
        actor="system",
        facts={"kv": 1, "key": key, "alarm": alarm},
        disclosed={"subject": subject},
        follows=item.entry_id,
    )


def needed_scope(prepared: Sequence[Prepared]) -> set[Scope]:
    return {Scope.PROPOSE if item.type is EventType.PROPOSED else Scope.REPORT for item in prepared}


def outcome_of(data: shape.Data) -> Outcome | None:
    return data.outcome.status if data.outcome else None
