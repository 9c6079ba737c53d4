"""A company whose agents work at all hours: its register, its policy, and some thousands of decisions that went the product's way in.

Few services and kinds are frequent and many are rare, as anywhere. It must not touch the tables by itself.
"""

import random
import uuid
from typing import Any

import yaml

from approvals.actions.claim import claim
from approvals.actions.give_verdict import give_verdict
from approvals.actions.report_outcome import report_outcome
from approvals.actions.sign_off import sign_off
from approvals.queries.shown import Shown, display_hash
from approvals.vocab import Judgement, VerdictWord
from decisions import clock, ledger
from decisions.errors import Problem
from decisions.intake import cloudevents, events
from decisions.models import Agent, Decision, Person
from decisions.recording import record_all
from decisions.states import effective_state
from decisions.vocab import HOLDING, Cause, Effect, Outcome, SignOff, State

SERVICES, AGENTS = 60, 8
KINDS = ("restart", "scale", "rollback", "rollout", "patch_workload", "config_change", "failover", "traffic_routing")
REGISTER = yaml.safe_dump(
    {
        "people": [
            {"username": "marta", "name": "Marta", "roles": ["manager"]},
            {"username": "ines", "name": "Ines", "roles": ["responder"]},
            {"username": "otto", "name": "Otto", "roles": ["responder"]},
        ],
        "groups": [{"slug": "approvers", "name": "Approvers", "members": ["marta", "ines"]}],
        "services": [
            {
                "slug": f"s-{n}",
                "tier": (2, 3, 1, 3, 2, 0)[n % 6],
                "environments": [{"name": name, "class": name} for name in ("prod", "staging")],
                "owner": "marta",
            }
            for n in range(SERVICES)
        ],
        "agents": [{"slug": f"agent-{n}", "owner": "otto"} for n in range(AGENTS)],
    }
)
POLICY = yaml.safe_load(
    """
    name: A year
    requirements:
      one: {quorum: [{group: approvers, n: 1}], hold: 24h, claim: 24h}
      window: {window: 5m}
    matrix:
      - {tier: [0, 1, 2, 3], kind: "*", environment: [staging], level: L4}
      - {tier: [1, 2, 3], kind: [restart, scale, rollback, rollout, patch_workload, config_change], environment: prod, level: L4}
      - {tier: [2, 3], kind: "*", environment: prod, level: L3, requirement: window}
      - {tier: [0, 1], kind: "*", environment: prod, level: L2, requirement: one}
    sign_off: [{tier: 0, risk: high, within: 24h}]
    """
)
WHY = (
    "error rate 7.2 % > 2 % for 5 min after revision 422; 421 was healthy for six days",
    "p99 latency 940 ms over 500 ms for ten minutes; queue depth rises; two of five pods are throttled",
    "memory of one pod grows 40 MiB an hour and will reach its limit before the next deploy",
)
PROPOSALS = 0.15
chosen = random.Random(8)


def few(many: int) -> int:
    """A number below `many`: the first is the most frequent, the last very rare."""
    while (found := int(chosen.paretovariate(0.9)) - 1) >= many:
        pass
    return found


def act(number: int, kind: str) -> dict[str, Any]:
    service = f"s-{few(SERVICES)}"
    target = {
        "service": service,
        "environment": "prod" if chosen.random() < 0.8 else "staging",
        "resource": f"deployment/{service}",
    }
    return {
        "decision": f"rb-{number}",
        "episode": f"inc-{number // 3}",
        "action": {
            "kind": kind,
            "target": target,
            "parameters": {"to_revision": str(number % 500)},
            "undo": {"kind": kind, "parameters": {"to_revision": str(number % 499)}},
        },
        "rationale": chosen.choice(WHY),
        "evidence": [{"kind": "metric", "name": "http_5xx_ratio", "value": 0.072, "limit": 0.02}],
        "confidence": 0.93,
    }


def tell(agent: Agent, told: list[tuple[str, dict[str, Any]]]) -> None:
    """Take in events of those types and contents, as one batch."""
    made = [
        {"specversion": "1.0", "id": uuid.uuid4().hex, "source": f"/agents/{agent.slug}", "type": type_, "data": data}
        for type_, data in told
    ]
    prepared = events.prepare(agent.id, [cloudevents.read_event(one, 64 * 1024) for one in made])
    refs = {item.ref for item in prepared}
    record_all(
        lambda moment: events.decide(prepared, moment), principal=f"agent:{agent.id}", keys=refs, weight=len(made)
    )


def work(count: int) -> None:
    """So many decisions: most are reported when they are done, some are proposed and go the ways that proposals go."""
    agents = list(Agent.objects.order_by("slug"))
    marta, ines = (Person.objects.get(username=name) for name in ("marta", "ines"))
    for first in range(0, count, 200):
        told: dict[int, list[tuple[str, dict[str, Any]]]] = {}
        for number in range(first, min(first + 200, count)):
            data = act(number, KINDS[few(len(KINDS))])
            if chosen.random() < PROPOSALS:
                one = (events.EventType.PROPOSED, data)
            else:
                fate = chosen.random()
                status = "succeeded" if fate < 0.9 else "failed" if fate < 0.97 else "unknown"
                one = (events.EventType.EXECUTED, data | {"outcome": {"status": status, "detail": "revision serving"}})
            told.setdefault(few(AGENTS), []).append(one)
        for at, some in told.items():
            tell(agents[at], some)
    for row in list(Decision.objects.filter(proposed=True).order_by("seq")):
        answer(row, ines)
    for row in list(Decision.objects.filter(sign_off=SignOff.REQUIRED).order_by("seq")):
        if chosen.random() < 0.9:
            judge(row, marta)


def answer(row: Decision, person: Person) -> None:
    """What people and its agent make of a proposal; one in ten is left as it is."""
    fate, state = chosen.random(), effective_state(row, clock.now())
    if fate < 0.1:
        return
    if state in HOLDING or state is State.WINDOW:
        word = VerdictWord.VETO if fate < 0.3 or state is State.WINDOW else VerdictWord.APPROVE
        give_verdict(row.id, verdict=word, reason="As agreed in the change.", shown=shown(row), actor=person.id)
        row = Decision.objects.get(seq=row.seq)
    if effective_state(row, clock.now()) is not State.AUTHORIZED or fate < 0.35:
        return
    claim(row.id, claim_key=row.ref_key, action_hash=row.action_hash, executor="bench", agent=row.agent_id).result()
    row = Decision.objects.get(seq=row.seq)
    if fate < 0.95:
        assert row.lease_id is not None
        assert row.lease_seq is not None
        status = Outcome.SUCCEEDED if fate < 0.9 else Outcome.FAILED
        report_outcome(
            row.lease_id, fencing=row.lease_seq, status=status, said={"detail": "as told"}, agent=row.agent_id
        )


def judge(row: Decision, person: Person) -> None:
    refused = chosen.random() < 0.03
    try:
        sign_off(
            row.id,
            judgement=Judgement.REFUSE if refused else Judgement.ACCEPT,
            effect=Effect.HARMED if refused else Effect.HELPED,
            cause=Cause.AGENT_ERROR if refused else None,
            reason="Looked at it the next morning.",
            version=row.version,
            actor=person.id,
        )
    except Problem as problem:
        if problem.status not in (403, 409):
            raise


def shown(row: Decision) -> Shown:
    found = ledger.entry(row.seq)
    assert found is not None
    return Shown(row.action_hash, display_hash(row), row.version, row.seq, found[2].hex())
