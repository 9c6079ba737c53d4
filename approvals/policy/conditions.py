"""The conditions of exceptions: closed and total, one field, one operator, one value. Pure; it must not be a language."""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from decisions.ports import Ruleable

FIELDS = MappingProxyType(
    {
        "kind": "kind",
        "target.service": "service",
        "target.resource": "resource",
        "tier": "tier",
        "environment": "environment_class",
        "data_class": "data_class",
        "agent": "agent_id",
        "risk": "risk",
        "registered": "registered",
        "has_undo": "has_undo",
    }
)
"""Name in a document → name in a Ruleable. Beside these there is every `parameters.…`."""
OPERATORS = frozenset({"eq", "ne", "in", "gt", "lt", "between", "matches-glob", "exists"})
PARAMETERS = "parameters."


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    op: str
    value: Any


def condition_of(part: Any) -> Condition:
    """One condition of a document. Raises ValueError, or KeyError for what is missing."""
    if not isinstance(part, Mapping):
        raise TypeError("a condition is {f: field, op: operator, v: value}")
    field, op, value = part["f"], part["op"], part["v"]
    if set(part) != {"f", "op", "v"}:
        raise ValueError("a condition has f, op and v, and no other part")
    if not isinstance(field, str) or (field not in FIELDS and not field.startswith(PARAMETERS)):
        raise ValueError(f"{field!r} is not a field; fields are {', '.join(sorted(FIELDS))}, parameters.…")
    if not isinstance(op, str) or op not in OPERATORS:
        raise ValueError(f"{op!r} is not an operator; they are {', '.join(sorted(OPERATORS))}")
    wanted = _why_not(op, value)
    if wanted:
        raise ValueError(f"{op} takes {wanted}")
    return Condition(field, op, value)


def _why_not(op: str, value: Any) -> str:
    """What `op` takes, where `value` is not it; else empty."""
    match op:
        case "exists":
            return "" if isinstance(value, bool) else "true or false"
        case "matches-glob":
            return "" if isinstance(value, str) else "a text with * and ?"
        case "gt" | "lt":
            return "" if _ordered(value) else "a number or a text"
        case "between":
            fits = isinstance(value, list | tuple) and len(value) == 2 and all(map(_ordered, value))
            same = fits and isinstance(value[0], str) == isinstance(value[1], str)
            return "" if same and value[0] <= value[1] else "a list of two, the smaller first"
        case "in":
            fits = isinstance(value, list | tuple) and len(value) > 0 and all(map(_scalar, value))
            return "" if fits else "a list of values"
        case _:
            return "" if _scalar(value) else "one value"


def _ordered(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _scalar(value: Any) -> bool:
    return value is None or isinstance(value, int | float | str)


def holds(condition: Condition, action: Ruleable) -> bool:
    """Whether `action` meets `condition`. Raises TypeError for values that cannot be compared."""
    value, wanted = _value(condition.field, action), condition.value
    match condition.op:
        case "exists":
            return (value is not None) is wanted
        case "eq":
            return bool(value == wanted)
        case "ne":
            return bool(value != wanted)
        case "in":
            return value in wanted
        case "gt":
            return bool(value > wanted)
        case "lt":
            return bool(value < wanted)
        case "between":
            return bool(wanted[0] <= value <= wanted[1])
        case "matches-glob":
            return value is not None and fnmatch.fnmatchcase(str(value), wanted)
        case _:
            raise ValueError(condition.op)


def _value(name: str, action: Ruleable) -> Any:
    if name in FIELDS:
        return getattr(action, FIELDS[name])
    value: Any = action.parameters
    for part in name.removeprefix(PARAMETERS).split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
