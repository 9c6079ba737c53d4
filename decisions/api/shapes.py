"""The shapes of what is sent about what agents did. They describe; what reads an event is `decisions.intake`."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from decisions.intake import shape
from decisions.intake.events import EventType
from decisions.vocab import State

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Id = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Whole = Annotated[int, Meta(ge=0)]
Attribute = Annotated[str, Meta(min_length=1, max_length=400)]
Maybe = Annotated[str, Meta(max_length=400)] | None


class ProblemDocument(Struct):
    """RFC 9457. `type` is stable; further members depend on it."""

    type: str
    title: str
    status: int
    detail: str | UnsetType = UNSET
    instance: str | UnsetType = UNSET
    index: int | UnsetType = UNSET
    decision_id: Id | UnsetType = UNSET
    state: State | UnsetType = UNSET
    version: int | UnsetType = UNSET
    retryable: bool | UnsetType = UNSET
    retry_after_s: int | UnsetType = UNSET


class Event(Struct, forbid_unknown_fields=True):
    """A CloudEvent 1.0 in JSON. Its identity is (agent, source, id)."""

    specversion: Literal["1.0"]
    id: Attribute
    source: Attribute
    type: EventType
    data: shape.Data | UnsetType = UNSET
    data_base64: str | UnsetType = UNSET
    time: Moment | None = None
    subject: Maybe = None
    datacontenttype: Maybe = None
    dataschema: Maybe = None
    sequence: Annotated[str, Meta(pattern="^[0-9]{0,15}$")] | Annotated[int, Meta(ge=0, lt=10**15)] | None = None
    sequencetype: Maybe = None
    traceparent: Maybe = None
    tracestate: Maybe = None
    partitionkey: Maybe = None


class Counts(Struct):
    """What became of the events of one request."""

    accepted: Whole
    duplicates: Whole
    first_seq: Whole | None
    last_seq: Whole | None


class Row(Struct):
    """A decision as the timeline shows it; times in milliseconds since 1970, an empty text where there is no word.

    `due` is when the time to answer ends, 0 where nobody is asked; while `stopped` it stands still.
    """

    seq: Whole
    id: Id
    version: Whole
    at: int
    due: int
    stopped: bool
    service: str
    environment: str
    tier: int | None
    agent: str
    kind: str
    state: State
    title: str
    risk: str
    level: str
    ruled: str
    beyond: bool
    episode: str
    by: str
    outcome: str
    owed: bool
    replayed: bool


class TimelinePage(Struct):
    """`seq`: the page is complete up to this entry. `next`: where the following page begins, null for none."""

    seq: int
    rows: list[Row]
    next: int | None


class Bins(Struct):
    """Counts per column and badge. A column is [its index, then a count for each of `badges`]; empty ones are left out.

    Column i holds what occurred from `start + i * width` on; both are milliseconds, and `start` is a multiple of `width`.
    """

    seq: int
    start: int
    width: int
    columns_in_window: Whole
    badges: list[str]
    columns: list[list[int]]


class Lane(Struct):
    """A column is [its index, how many, then the place in `badges` of one that calls for attention and how many of it, …]."""

    name: str
    """As rows of the timeline have it under `service` or `agent`."""
    tier: int | None
    columns: list[list[int]]


class OtherLanes(Struct):
    """Those that are told as one."""

    lanes: Whole
    columns: list[list[int]]


class Lanes(Struct):
    """Counts per lane, column and badge, the lane that calls for most attention first. Columns lie in time as those of the bins."""

    seq: int
    start: int
    width: int
    columns_in_window: Whole
    badges: list[str]
    lanes: list[Lane]
    others: OtherLanes
    totals: dict[str, Whole]


class ProblemType(Struct):
    """What a problem type means and what to do about it."""

    type: str
    statuses: list[int]
    meaning: str
