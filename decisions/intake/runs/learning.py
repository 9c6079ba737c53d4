"""Learning traces of SREGym. Pure; a thought belongs to the call that follows it, which times alone tell."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from decisions.intake.calls import Call, Where, reading_of
from decisions.intake.reading import Reading
from decisions.intake.runs.lines import lines, objects, stamp, text

ACTOR = "stratus"


def read(stream: BinaryIO) -> Iterator[Reading]:
    for line in lines(stream):
        record = line.get("record", line)
        if isinstance(record, Mapping) and "tool_calls" in record:
            yield from _record(record)


def _record(record: Mapping[str, Any]) -> Iterator[Reading]:
    run, problem = text(record, "trace_id"), text(record, "problem_context", "problem_id")
    thoughts = [one for one in objects(record, "thinking_steps") if _seconds(one) is not None]
    thoughts.sort(key=lambda one: _seconds(one) or 0.0)
    times = [_seconds(one) or 0.0 for one in thoughts]
    trigger = {"kind": "incident", "id": problem[:300]} if problem else {}
    if trigger and (described := text(record, "problem_context", "app_description")):
        trigger["description"] = described[:2000]
    for at, one in enumerate(objects(record, "tool_calls")):
        seconds = _seconds(one)
        before = bisect_right(times, seconds) if seconds is not None else 0
        call = Call(tool=text(one, "tool_name"), arguments=one.get("arguments"), answer=text(one, "response"))
        yield reading_of(
            call,
            Where(
                id=f"{run}/{at}",
                decision=f"{run}/{at}",
                episode=run,
                at=stamp(seconds),
                actor=ACTOR,
                rationale=text(thoughts[before - 1], "reasoning") if before else "",
                trigger=trigger,
                keys=frozenset({f"run:{run[:190]}"}) if run else frozenset(),
            ),
        )


def _seconds(one: Mapping[str, Any]) -> float | None:
    value = one.get("timestamp")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
