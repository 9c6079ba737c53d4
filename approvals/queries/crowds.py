"""Queues as people can read them: what is alike, many of one agent, episode and kind, is one line with its exact count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from decisions import inert, kinds, register
from decisions.models import Decision
from decisions.queries import moment, whole

FEW = 20
"""Up to so many are shown one by one."""
SHOWN = 50
"""So many lines are on one page; the next begins after the last of them."""
NAMES = ("agent", "episode", "kind")
ALIKE = ("agent_id", "episode", "kind")


@dataclass(frozen=True, slots=True)
class After:
    """Where a page of a queue begins: after what is due then and has that seq."""

    due: datetime
    seq: int

    def __str__(self) -> str:
        return f"{self.due.isoformat()}~{self.seq}"

    def beyond(self, due: str, seq: str) -> Q:
        later = Q(**{f"{due}__gt": self.due}) | Q(**{f"{seq}__gt": self.seq})
        return Q(**{f"{due}__gte": self.due}) & later


def after(query: Mapping[str, str]) -> After | None:
    """Where the page begins that an address asks for. Raises a 400 problem."""
    if not query.get("after"):
        return None
    due, _, seq = query["after"].partition("~")
    return After(moment(due, "after"), whole(seq, "after", least=0, most=2**53))


@dataclass(frozen=True, slots=True)
class Crowd:
    """Decisions that are alike."""

    agent_id: UUID
    episode: str
    kind: str
    count: int
    due: datetime
    """The soonest deadline among them."""
    first: int
    """The seq of the first; where there is but one, of that one."""
    service: str
    services: int

    def shown(self, known: register.Register) -> dict[str, Any]:
        agent = known.agents.get(self.agent_id)
        found = kinds.ACTION_KINDS.get(self.kind)
        where = inert.name(self.service, 60) if self.services == 1 else f"{self.services} services"
        return {
            "count": self.count,
            "what": found.verb if found else f"Do “{inert.name(self.kind, 60)}” to",
            "where": where,
            "agent": agent.name if agent else "an agent that is gone",
            "episode": inert.name(self.episode, 80),
            "due_at": self.due,
            "query": urlencode(
                {"agent": agent.slug if agent else str(self.agent_id), "episode": self.episode, "kind": self.kind}
            ),
        }


def of(rows: "QuerySet[Decision]", due: str, begin: After | None = None) -> tuple[list[Crowd], After | None]:
    """(the crowds of `rows`, the one with the soonest `due` (a column) first, at most `SHOWN`; after which more follow)."""
    # Without what must be sorted to be counted: an index holds every column.
    grouped = (
        rows.order_by()
        .values(*ALIKE)
        .annotate(
            count=Count("seq"), soonest=Min(due), first=Min("seq"), one_service=Min("service"), last=Max("service")
        )
        .order_by("soonest", "first")
    )
    if begin is not None:
        grouped = grouped.filter(begin.beyond("soonest", "first"))
    found: Any = list(grouped[: SHOWN + 1])
    services = _services(rows, [one for one in found[:SHOWN] if one["one_service"] != one["last"]])
    crowds = [
        Crowd(
            agent_id=one["agent_id"],
            episode=one["episode"],
            kind=one["kind"],
            count=one["count"],
            due=one["soonest"],
            first=one["first"],
            service=one["one_service"],
            services=services.get((one["agent_id"], one["episode"], one["kind"]), 1),
        )
        for one in found[:SHOWN]
    ]
    return crowds, After(crowds[-1].due, crowds[-1].first) if len(found) > SHOWN else None


def _services(rows: "QuerySet[Decision]", several: list[Any]) -> dict[Any, int]:
    """How many services each of the crowds is of that are of several."""
    if not several:
        return {}
    alike = rows.order_by().filter(episode__in={one["episode"] for one in several}).values_list(*ALIKE)
    return {tuple(key): count for *key, count in alike.annotate(Count("service", distinct=True))}


def asked(query: Mapping[str, str]) -> dict[str, str] | None:
    """Which crowd a page's address asks for; None where it asks for none."""
    if not all(name in query and "\0" not in query[name] for name in NAMES):
        return None
    return {name: query[name][:200] for name in NAMES}


def within(rows: "QuerySet[Decision]", crowd: Mapping[str, str], known: register.Register) -> "QuerySet[Decision]":
    """Those of `rows` that are of `crowd`."""
    agents = [agent.id for agent in known.agents.values() if crowd["agent"] in (agent.slug, str(agent.id))]
    return rows.filter(agent_id__in=agents, episode=crowd["episode"], kind=crowd["kind"])
