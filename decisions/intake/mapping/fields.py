"""From what expressions give to the fields of a Reading, each within its bounds. Pure; it must not make up what is missing."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any

from decisions.intake.mapping import values
from decisions.intake.mapping.expressions import Expression
from decisions.intake.mapping.places import Scope, known
from decisions.intake.mapping.values import UnreadableError
from decisions.intake.reading import Reading, Says
from decisions.redaction import beginning
from decisions.vocab import Outcome

PREFIXES = MappingProxyType(
    {
        "trace": "the id of a W3C trace that it belongs to",
        "alert": "an alert, by the fingerprint or number that its system gives it for ever",
        "incident": "an incident or problem that people and agents work on",
        "run": "one execution of a pipeline, a playbook or an automation, as `system/number` where numbers are small",
        "chain": "a chain of events that their senders joined",
        "change": "a revision that is rolled out: the hash of a commit, of an image or of a bundle",
        "deployment": "one deployment, as `system/number`",
        "decision": "one of our decisions, by the agent's own name for it, where the record names one",
        "event": "one record of another system, by its id there, that others point to",
    }
)
"""What the keys of a Reading mean: whatever carries the same key speaks of the same affair."""

LONG = 20_000
NAME_CHARACTERS = 200
MOST_TARGETS = 10
MOST_EVIDENCE = 100
MOST_PARAMETERS = 50
MOST_KEYS = 20


def is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list | tuple)


def _exact(value: Any) -> str:
    return values.exact_name(value, NAME_CHARACTERS)


def _name(most: int) -> Callable[[Any], str]:
    return lambda value: values.name(value, most)


def _cut(most: int) -> Callable[[Any], str]:
    return lambda value: beginning(values.text(value), most)


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _flat(item)
    elif known(value):
        yield value


def _names(value: Any) -> Iterator[str]:
    """The names among several: what is none is passed over, since what a request asked for may be of any shape."""
    for item in _flat(value):
        if is_plain(item) and (found := values.name(item, 200)):
            yield found


def _targets(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_names(value)))[:MOST_TARGETS]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError("an object was expected")
    return value


def _parameters(value: Any) -> dict[str, Any]:
    found = _object(value)
    if len(found) > MOST_PARAMETERS:
        return {"parameters": values.folded(found)}
    return {values.name(name, 200) or "⟦empty⟧": values.folded(item) for name, item in found.items()}


def _undo(value: Any) -> dict[str, Any] | None:
    found = _object(value)
    made = values.kind(found.get("kind"))
    return {"kind": made, "parameters": _parameters(found.get("parameters", {}))} if made else None


def _outcome(value: Any) -> Outcome:
    try:
        return Outcome(values.text(value))
    except ValueError:
        raise UnreadableError(f"one of {', '.join(Outcome)} was expected") from None


def _scalar(value: Any) -> Any:
    return value if isinstance(value, int | float | bool) else values.text(value)[:300]


EVIDENCE: Mapping[str, Callable[[Any], Any]] = {
    "kind": _cut(300),
    "name": _cut(300),
    "value": _scalar,
    "limit": _scalar,
    "at": _cut(300),
    "ref": _cut(2000),
}


def _evidence(value: Any) -> tuple[Mapping[str, Any], ...]:
    made = []
    for found in _flat(value):
        if not isinstance(found, dict):
            continue
        plain = {name: found[name] for name in EVIDENCE if known(found.get(name)) and is_plain(found[name])}
        made.append({name: EVIDENCE[name](part) for name, part in plain.items()})
    return tuple(filter(None, made))[:MOST_EVIDENCE]


def _parts(*names: str, most: int = 300) -> Callable[[Any], dict[str, str]]:
    def take(value: Any) -> dict[str, str]:
        found = _object(value)
        limits = {name: 2000 if name == "description" else most for name in names}
        taken = {
            name: values.text(found.get(name))[:limit] for name, limit in limits.items() if is_plain(found.get(name))
        }
        return {name: said for name, said in taken.items() if said}

    return take


def _model(value: Any) -> dict[str, str]:
    found = _parts("name", "version")(value)
    return found if "name" in found else {}


def _keys(value: Any) -> frozenset[str]:
    made = (f"{prefix}:{name}" for prefix, items in _object(value).items() for name in _names(items))
    return frozenset(islice(made, MOST_KEYS))


FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "id": _exact,
    "at": values.time,
    "until": values.time,
    "title": _cut(300),
    "actor": _name(200),
    "decision": _exact,
    "episode": _name(200),
    "kind": values.kind,
    "targets": _targets,
    "environment": _name(64),
    "resource": _name(300),
    "parameters": _parameters,
    "undo": _undo,
    "outcome": _outcome,
    "detail": _cut(LONG),
    "rationale": _cut(LONG),
    "evidence": _evidence,
    "model": _model,
    "trigger": _parts("kind", "id", "description"),
    "keys": _keys,
}
"""Every field of a Reading but `says`, with what takes it."""

NEEDED: Mapping[Says, tuple[str, ...]] = {
    Says.TRIGGER: ("id",),
    Says.ACTION: ("id", "decision", "kind"),
    Says.EFFECT: ("id", "kind"),
    Says.LOOK: ("id",),
}
"""What a Reading is not one without."""


EXACT = frozenset({"id", "decision", "at", "until", "kind", "outcome"})
"""Fields that are as they are or make a record unreadable; what cannot be read of any other is left out.

A record that is refused is one that nobody sees, and an agent may choose what stands in it: the parameters of a run, the
labels of an object that it asks for.
"""


def build(says: Says, expressions: Mapping[str, Expression], scope: Scope, left_out: list[str]) -> Reading:
    """The Reading that `expressions` give; what had to be left out is added to `left_out`. Raises UnreadableError."""
    made: dict[str, Any] = {}
    for name, expression in expressions.items():
        try:
            found = expression(scope)
            if known(found):
                made[name] = FIELDS[name](found)
        except UnreadableError as error:
            if name in EXACT:
                raise UnreadableError(f"{name}: {error}") from None
            left_out.append(f"{name}: {error}")
    for name in NEEDED[says]:
        if not made.get(name):
            raise UnreadableError(f"{name}: there is none")
    return Reading(says=says, **made)
