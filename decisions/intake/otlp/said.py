"""What a model said and which calls it asked for, in the forms in which conventions old and new write it. Pure; it must not add a word."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from decisions.canonical import NotStrictError, parse
from decisions.intake.otlp.records import Record

MAX_MESSAGES = 2_000
MAX_CALLS = 200
_DEPTH = 24
"""Arguments of 16 levels, within the parts of messages of a list."""

_WORDS = frozenset({"text", "thinking", "reasoning", "reasoning_content", "output_text"})
_CALLS = frozenset({"tool_call", "tool_use", "tool-call", "function_call"})
_COMPLETION = re.compile(r"gen_ai\.completion\.(\d{1,3})\.(.+)")
_OPENINFERENCE = re.compile(r"llm\.output_messages\.(\d{1,3})\.message\.(.+)")
_NUMBERED_CALL = re.compile(r"tool_calls\.(\d{1,3})\.(?:tool_call\.)?(?:function\.)?(id|name|arguments)")
_NUMBERED_PART = re.compile(r"contents\.(\d{1,3})\.message_content\.(?:text|reasoning)")
_ROLES = frozenset({"assistant", "model", "ai"})
_CHOICES = frozenset({"gen_ai.choice", "gen_ai.assistant.message", "gen_ai.content.completion"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that a model asked for."""

    id: str
    tool: str
    arguments: Any = None


@dataclass(slots=True)
class Said:
    """One answer of a model."""

    words: list[str] = field(default_factory=list)
    calls: list[Asked] = field(default_factory=list)
    named: bool = True
    """Whether spans of tools carry the ids of these calls, so that the two will meet."""

    @property
    def text(self) -> str:
        return "\n\n".join(part for part in self.words if part.strip())


def said_in(record: Record) -> Iterator[Said]:
    """Every answer of a model that the record holds, in the order that it holds them."""
    attributes = record.attributes
    for key in ("gen_ai.output.messages", "gen_ai.completion"):
        yield from _messages(_unpacked(attributes.get(key)))
    for key in ("all_messages_events", "pydantic_ai.all_messages", "events"):
        yield from _messages(_unpacked(attributes.get(key)))
    yield from _numbered(attributes, _COMPLETION)
    yield from _numbered(attributes, _OPENINFERENCE)
    for name, inside in record.events:
        if name in _CHOICES:
            yield from _messages(_event(inside))
    if (record.name or record.text("event.name")) in _CHOICES:
        yield from _messages([_unpacked(attributes.get("body")), _event(attributes)])


def _event(attributes: Mapping[str, Any]) -> Any:
    """The message in an event: as a whole, or its parts one by one."""
    for key in ("gen_ai.completion", "message", "gen_ai.output.messages"):
        if key in attributes:
            return _unpacked(attributes[key])
    return {"content": attributes.get("content"), "tool_calls": _unpacked(attributes.get("tool_calls"))}


def _unpacked(value: Any) -> Any:
    """JSON in a text as the value it is; anything else as it came, and what cannot be read as nothing."""
    if not isinstance(value, str):
        return value
    try:
        return parse(value.encode("utf-8", "surrogatepass"), depth=_DEPTH)
    except NotStrictError:
        return None


def _messages(value: Any) -> Iterator[Said]:
    for message in (value if isinstance(value, list) else [value])[:MAX_MESSAGES]:
        if isinstance(message, Mapping):
            inner = message.get("message")
            role = message.get("role") or (inner.get("role") if isinstance(inner, Mapping) else None)
            event = message.get("event.name")
            if (not role or _is(role, _ROLES)) and (event is None or _is(event, _CHOICES)):
                made = _message(inner if isinstance(inner, Mapping) else message)
                if made.words or made.calls:
                    yield made


def _is(value: Any, of: frozenset[str]) -> bool:
    return isinstance(value, str) and value in of


def _message(message: Mapping[str, Any]) -> Said:
    made = Said()
    for key in ("reasoning_content", "thinking", "reasoning"):
        if isinstance(message.get(key), str):
            made.words.append(message[key])
    for parts in (message.get("parts"), message.get("content")):
        if isinstance(parts, str):
            made.words.append(parts)
        elif isinstance(parts, list):
            _parts(parts, made)
    calls = _unpacked(message.get("tool_calls"))
    for call in calls[:MAX_CALLS] if isinstance(calls, list) else ():
        if isinstance(call, Mapping):
            inner = call.get("function")
            asked = {**inner, "id": call.get("id")} if isinstance(inner, Mapping) else call
            _add(made, asked.get("id"), asked.get("name"), asked.get("arguments", asked.get("args")))
    return made


def _parts(parts: Iterable[Any], made: Said) -> None:
    for part in parts:
        if isinstance(part, str):
            made.words.append(part)
        elif isinstance(part, Mapping):
            kind = part.get("type") or part.get("kind")
            if _is(kind, _WORDS):
                word = part.get("content") or part.get("text") or part.get("thinking") or part.get("reasoning")
                made.words += [word] if isinstance(word, str) else []
            elif _is(kind, _CALLS):
                arguments = part.get("arguments", part.get("input", part.get("args")))
                _add(made, part.get("id") or part.get("call_id"), part.get("name"), arguments)


def _add(made: Said, id_: Any, tool: Any, arguments: Any) -> None:
    if isinstance(tool, str) and tool and len(made.calls) < MAX_CALLS:
        made.calls.append(Asked(id_ if isinstance(id_, str) else "", tool, arguments))


def _numbered(attributes: Mapping[str, Any], pattern: re.Pattern[str]) -> Iterator[Said]:
    """Messages whose parts stand in attributes of their own, as `llm.output_messages.0.message.content`."""
    found: dict[int, tuple[Said, dict[int, dict[str, Any]]]] = {}
    for key in sorted(attributes):
        match = pattern.fullmatch(key)
        if not match:
            continue
        made, calls = found.setdefault(int(match[1]), (Said(named=False), {}))
        value = attributes[key]
        if match[2] in {"content", "reasoning_content", "reasoning"} or _NUMBERED_PART.fullmatch(match[2]):
            made.words += [value] if isinstance(value, str) else []
        elif call := _NUMBERED_CALL.fullmatch(match[2]):
            calls.setdefault(int(call[1]), {})[call[2]] = value
    for _, (made, calls) in sorted(found.items()):
        for _, one in sorted(calls.items()):
            _add(made, one.get("id"), one.get("name"), one.get("arguments"))
        yield made
