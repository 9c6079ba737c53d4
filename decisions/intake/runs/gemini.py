"""Sessions of Gemini CLI. Pure; a message is written again as it grows, and counts once, when its calls are answered."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from decisions.intake.reading import Reading
from decisions.intake.runs.exits import exit_code_in
from decisions.intake.runs.lines import at_path, joined, lines, objects, stamp, text
from decisions.intake.runs.talk import Talk

ACTOR = "gemini-cli"


def read(stream: BinaryIO) -> Iterator[Reading]:
    talk = Talk(ACTOR)
    done: set[str] = set()
    for line in lines(stream):
        talk.episode = talk.episode or text(line, "sessionId")
        for message in [line, *objects(line, "messages"), *objects(line, "$set", "messages")]:
            if text(message, "type") == "gemini":
                yield from _message(message, talk, done)
    yield from talk.rest()


def _message(message: Mapping[str, Any], talk: Talk, done: set[str]) -> Iterator[Reading]:
    calls = [call for call in objects(message, "toolCalls") if text(call, "id") not in done]
    if not calls and "toolCalls" in message:
        return
    talk.model = text(message, "model") or talk.model
    thoughts = objects(message, "thoughts")
    said = [f"{text(one, 'subject')}: {text(one, 'description')}".removeprefix(": ") for one in thoughts]
    words = "\n".join([*said, *filter(None, [joined(message.get("content"))])])
    # Whatever the message said before it had calls was the beginning of this.
    talk.say_again(text(message, "id"), words)
    for call in calls:
        id_ = text(call, "id")
        talk.call(id_, text(call, "name"), call.get("args"), stamp(message.get("timestamp")))
        status = text(call, "status")
        if call.get("result") or status in ("success", "error", "cancelled"):
            done.add(id_)
            answer = "\n".join(_answer(part) for part in objects(call, "result")) or joined(call.get("resultDisplay"))
            yield from talk.answer(
                id_, answer, exit_code_in(answer), errored=status == "error", refused=status == "cancelled"
            )


def _answer(part: Mapping[str, Any]) -> str:
    return joined(at_path(part, "functionResponse", "response")) or joined(part)
