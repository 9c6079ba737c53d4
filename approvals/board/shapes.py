"""What an item of each register holds. One declaration serves the form, the API and the entry. Pure.

A field that is `told` is somebody's words: it is disclosed beside the entry and can be erased. All others are facts of the
entry: numbers, times, words of ours and identifiers. An amount is a decimal in a text, for a leaf holds no floats.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from decisions.envelope import timestamp
from decisions.vocab import LEVEL_MEANING

TOLD = {"told": True}
WORDS, TEXT = 200, 4000
AMOUNT = r"^(0|[1-9]\d{0,11})(\.\d{1,4})?$"

Words = Annotated[str, Meta(min_length=1, max_length=WORDS, extra=TOLD)]
Text = Annotated[str, Meta(max_length=TEXT, extra=TOLD)]
Moment = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=10**12)]
Amount = Annotated[str, Meta(pattern=AMOUNT)]
Percent = Annotated[str, Meta(pattern=r"^(100(\.0{1,4})?|\d{1,2}(\.\d{1,4})?)$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Kind = Annotated[str, Meta(pattern=r"^[a-z0-9_.-]{1,64}$")]
ServiceSlug = Annotated[str, Meta(max_length=64, extra={"of": "service"})]
AgentId = Annotated[UUID, Meta(extra={"of": "agent"})]
PersonId = Annotated[UUID, Meta(extra={"of": "person"})]
DecisionId = Annotated[UUID, Meta(extra={"of": "decision"})]


class Clock(StrEnum):
    """Which duty sets the time to report an incident to an authority."""

    NONE = "none"
    AI_ACT = "ai_act"
    AI_ACT_WIDESPREAD = "ai_act_widespread"
    DORA = "dora"
    GDPR = "gdpr"
    NIS2 = "nis2"


class DrillOf(StrEnum):
    """What was practised."""

    STOP = "stop"
    VETO = "veto"
    RESTORE = "restore"
    HANDOVER = "handover"


class Applies(StrEnum):
    """Whether a duty binds the organisation."""

    YES = "yes"
    BY_CHOICE = "by_choice"
    NO = "no"
    OPEN = "open"


CHOICE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        Clock.NONE: "No authority",
        Clock.AI_ACT: "EU AI Act, serious incident",
        Clock.AI_ACT_WIDESPREAD: "EU AI Act, widespread or critical infrastructure",
        Clock.DORA: "DORA, major incident",
        Clock.GDPR: "GDPR, personal data",
        Clock.NIS2: "NIS2, significant incident",
        DrillOf.STOP: "Stopping",
        DrillOf.VETO: "Vetoing",
        DrillOf.RESTORE: "Restoring",
        DrillOf.HANDOVER: "Taking over from agents",
        Applies.YES: "Yes",
        Applies.BY_CHOICE: "No, kept by choice",
        Applies.NO: "No",
        Applies.OPEN: "Not decided",
        **{str(level): f"{level} {meaning}" for level, meaning in LEVEL_MEANING.items()},
    }
)
"""What people read for a choice; no two choices of different fields have one word."""


class Item(Struct, forbid_unknown_fields=True):
    """What any register holds."""


class Limits(Item):
    """What the board accepts. The one whose time began last is in force; it is never changed, only followed by another."""

    starts_on: Annotated[date, Meta(title="In force from")]
    approved_on: Annotated[date, Meta(title="Approved by the board on")]
    minute: Annotated[Words, Meta(title="Minute of the board", description="Where its approval is written down.")]
    failed_pct: Annotated[Percent, Meta(title="Changes that fail, at most (%)")] = "2.5"
    planted_pct: Annotated[Percent, Meta(title="Planted faults caught, at least (%)")] = "80"
    stop_seconds: Annotated[int, Meta(title="Slowest safe stop, at most (seconds)", ge=1, le=86_400)] = 60
    objective_pct: Annotated[Percent, Meta(title="Actions without harm, objective (%)")] = "99.5"
    budget_pct: Annotated[Percent, Meta(title="Error budget left, at least (%)")] = "25"
    replay_pct: Annotated[Percent, Meta(title="Decisions replayed, lower bound at least (%)")] = "95"
    log_days: Annotated[int, Meta(title="Days of complete logs, at least", ge=183, le=36_500)] = 183
    policy: (
        Annotated[
            int,
            Meta(
                title="Version of the policy that was approved with it",
                description="Empty where the board did not look at the policy.",
                ge=1,
                le=10**6,
            ),
        ]
        | None
    ) = None
    loss: Annotated[Amount, Meta(title="Loss in a 1-in-20 year, at most")] | None = None
    currency: Annotated[Currency, Meta(title="Currency")] | None = None


class Mandate(Item):
    """An executive's permission for a standing autonomy: who signs it is who records it."""

    starts_on: Annotated[date, Meta(title="From")]
    ends_on: Annotated[date, Meta(title="Until", description="The last day. A year at most; then it is signed anew.")]
    level: Annotated[
        Literal["L3", "L4"],
        Meta(
            title="Highest level",
            description="How far the agent may go without asking: L3 unless vetoed, L4 alone.",
        ),
    ]
    reason: Annotated[Words, Meta(title="Why")]
    agent: Annotated[AgentId, Meta(title="Agent", description="Empty for every agent.")] | None = None
    service: Annotated[ServiceSlug, Meta(title="Service", description="Empty for every service.")] | None = None
    kind: Annotated[Kind, Meta(title="Kind of action", description="Empty for every kind.")] | None = None


class PeopleChanges(Item):
    """How people fared at the same work: changes of one kind that people made, and how many of them failed."""

    month: Annotated[str, Meta(title="Month", description="For example 2026-10.", pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
    kind: Annotated[Kind, Meta(title="Kind of action")]
    changes: Annotated[Count, Meta(title="Changes by people")]
    failed: Annotated[
        Count, Meta(title="Of these failed", description="An incident, rollback or urgent fix within 72 hours.")
    ]
    source: Annotated[Words, Meta(title="Where the numbers come from")]


class Incident(Item):
    """An act of an agent that had an unintended effect which needed correcting."""

    title: Annotated[Words, Meta(title="What happened")]
    began_at: Annotated[Moment, Meta(title="Began")]
    severity: Annotated[
        int, Meta(title="Severity", description="1 is the gravest; 1 to 3 count as incidents.", ge=1, le=5)
    ]
    harmful: Annotated[bool, Meta(title="Harmful", description="It harmed service, data, security, privacy or people.")]
    accountable: Annotated[PersonId, Meta(title="Accountable person")]
    decision: (
        Annotated[DecisionId, Meta(title="Decision", description="The id of the decision that it came from.")] | None
    ) = None
    service: Annotated[ServiceSlug, Meta(title="Service")] | None = None
    aware_at: Annotated[Moment, Meta(title="Known to us from")] | None = None
    classified_at: Annotated[Moment, Meta(title="Classified")] | None = None
    clock: Annotated[Clock, Meta(title="To be reported under")] = Clock.NONE
    report_due: Annotated[Moment, Meta(title="To be reported by")] | None = None
    reported_at: Annotated[Moment, Meta(title="Reported to the authority")] | None = None
    restored_at: Annotated[Moment, Meta(title="Service restored")] | None = None
    closed_at: Annotated[Moment, Meta(title="Closed")] | None = None
    done: Annotated[Text, Meta(title="What was done, and what is left to do")] = ""


class Drill(Item):
    """Practice: an order was given, and the time until the safe state was reached was taken."""

    of: Annotated[DrillOf, Meta(title="What was practised")]
    scope: Annotated[Words, Meta(title="What took part", description="For example: all agents in production.")]
    led_by: Annotated[PersonId, Meta(title="Led by")]
    ordered_at: Annotated[Moment, Meta(title="Ordered")]
    safe_at: (
        Annotated[Moment, Meta(title="Safe state reached", description="Empty where it was not reached.")] | None
    ) = None
    found: Annotated[Text, Meta(title="What was found")] = ""


class RestoreTest(Item):
    """A test that what an agent could destroy can be brought back."""

    service: Annotated[ServiceSlug, Meta(title="Service")]
    tested_at: Annotated[Moment, Meta(title="Tested")]
    reachable_bytes: Annotated[Count, Meta(title="Bytes that agents can reach")]
    restored_bytes: Annotated[Count, Meta(title="Of these brought back by the test")]
    minutes: Annotated[Count, Meta(title="Minutes that it took")]
    led_by: Annotated[PersonId, Meta(title="Led by")]
    found: Annotated[Text, Meta(title="What was found")] = ""


class Loss(Item):
    """Money that an agent's act has cost."""

    at: Annotated[Moment, Meta(title="When it arose")]
    amount: Annotated[Amount, Meta(title="Amount")]
    currency: Annotated[Currency, Meta(title="Currency")]
    what: Annotated[Words, Meta(title="What it was")]
    data: Annotated[bool, Meta(title="Through loss of data")] = False
    decision: (
        Annotated[DecisionId, Meta(title="Decision", description="The id of the decision that it came from.")] | None
    ) = None
    recovered: Annotated[Amount, Meta(title="Of this recovered")] | None = None


class Duty(Item):
    """A duty from law or standard, and whether it binds the organisation. It is data that people decide on, not advice."""

    source: Annotated[Words, Meta(title="Source", description="For example: EU AI Act, article 14.")]
    needs: Annotated[Words, Meta(title="What it asks for")]
    evidence: Annotated[Words, Meta(title="Where the report answers it", description="For example: M3 to M6, page 3.")]
    applies: Annotated[Applies, Meta(title="Does it bind us?")]
    text_version: Annotated[Words, Meta(title="Version of its text")]
    starts_on: Annotated[date, Meta(title="Applies from")] | None = None
    decided_by: Annotated[PersonId, Meta(title="Decided by")] | None = None
    decided_on: Annotated[date, Meta(title="Decided on")] | None = None
    note: Annotated[Text, Meta(title="Note")] = ""


@dataclass(frozen=True, slots=True)
class FieldOf:
    """One field of a register: what a form, a page and an entry need to know of it."""

    name: str
    title: str
    help: str
    type: msgspec.inspect.Type
    told: bool
    of: str
    """What it names: a person, agent, service or decision; empty for a plain value."""
    required: bool
    default: Any


@cache
def fields_of(shape: type[Item]) -> tuple[FieldOf, ...]:
    """The fields of `shape`, in their order."""
    described = msgspec.inspect.type_info(shape)
    assert isinstance(described, msgspec.inspect.StructType)
    return tuple(_field(field) for field in described.fields)


def _field(field: msgspec.inspect.Field) -> FieldOf:
    meta = field.type
    if isinstance(meta, msgspec.inspect.UnionType):
        meta = next(one for one in meta.types if not isinstance(one, msgspec.inspect.NoneType))
    assert isinstance(meta, msgspec.inspect.Metadata)
    words, extra = meta.extra_json_schema or {}, meta.extra or {}
    return FieldOf(
        name=field.name,
        title=words["title"],
        help=words.get("description", ""),
        type=meta.type,
        told=bool(extra.get("told")),
        of=extra.get("of", ""),
        required=field.required,
        default=None if field.required else field.default,
    )


def parts_of(item: Item) -> tuple[dict[str, Any], dict[str, Any]]:
    """(facts, words) of `item`, as plain values; times are UTC."""
    facts: dict[str, Any] = {}
    words: dict[str, Any] = {}
    for field in fields_of(type(item)):
        value = getattr(item, field.name)
        plain = timestamp(value.astimezone(UTC)) if isinstance(value, datetime) else msgspec.to_builtins(value)
        (words if field.told else facts)[field.name] = plain
    return facts, words
