"""The recorded runs of real agents, unpacked for the tests. It must not change them."""

import gzip
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Decision = dict[str, Any]


def unpacked(name: str) -> bytes:
    """The bytes of a file of this folder, as they were recorded."""
    raw = (HERE / name).read_bytes()
    return gzip.decompress(raw) if name.endswith(".gz") else raw


def _lines(raw: bytes) -> list[Any]:
    return [json.loads(line) for line in raw.splitlines()]


def command_of(arguments: dict[str, Any]) -> str:
    """The command line of a recorded call; empty where it has none."""
    return str(arguments.get("command") or arguments.get("cmd") or "")


DECISIONS: list[Decision] = _lines((HERE.parent.parent / "examples/recorded/decisions.jsonl").read_bytes())
RUNS: list[Decision] = [line["record"] for line in _lines(unpacked("learning-traces.jsonl.gz"))]
