"""Trajectories of Stratus. Pure; each event repeats all messages of its stage, so that only the last of a stage counts."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from decisions.intake.reading import Reading
from decisions.intake.runs.lines import joined, lines, objects, text
from decisions.intake.runs.talk import Talk

ACTOR = "stratus"


def read(stream: BinaryIO) -> Iterator[Reading]:
    talk = Talk(ACTOR)
    stage, last = "", None
    for line in lines(stream):
        kind = line.get("type")
        if kind == "metadata":
            problem = text(line, "problem_id")
            # No record has a time of its own, and the run no other name than its problem and when it began.
            talk.episode = f"{problem}/{text(line, 'timestamp')}"
            talk.trigger = {"kind": "incident", "id": problem[:300]} if problem else {}
        elif kind == "event":
            if last is not None and text(line, "stage") != stage:
                yield from _stage(stage, last, talk)
            stage, last = text(line, "stage"), line
    if last is not None:
        yield from _stage(stage, last, talk)


def _stage(stage: str, event: Mapping[str, Any], talk: Talk) -> Iterator[Reading]:
    waiting: deque[str] = deque()
    for at, message in enumerate(objects(event, "messages")):
        kind = message.get("type")
        if kind == "AIMessage":
            talk.say(joined(message.get("content")))
            for number, call in enumerate(objects(message, "tool_calls")):
                id_ = text(call, "id") or f"{stage}/{at}/{number}"
                waiting.append(id_)
                talk.call(id_, text(call, "name"), call.get("args"), None)
        elif kind == "ToolMessage" and waiting:
            # Older runs do not say which call is answered: answers come in the order of the calls.
            id_ = text(message, "tool_call_id")
            if id_ in waiting:
                waiting.remove(id_)
            else:
                id_ = waiting.popleft()
            yield from talk.answer(id_, joined(message.get("content")))
    yield from talk.rest()
