"""Which format a recorded run is in, and its reader. Pure; what is in none of them is refused and not guessed."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, BinaryIO

from decisions.errors import Problem
from decisions.intake.reading import Reading
from decisions.intake.runs import atif, claude, codex, copilot, gemini, learning, opencode, stratus

HEAD = 65_536
"""How much of the beginning tells the format."""


class Format(StrEnum):
    """A format that a run may be recorded in."""

    ATIF = "atif"
    CLAUDE_CODE = "claude-code"
    CODEX = "codex"
    COPILOT_CLI = "copilot-cli"
    GEMINI_CLI = "gemini-cli"
    OPENCODE = "opencode"
    STRATUS = "stratus"
    LEARNING_TRACE = "sregym-learning-trace"


READERS: Mapping[Format, Callable[[BinaryIO], Iterator[Reading]]] = MappingProxyType(
    {
        Format.ATIF: atif.read,
        Format.CLAUDE_CODE: claude.read,
        Format.CODEX: codex.read,
        Format.COPILOT_CLI: copilot.read,
        Format.GEMINI_CLI: gemini.read,
        Format.OPENCODE: opencode.read,
        Format.STRATUS: stratus.read,
        Format.LEARNING_TRACE: learning.read,
    }
)

_ATIF = re.compile(rb'"schema_version"\s*:\s*"ATIF-v1')
_OPENCODE = re.compile(rb'\A\s*\{\s*"info"\s*:\s*\{\s*"id"\s*:\s*"ses_')
_LEARNING = re.compile(rb'"trace_id"\s*:')
_COPILOT = re.compile(r"(?:session|user|assistant|tool)\.[a-z_]+")
_CLAUDE = frozenset(
    {"user", "assistant", "system", "queue-operation", "summary", "attachment", "file-history-snapshot"}
)


def detect(head: bytes) -> Format:
    """The format of a run that begins with `head`. Raises a 415 problem where it is none that we read."""
    head = head[:HEAD]
    if _ATIF.search(head):
        return Format.ATIF
    if _OPENCODE.match(head):
        return Format.OPENCODE
    for raw in head.split(b"\n")[:200]:
        found = _of_line(raw)
        if found is not None:
            return found
    # The first line of a learning trace is a whole run, and longer than any beginning.
    if _LEARNING.search(head) and (b'"agent_type"' in head or b'"tool_calls"' in head or b'"record"' in head):
        return Format.LEARNING_TRACE
    raise Problem(
        415, "unknown-run", "The run is in no format that we read", f"We read {', '.join(one.value for one in Format)}."
    )


def _of_line(raw: bytes) -> Format | None:
    if not raw.lstrip().startswith(b"{"):
        return None
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    kind = line.get("type")
    kind = kind if isinstance(kind, str) else ""
    if kind == "session_meta" and isinstance(line.get("payload"), dict):
        return Format.CODEX
    if "projectHash" in line and "sessionId" in line:
        return Format.GEMINI_CLI
    if kind == "metadata" and "problem_id" in line:
        return Format.STRATUS
    if kind in _CLAUDE and ("sessionId" in line or "session_id" in line):
        return Format.CLAUDE_CODE
    if _COPILOT.fullmatch(kind) and "data" in line:
        return Format.COPILOT_CLI
    if kind in {"message", "tool_use", "tool_result"} and "timestamp" in line and "sessionId" not in line:
        return Format.COPILOT_CLI
    if _has_calls(line.get("record", line)):
        return Format.LEARNING_TRACE
    return None


def _has_calls(record: Any) -> bool:
    return isinstance(record, dict) and "tool_calls" in record and "thinking_steps" in record


def read(format_: Format, stream: BinaryIO) -> Iterator[Reading]:
    """The readings of a run, as it is read. Raises a problem where it cannot be read further."""
    return READERS[format_](stream)
