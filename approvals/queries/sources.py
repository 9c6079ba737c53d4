"""How sources do, what was seen that nobody told of, and what was told and never seen. It must not write."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, QuerySet, Sum

from decisions import inert, queries, register
from decisions.intake import formats, tally
from decisions.intake.assembly import OPENTELEMETRY
from decisions.models import Decision, Evidence, SourceMinute, SourceRefusal, SourceSecret
from decisions.vocab import Outcome, Says

GRACE = timedelta(minutes=15)
"""So long an agent has to tell of what it did, and others to see what it told of."""
HOUR = timedelta(hours=1)
DAYS = timedelta(days=7)
SHOWN = 50
LOOKED_THROUGH = 20_000
"""How much of what was seen on one service is looked through at most."""
COUNTS = ("records", "duplicates", "ignored", "looks", "refused")


def systems() -> list[str]:
    """The names of the formats that a source may speak: ours, and those that the organisation wrote."""
    return sorted({*formats.names(), *register.latest().formats, OPENTELEMETRY})


@dataclass(frozen=True, slots=True)
class Health:
    """One sender: what came of it lately."""

    principal: str
    name: str
    slug: str
    system: str
    agent: str
    active: bool
    last_at: datetime | None
    hour: dict[str, int]
    """What came in the last hour."""
    lag: str
    """The longest time from what happened to its coming here, in the last hour."""
    silent: bool
    quiet_minutes: int | None
    secrets: int


def health(now: datetime) -> list[Health]:
    """Every source of the register, and every agent that hands in foreign records itself; the silent first."""
    known = register.latest()
    last = tally.last_heard()
    hours = {row.pop("source"): row for row in _sums(now)}
    secrets = _secrets(now)
    found = []
    for slug, row in known.sources.items():
        principal = f"source:{slug}"
        at = last.get(principal)
        silent = row.quiet_minutes is not None and (at is None or now - at > timedelta(minutes=row.quiet_minutes))
        agent = known.agents.get(row.agent_id) if row.agent_id else None
        found.append(
            Health(
                principal=principal,
                name=row.name,
                slug=slug,
                system=row.system,
                agent=agent.name if agent else "",
                active=row.active,
                last_at=at,
                hour=_counts(hours.get(principal)),
                lag=_lag((hours.get(principal) or {}).get("lag_ms") or 0),
                silent=silent,
                quiet_minutes=row.quiet_minutes,
                secrets=secrets.get(slug, 0),
            )
        )
    for principal in sorted(set(last) | set(hours)):
        if principal.startswith("agent:"):
            agent = known.agents.get(UUID(principal.removeprefix("agent:")))
            found.append(
                Health(
                    principal=principal,
                    name=agent.name if agent else "an agent that is gone",
                    slug="",
                    system="its own key",
                    agent=agent.name if agent else "",
                    active=bool(agent and agent.active),
                    last_at=last.get(principal),
                    hour=_counts(hours.get(principal)),
                    lag=_lag((hours.get(principal) or {}).get("lag_ms") or 0),
                    silent=False,
                    quiet_minutes=None,
                    secrets=0,
                )
            )
    return sorted(found, key=lambda one: (not one.silent, one.name.lower()))


def _sums(now: datetime) -> list[dict[str, Any]]:
    rows = SourceMinute.objects.filter(minute__gt=now - HOUR).values("source")
    summed: Any = rows.annotate(**{name: Sum(name) for name in COUNTS}, lag_ms=Max("lag_ms"))
    return list(summed)


def _lag(ms: int) -> str:
    """A time in words, as exact as somebody who reads it needs."""
    for limit, size, word in ((1000, 1, "ms"), (120_000, 1000, "s"), (7_200_000, 60_000, "min")):
        if ms < limit:
            return f"{ms / size:.1f} {word}" if word == "s" and ms < 10_000 else f"{ms // size} {word}"
    return f"{ms // 3_600_000} h"


def _counts(row: dict[str, Any] | None) -> dict[str, int]:
    return {name: int((row or {}).get(name) or 0) for name in COUNTS}


def _secrets(now: datetime) -> dict[str, int]:
    counts: dict[str, int] = {}
    for slug, ends in SourceSecret.objects.values_list("source_slug", "ends_at"):
        if ends is None or ends > now:
            counts[slug] = counts.get(slug, 0) + 1
    return counts


def secrets_of(slug: str, now: datetime) -> list[dict[str, Any]]:
    """The secrets of a source, newest first, without what they are."""
    rows = SourceSecret.objects.filter(source_slug=slug).order_by("-created_at")
    return [
        {
            "id": row.id,
            "created_at": row.created_at,
            "ends_at": row.ends_at,
            "valid": row.ends_at is None or row.ends_at > now,
        }
        for row in rows[:SHOWN]
    ]


def hook_of(system: str) -> str:
    """The address that a source of `system` sends to."""
    return "/v1/traces" if system == OPENTELEMETRY else f"/hooks/{system}"


def refusals(now: datetime) -> list[dict[str, Any]]:
    """What was refused in the last two days, newest first, with a piece of it that is safe to draw."""
    return [
        {
            "source": row.source.partition(":")[2],
            "at": row.at,
            "status": row.status,
            "detail": inert.visible(row.detail),
            "sample": inert.excerpt(row.sample, characters=600, lines=8).text,
        }
        for row in SourceRefusal.objects.filter(at__gte=now - tally.KEPT).order_by("-id")[:SHOWN]
    ]


def unreported(now: datetime) -> "QuerySet[Evidence]":
    """Changes that were seen to be an agent's doing and that it has not told of, after a time in which it could have."""
    return Evidence.objects.filter(
        says=Says.EFFECT, agent_id__isnull=False, decision_seq__isnull=True, occurred_at__lt=now - GRACE
    ).order_by("-occurred_at")


def unreported_lately(field: str, value: UUID | str, since: datetime, now: datetime) -> dict[str, Any]:
    """What was seen since then of one agent (`agent_id`) or on one `service` and not told of, as the part of a page shows it."""
    rows = unreported(now).filter(**{field: value}, occurred_at__gte=since)
    if field == "service":
        # No index knows what is unreported on a service: the newest of what was seen there are looked through.
        seen = Evidence.objects.filter(service=value, occurred_at__gte=since).order_by("-occurred_at").values("seq")
        rows = rows.filter(seq__in=seen[:LOOKED_THROUGH])
    found = list(rows[: SHOWN + 1])
    return {
        "unreported": acts(found[:SHOWN], register.latest()),
        "more_unreported": len(found) > SHOWN,
        "shown": SHOWN,
        "grace_minutes": int(GRACE.total_seconds() // 60),
    }


def acts(rows: Iterable[Evidence], known: register.Register) -> list[dict[str, Any]]:
    """Changes that were seen, with names as pages draw them."""
    return [
        {
            "seq": row.seq,
            "agent": agent.name if (agent := known.agents.get(row.agent_id)) else "an agent that is gone",
            "agent_slug": agent.slug if agent else str(row.agent_id),
            "kind": inert.name(str(row.told.get("kind", "")).replace("_", " ")),
            "resource": inert.name(str(row.told.get("resource", "")), 200),
            "service_slug": row.service,
            "service": row.service or inert.name(", ".join(row.told.get("targets", ())[:2]), 100),
            "at": row.occurred_at,
        }
        for row in rows
        if row.agent_id
    ]


def due_last(now: datetime) -> dict[UUID, datetime]:
    """Of each agent that left something unreported, since when the last of it should have been told."""
    rows = unreported(now).order_by().values_list("agent_id")
    found = rows.annotate(seen=Max("occurred_at"), came=Max("received_at"))
    return {agent: max(seen + GRACE, came) for agent, seen, came in found if agent is not None}


def never_happened(now: datetime) -> "QuerySet[Decision]":
    """What agents say they did in the last week, of services that are watched, and that nobody saw.

    A service is watched while changes of it by an agent are seen: where nobody looks, nothing is missing.
    """
    seen = Evidence.objects.filter(
        says=Says.EFFECT, agent_id__isnull=False, service=OuterRef("service"), occurred_at__gt=now - DAYS
    )
    told = Decision.objects.filter(
        outcome=Outcome.SUCCEEDED,
        outcome_observed=False,
        replayed=False,
        occurred_at__range=(now - DAYS, now - GRACE),
    )
    return told.exclude(level_used="").filter(Exists(seen)).order_by("-occurred_at")


def page(now: datetime) -> dict[str, Any]:
    """Everything that the page of sources shows."""
    return {
        "sources": health(now),
        "refusals": refusals(now),
        "gaps": queries.gaps(),
        "unreported": acts(unreported(now)[:SHOWN], register.latest()),
        "never_happened": list(never_happened(now)[:SHOWN]),
        # All of them: those that are shown are the latest.
        "unreported_count": unreported(now).count(),
        "never_happened_count": never_happened(now).count(),
        "shown": SHOWN,
        "grace_minutes": int(GRACE.total_seconds() // 60),
    }
