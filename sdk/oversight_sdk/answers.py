"""The gate's answers as values, read strictly. Nothing must pass that the contract does not say."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from oversight_sdk import canonical
from oversight_sdk.errors import BadAnswer

T = TypeVar("T")

WAITING = frozenset({"suggested", "pending", "window"})
CLAIMABLE = frozenset({"authorized"})
RUN = frozenset(
    {
        "executing",
        "succeeded",
        "failed",
        "unknown",
        "review",
        "revert_ordered",
        "reverting",
        "revert_failed",
        "reverted",
        "revert_failed_ack",
        "reported",
    }
)
REFUSED = frozenset({"denied", "vetoed", "expired", "withdrawn", "closed"})
STATES = WAITING | CLAIMABLE | RUN | REFUSED
STOP_REASONS = frozenset({"vetoed", "frozen"})


@dataclass(frozen=True, slots=True)
class Decision:
    id: str
    version: int
    state: str
    action_hash: str
    hold_until: float | None
    page: str


@dataclass(frozen=True, slots=True)
class Lease:
    id: str
    fencing: int
    expires_at: float
    heartbeat_s: float
    action: bytes
    action_hash: str
    token: str


@dataclass(frozen=True, slots=True)
class Beat:
    go_on: bool
    stop_reason: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class RevertOrder:
    id: str
    decision_id: str
    state: str
    fencing: int
    action: dict[str, Any]
    undo: dict[str, Any] | None


def need(body: dict[str, Any], name: str, kind: type[T]) -> T:
    """The member `name` of exactly that type. Raises BadAnswer."""
    value = body.get(name)
    if type(value) is not kind:
        raise BadAnswer(f"the gate's answer has no {name} of type {kind.__name__}")
    return value


def uuid(body: dict[str, Any], name: str) -> str:
    text = need(body, name, str)
    try:
        if str(UUID(text)) == text:
            return text
    except ValueError:
        pass
    raise BadAnswer(f"{name} is not a UUID")


def whole(body: dict[str, Any], name: str) -> int:
    number = need(body, name, int)
    if number < 0:
        raise BadAnswer(f"{name} is negative")
    return number


def moment(text: str) -> float:
    """Seconds since 1970 of an RFC 3339 time. Raises BadAnswer."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadAnswer("a time is not RFC 3339") from None
    if at.tzinfo is None:
        raise BadAnswer("a time has no zone")
    return at.astimezone(UTC).timestamp()


def hash_name(body: dict[str, Any], name: str) -> str:
    text = need(body, name, str)
    digits = text.removeprefix("sha256:")
    if len(digits) != 64 or len(text) != 71 or not set(digits) <= set("0123456789abcdef"):
        raise BadAnswer(f"{name} is not a hash")
    return text


def decision(body: dict[str, Any]) -> Decision:
    state = need(body, "state", str)
    if state not in STATES:
        raise BadAnswer(f"the state {state[:40]!r} is not known")
    held = body.get("hold_until")
    links = body.get("links")
    page = links.get("page", "") if isinstance(links, dict) else ""
    return Decision(
        id=uuid(body, "id"),
        version=whole(body, "version"),
        state=state,
        action_hash=hash_name(body, "action_hash"),
        hold_until=None if held is None else moment(need(body, "hold_until", str)),
        page=page if isinstance(page, str) and page.isprintable() else "",
    )


def lease(body: dict[str, Any]) -> Lease:
    every = body.get("heartbeat_s")
    if type(every) not in {int, float} or not 0 < float(every or 0) <= 3600:
        raise BadAnswer("heartbeat_s is not a number of seconds")
    try:
        action = base64.b64decode(need(body, "action", str), validate=True)
    except (binascii.Error, ValueError):
        raise BadAnswer("action is not base64") from None
    return Lease(
        id=uuid(body, "lease_id"),
        fencing=whole(body, "fencing"),
        expires_at=moment(need(body, "expires_at", str)),
        heartbeat_s=float(every or 0),
        action=action,
        action_hash=hash_name(body, "action_hash"),
        token=need(body, "verdict_token", str),
    )


def beat(body: dict[str, Any]) -> Beat:
    go_on = need(body, "continue", bool)
    reason = body.get("stop_reason")
    if reason is not None and reason not in STOP_REASONS:
        # A reason that is not known is still a reason to stop.
        go_on, reason = False, "stopped"
    return Beat(go_on, reason or ("" if go_on else "stopped"), moment(need(body, "expires_at", str)))


def revert_order(body: dict[str, Any]) -> RevertOrder:
    undo = body.get("undo")
    if undo is not None:
        undo = need(body, "undo", dict)
        need(undo, "kind", str)
        need(undo, "parameters", dict)
    state = need(body, "state", str)
    if state not in {"revert_ordered", "reverting"}:
        raise BadAnswer("the state of a revert order is not known")
    return RevertOrder(
        id=uuid(body, "id"),
        decision_id=uuid(body, "decision_id"),
        state=state,
        fencing=whole(body, "fencing"),
        action=need(body, "action", dict),
        undo=undo,
    )


def items(body: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> list[T]:
    found = need(body, "items", list)
    if not all(isinstance(item, dict) for item in found):
        raise BadAnswer("items are not objects")
    return [read(item) for item in found]


def action(raw: bytes) -> dict[str, Any]:
    """The action in canonical bytes. Raises BadAnswer where they are not canonical or not an action."""
    try:
        value = canonical.decode(raw)
    except canonical.NotCanonical as error:
        raise BadAnswer(f"the action is not canonical: {error}") from None
    if not isinstance(value, dict) or not set(value) - {"undo"} == {"v", "agent", "kind", "target", "parameters"}:
        raise BadAnswer("the action has other members than the contract says")
    if value["v"] != 1 or not isinstance(value["agent"], str) or not isinstance(value["parameters"], dict):
        raise BadAnswer("the action has another form than the contract says")
    return value
