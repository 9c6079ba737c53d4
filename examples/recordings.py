"""Turns the recorded runs of real agents into CloudEvents of the product's contract. It must not read a clock or invent a fact.

Standard library only: the live agents use it on machines where nothing is installed.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "recorded"
SOURCE = "/recordings/sregym"
NO_TIME = "The recording states no time; placed one second after the record before it."

SPAN = timedelta(days=90)
HOURS = (
    time(3, 47),
    time(10, 12),
    time(14, 35),
    time(22, 51),
    time(9, 24),
    time(1, 18),
    time(16, 42),
    time(11, 6),
    time(4, 33),
    time(13, 58),
    time(20, 29),
)
"""When the runs begin, in turn: office hours and nights mixed, as in any company that runs around the clock."""
OFFICE = range(8, 19)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which service, environment, agent and outcome of the example organisation a recorded name stands for."""

    targets: dict[str, str]
    applications: dict[str, str]
    staging: tuple[str, ...]
    agents: dict[str, str]
    outcomes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded action as an event; `recorded_at` is the time of the recording, the event's own may be shifted."""

    agent: str
    event: Json
    at: datetime
    recorded_at: datetime
    time_stated: bool
    episode: str


def read_lines(path: Path = FOLDER / "decisions.jsonl") -> list[Json]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_mapping(path: Path = FOLDER / "mapping.json") -> Mapping:
    fields = json.loads(path.read_text(encoding="utf-8"))
    return Mapping(**{**fields, "staging": tuple(fields["staging"])})


def recordings(lines: Iterable[Json], mapping: Mapping) -> list[Recording]:
    """Every line as an event with its time as recorded, in the order of the file."""
    found: list[Recording] = []
    for line in lines:
        stated = line["time"] is not None
        if stated:
            at = datetime.fromisoformat(line["time"]).astimezone(UTC)
        elif found:
            at = found[-1].recorded_at + timedelta(seconds=1)
        else:
            raise ValueError("the first record has no time, and there is none before it to follow")
        found.append(
            Recording(
                agent=mapping.agents[line["agent"]["name"]],
                event=event(line, mapping, at, time_stated=stated),
                at=at,
                recorded_at=at,
                time_stated=stated,
                episode=line["trace_id"],
            )
        )
    return found


def event(line: Json, mapping: Mapping, at: datetime, *, time_stated: bool) -> Json:
    """One line as `oversight.decision.executed.v1`. What the line does not say is left out."""
    action = action_of(line, mapping)
    target = action["target"]
    found: Json = {
        "specversion": "1.0",
        "id": event_id(line),
        "source": SOURCE,
        "type": "oversight.decision.executed.v1",
        "time": stamp(at),
        "subject": f"{target['service']}/{target['environment']}",
        "data": {
            "decision": reference(line),
            "episode": line["trace_id"],
            "action": action,
            "rationale": line["reasoning"],
            "trigger": trigger_of(line, time_stated=time_stated),
            "outcome": {"status": mapping.outcomes[line["derived_outcome"]], "detail": line["result"]},
        },
    }
    if line["agent"].get("model"):
        found["data"]["model"] = {"name": line["agent"]["model"]}
    return found


def trigger_of(line: Json, *, time_stated: bool) -> Json:
    """The incident as recorded. A record without a time says there where its place on the timeline comes from."""
    trigger = {"kind": "incident", "id": line["incident"]["problem_id"]}
    said = [line["incident"].get("description"), None if time_stated else NO_TIME]
    if any(said):
        trigger["description"] = " ".join(text for text in said if text)
    return trigger


def action_of(line: Json, mapping: Mapping) -> Json:
    """The action as recorded: kind, target, and the tool with its arguments."""
    arguments = dict(line["arguments"])
    parameters: Json = {"tool": line["tool"]}
    command = arguments.pop("command", None) or arguments.pop("cmd", None)
    if command is not None:
        parameters["command"] = command
    if arguments:
        parameters["arguments"] = arguments
    target = {"service": service_of(line, mapping), "environment": environment_of(line, mapping)}
    if line["target"] is not None:
        target["resource"] = line["target"]
    return {"kind": line["action_kind"], "target": target, "parameters": parameters}


def service_of(line: Json, mapping: Mapping) -> str:
    """The service that the recorded target belongs to, else the application that the incident was in."""
    if line["target"] is None:
        return mapping.applications[line["incident"]["problem_id"]]
    return mapping.targets[f"{line['namespace'] or '-'} {line['target']}"]


def environment_of(line: Json, mapping: Mapping) -> str:
    return "staging" if line["incident"]["problem_id"] in mapping.staging else "prod"


def call_of(line: Json) -> str:
    """The number or id of the tool call within its recording."""
    source = line["source"]
    return str(source["tool_call_index"]) if "tool_call_index" in source else str(line["tool_call_id"])


def event_id(line: Json) -> str:
    name = f"{line['source']['path']}#{call_of(line)}"
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def reference(line: Json) -> str:
    """The agent's own name for the decision: its run and the tool call, without the recorder's decoration."""
    run = re.sub(r"^llm_learning_(.+_\d{8}_\d{6})_\d+_diagnosis$", r"\1", line["trace_id"])
    return f"{run}/{call_of(line)}"


def undo_of(line: Json) -> Json | None:
    """How the cluster itself takes the action back, where that is certain: a change of a deployment's pod template.

    The recordings state no undo, so imported events carry none; a live agent that proposes the same action may state this one.
    """
    command = line["arguments"].get("command") or line["arguments"].get("cmd") or ""
    revises = "template" in command or "rollout restart" in command or "set env" in command
    if not revises or not (line["target"] or "").startswith("deployment/"):
        return None
    return {
        "kind": "rollback",
        "parameters": {"command": f"kubectl rollout undo {line['target']} -n {line['namespace']}"},
    }


def shifted(found: Sequence[Recording], now: datetime) -> list[Recording]:
    """The same recordings in the three months before `now`, oldest first.

    Order and gaps within a run are kept; a run without a time of its own stays beside the one it follows. The same `now` gives the same times.
    """
    runs = runs_of(found)
    # A prime that does not divide the number of runs visits each once and mixes incidents over the months.
    stride = next(n for n in (5, 3, 7, 1) if len(runs) % n or n == 1)
    moved: list[Recording] = []
    for slot in range(len(runs)):
        run = runs[slot * stride % len(runs)]
        offset = start_of(slot, len(runs), run[-1].at - run[0].at, now) - run[0].at
        moved.extend(at_time(recording, recording.at + offset) for recording in run)
    return sorted(moved, key=lambda recording: recording.at)


def runs_of(found: Sequence[Recording]) -> list[list[Recording]]:
    """The recordings by episode; one that begins without a time is joined to the episode before it."""
    runs: list[list[Recording]] = []
    for recording in found:
        if runs and (recording.episode == runs[-1][-1].episode or not recording.time_stated):
            runs[-1].append(recording)
        else:
            runs.append([recording])
    return runs


def start_of(slot: int, slots: int, length: timedelta, now: datetime) -> datetime:
    """When the run in `slot` begins: evenly over the span, at one of `HOURS`; office hours fall on working days."""
    if slot >= slots - 2:
        # The two latest lie within the last day, so that a timeline that has just started is not empty.
        return now - timedelta(hours=3 if slot == slots - 1 else 14) - length
    day: date = (now - SPAN + (SPAN - timedelta(days=2)) * slot / (slots - 2)).date()
    hour = HOURS[slot % len(HOURS)]
    if hour.hour in OFFICE and day.weekday() >= 5:
        day -= timedelta(days=day.weekday() - 4)
    return datetime.combine(day, hour, UTC)


def at_time(recording: Recording, at: datetime) -> Recording:
    return replace(recording, at=at, event={**recording.event, "time": stamp(at)})


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def main(arguments: list[str] | None = None) -> int:
    """Print the recordings, moved to the months before `--now`, as one JSON object a line: agent and event."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--now", type=datetime.fromisoformat, default=datetime.now(UTC))
    now = parser.parse_args(arguments).now
    for item in shifted(recordings(read_lines(), read_mapping()), now):
        print(json.dumps({"agent": item.agent, "event": item.event}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
