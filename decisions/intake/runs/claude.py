"""Sessions of Claude Code: the log that it keeps, and what it streams as JSON. Pure; one message may stand on several lines."""

from collections.abc import Iterator
from typing import BinaryIO

from decisions.intake.reading import Reading
from decisions.intake.runs.exits import exit_code_in
from decisions.intake.runs.lines import joined, lines, objects, stamp, text
from decisions.intake.runs.talk import Talk

ACTOR = "claude-code"


def read(stream: BinaryIO) -> Iterator[Reading]:
    talk = Talk(ACTOR)
    for line in lines(stream):
        talk.episode = talk.episode or text(line, "sessionId") or text(line, "session_id")
        kind = line.get("type")
        if kind == "assistant":
            talk.model = text(line, "message", "model") or talk.model
            for part in objects(line, "message", "content"):
                if part.get("type") in ("thinking", "text"):
                    talk.say(text(part, "thinking") or text(part, "text"))
                elif part.get("type") in ("tool_use", "server_tool_use"):
                    talk.call(text(part, "id"), text(part, "name"), part.get("input"), stamp(line.get("timestamp")))
        elif kind == "user":
            for part in objects(line, "message", "content"):
                if part.get("type") == "tool_result":
                    answer = joined(part.get("content"))
                    errored = part.get("is_error") is True
                    code = exit_code_in(answer) if errored else None
                    # What it calls no error ended with 0, unless it was sent to the background or cut short.
                    if part.get("is_error") is False and _ended(line.get("toolUseResult")):
                        code = 0
                    yield from talk.answer(text(part, "tool_use_id"), answer, code, errored=errored)
    yield from talk.rest()


def _ended(result: object) -> bool:
    return isinstance(result, dict) and result.get("interrupted") is False and not result.get("backgroundTaskId")
