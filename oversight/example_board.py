"""The example organisation's board registers, with times that count from the start of the demo."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import yaml

from approvals.actions.keep_item import add_item
from approvals.board import REGISTERS
from decisions.models import Person
from decisions.vocab import Board

AGO = re.compile(r"(-?[0-9]+)d")
LAST_MONTH = re.compile(r"last-month(?: ([0-9]{1,2}))?(?: ([0-9:]{8}))?")
PEOPLE = ("accountable", "led_by", "decided_by")


def keep(path: Path, *, by: Person, now: datetime) -> None:
    """Record every item that the file at `path` states."""
    for name, items in yaml.safe_load(path.read_text()).items():
        shape = REGISTERS[Board(name)].shape
        for item in items:
            add_item(Board(name), msgspec.convert(_placed(item, now), shape), actor=by.id)


def _placed(item: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {name: _value(name, value, now) for name, value in item.items()}


def _value(name: str, value: Any, now: datetime) -> Any:
    if name in PEOPLE:
        return str(Person.objects.get(username=value).id)
    if not isinstance(value, str):
        return value
    if ago := AGO.fullmatch(value):
        return f"{now - timedelta(days=int(ago[1])):%Y-%m-%d}"
    if last := LAST_MONTH.fullmatch(value):
        month = now.astimezone(UTC).replace(day=1) - timedelta(days=1)
        return f"{month:%Y-%m}" + (f"-{int(last[1]):02d}T{last[2]}Z" if last[1] else "")
    return value
