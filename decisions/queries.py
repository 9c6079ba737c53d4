"""Reads of decisions and of the ledger for pages, and how query strings write numbers and times. It must not write."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
)
from django.db.models.functions import Coalesce

from decisions import cosigned, ledger
from decisions.errors import bad_request
from decisions.models import Agent, Decision, SourceRun, Timeline
from decisions.models.bulk import chunks
from decisions.models.ledger import Head, StoredCheckpoint
from decisions.models.prepared import PreparedMany, PreparedValues, Slot
from decisions.states import CONTRADICTED, expired, lease_over, over
from decisions.vocab import HOLDING, UNDER_WAY, Kind, SignOff, State

MAX_LIMIT = 200
TEXT_LIMIT = 200
UNANSWERED = timedelta(seconds=60)
"""How long an order to revert waits for its executor before people are asked."""


_CURRENT = PreparedMany(lambda keys: Decision.objects.filter(ref_key__in=keys, complete=True), CharField())


def current(keys: Iterable[str]) -> dict[str, Decision]:
    """The complete decisions of those keys, with the clocks that their effective state needs."""
    return {row.ref_key: row for row in _CURRENT.all(keys)}


def head() -> Head:
    """Size, root and frontier of the ledger as last committed."""
    return ledger.current()


def last_checkpoint() -> StoredCheckpoint | None:
    """The newest published checkpoint."""
    return cosigned.last_checkpoint()


def leaves(first: int, last: int) -> list[dict[str, Any]]:
    """What the ledger page shows of the entries `first` to `last`, newest first."""
    rows = ledger.stored(first, last + 1)
    listed = [{"seq": row.seq, "id": row.id, "kind": row.kind, "ts": row.at, "leaf": row.leaf} for row in rows]
    return listed[::-1]


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that a source counted and that never came. `source` is empty where its name was erased."""

    agent: str
    source: str
    first: int
    last: int


def gaps(most: int = 100) -> list[Gap]:
    """What is missing between the numbers that sources gave their events, at most `most` stretches, by source."""
    found: list[tuple[SourceRun, SourceRun]] = []
    before: SourceRun | None = None
    for run in SourceRun.objects.order_by("src", "first").iterator(chunk_size=500):
        if before is not None and before.src == run.src:
            found.append((before, run))
            if len(found) == most:
                break
        before = run
    agents = {str(id_): slug for id_, slug in Agent.objects.values_list("id", "slug")}
    told = ledger.texts_of({run.seq for _, run in found}, "event")
    return [
        Gap(
            agent=agents.get(run.src.removeprefix("agent:").partition("/")[0], ""),
            source=json.loads(told[run.seq]["event"])[2].get("source", "") if run.seq in told else "",
            first=before.last + 1,
            last=run.first - 1,
        )
        for before, run in found
    ]


_WAITING = PreparedValues(
    lambda: (
        Decision.objects.filter(agent_id=Slot("agent", UUIDField()), state__in=sorted(HOLDING))
        .exclude(expired(Slot("now", DateTimeField())))
        .values_list("seq")
    )
)


def waiting_of(agent: UUID, now: datetime) -> int:
    """How many decisions of `agent` wait for people."""
    return len(_WAITING.all(agent=agent, now=now))


def open_holds(now: datetime | Slot) -> "QuerySet[Decision]":
    """The decisions that wait for people, soonest deadline first."""
    held = Decision.objects.filter(state__in=list(HOLDING), complete=True).exclude(expired(now))
    return held.order_by("hold_until", "seq")


def to_review(now: datetime) -> "QuerySet[Decision]":
    """What only a person can end: outcomes that are unknown, unproven or contradicted, reverts to confirm, that failed, or that nobody took."""
    return _to_review(now, now - UNANSWERED)


def _to_review(now: datetime | Slot, asked_before: datetime | Slot) -> "QuerySet[Decision]":
    rows = Decision.rows.order_by()
    # Since it was ordered, whatever was said of it later.
    orders = Timeline.objects.filter(decision_seq=OuterRef("seq"), kind=Kind.REVERT_ORDERED).order_by("-seq")
    # A value, not EXISTS: that PostgreSQL answers from a table of the whole timeline, made for each question.
    ordered = rows.filter(state=State.REVERT_ORDERED).alias(ordered_at=Subquery(orders.values("at")[:1]))
    kinds = (
        rows.filter(state__in=[State.REVIEW, State.REVERT_FAILED]),
        rows.filter(state=State.UNKNOWN, lease_seq__isnull=False),
        rows.filter(CONTRADICTED),
        ordered.filter(ordered_at__lte=asked_before),
        rows.filter(lease_over(now), to_revert=False),
    )
    # Each by its own index, whatever else is stored: of all in one condition a database reads every decision.
    few = kinds[0].values("seq").union(*(some.values("seq") for some in kinds[1:]), all=True)
    return Decision.objects.filter(seq__in=few, complete=True).order_by("seq")


def _counted(rows: "QuerySet[Decision]") -> "QuerySet[Decision, tuple[int]]":
    """As `count()` asks, in a query that can be made once."""
    counted = Func("seq", function="COUNT", output_field=IntegerField())
    return rows.order_by().annotate(counted=counted).values_list("counted")


_NOW = Slot("now", DateTimeField())
_NEED_YOU = (
    PreparedValues(lambda: _marked(open_holds(_NOW))),
    PreparedValues(lambda: _marked(_to_review(_NOW, Slot("asked_before", DateTimeField())))),
)


def _marked(rows: "QuerySet[Decision]") -> "QuerySet[Decision, tuple[int, int]]":
    """How many they are, and a number that is another as soon as one comes, goes or changes."""
    summed = Coalesce(Func("last_seq", function="SUM", output_field=BigIntegerField()), Value(0))
    return _counted(rows).annotate(summed=summed).values_list("counted", "summed")


def count_needing_people(now: datetime) -> int:
    """How many decisions wait for people or can be ended by people only: every page says so."""
    return needing_people(now)[0]


def needing_people(now: datetime) -> tuple[int, int]:
    """(how many, a mark of them): that one has come as another went is seen by the mark alone."""
    found = [query.all(now=now, asked_before=now - UNANSWERED)[0] for query in _NEED_YOU]
    return sum(int(count) for count, _ in found), sum(int(mark) for _, mark in found)


def _owed(now: datetime | Slot) -> Q:
    """Owes a sign-off that can be given: what was seen of one that still waits for people is owed once that is over."""
    return Q(sign_off=SignOff.REQUIRED) & (~Q(state__in=sorted(UNDER_WAY)) | over(now))


_REQUIRED = PreparedValues(lambda: _counted(Decision.rows.filter(sign_off=SignOff.REQUIRED)))
_NOT_YET = PreparedValues(
    lambda: Decision.rows.filter(sign_off=SignOff.REQUIRED, state__in=sorted(UNDER_WAY)).values_list("seq")
)


def count_owed(now: datetime) -> int:
    """How many decisions owe a sign-off that can be given now: every page says so."""
    # Both are counted in an index; of those under way, which are few, it is asked which are over.
    count, under_way = int(_REQUIRED.all()[0][0]), [seq for (seq,) in _NOT_YET.all()]
    for some in chunks(under_way):
        count += Decision.rows.filter(over(now), seq__in=some).count()
    return count - len(under_way)


def owed(now: datetime, *, overdue: bool | None = None) -> "QuerySet[Decision]":
    """The decisions that owe a sign-off which can be given now, oldest debt first."""
    rows = Decision.objects.filter(_owed(now))
    if overdue is not None:
        rows = rows.filter(sign_off_due__lt=now) if overdue else rows.filter(sign_off_due__gte=now)
    return rows.order_by("sign_off_due", "seq")


def whole(text: str, name: str, *, least: int, most: int) -> int:
    """A whole number from a query string. Raises a 400 problem."""
    if not text.isascii() or not text.isdigit() or len(text) > 17 or not least <= int(text) <= most:
        raise bad_request(f"{name} must be a whole number from {least} to {most}.")
    return int(text)


def moment(text: str, name: str) -> datetime:
    """A time from a query string, in UTC. Raises a 400 problem."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise bad_request(f"{name} must be an RFC 3339 time with an offset.")
