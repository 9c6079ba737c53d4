"""A mapping as it runs, made of its document, and what is wrong with a document that cannot run. Pure; it reads no request."""

from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any

import msgspec

from decisions.canonical import stable
from decisions.errors import Problem
from decisions.intake.mapping import document as shapes
from decisions.intake.mapping import places
from decisions.intake.mapping.conditions import Condition, conditions
from decisions.intake.mapping.document import Document, Records, Rule, WrittenWronglyError
from decisions.intake.mapping.expressions import OPERATORS, Expression, Maker, takes
from decisions.intake.mapping.fields import FIELDS, NEEDED, PREFIXES
from decisions.intake.mapping.functions import FUNCTIONS
from decisions.intake.mapping.places import Read
from decisions.intake.reading import Says

IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class ReadyRule:
    name: str
    when: tuple[Condition, ...]
    says: Says | None
    """None: what it matches is ignored."""
    reason: str
    fields: Table[str, Expression]


@dataclass(frozen=True, slots=True)
class ReadyRecords:
    at: tuple[str, ...]
    take: tuple[str, ...]
    many: bool
    json: bool
    when: tuple[Condition, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """A document that was checked, turned into functions once."""

    document: Document
    names: Table[str, Read]
    records: tuple[ReadyRecords, ...]
    rules: tuple[ReadyRule, ...]


def check(text: str) -> list[str]:
    """What is wrong with the mapping that a person wrote, in sentences; empty for one that can run."""
    return _made(text)[1]


def load(text: str) -> Mapping:
    """The mapping of `text`. Raises a 400 problem with every fault."""
    made, faults = _made(text)
    if made is None:
        raise Problem(400, "bad-mapping", "The mapping cannot be used", " ".join(faults)[:2000], {"faults": faults})
    return made


def _made(text: str) -> tuple[Mapping | None, list[str]]:
    try:
        document = shapes.parse(text)
    except WrittenWronglyError as error:
        return None, [str(error)]
    faults: list[str] = []
    names: dict[str, Read] = {}
    for name, written in document.let.items():
        if "/" in name:
            faults.append(f"let, {name[:60]}: a name holds no /, which begins a place inside what it names.")
        names[name] = Maker(dict(names), faults, f"let, {name[:60]}").make(written)
    records = tuple(_records(item, number, faults) for number, item in enumerate(document.records, 1))
    common = _fields(document.fields, names, "fields", faults)
    rules = tuple(_rule(rule, common, names, faults) for rule in document.rules)
    faults += _alike(document.rules)
    faults += _unused(document)
    ready = None if faults else Mapping(document, names, records, rules)
    return ready, list(dict.fromkeys(faults))[:100]


def _records(item: Records, number: int, faults: list[str]) -> ReadyRecords:
    where = f"records, item {number}"
    pointers = map(places.pointer_fault, (item.at, item.take))
    faults += [f"{where}: {said}." for said in pointers if said]
    when = conditions(item.when, {}, where, faults)
    faults += [f"{where}: {one.place}: there is no record yet." for one in when if not _of_the_request(one.place)]
    said = f"at {item.at or 'the body itself'}"
    return ReadyRecords(places.tokens(item.at), places.tokens(item.take), item.many, item.json, when, said)


def _of_the_request(place: str) -> bool:
    return place.startswith(("body:", "header:"))


def _fields(written: Table[str, Any], names: Table[str, Read], where: str, faults: list[str]) -> dict[str, Expression]:
    made: dict[str, Expression] = {}
    for name, expression in written.items():
        at = f"{where}, {name[:60]}"
        if name not in FIELDS:
            faults.append(f"{at}: there is no such field; there are {', '.join(FIELDS)}.")
            continue
        if name == "keys":
            expression = _keys(expression, at, faults)  # noqa: PLW2901
        elif name in {"parameters", "model", "trigger", "undo"} and _is_object(expression):
            expression = {"object": expression}  # noqa: PLW2901
        made[name] = Maker(names, faults, at).make(expression)
    return made


def _is_object(written: Any) -> bool:
    """Whether these are names, each with an expression; one operator with nothing but what it takes is an expression."""
    return isinstance(written, dict) and not any(
        (name in OPERATORS or name in FUNCTIONS) and set(written) <= takes(name) | {name} for name in written
    )


def _keys(written: Any, at: str, faults: list[str]) -> Any:
    if not isinstance(written, dict):
        faults.append(f"{at}: keys are written as prefixes, each with an expression.")
        return {"object": {}}
    unknown = [prefix[:60] for prefix in written if prefix not in PREFIXES]
    faults += [f"{at}: the prefix {prefix!r} is not known; known are {', '.join(PREFIXES)}." for prefix in unknown]
    return {"object": written}


def _rule(rule: Rule, common: Table[str, Expression], names: Table[str, Read], faults: list[str]) -> ReadyRule:
    where = f"rule {rule.name!r}"
    when = conditions(rule.when, names, where, faults)
    if rule.says == IGNORE:
        if not rule.reason:
            faults.append(f"{where}: it ignores and gives no reason.")
        if rule.fields:
            faults.append(f"{where}: it ignores, so its fields are never read.")
        return ReadyRule(rule.name, when, None, rule.reason, {})
    if rule.says not in set(Says):
        faults.append(f"{where}: says is one of {', '.join(Says)} or {IGNORE}.")
        return ReadyRule(rule.name, when, None, rule.reason, {})
    if rule.reason:
        faults.append(f"{where}: only a rule that ignores has a reason.")
    says = Says(rule.says)
    fields = {**common, **_fields(rule.fields, names, where, faults)}
    faults += [
        f"{where}: it gives no {name}, and {rule.says} needs one." for name in NEEDED[says] if name not in fields
    ]
    return ReadyRule(rule.name, when, says, "", fields)


def _unused(document: Document) -> list[str]:
    written = msgspec.json.encode(document).decode()
    used = [name for name in document.let if f'"${name}"' in written or f'"${name}/' in written]
    return [f"let, {name[:60]}: nothing uses it." for name in document.let if name not in used]


def _alike(rules: list[Rule]) -> list[str]:
    """Rules that never have their turn because an earlier one takes all that they would."""
    faults: list[str] = []
    names: set[str] = set()
    seen: dict[bytes, str] = {}
    everything = ""
    for rule in rules:
        if rule.name in names:
            faults.append(f"rule {rule.name!r}: two rules have this name.")
        names.add(rule.name)
        key = stable(rule.when)
        if everything:
            faults.append(f"rule {rule.name!r}: it is never reached, because {everything!r} takes every record.")
        elif key in seen:
            faults.append(f"rule {rule.name!r}: it is never reached, because {seen[key]!r} has the same conditions.")
        seen.setdefault(key, rule.name)
        everything = everything or ("" if rule.when else rule.name)
    return faults
