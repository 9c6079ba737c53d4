"""What can go wrong, as problem types with stable names (RFC 9457). Pure; it must not know HTTP frameworks."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request being served: in every log line and problem document."""


@dataclass
class Problem(Exception):
    """A request that cannot be served: `slug` names the problem type, `detail` says what to do next.

    A `Problem` raised before the spine writes nothing. Secrets and agents' words never go into `detail`.
    """

    status: int
    slug: str
    title: str
    detail: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The members of the problem document (RFC 9457); `instance` is the request id."""
        body: dict[str, Any] = {"type": f"/problems/{self.slug}", "title": self.title, "status": self.status}
        if self.detail:
            body["detail"] = self.detail
        if instance := request_id.get():
            body["instance"] = f"urn:uuid:{instance}"
        return body | self.extra


@dataclass
class Refusal(Exception):
    """A well-formed, authenticated command that the state forbids; the spine records it as one `attempt.refused`."""

    problem: Problem
    subject: str = ""
    """What the command was about: the id of a decision or of a register row."""


def bad_request(detail: str, slug: str = "bad-request", **extra: Any) -> Problem:
    return Problem(400, slug, "The request cannot be read", detail, extra)


def too_large(limit: int, what: str = "body") -> Problem:
    return Problem(413, "too-large", "The request is too large", f"The {what} may hold at most {limit} bytes.")


def unauthorized(detail: str = "Send a valid key as `Authorization: Bearer <key>`, or sign in.") -> Problem:
    return Problem(401, "unauthorized", "Authentication is needed", detail)


def forbidden(detail: str, slug: str = "forbidden") -> Problem:
    return Problem(403, slug, "Not permitted", detail)


def not_found(what: str = "resource") -> Problem:
    return Problem(404, "not-found", "Not found", f"There is no such {what}, or it may not be read with this sign-in.")


def ledger_disagreement() -> Problem:
    """What every command gets while the ledger disagrees with what was signed of it."""
    detail = "Nothing is written until an operator has looked at it; reading goes on. See Operations, Disagreement."
    return Problem(503, "ledger-disagreement", "The ledger disagrees with what was signed", detail)


def conflict(slug: str, detail: str, **extra: Any) -> Problem:
    return Problem(409, slug, "The state has moved on", detail, extra)


def changed_duplicate(index: int, seq: int) -> Problem:
    return conflict(
        "changed-duplicate",
        "An event with this source and id was recorded before with another body; send a changed event under a new id.",
        index=index,
        seq=seq,
    )


def not_stored(error: BaseException) -> Problem:
    problem = Problem(
        503,
        "not-stored",
        "Nothing was confirmed",
        "The database did not confirm the request. Send it again, unchanged, in a moment; nothing is stored twice.",
        {"retryable": True},
    )
    problem.__cause__ = error
    return problem
