"""Plain functions that make what tests need, each with overrides by keyword. They go the product's own way in."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from django.db import transaction
from django.test import Client

from approvals.actions.claim import claim as claim_action
from approvals.actions.give_verdict import give_verdict
from approvals.actions.propose import propose as propose_action
from approvals.actions.report_outcome import report_outcome
from approvals.organisation import AgentRow, GroupRow, Organisation, PersonRow, ServiceRow
from approvals.queries.shown import Shown, display_hash
from approvals.vocab import VerdictWord
from decisions import clock, ledger, register
from decisions.auth import keys
from decisions.envelope import Draft, seal
from decisions.intake import assembly, cloudevents, events
from decisions.intake.assembly import Sender
from decisions.intake.reading import Reading, Says
from decisions.intake.receive import keys_of
from decisions.intake.told import ref_key
from decisions.models import Agent, Decision, Person
from decisions.moment import Moment
from decisions.recording import Recorded, record_all
from decisions.vocab import Kind, Outcome, Scope

Json = dict[str, Any]
BOTH = ({"name": "prod", "class": "prod"}, {"name": "staging", "class": "staging"})


@dataclass(frozen=True, slots=True)
class Register:
    """The example company's people by username and agents by slug."""

    people: Mapping[str, Person]
    agents: Mapping[str, Agent]


def person(username: str, *roles: str, **over: Any) -> PersonRow:
    given = {"name": username.title(), "email": f"{username}@example.org", "roles": roles} | over
    return PersonRow(username=username, **given)


def service(slug: str, tier: int, **over: Any) -> ServiceRow:
    given: Json = {
        "name": slug.title(),
        "environments": BOTH,
        "owner": "marta",
        "deputy": "david",
        "team": "Platform",
        "data_class": "personal",
        "cost_per_minute": "120.00",
        "currency": "EUR",
    }
    return ServiceRow(slug=slug, tier=tier, **given | over)


def organisation() -> Organisation:
    """One person for each role, two managers, a service of each tier, one that nobody answers for, two agents."""
    return Organisation(
        name="Example",
        people=[
            person("marta", "manager"),
            person("david", "manager"),
            person("ines", "responder"),
            person("tomasz", "responder"),
            person("helena", "executive"),
            person("samuel", "auditor"),
            person("yuki", "admin"),
            person("noor", "viewer"),
        ],
        groups=[GroupRow("approvers", "Approvers", ("david", "ines", "marta", "tomasz"))],
        services=[
            service("checkout", 0),
            service("search", 1),
            service("geo", 2),
            service("wiki", 3),
            service("orphan", 2, owner="", deputy=""),
        ],
        agents=[
            AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz"),
            AgentRow("autoscaler", "Autoscaler", "Acme", "m-2", "2026-11", "marta"),
        ],
    )


def policy(**over: Any) -> Json:
    """Tier 0: two people; tier 1: one; tier 2: unless vetoed; tier 3 and staging: alone; restarts are always alone."""
    document: Json = {
        "name": "Example policy",
        "defaults": {"level": "L1"},
        "irreversible": ["delete"],
        "requirements": {
            "one": {"quorum": [{"group": "approvers", "n": 1}], "hold": "30m", "claim": "10m"},
            "two": {"quorum": [{"group": "approvers", "n": 2}], "hold": "15m", "claim": "10m"},
            "window": {"window": "5m"},
        },
        "matrix": [
            {"tier": [0, 1, 2, 3], "kind": "*", "environment": ["staging", "dev"], "level": "L4"},
            {"tier": [1, 2, 3], "kind": "restart", "environment": "prod", "level": "L4"},
            {"tier": 0, "kind": "*", "environment": "prod", "level": "L2", "requirement": "two"},
            {"tier": 1, "kind": "*", "environment": "prod", "level": "L2", "requirement": "one"},
            {"tier": 2, "kind": "*", "environment": "prod", "level": "L3", "requirement": "window"},
            {"tier": 3, "kind": "*", "environment": "prod", "level": "L4"},
        ],
        "sign_off": [{"tier": 0, "risk": "low", "within": "24h"}, {"tier": 1, "risk": "high", "within": "48h"}],
    }
    return document | over


def outsider() -> Person:
    """Somebody with an account and no standing in the register."""
    return Person.objects.create(username="oskar", name="Oskar")


def action(**over: Any) -> Json:
    """Scaling `search` in production: at L2 by the example policy."""
    made: Json = {
        "kind": "scale",
        "target": {"service": "search", "environment": "prod"},
        "parameters": {"replicas": 3},
    }
    undo = {"kind": "scale", "parameters": {"replicas": 2}}
    target = {name: over.pop(name) for name in ("service", "environment", "resource") if name in over}
    return made | {"undo": undo} | over | {"target": made["target"] | target}


def data(**over: Any) -> Json:
    """The `data` of an event: a decision of its own and the example action, with the agent's reasons."""
    return {
        "decision": uuid.uuid4().hex,
        "action": action(),
        "rationale": "p99 is over its limit",
        "confidence": 0.9,
    } | over


def event(kind: str = "executed", **over: Any) -> Json:
    """A CloudEvent of the given kind; `over` goes to the envelope by the names of its attributes, else to `data`."""
    envelope: Json = {
        "specversion": "1.0",
        "id": uuid.uuid4().hex,
        "source": "/agents/remediator",
        "type": "oversight.signal.v1" if kind == "signal" else f"oversight.decision.{kind}.v1",
    }
    envelope |= {name: over.pop(name) for name in list(over) if name in cloudevents.ATTRIBUTES and name != "data"}
    content = data(**over)
    if kind in ("outcome", "reverted", "signal") and "action" not in over:
        content.pop("action")
    if kind == "outcome":
        content.setdefault("outcome", {"status": "succeeded", "detail": "three replicas are ready"})
    return envelope | {"data": content}


def send(agent: Agent, *sent: Json) -> Recorded:
    """Record events of `agent` as one request."""
    prepared = events.prepare(agent.id, [cloudevents.read_event(one, 64 * 1024) for one in sent])

    def decide(moment: Moment) -> list[Any]:
        return events.decide(prepared, moment)

    return record_all(decide, principal=f"agent:{agent.id}", keys=keys_of(prepared), weight=len(prepared))


def append(count: int, *, times: int = 1) -> None:
    """Entries that no projection has anything to do with: `count` of them in one transaction, by `times` calls."""
    drafts = [Draft(Kind.SIGNAL_RECEIVED, "system", {"kv": 1}) for _ in range(count)]
    sealed = [seal(draft, log="oversight.local/ledger1", at=clock.now()) for draft in drafts]
    with transaction.atomic():
        head = ledger.open_head()
        before = head.size
        for part in range(times):
            ledger.append(head, sealed[part * count // times : (part + 1) * count // times])
        head.at = clock.now()
        ledger.store_head(head, before=before)


def propose(agent: Agent, *, key: str = "", **over: Any) -> Decision:
    """The decision that a proposal of `agent` made."""
    recorded, prepared = propose_action(data(**over), agent=agent.id, key=key or uuid.uuid4().hex)
    recorded.result()
    return Decision.objects.get(ref_key=prepared.ref)


AUDIT = Sender("source:audit", "kubernetes-audit", None)


def effect(agent: Agent | None = None, **over: Any) -> Reading:
    """A change of the deployment `search` that an audit log tells of; of `agent`, where it is known there as `<slug>`."""
    given: Json = {
        "id": uuid.uuid4().hex,
        "at": clock.now(),
        "actor": agent.slug if agent else "somebody",
        "kind": "scale",
        "targets": ("search",),
        "resource": "deployment/search",
        "outcome": Outcome.SUCCEEDED,
    }
    return Reading(says=Says.EFFECT, **given | over)


def hand_in(*readings: Reading, sender: Sender = AUDIT) -> Recorded:
    """What another system tells, recorded."""
    made = assembly.prepare(sender, readings, register.latest())
    keys = keys_of(made.actions) if made.reads_little else None
    return record_all(lambda moment: assembly.decide(made, moment), principal=sender.principal, keys=keys, weight=1)


def decision(agent: Agent, name: str) -> Decision:
    """The decision that `agent` calls `name`."""
    return Decision.objects.get(ref_key=ref_key(agent.id, name))


def shown(row: Decision, **over: Any) -> Shown:
    """What somebody saw who has just opened `row`."""
    seen = ledger.entry(row.last_seq)
    assert seen is not None
    made: Json = {
        "action_hash": row.action_hash,
        "display_hash": display_hash(row),
        "version": row.version,
        "ref_seq": row.last_seq,
        "ref_leaf": seen[2].hex(),
    }
    return Shown(**made | over)


def approve(row: Decision, by: Person, **over: Any) -> Recorded:
    given: Json = {"reason": "", "shown": shown(row)} | over
    return give_verdict(row.id, verdict=VerdictWord.APPROVE, actor=by.id, **given)


def veto(row: Decision, by: Person, *, reason: str = "Not now.") -> Recorded:
    return give_verdict(row.id, verdict=VerdictWord.VETO, reason=reason, shown=None, actor=by.id)


def claim(row: Decision, *, key: str = "c-1", executor: str = "test", **over: Any) -> Decision:
    """The decision after its agent claimed the right to act."""
    given: Json = {"action_hash": row.action_hash, "agent": row.agent_id} | over
    claim_action(row.id, claim_key=key, executor=executor, **given).result()
    return Decision.objects.get(id=row.id)


def finish(row: Decision, status: Outcome = Outcome.SUCCEEDED, **over: Any) -> Decision:
    """The decision after the holder of its lease told the outcome."""
    row.refresh_from_db()
    assert row.lease_id is not None
    given: Json = {"fencing": row.lease_seq, "said": {"detail": "three replicas are ready"}} | over
    return report_outcome(row.lease_id, status=status, agent=row.agent_id, **given)[0]


@dataclass(frozen=True, slots=True)
class AgentClient:
    """An agent with a key: its headers for any client, and a client that sends them."""

    agent: Agent
    key: str

    @classmethod
    def of(cls, agent: Agent, *scopes: Scope, days: int = 90) -> Self:
        now = clock.now()
        key, row = keys.new_key(
            agent.id, [str(scope) for scope in scopes or Scope], now=now, expires_at=now + timedelta(days=days)
        )
        row.save(force_insert=True)
        return cls(agent, key)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def client(self) -> Client:
        return Client(headers=self.headers)
