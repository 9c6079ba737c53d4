"""Problem documents as exceptions. An answer that is not understood must end as a refusal, never as a grant."""

from typing import Any

from oversight_sdk import errors
from oversight_sdk.errors import BadAnswer, GateError, IntegrityError, Refused
from oversight_sdk.steps import Reply

BY_SLUG: dict[str, type[Refused]] = {
    "claimed": errors.AlreadyClaimed,
    "duplicate-open": errors.DuplicateOpen,
    "expired": errors.Expired,
    "frozen": errors.Frozen,
    "lease-over": errors.LeaseLost,
    "not-open": errors.NotOpen,
    "policy-changed": errors.PolicyChanged,
    "vetoed": errors.Vetoed,
    "window-open": errors.WindowOpen,
}
BY_STATUS: dict[int, type[Refused]] = {
    401: errors.BadKey,
    403: errors.Denied,
    410: errors.Expired,
    423: errors.Frozen,
    425: errors.WindowOpen,
}
DIFFERS = frozenset({"hash-mismatch", "idempotency-mismatch", "another-action"})
BY_STATE: dict[str, type[Refused]] = {
    "closed": errors.Withdrawn,
    "denied": errors.Denied,
    "expired": errors.Expired,
    "vetoed": errors.Vetoed,
    "withdrawn": errors.Withdrawn,
}
LONGEST_RETRY = 3600.0


def shown(text: Any, longest: int = 300) -> str:
    """Text from elsewhere on one line, without what a terminal would act on."""
    return "".join(mark if mark.isprintable() else " " for mark in str(text)[:longest])


def refusal(reply: Reply, *, decision_id: str = "", url: str = "") -> GateError:
    """The exception that an answer other than 2xx stands for."""
    if reply.status < 400:
        return BadAnswer(f"the gate answered with status {reply.status}")
    try:
        body = reply.json()
    except BadAnswer:
        body = {}
    slug = str(body.get("type") or "").rpartition("/")[2]
    said = shown(body.get("detail") or body.get("title") or "no reason given")
    message = f"{shown(slug, 60) or 'refused'} ({reply.status}): {said}"
    if slug in DIFFERS:
        return IntegrityError(message, code=slug, decision_id=decision_id, url=url)
    kind = BY_SLUG.get(slug) or BY_STATUS.get(reply.status, Refused)
    of = body.get("decision_id")
    made = kind(
        message, status=reply.status, slug=slug, decision_id=of if isinstance(of, str) and of else decision_id, url=url
    )
    if isinstance(made, errors.WindowOpen):
        after = body.get("retry_after_s")
        wanted = float(after) if type(after) in {int, float} and after is not None else reply.retry_after or 1.0
        made.retry_after = min(max(wanted, 0.0), LONGEST_RETRY)
    if isinstance(made, errors.AlreadyClaimed):
        made.state = shown(body.get("state") or "executing", 40)
    return made
