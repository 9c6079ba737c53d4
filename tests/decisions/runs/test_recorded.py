"""Six agents that repaired one fault, each in its own log: the same act, with its reasons and its honest outcome."""

import io
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from decisions.intake.otlp import read_traces
from decisions.intake.reading import Reading, Says
from decisions.intake.runs import Format, detect, read
from decisions.vocab import Outcome
from tests.decisions.formats.fixtures import plain
from tests.recorded.as_otlp import as_otlp
from tests.recorded.reading import DECISIONS, RUNS, command_of, unpacked

RERECORD = os.environ.get("OVERSIGHT_RERECORD") == "1"
GOLDEN = Path(__file__).parent / "golden"
LEARNING = "learning-traces.jsonl.gz"
FILES = {
    "sessions/claude-code-session.jsonl.gz": Format.CLAUDE_CODE,
    "sessions/claude-code-stream-json.txt.gz": Format.CLAUDE_CODE,
    "sessions/codex-rollout.jsonl.gz": Format.CODEX,
    "sessions/copilot-cli.jsonl.gz": Format.COPILOT_CLI,
    "sessions/copilot-cli-flat.jsonl.gz": Format.COPILOT_CLI,
    "sessions/gemini-session.jsonl.gz": Format.GEMINI_CLI,
    "sessions/opencode-export.json.gz": Format.OPENCODE,
    "sessions/stratus-trajectory.jsonl.gz": Format.STRATUS,
    "sessions/stratus-trajectory-with-ids.jsonl.gz": Format.STRATUS,
    **{
        f"atif/{name}.atif.json.gz": Format.ATIF
        for name in ("claudecode", "codex", "copilot", "gemini", "opencode", "stratus")
    },
}
PAIRS = {
    "sessions/claude-code-session.jsonl.gz": "atif/claudecode.atif.json.gz",
    "sessions/claude-code-stream-json.txt.gz": "atif/claudecode.atif.json.gz",
    "sessions/codex-rollout.jsonl.gz": "atif/codex.atif.json.gz",
    "sessions/copilot-cli.jsonl.gz": "atif/copilot.atif.json.gz",
    "sessions/gemini-session.jsonl.gz": "atif/gemini.atif.json.gz",
    "sessions/opencode-export.json.gz": "atif/opencode.atif.json.gz",
    "sessions/stratus-trajectory.jsonl.gz": "atif/stratus.atif.json.gz",
}
OF_SESSIONS = [line for line in DECISIONS if "tool_call_id" in line]
AGENTS = {
    "claudecode": "sessions/claude-code-session.jsonl.gz",
    "codex": "sessions/codex-rollout.jsonl.gz",
    "copilot": "sessions/copilot-cli.jsonl.gz",
    "gemini": "sessions/gemini-session.jsonl.gz",
    "opencode": "sessions/opencode-export.json.gz",
    "stratus": "sessions/stratus-trajectory.jsonl.gz",
}


def readings(name: str) -> list[Reading]:
    raw = unpacked(name)
    return list(read(detect(raw), io.BytesIO(raw)))


def acts(name: str) -> list[Reading]:
    return [reading for reading in readings(name) if reading.says is Says.ACTION]


@pytest.mark.parametrize("name", [*FILES, LEARNING])
def test_a_format_is_known_by_its_beginning(name: str):
    raw = unpacked(name)
    expected = FILES.get(name, Format.LEARNING_TRACE)
    assert detect(raw) is expected
    assert detect(raw[:65_536]) is expected


@pytest.mark.parametrize("name", FILES)
def test_a_run_becomes_what_is_written_down_for_it(name: str):
    found = readings(name)
    looks = Counter(reading.kind for reading in found if reading.says is Says.LOOK)
    told = {"acts": plain([one for one in found if one.says is Says.ACTION]), "looks": dict(sorted(looks.items()))}
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=110)
    golden = GOLDEN / f"{Path(name).name.removesuffix('.gz')}.golden.yaml"
    if RERECORD:
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("line", OF_SESSIONS, ids=[line["tool_call_id"] for line in OF_SESSIONS])
def test_the_repair_is_as_it_was_recorded(line: dict[str, Any]):
    name = AGENTS[line["agent"]["name"]]
    (found,) = [one for one in acts(name) if one.decision.endswith(f"/{line['tool_call_id']}")]
    assert found.kind == line["action_kind"]
    assert found.resource == line["target"]
    assert found.parameters["namespace"] == line["namespace"]
    assert found.parameters["command"] == command_of(line["arguments"])
    assert found.parameters["tool"] == line["tool"]
    assert found.outcome is Outcome.SUCCEEDED
    assert found.rationale.startswith(line["reasoning"])
    assert found.model == ({"name": line["agent"]["model"]} if line["agent"]["model"] else {})
    assert (found.at is None) == (line["time"] is None)


def test_there_are_seven_repairs_and_nothing_else_is_taken_for_one():
    kinds = Counter(one.kind for name in AGENTS.values() for one in acts(name))
    assert kinds["patch_workload"] == len(OF_SESSIONS) == 7
    # What is left sends a report to the examiner, or opens a way that other programs go through.
    assert set(kinds) == {"patch_workload", "unclassified"}


@pytest.mark.parametrize(("name", "other"), PAIRS.items())
def test_an_agents_own_log_and_the_common_format_tell_the_same(name: str, other: str):
    def told(one: Reading) -> tuple[Any, ...]:
        call = one.decision.rpartition("/")[2]
        return call, one.says, one.kind, one.resource, one.parameters.get("command")

    assert sorted(map(told, readings(name)), key=str) == sorted(map(told, readings(other)), key=str)


@pytest.mark.parametrize("name", [*FILES, LEARNING])
def test_every_call_has_an_id_of_its_own_for_ever(name: str):
    first, again = readings(name), readings(name)
    assert [one.id for one in first] == [one.id for one in again]
    assert len({one.id for one in first}) == len(first)
    assert all(one.id and one.decision for one in first)


def test_a_learning_trace_tells_what_its_traces_tell():
    found = readings(LEARNING)
    told = [one for run in RUNS for one in read_traces("application/json", as_otlp(run)).readings]
    for part in ("says", "kind", "targets", "resource", "parameters", "outcome", "detail", "rationale", "actor"):
        assert [getattr(one, part) for one in found] == [getattr(one, part) for one in told]
    assert {one.trigger["id"] for one in found if one.says is Says.ACTION} == {
        line["incident"]["problem_id"] for line in DECISIONS if "tool_call_index" in line["source"]
    }
