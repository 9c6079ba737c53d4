"""The recorded and written payloads of each format, and how a Reading is written down for people. It must not read formats itself."""

import json
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from decisions.errors import Problem
from decisions.intake.formats import mapping, names
from decisions.intake.mapping import Ignored, Taken, take
from decisions.intake.reading import Reading

FOLDER = Path(__file__).parent
SUFFIXES = (".json", ".jsonl", ".xml")


@dataclass(frozen=True)
class Fixture:
    system: str
    path: Path

    def __str__(self) -> str:
        return f"{self.system}/{self.path.name}"

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()

    @property
    def headers(self) -> dict[str, str]:
        beside = self.path.with_suffix(".headers.json")
        found: dict[str, str] = json.loads(beside.read_text()) if beside.exists() else {}
        return found

    @property
    def golden(self) -> Path:
        return self.path.with_suffix(".golden.yaml")


@cache
def fixtures() -> tuple[Fixture, ...]:
    return tuple(
        Fixture(system, path)
        for system in names()
        for path in sorted((FOLDER / system).glob("*"))
        if path.suffix in SUFFIXES and not path.name.endswith(".headers.json")
    )


@cache
def understood() -> tuple[Fixture, ...]:
    """Those that say something: not only what is ignored or refused."""
    return tuple(one for one in fixtures() if "readings" in said(one))


def plain(value: Any) -> Any:
    """A value of a Reading as YAML has it; fields that say nothing are left out."""
    if isinstance(value, Reading):
        found = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {name: item for name, item in found.items() if item not in ("", None, [], {})}
    if isinstance(value, Ignored):
        return {"index": value.index, "rule": value.rule, "reason": value.reason}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return {name: plain(item) for name, item in value.items()} if hasattr(value, "items") else value


def answer(system: str, headers: dict[str, str], body: bytes) -> Taken | Problem:
    try:
        return take(mapping(system), headers, body)
    except Problem as problem:
        return problem


def as_data(reading: Reading) -> dict[str, Any]:
    """What an event's data would be that says the same; a service of any name stands for the one that the register knows."""
    target = {"service": "service", "environment": reading.environment, "resource": reading.resource}
    action = {"kind": reading.kind, "target": target, "parameters": dict(reading.parameters), "undo": reading.undo}
    data = {
        "decision": reading.decision or reading.id,
        "episode": reading.episode,
        "action": action if reading.kind else None,
        "rationale": reading.rationale,
        "evidence": [dict(item) for item in reading.evidence],
        "model": dict(reading.model) or None,
        "trigger": dict(reading.trigger) or None,
        "outcome": {"status": str(reading.outcome), "detail": reading.detail} if reading.outcome else None,
    }
    return {name: value for name, value in data.items() if value is not None}


def refused(found: Taken | Problem) -> bool:
    return isinstance(found, Problem) and 400 <= found.status < 500 and bool(found.slug and found.title)


def said(fixture: Fixture) -> dict[str, Any]:
    taken = answer(fixture.system, fixture.headers, fixture.body)
    if isinstance(taken, Problem):
        document = taken.document()
        return {"problem": {name: document[name] for name in ("status", "type", "detail", "index") if name in document}}
    found = {"readings": plain(taken.readings), "ignored": plain(taken.ignored)}
    return {name: listed for name, listed in found.items() if listed} or {"nothing": "no record is in it"}


def written(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
