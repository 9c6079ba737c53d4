"""Queues as people can read them: what is alike, many of one agent, episode and kind, is one line with its exact count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Max, Min, QuerySet

from decisions import inert, kinds, register
from decisions.models import Decision

FEW = 20
"""Up to so many are shown one by one."""
SHOWN = 100
NAMES = ("agent", "episode", "kind")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Decisions that are alike."""

    agent_id: UUID
    episode: str
    kind: str
    count: int
    due: datetime | None
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


def of(rows: "QuerySet[Decision]", due: str) -> list[Crowd]:
    """The crowds of `rows`, the one with the soonest `due` (a column) first; at most `SHOWN`."""
    grouped = (
        rows.order_by()
        .values("agent_id", "episode", "kind")
        .annotate(
            count=Count("seq"),
            soonest=Min(due),
            first=Min("seq"),
            one_service=Max("service"),
            services=Count("service", distinct=True),
        )
        .order_by("soonest", "first")
    )
    found: Any = grouped[:SHOWN]
    return [
        Crowd(
            agent_id=one["agent_id"],
            episode=one["episode"],
            kind=one["kind"],
            count=one["count"],
            due=one["soonest"],
            first=one["first"],
            service=one["one_service"],
            services=one["services"],
        )
        for one in found
    ]


def asked(query: Mapping[str, str]) -> dict[str, str] | None:
    """Which crowd a page's address asks for; None where it asks for none."""
    if not all(name in query and "\0" not in query[name] for name in NAMES):
        return None
    return {name: query[name][:200] for name in NAMES}


def within(rows: "QuerySet[Decision]", crowd: Mapping[str, str], known: register.Register) -> "QuerySet[Decision]":
    """Those of `rows` that are of `crowd`."""
    agents = [agent.id for agent in known.agents.values() if crowd["agent"] in (agent.slug, str(agent.id))]
    return rows.filter(agent_id__in=agents, episode=crowd["episode"], kind=crowd["kind"])
