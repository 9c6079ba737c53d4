"""Rollouts of Codex. Pure; a command that goes on in the background is answered when somebody looks after it."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from decisions.intake.calls import arguments_of
from decisions.intake.reading import Reading
from decisions.intake.runs.exits import exit_code_in, still_running
from decisions.intake.runs.lines import at_path, joined, lines, objects, stamp, text
from decisions.intake.runs.talk import Talk

ACTOR = "codex"
_CALLS = ("function_call", "custom_tool_call", "local_shell_call")


def read(stream: BinaryIO) -> Iterator[Reading]:
    talk = Talk(ACTOR)
    running: dict[str, str] = {}
    looking: dict[str, str] = {}
    for line in lines(stream):
        item = line.get("payload")
        kind = line.get("type")
        if kind == "session_meta":
            talk.episode = talk.episode or text(item, "id") or text(item, "session_id")
        elif kind == "turn_context":
            talk.model = text(item, "model") or talk.model
        elif kind == "response_item":
            yield from _item(item, talk, running, looking, stamp(line.get("timestamp")))
    yield from talk.rest()


def _item(item: Any, talk: Talk, running: dict[str, str], looking: dict[str, str], at: Any) -> Iterator[Reading]:
    kind = text(item, "type")
    if kind == "message" and text(item, "role") == "assistant":
        talk.say("\n".join(text(part, "text") for part in objects(item, "content")))
    elif kind == "reasoning":
        talk.say("\n".join(text(part, "text") for part in objects(item, "summary")))
    elif kind in _CALLS:
        arguments = next((item[key] for key in ("arguments", "input", "action") if item.get(key) is not None), None)
        id_ = text(item, "call_id")
        session = str(at_path(arguments_of(arguments), "session_id") or "")
        if session in running:
            looking[id_] = session
        talk.call(id_, text(item, "name") or "shell", arguments, at)
    elif kind in ("function_call_output", "custom_tool_call_output"):
        yield from _output(item, talk, running, looking)


def _output(item: Any, talk: Talk, running: dict[str, str], looking: dict[str, str]) -> Iterator[Reading]:
    id_, answer = text(item, "call_id"), joined(arguments_of(item.get("output")))
    session = looking.pop(id_, "")
    goes_on, code = still_running(answer), exit_code_in(answer)
    if session:
        yield from talk.answer(id_, answer)
        if not goes_on:
            yield from talk.answer(running.pop(session, ""), answer, code)
    elif goes_on and len(running) < 1000:
        running[goes_on] = id_
    else:
        yield from talk.answer(id_, answer, code)
