"""Register rows from `register.changed` entries: each holds the whole new row, or says that it is gone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from decisions.envelope import Entry
from decisions.models import Agent, LegalHold, Membership, RegisterGroup, Service, Standing
from decisions.vocab import Kind

KINDS = (Kind.REGISTER_CHANGED,)


def apply(entries: Sequence[Entry]) -> None:
    for entry in entries:
        APPLY[entry.facts["table"]](entry)


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _service(entry: Entry) -> None:
    row: dict[str, Any] = dict(entry.disclosed.get("row", {}))
    Service.objects.update_or_create(
        slug=entry.facts["key"],
        defaults={
            "name": row.get("name", ""),
            "tier": entry.facts["tier"],
            "environments": row.get("environments", []),
            "owner": _uuid(entry.facts["owner"]),
            "deputy": _uuid(entry.facts["deputy"]),
            "team": row.get("team", ""),
            "data_class": row.get("data_class", ""),
            "cost_per_minute": row.get("cost_per_minute", ""),
            "currency": row.get("currency", ""),
            "retired": entry.facts.get("retired", False),
        },
    )


def _agent(entry: Entry) -> None:
    row: dict[str, Any] = dict(entry.disclosed.get("row", {}))
    Agent.objects.update_or_create(
        id=UUID(entry.facts["key"]),
        defaults={
            "slug": entry.facts["slug"],
            "name": row.get("name", ""),
            "vendor": row.get("vendor", ""),
            "model": row.get("model", ""),
            "version": row.get("version", ""),
            "owner": _uuid(entry.facts["owner"]),
            "active": entry.facts["active"],
        },
    )


def _group(entry: Entry) -> None:
    slug = entry.facts["key"]
    row: dict[str, Any] = dict(entry.disclosed.get("row", {}))
    RegisterGroup.objects.update_or_create(slug=slug, defaults={"name": row.get("name", "")})
    Membership.objects.filter(group_slug=slug).delete()
    Membership.objects.bulk_create(
        Membership(id=f"{slug}:{person}", group_slug=slug, person_id=UUID(person))
        for person in sorted(entry.facts["members"])
    )


def _person(entry: Entry) -> None:
    Standing.objects.update_or_create(
        person_id=UUID(entry.facts["key"]),
        defaults={"active": entry.facts["active"], "roles": sorted(entry.facts["roles"])},
    )


def _key(entry: Entry) -> None:
    """A key made or revoked is told by the ledger; the credential itself is operational."""


def _sign_in(entry: Entry) -> None:
    """A link made or a factor removed by an administrator: told by the ledger, so that nobody takes an account over unseen."""


def _legal_hold(entry: Entry) -> None:
    person = UUID(entry.actor.removeprefix("person:"))
    reason = str(entry.disclosed.get("reason", ""))
    if entry.facts["in_force"]:
        LegalHold.objects.create(
            id=UUID(entry.facts["key"]),
            seq=entry.seq,
            scope=entry.facts["scope"],
            value=entry.facts["value"],
            reason=reason,
            set_by=person,
            set_at=entry.at,
        )
    else:
        LegalHold.objects.filter(id=entry.facts["key"]).update(
            lifted_seq=entry.seq, lifted_by=person, lifted_at=entry.at, lifted_because=reason
        )


APPLY = {
    "service": _service,
    "agent": _agent,
    "group": _group,
    "person": _person,
    "key": _key,
    "sign_in": _sign_in,
    "legal_hold": _legal_hold,
}
