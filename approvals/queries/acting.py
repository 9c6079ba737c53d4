"""The agents and the services of the register, a page at a time: what each did lately, and whether people have stopped it. It must not write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import IntegerField, Q, QuerySet, Subquery

from decisions import ledger, register, spans
from decisions.freezes import in_force
from decisions.models import Agent, Decision, Freeze, Service
from decisions.vocab import FreezeMode, FreezeScope

DAYS = 30
LISTED = 50
COUNTED = 1000
"""How many decisions of each are counted at most."""


class _Counted(Subquery):
    """How many rows a query finds that stops at so many."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[dict[str, Any]]
    after: str
    """The slug to go on after; empty where that was all."""


def agents(after: str, now: datetime) -> Page:
    """The agents in the order of their slugs."""
    listed = Agent.objects.filter(slug__gt=after) if after else Agent.objects.all()
    found = list(listed.order_by("slug")[: LISTED + 1])
    lately = _lately(Agent.objects.all(), "agent_id", [row.id for row in found[:LISTED]], now)
    names, freezes = _names(row.owner for row in found), in_force()
    rows = [
        {
            "slug": row.slug,
            "name": row.name,
            "vendor": row.vendor,
            "active": row.active,
            "owner": _name(names, row.owner),
            "stopped": stopped(freezes, FreezeScope.AGENT, str(row.id)),
            **did.shown(),
        }
        for row, did in zip(found, lately, strict=False)
    ]
    return Page(rows, found[LISTED - 1].slug if len(found) > LISTED else "")


def services(after: str, now: datetime) -> Page:
    """The services by tier and slug, the most critical first; those of the register that are not retired."""
    listed = Service.objects.filter(retired=False)
    last = Service.objects.filter(slug=after).first() if after else None
    if last is not None:
        listed = listed.filter(Q(tier__gt=last.tier) | Q(tier=last.tier, slug__gt=last.slug))
    found = list(listed.order_by("tier", "slug")[: LISTED + 1])
    lately = _lately(Service.objects.all(), "service", [row.slug for row in found[:LISTED]], now)
    freezes, known = in_force(), register.latest()
    answering = {row.slug: known.answerable(row.slug)[0] for row in found}
    names = _names(answering.values())
    rows = [
        {
            "slug": row.slug,
            "name": row.name,
            "tier": row.tier,
            "team": row.team,
            "owner": _name(names, answering[row.slug]),
            "stopped": stopped(freezes, FreezeScope.SERVICE, row.slug),
            **did.shown(),
        }
        for row, did in zip(found, lately, strict=False)
    ]
    return Page(rows, found[LISTED - 1].slug if len(found) > LISTED else "")


@dataclass(frozen=True, slots=True)
class _Lately:
    last_at: datetime | None
    count: int

    def shown(self) -> dict[str, Any]:
        return {"last_at": self.last_at, "lately": min(self.count, COUNTED), "more": self.count > COUNTED}


def _lately(rows: "QuerySet[Any]", field: str, keys: Sequence[Any], now: datetime) -> list[_Lately]:
    """Of each of `keys`, which are keys of `rows`, when it acted last and how often lately.

    In one query that names each: of a key that comes from another table the planner would not know how many decisions are its,
    and would look for the few of one among all that is stored.
    """
    if not keys:
        return []
    start = now - timedelta(days=DAYS)
    first = ledger.seq_at(start - spans.ASIDE - spans.MARGIN)
    asked: dict[str, Subquery] = {}
    for place, key in enumerate(keys):
        own = Decision.rows.filter(**{field: key}, complete=True).order_by("-seq")
        few = own.filter(seq__gte=first, occurred_at__gte=start)
        asked[f"last_{place}"] = Subquery(own.values("occurred_at")[:1])
        asked[f"count_{place}"] = _Counted(few.values("seq")[: COUNTED + 1])
    found = rows.filter(pk=keys[0]).values(**asked).get()
    return [_Lately(found[f"last_{place}"], found[f"count_{place}"]) for place in range(len(keys))]


def _names(people: Iterable[UUID | None]) -> dict[UUID, str]:
    return register.names({person for person in people if person})


def _name(names: Mapping[UUID, str], person: UUID | None) -> str:
    return names.get(person, "a person who was erased") if person else ""


def stopped(freezes: Sequence[Freeze], scope: FreezeScope, value: str) -> str:
    """The strictest mode of a stop of all of it: of itself, or of everything; empty where there is none."""
    modes = {
        freeze.mode for freeze in freezes if freeze.scope == FreezeScope.EVERYTHING or _is_of(freeze, scope, value)
    }
    return next((str(mode) for mode in (FreezeMode.ALL, FreezeMode.AUTONOMY) if mode in modes), "")


def _is_of(freeze: Freeze, scope: FreezeScope, value: str) -> bool:
    return freeze.scope == scope and freeze.value == value


def touching(freezes: Sequence[Freeze], scope: FreezeScope, value: str) -> list[Freeze]:
    """The stops that reach an agent or a service: its own, of everything, and of an environment."""
    wide = (FreezeScope.EVERYTHING, FreezeScope.ENVIRONMENT)
    return [freeze for freeze in freezes if freeze.scope in wide or _is_of(freeze, scope, value)]
