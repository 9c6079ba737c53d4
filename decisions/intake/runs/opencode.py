"""Exports of OpenCode. Pure; one document holds a whole run."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from decisions.errors import bad_request
from decisions.intake.reading import Reading
from decisions.intake.runs.lines import at_path, document, objects, stamp, text
from decisions.intake.runs.talk import Talk

ACTOR = "opencode"


def read(stream: BinaryIO) -> Iterator[Reading]:
    whole = document(stream)
    if not text(whole, "info", "id") or not isinstance(whole.get("messages"), list):
        raise bad_request("The run is not an export of OpenCode.", "bad-run")
    talk = Talk(ACTOR, episode=text(whole, "info", "id"), model=text(whole, "info", "model", "id"))
    for message in objects(whole, "messages"):
        if text(message, "info", "role") != "assistant":
            continue
        talk.model = text(message, "info", "modelID") or talk.model
        for part in objects(message, "parts"):
            if part.get("type") in ("reasoning", "text"):
                talk.say(text(part, "text"))
            elif part.get("type") == "tool":
                yield from _tool(part, message, talk)
    yield from talk.rest()


def _tool(part: Mapping[str, Any], message: Mapping[str, Any], talk: Talk) -> Iterator[Reading]:
    id_, state = text(part, "callID"), part.get("state")
    at = stamp(at_path(state, "time", "start")) or stamp(at_path(message, "info", "time", "created"))
    talk.call(id_, text(part, "tool"), at_path(state, "input"), at)
    status = text(state, "status")
    if status in ("completed", "error"):
        code = at_path(state, "metadata", "exit")
        answer = text(state, "output") or text(state, "error")
        exited = code if isinstance(code, int) and not isinstance(code, bool) else None
        yield from talk.answer(id_, answer, exited, errored=status == "error")
