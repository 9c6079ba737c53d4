"""A policy document as text that people edit: JSON, one item a line, so that a fault has a line. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from decisions.canonical import NotStrictError, parse

_PLACE = re.compile(r"[\w.\[\]-]+")


ORDER = (
    *("name", "id", "defaults", "irreversible", "requirements", "matrix", "exceptions", "freeze_windows", "sign_off"),
    *("group", "n", "quorum", "hold", "window", "claim", "protect", "when", "f", "op", "v", "effect"),
    *("tier", "kind", "environment", "risk", "level", "max_level", "requirement", "until", "weekly", "yearly"),
    *("from", "to", "zone", "scope", "cap", "within", "approved_by", "reason"),
)
"""In which order people read the keys of an object, others by their names after them; a database keeps them in its own."""


class UnreadableError(ValueError):
    """The text is no document; says where."""


def write(document: Mapping[str, Any]) -> tuple[str, dict[str, int]]:
    """The text of `document`, and place → line (from 1) of each of its parts and items."""
    lines, places = ["{"], {}
    for number, (name, value) in enumerate(_ordered(document).items(), 1):
        comma = "," if number < len(document) else ""
        places[name] = len(lines) + 1
        start = f"  {_json(name)}: "
        if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            items = [(f"{name}[{index}]", _json(item)) for index, item in enumerate(value)]
            opens, closes = "[", "]"
        elif isinstance(value, Mapping) and value and all(isinstance(item, Mapping) for item in value.values()):
            items = [(f"{name}.{key}", f"{_json(key)}: {_json(item)}") for key, item in value.items()]
            opens, closes = "{", "}"
        else:
            lines.append(f"{start}{_json(value)}{comma}")
            continue
        lines.append(start + opens)
        for place, text in items:
            lines.append(f"    {text}{'' if place == items[-1][0] else ','}")
            places[place] = len(lines)
        lines.append(f"  {closes}{comma}")
    return "\n".join([*lines, "}"]) + "\n", places


def read(text: str) -> dict[str, Any]:
    """The document in `text`. Raises UnreadableError."""
    try:
        found = parse(text.encode())
    except (NotStrictError, UnicodeEncodeError) as error:
        raise UnreadableError(_where(text) or str(error)) from None
    if not isinstance(found, dict):
        raise UnreadableError("line 1: a policy is an object: { … }")
    return found


def _where(text: str) -> str:
    """Where `text` is no JSON at all; empty where it is, and not strict."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    except (ValueError, RecursionError):
        pass
    return ""


def line_of(fault: str, places: Mapping[str, int]) -> int | None:
    """The line of the place that `fault` begins with, or None."""
    found = _PLACE.match(fault)
    return places.get(found[0]) if found else None


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        known = sorted((name for name in value if name in ORDER), key=ORDER.index)
        return {name: _ordered(value[name]) for name in [*known, *sorted(set(value) - set(ORDER))]}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
