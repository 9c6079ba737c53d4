"""Readings from the spans and log records of one request: acts, joined to what the model said before them, and looks. Pure.

Parts of one run may come in any order and in several requests: what is known is given, and nothing waits.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from decisions.canonical import stable
from decisions.intake.calls import Call, Where, arguments_of, reading_of
from decisions.intake.otlp import conventions, json_body, proto_body
from decisions.intake.otlp.answers import JSON, encoding_of
from decisions.intake.otlp.records import Record, Rejected, when
from decisions.intake.otlp.said import Asked, Said, said_in
from decisions.intake.reading import Reading, Says

MAX_READINGS = 20_000


@dataclass(slots=True)
class Batch:
    """What one request holds."""

    readings: list[Reading] = field(default_factory=list)
    ignored: int = 0
    """Records that are none of ours: of requests, databases, and whatever else is traced."""
    rejected: Rejected = field(default_factory=Rejected)


@dataclass(slots=True)
class _Answer:
    """What a model said, at its place in a trace."""

    record: Record
    said: Said
    repeats: bool
    """Whether the record repeats what other records tell."""

    @property
    def end(self) -> int:
        return self.record.end or self.record.start


def read_traces(content_type: str, body: bytes) -> Batch:
    """The readings of a request to /v1/traces. Raises a problem where it cannot be read."""
    made = Batch()
    spans = json_body.spans if encoding_of(content_type) == JSON else proto_body.spans
    tools: list[Record] = []
    answers: list[_Answer] = []
    for record in spans(bytes(body), made.rejected):
        if conventions.is_tool(record):
            tools.append(record)
        elif conventions.is_model(record):
            repeats = conventions.is_agent(record)
            answers += [_Answer(_light(record), said, repeats) for said in said_in(record)]
        else:
            made.ignored += 1
    outer = _outer(tools)
    made.ignored += len(tools) - len(outer)
    _bound(made, _joined(outer, answers), len(outer))
    return made


def read_logs(content_type: str, body: bytes) -> Batch:
    """The readings of a request to /v1/logs. Raises a problem where it cannot be read."""
    made = Batch()
    logs = json_body.logs if encoding_of(content_type) == JSON else proto_body.logs
    answers: list[_Answer] = []
    calls: list[tuple[Record, str, Call]] = []
    for record in logs(bytes(body), made.rejected):
        logged = conventions.logged_call(record)
        said = [] if logged else list(said_in(record))
        if logged:
            calls.append((record, *logged))
        elif said:
            answers += [_Answer(_light(record), one, repeats=False) for one in said]
        else:
            made.ignored += 1
    known = _Answers(answers)
    done: set[tuple[str, str]] = set()

    def readings() -> Iterator[Reading]:
        for record, id_, call in calls:
            done.add((_scope(record), id_))
            yield _reading(record, call, id_, _log_id(record, id_), known.to(record, id_))
        yield from _only_asked(answers, done)

    _bound(made, readings(), len(calls))
    return made


def _outer(tools: Sequence[Record]) -> list[Record]:
    """The spans of tools without those in which a library repeats the one around it, as a client of the tool's server does."""
    names = {(record.trace, record.span): conventions.tool_of(record) for record in tools}
    return [record for record in tools if names.get((record.trace, record.parent)) != names[record.trace, record.span]]


def _bound(made: Batch, readings: Iterable[Reading], told: int) -> None:
    """Keep one request from becoming more than one transaction can hold; `told` is how many calls it tells of."""
    made.readings = list(islice(readings, MAX_READINGS))
    if told > MAX_READINGS:
        made.rejected.count += told - MAX_READINGS
        made.rejected.why = made.rejected.why or f"a request may tell of at most {MAX_READINGS} calls"


def _light(record: Record) -> Record:
    """The record without the messages, which have been read out of it."""
    record.attributes = {key: value for key, value in record.attributes.items() if key not in _MESSAGES}
    record.events = []
    return record


_MESSAGES = frozenset(
    {
        *("gen_ai.output.messages", "gen_ai.completion", "all_messages_events", "pydantic_ai.all_messages", "events"),
        "body",
    }
)


def _scope(record: Record) -> str:
    """What an id of a call is unique in: a span that carries it and one that asked for it share their trace."""
    return record.trace or conventions.episode_of(record)


def _joined(tools: list[Record], answers: list[_Answer]) -> Iterator[Reading]:
    known = _Answers(answers)
    done: set[tuple[str, str]] = set()
    for record in tools:
        call = conventions.call_of(record)
        id_ = record.text("gen_ai.tool.call.id", "tool_call.id") or known.asked_id(record, call, done)
        done.add((_scope(record), id_))
        if call.arguments is None:
            # Libraries may be told to send what models say and not what tools are given: it is the same.
            call = replace(call, arguments=known.arguments(record, id_))
        yield _reading(record, call, id_, f"{record.trace}/{record.span}", known.to(record, id_))
    yield from _only_asked(answers, done)


def _only_asked(answers: Iterable[_Answer], done: set[tuple[str, str]]) -> Iterator[Reading]:
    """Acts that a model asked for and whose own span has not come yet, or came before: they bring the reasons.

    They name the decision as the tool's span does, and state no outcome. A look that was only asked for is none.
    """
    for answer in answers:
        if answer.repeats or not answer.said.named:
            continue
        for asked in answer.said.calls:
            place = (_scope(answer.record), asked.id)
            if asked.id and place not in done:
                done.add(place)
                made = _of_asked(answer, asked)
                # Where the call names no target, only the tool's own span may, and two targets would be two acts.
                if made.says is Says.ACTION and made.targets:
                    yield made


def _of_asked(answer: _Answer, asked: Asked) -> Reading:
    record = answer.record
    call = Call(tool=asked.tool, arguments=asked.arguments)
    return _reading(record, call, asked.id, f"{record.trace}/{record.span}/{asked.id}", answer)


def _reading(record: Record, call: Call, call_id: str, id_: str, answer: _Answer | None) -> Reading:
    episode = conventions.episode_of(record) or record.trace
    keys = conventions.keys_of(record)
    return reading_of(
        call,
        Where(
            id=id_,
            decision=f"{_scope(record)}/{call_id}" if call_id else id_,
            episode=episode,
            at=when(record.start),
            actor=conventions.agent_of(record) or (conventions.agent_of(answer.record) if answer else ""),
            environment=conventions.environment_of(record),
            rationale=answer.said.text if answer else "",
            model=conventions.model_of(answer.record if answer else record),
            trigger=conventions.trigger_of(record),
            keys=keys | ({f"run:{episode}"} if episode != record.trace else set()),
            targets=conventions.targets_of(record),
        ),
    )


def _log_id(record: Record, call_id: str) -> str:
    return f"log:{_scope(record)}/{call_id or f'{record.span}@{record.start}'}"


class _Answers:
    """What models said, to be found by the call they asked for, or by place and time."""

    def __init__(self, answers: Iterable[_Answer]) -> None:
        self._by_call: dict[tuple[str, str], _Answer] = {}
        self._by_place: dict[tuple[str, str, str], list[_Answer]] = {}
        self._by_span: dict[tuple[str, str], _Answer] = {}
        self._answers = list(answers)
        self._by_words: dict[tuple[str, str, bytes], deque[str]] | None = None
        for answer in self._answers:
            record = answer.record
            for asked in answer.said.calls:
                place = (_scope(record), asked.id)
                # A span of its own tells more exactly when it was said than one that repeats it.
                if asked.id and (place not in self._by_call or self._by_call[place].repeats):
                    self._by_call[place] = answer
            if not answer.repeats:
                self._by_span[record.trace, record.span] = answer
                self._by_place.setdefault(_place(record), []).append(answer)
        for some in self._by_place.values():
            some.sort(key=lambda answer: answer.end)

    def to(self, record: Record, call_id: str) -> _Answer | None:
        """The answer that led to a call: the one that asked for it, its parent, or the last that ended before it."""
        found = self._by_call.get((_scope(record), call_id)) if call_id else None
        if found is None:
            found = self._by_span.get((record.trace, record.parent))
        if found is None and record.trace:
            some = self._by_place.get(_place(record), [])
            at = bisect_right(some, record.start, key=lambda answer: answer.end)
            # Where ids of calls are told, an answer that asked for others did not lead to this one.
            if at and not (call_id and some[at - 1].said.calls):
                found = some[at - 1]
        return found

    def arguments(self, record: Record, call_id: str) -> Any:
        """What a call was asked for with, where that is told."""
        found = self._by_call.get((_scope(record), call_id)) if call_id else None
        asked = found.said.calls if found else []
        return next((one.arguments for one in asked if one.id == call_id), None)

    def asked_id(self, record: Record, call: Call, done: set[tuple[str, str]]) -> str:
        """The id of the call that a tool's span without one is of: asked for in its trace, the same in tool and arguments."""
        if self._by_words is None:
            self._by_words = {}
            for answer in self._answers:
                for asked in answer.said.calls:
                    words = _words(answer.record, asked.tool, asked.arguments)
                    self._by_words.setdefault(words, deque()).append(asked.id)
        ids = self._by_words.get(_words(record, call.tool, call.arguments))
        while ids:
            id_ = ids.popleft()
            if id_ and (_scope(record), id_) not in done:
                return id_
        return ""


def _words(record: Record, tool: str, arguments: object) -> tuple[str, str, bytes]:
    return record.trace, tool, stable(arguments_of(arguments))


def _place(record: Record) -> tuple[str, str, str]:
    return record.trace, record.parent, conventions.agent_of(record)
