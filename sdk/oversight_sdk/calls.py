"""The calls of the machine contract, each as steps that end in a value. A call must not be repeated under another key."""

import hashlib
import re
from typing import Any
from urllib.parse import quote

from oversight_sdk import answers, canonical
from oversight_sdk.answers import Beat, Decision, Lease, RevertOrder
from oversight_sdk.errors import BadAnswer, ConfigError
from oversight_sdk.problems import refusal
from oversight_sdk.steps import Patience, Reply, Request, Steps, settled

API = "/api/v1"
LONGEST_POLL = 55
OUTCOMES = frozenset({"succeeded", "failed", "partial", "not_executed", "unknown"})
VISIBLE = re.compile(r"[\x21-\x7e]{1,200}")


def derived_key(*parts: str) -> str:
    """An idempotency key that is the same for the same parts, in every process."""
    return "sdk-" + hashlib.sha256(canonical.encode(list(parts))).hexdigest()[:48]


def call(
    patience: Patience, method: str, path: str, body: Any = None, *, key: str = "", timeout: float = 10.0
) -> Steps[Reply]:
    raw = None if body is None else canonical.dump(body)
    reply = yield from settled(Request(method, path, raw, key, timeout), patience)
    return reply


def propose(patience: Patience, body: dict[str, Any], key: str) -> Steps[Decision]:
    reply = yield from call(patience, "POST", f"{API}/proposals", body, key=key)
    if reply.status not in {200, 201}:
        raise refusal(reply)
    return answers.decision(reply.json())


def decision(patience: Patience, decision_id: str, *, wait: float = 0, after: int | None = None) -> Steps[Decision]:
    """The decision as soon as its version is above `after`, else as it is when `wait` seconds are over."""
    seconds = max(0, min(int(wait), LONGEST_POLL))
    query = f"?wait={seconds}" + ("" if after is None else f"&after={after}")
    path = f"{API}/decisions/{quote(decision_id, safe='')}{query}"
    reply = yield from call(patience, "GET", path, timeout=seconds + 10.0)
    if reply.status != 200:
        raise refusal(reply, decision_id=decision_id)
    found = answers.decision(reply.json())
    if found.id != decision_id:
        raise BadAnswer("the gate answered with another decision")
    return found


def claim(patience: Patience, asked: Decision, *, claim_key: str, executor: str, attempt: int = 0) -> Steps[Lease]:
    """A lease on the decision. A claim that was answered with a refusal is asked again as another `attempt`."""
    body = {"claim_key": claim_key, "action_hash": asked.action_hash, "executor": executor}
    path = f"{API}/decisions/{asked.id}/claim"
    reply = yield from call(patience, "POST", path, body, key=derived_key("claim", asked.id, claim_key, str(attempt)))
    if reply.status != 200:
        raise refusal(reply, decision_id=asked.id)
    return answers.lease(reply.json())


def heartbeat(patience: Patience, lease_id: str, fencing: int, *, key: str) -> Steps[Beat]:
    reply = yield from call(patience, "POST", f"{API}/leases/{lease_id}/heartbeat", {"fencing": fencing}, key=key)
    if reply.status != 200:
        raise refusal(reply)
    return answers.beat(reply.json())


def outcome(
    patience: Patience,
    lease_id: str,
    fencing: int,
    status: str,
    *,
    detail: str = "",
    observed: dict[str, Any] | None = None,
) -> Steps[bool]:
    """Report how the call ended; whether it was in time (late evidence goes to a person)."""
    if status not in OUTCOMES:
        raise ConfigError(f"{status!r} is not a status of an outcome")
    body: dict[str, Any] = {"fencing": fencing, "status": status}
    body |= {"detail": detail[:2000]} if detail else {}
    body |= {"observed": observed} if observed else {}
    reply = yield from call(
        patience, "POST", f"{API}/leases/{lease_id}/outcome", body, key=derived_key("outcome", lease_id)
    )
    if reply.status not in {200, 202}:
        raise refusal(reply)
    answers.decision(reply.json())
    return reply.status == 200


def withdraw(patience: Patience, decision_id: str, reason: str = "") -> Steps[Decision]:
    path = f"{API}/decisions/{quote(decision_id, safe='')}/withdraw"
    body = {"reason": reason} if reason else {}
    reply = yield from call(patience, "POST", path, body, key=derived_key("withdraw", decision_id, reason))
    if reply.status != 200:
        raise refusal(reply, decision_id=decision_id)
    return answers.decision(reply.json())


def revert_orders(patience: Patience, *, wait: float = 25) -> Steps[list[RevertOrder]]:
    seconds = max(0, min(int(wait), LONGEST_POLL))
    reply = yield from call(patience, "GET", f"{API}/revert-orders?wait={seconds}", timeout=seconds + 10.0)
    if reply.status != 200:
        raise refusal(reply)
    return answers.items(reply.json(), answers.revert_order)


def acknowledge(patience: Patience, order: RevertOrder) -> Steps[RevertOrder]:
    path = f"{API}/revert-orders/{order.id}/ack"
    key = derived_key("revert-ack", order.id, str(order.fencing))
    reply = yield from call(patience, "POST", path, {"fencing": order.fencing}, key=key)
    if reply.status != 200:
        raise refusal(reply, decision_id=order.decision_id)
    return answers.revert_order(reply.json())


def reverted(patience: Patience, order: RevertOrder, status: str, detail: str = "") -> Steps[None]:
    path = f"{API}/revert-orders/{order.id}/outcome"
    body: dict[str, Any] = {"fencing": order.fencing, "status": status}
    body |= {"detail": detail[:2000]} if detail else {}
    key = derived_key("revert-outcome", order.id, str(order.fencing))
    reply = yield from call(patience, "POST", path, body, key=key)
    if reply.status != 200:
        raise refusal(reply, decision_id=order.decision_id)


def key_set(patience: Patience) -> Steps[dict[str, Any]]:
    reply = yield from call(patience, "GET", "/.well-known/jwks.json")
    if reply.status != 200:
        raise BadAnswer(f"the gate's key set answered with status {reply.status}")
    return reply.json()
