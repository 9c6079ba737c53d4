"""What both encodings of the protocol give: one span or log record with the attributes that say something to us. Pure; it must not keep more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from decisions.errors import Problem, bad_request

MAX_RECORDS = 1_000_000
MAX_RECORD = 4 * 1024 * 1024
"""Bytes of one span: it may hold a whole conversation, and no more than that."""
MAX_DEPTH = 8

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_PREFIXES = (
    *("gen_ai.", "openinference.", "traceloop.", "tool.", "tool_", "llm.output_messages.", "k8s.", "oversight."),
    *("service.target.", "function_", "exception."),
)
_NAMES = frozenset(
    {
        *("input.value", "output.value", "error.type", "error", "agent_name", "model_name", "llm.model_name", "events"),
        *("all_messages_events", "pydantic_ai.all_messages", "session.id", "conversation.id", "event.name", "call_id"),
        *("arguments", "output", "success", "model", "service.name", "deployment.environment.name", "decision", "body"),
        "deployment.environment",
    }
)
_IN_EVENTS = frozenset({"message", "content", "role", "tool_calls"})
_UNREAD = ("gen_ai.input.messages", "gen_ai.prompt", "gen_ai.tool.definitions", "gen_ai.system_instructions")
"""The history that every call repeats, and it is most of what is sent."""


def wanted(key: str) -> bool:
    return (key in _NAMES or key.startswith(_PREFIXES)) and not key.startswith(_UNREAD)


def told_in_event(key: str) -> bool:
    """As `wanted`, for the events of a span: messages have short names there."""
    return key in _IN_EVENTS or wanted(key)


@dataclass(slots=True)
class Record:
    """A span, or a log record. Ids are small hexadecimal letters; empty where there is none."""

    trace: str
    span: str
    parent: str = ""
    name: str = ""
    start: int = 0
    """Nanoseconds since 1970; 0 where it is not stated."""
    end: int = 0
    failed: bool = False
    message: str = ""
    """Of the status: why it failed."""
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    resource: Mapping[str, Any] = field(default_factory=dict)

    def text(self, *keys: str) -> str:
        """The first of the attributes that is a text, or a number."""
        for key in keys:
            value = self.attributes.get(key)
            if isinstance(value, str) and value:
                return value
            if isinstance(value, int | float) and not isinstance(value, bool):
                return str(value)
        return ""


@dataclass(slots=True)
class Rejected:
    """Records that could not be taken, and why; the rest of the request was."""

    count: int = 0
    why: str = ""

    def add(self, why: str) -> None:
        self.count += 1
        self.why = self.why or why


def when(nanoseconds: int) -> datetime | None:
    """A stated time; None where none is stated, or no calendar has it."""
    if nanoseconds <= 0:
        return None
    try:
        return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        return None


def too_many() -> Problem:
    return Problem(413, "too-large", "The request is too large", f"It may hold at most {MAX_RECORDS} records.")


def unreadable(what: str) -> Problem:
    return bad_request(f"The body is not the {what} of the OpenTelemetry protocol.", "bad-otlp")
