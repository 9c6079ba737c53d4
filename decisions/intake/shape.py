"""The shape of an event's `data` and of a proposal: closed, typed, and nothing in it that loosens a rule."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from decisions import inert
from decisions.errors import Problem
from decisions.vocab import Outcome

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Slug = Annotated[str, Meta(min_length=1, max_length=64)]
KindName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
Text = Annotated[str, Meta(max_length=60_000)]
Short = Annotated[str, Meta(max_length=300)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
Scalar = str | int | float | bool | None


class Target(Struct, forbid_unknown_fields=True, omit_defaults=True):
    service: Slug
    environment: Annotated[str, Meta(max_length=64)] = ""
    resource: Short = ""


class Undo(Struct, forbid_unknown_fields=True, omit_defaults=True):
    kind: KindName
    parameters: dict[str, Any] = {}


class Action(Struct, forbid_unknown_fields=True, omit_defaults=True):
    kind: KindName
    target: Target
    parameters: dict[str, Any] = {}
    undo: Undo | None = None


class Evidence(Struct, forbid_unknown_fields=True, omit_defaults=True):
    kind: Short = ""
    name: Short = ""
    value: Scalar = None
    limit: Scalar = None
    at: Short = ""
    ref: Annotated[str, Meta(max_length=2000)] = ""


class Alternative(Struct, forbid_unknown_fields=True, omit_defaults=True):
    action: Short
    score: Ratio | None = None
    rejected_because: Annotated[str, Meta(max_length=2000)] = ""


class Model(Struct, forbid_unknown_fields=True, omit_defaults=True):
    name: Short
    version: Short = ""


class Trigger(Struct, forbid_unknown_fields=True, omit_defaults=True):
    kind: Short = ""
    id: Short = ""
    description: Annotated[str, Meta(max_length=2000)] = ""


class Estimate(Struct, forbid_unknown_fields=True, omit_defaults=True):
    customers_affected_pct: Annotated[float, Meta(ge=0, le=100)] | None = None
    outage_minutes: Annotated[float, Meta(ge=0)] | None = None


class Ended(Struct, forbid_unknown_fields=True, omit_defaults=True):
    status: Outcome
    detail: Text = ""


class Account(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What the agent says of its reasons; every part may be absent, and none is ever invented."""

    rationale: Text = ""
    evidence: Annotated[list[Evidence], Meta(max_length=100)] = []
    alternatives: Annotated[list[Alternative], Meta(max_length=50)] = []
    confidence: Ratio | None = None
    model: Model | None = None
    trigger: Trigger | None = None
    estimate: Estimate | None = None


class Data(Account, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The `data` of an event. `action` is needed where the event reports or proposes one."""

    decision: Name
    action: Action | None = None
    episode: Annotated[str, Meta(max_length=200)] = ""
    outcome: Ended | None = None


ACCOUNT_FIELDS = tuple(field.name for field in msgspec.structs.fields(Account))


def read(value: Any) -> Data:
    """`value` as event data. Raises a 400 problem that names the first thing wrong with it."""
    try:
        data = msgspec.convert(value, Data, strict=True)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad-event", "The event's data cannot be read", str(error)) from None
    identifiers = [data.decision, data.episode]
    if data.action:
        target = data.action.target
        identifiers += [data.action.kind, target.service, target.environment, target.resource]
        identifiers += [data.action.undo.kind] if data.action.undo else []
        _check_normal(_keys(data.action.parameters))
        if data.action.undo:
            _check_normal(_keys(data.action.undo.parameters))
    _check_normal(identifiers)
    # Two names must look two.
    if any("\n" in text or inert.hides(text) for text in identifiers):
        raise Problem(400, "control-character", "An identifier holds a control character or one that cannot be seen")
    return data


def _keys(value: dict[str, Any] | list[Any]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            if isinstance(part, dict | list):
                yield from _keys(part)
    else:
        for part in value:
            if isinstance(part, dict | list):
                yield from _keys(part)


def _check_normal(identifiers: Iterable[str]) -> None:
    for text in identifiers:
        if not text.isascii() and not unicodedata.is_normalized("NFC", text):
            detail = f"{inert.name(text, 60)!r} is not; normalise it and send it again."
            raise Problem(400, "not-normal", "An identifier is not in Unicode form NFC", detail)


def account(data: Data) -> dict[str, Any]:
    """The agent's words as plain values, absent parts left out."""
    built = msgspec.to_builtins(data)
    return {name: built[name] for name in ACCOUNT_FIELDS if name in built}
