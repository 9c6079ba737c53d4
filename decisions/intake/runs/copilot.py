"""Events of Copilot CLI, and the flat lines that it writes in its simpler mode. Pure; deltas of what comes whole later are passed over."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from decisions.intake.reading import Reading
from decisions.intake.runs.exits import exit_code_in
from decisions.intake.runs.lines import at_path, joined, lines, objects, stamp, text
from decisions.intake.runs.talk import Talk

ACTOR = "copilot-cli"


def read(stream: BinaryIO) -> Iterator[Reading]:
    talk = Talk(ACTOR)
    for line in lines(stream):
        kind = text(line, "type")
        # The log names its session in its last line alone; the id of the first interaction is as good and comes first.
        talk.episode = talk.episode or text(line, "data", "sessionId") or text(line, "data", "interactionId")
        talk.model = text(line, "data", "model") or text(line, "model") or talk.model
        if kind == "assistant.message":
            talk.say(text(line, "data", "reasoningText"))
            talk.say(text(line, "data", "content"))
        elif kind == "tool.execution_start":
            data = line.get("data")
            call = text(data, "toolCallId"), text(data, "toolName"), at_path(data, "arguments")
            talk.call(*call, stamp(line.get("timestamp")))
        elif kind == "tool.execution_complete":
            yield from _complete(line.get("data"), talk)
        else:
            yield from _flat(line, talk)
    yield from talk.rest()


def _complete(data: Any, talk: Talk) -> Iterator[Reading]:
    answer = joined(at_path(data, "result")) or joined(at_path(data, "error"))
    codes = [part.get("exitCode") for part in objects(data, "result", "contents")]
    code = next((one for one in codes if isinstance(one, int)), None)
    errored = at_path(data, "success") is False
    yield from talk.answer(
        text(data, "toolCallId"), answer, exit_code_in(answer) if code is None else code, errored=errored
    )


def _flat(line: Mapping[str, Any], talk: Talk) -> Iterator[Reading]:
    kind = line.get("type")
    if kind == "message" and line.get("role") == "assistant":
        talk.say(joined(line.get("content")))
    elif kind == "tool_use":
        talk.call(text(line, "id"), text(line, "name"), line.get("input"), stamp(line.get("timestamp")))
    elif kind == "tool_result":
        answer = joined(line.get("content"))
        yield from talk.answer(
            text(line, "tool_use_id"), answer, exit_code_in(answer), errored=line.get("is_error") is True
        )
