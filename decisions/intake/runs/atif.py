"""Runs in the Agent Trajectory Interchange Format, version 1. Pure; one document holds a whole run."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from decisions.errors import bad_request
from decisions.intake.reading import Reading
from decisions.intake.runs.exits import exit_code_in
from decisions.intake.runs.lines import document, joined, objects, stamp, text
from decisions.intake.runs.talk import Talk

MAX_SUBAGENTS = 8


def read(stream: BinaryIO) -> Iterator[Reading]:
    whole = document(stream)
    if not text(whole, "schema_version").startswith("ATIF-v1"):
        raise bad_request("The run is not in a version of ATIF that we read.", "bad-run")
    yield from _trajectory(whole, MAX_SUBAGENTS)


def _trajectory(whole: Any, depth: int) -> Iterator[Reading]:
    talk = Talk(
        text(whole, "agent", "name"), episode=text(whole, "session_id"), model=text(whole, "agent", "model_name")
    )
    for step in objects(whole, "steps"):
        if step.get("source") != "agent":
            continue
        talk.model = text(step, "model_name") or talk.model
        talk.say(text(step, "reasoning_content"))
        talk.say(joined(step.get("message")))
        for call in objects(step, "tool_calls"):
            talk.call(
                text(call, "tool_call_id"),
                text(call, "function_name"),
                call.get("arguments"),
                stamp(step.get("timestamp")),
            )
        for result in objects(step, "observation", "results"):
            answer = joined(result.get("content"))
            yield from talk.answer(text(result, "source_call_id"), answer, exit_code_in(answer))
    yield from talk.rest()
    for part in objects(whole, "subagent_trajectories") if depth else ():
        yield from _trajectory(part, depth - 1)
