"""Register rows from `register.changed` entries: each holds the whole new row, or says that it is gone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from decisions.envelope import Entry
from decisions.models import Agent, BoardItem, Format, LegalHold, Membership, RegisterGroup, Service, Source, Standing
from decisions.models.bulk import chunks, put
from decisions.vocab import Kind

KINDS = (Kind.REGISTER_CHANGED, Kind.DRILL_RUN)


def apply(entries: Sequence[Entry]) -> None:
    by_table: dict[str, list[Entry]] = {}
    for entry in entries:
        by_table.setdefault(entry.facts["table"], []).append(entry)
    # A row of one table never depends on one of another, so the order between tables does not matter.
    for table, run in by_table.items():
        APPLY[table](run)


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _last(entries: Sequence[Entry]) -> Iterable[Entry]:
    """The newest entry of each row: it holds the row whole."""
    return {entry.facts["key"]: entry for entry in entries}.values()


def _services(entries: Sequence[Entry]) -> None:
    put(Service, [_service(entry, entry.disclosed.get("row", {})) for entry in _last(entries)])


def _service(entry: Entry, row: Mapping[str, Any]) -> Service:
    return Service(
        slug=entry.facts["key"],
        name=row.get("name", ""),
        tier=entry.facts["tier"],
        environments=row.get("environments", []),
        owner=_uuid(entry.facts["owner"]),
        deputy=_uuid(entry.facts["deputy"]),
        team=row.get("team", ""),
        data_class=row.get("data_class", ""),
        cost_per_minute=row.get("cost_per_minute", ""),
        currency=row.get("currency", ""),
        retired=entry.facts.get("retired", False),
        known_as=row.get("known_as", []),
        on_call=entry.facts.get("on_call", ""),
    )


def _agents(entries: Sequence[Entry]) -> None:
    put(Agent, [_agent(entry, entry.disclosed.get("row", {})) for entry in _last(entries)])


def _agent(entry: Entry, row: Mapping[str, Any]) -> Agent:
    return Agent(
        id=UUID(entry.facts["key"]),
        slug=entry.facts["slug"],
        name=row.get("name", ""),
        vendor=row.get("vendor", ""),
        model=row.get("model", ""),
        version=row.get("version", ""),
        owner=_uuid(entry.facts["owner"]),
        active=entry.facts["active"],
        identities=row.get("identities", []),
    )


def _sources(entries: Sequence[Entry]) -> None:
    put(Source, [_source(entry, entry.disclosed.get("row", {})) for entry in _last(entries)])


def _source(entry: Entry, row: Mapping[str, Any]) -> Source:
    return Source(
        slug=entry.facts["key"],
        name=row.get("name", ""),
        system=entry.facts["system"],
        agent_id=_uuid(entry.facts["agent"]),
        quiet_minutes=entry.facts["quiet_minutes"],
        active=entry.facts["active"],
    )


def _formats(entries: Sequence[Entry]) -> None:
    put(
        Format,
        [
            Format(
                system=entry.facts["key"],
                seq=entry.seq,
                version=entry.facts["version"],
                text=entry.disclosed.get("text", ""),
                active=entry.facts["active"],
            )
            for entry in _last(entries)
        ],
    )


def _groups(entries: Sequence[Entry]) -> None:
    groups = {entry.facts["key"]: entry for entry in _last(entries)}
    put(
        RegisterGroup,
        [
            RegisterGroup(
                slug=slug,
                name=entry.disclosed.get("row", {}).get("name", ""),
                on_call=entry.facts.get("on_call", []),
            )
            for slug, entry in groups.items()
        ],
    )
    for some in chunks(sorted(groups)):
        Membership.objects.filter(group_slug__in=some).delete()
    Membership.objects.bulk_create(
        [
            Membership(id=f"{slug}:{person}", group_slug=slug, person_id=UUID(person))
            for slug, entry in groups.items()
            for person in sorted(entry.facts["members"])
        ],
        batch_size=200,
    )


def _people(entries: Sequence[Entry]) -> None:
    put(
        Standing,
        [
            Standing(
                person_id=UUID(entry.facts["key"]), active=entry.facts["active"], roles=sorted(entry.facts["roles"])
            )
            for entry in _last(entries)
        ],
    )


def _keys(entries: Sequence[Entry]) -> None:
    """A key or a secret made or revoked is told by the ledger; the credential itself is operational."""


def _sign_in(entries: Sequence[Entry]) -> None:
    """A link made or a factor removed by an administrator: told by the ledger, so that nobody takes an account over unseen."""


def _legal_holds(entries: Sequence[Entry]) -> None:
    for entry in entries:
        _legal_hold(entry)


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


def _board_items(entries: Sequence[Entry]) -> None:
    ids = {UUID(entry.facts["key"]) for entry in entries}
    held: dict[UUID, BoardItem] = {}
    for some in chunks(ids):
        held |= BoardItem.objects.in_bulk(some)
    for entry in entries:
        id_, by = UUID(entry.facts["key"]), UUID(entry.actor.removeprefix("person:"))
        row = held.get(id_)
        if row is None:
            row = held[id_] = BoardItem(
                id=id_, register=entry.facts["register"], seq=entry.seq, made_by=by, made_at=entry.at
            )
        row.last_seq, row.changed_by, row.changed_at = entry.seq, by, entry.at
        row.version = entry.facts["version"]
        row.withdrawn = entry.facts["withdrawn"]
        row.values = entry.facts["values"]
        row.words = entry.disclosed.get("item", {})
    put(BoardItem, held.values())


APPLY = {
    "service": _services,
    "agent": _agents,
    "group": _groups,
    "person": _people,
    "key": _keys,
    "sign_in": _sign_in,
    "legal_hold": _legal_holds,
    "source": _sources,
    "secret": _keys,
    "format": _formats,
    "board": _board_items,
}
