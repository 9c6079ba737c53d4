"""Import recorded decisions: marked as replayed on every page, ruled by the policy and register of now."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from approvals import access
from decisions import register
from decisions.canonical import stable
from decisions.envelope import Draft
from decisions.errors import Problem
from decisions.intake import cloudevents, events
from decisions.models import Agent
from decisions.moment import Moment
from decisions.recording import record
from decisions.vocab import Kind

EVENT_LIMIT = 64 * 1024
BATCH = 500


def import_recordings(found: Sequence[tuple[str, Mapping[str, Any]]], *, source: str, actor: UUID | None) -> int:
    """Record events as (agent's slug, CloudEvent), in order; how many were new. Importing again changes nothing.

    Raises a Problem with the index of a bad event; what came before its batch stays.
    """
    if actor is not None and not access.may(register.latest(), actor, access.ADMINISTERS):
        raise Problem(403, "role", "Not permitted", "Only an administrator imports recordings.")
    agents = dict(Agent.objects.values_list("slug", "id"))
    new = 0
    for slug, run in groupby(found, key=lambda pair: pair[0]):
        if slug not in agents:
            raise Problem(422, "unknown-agent", "There is no such agent", f"{slug} is not in the register.")
        batch = [event for _, event in run]
        for start in range(0, len(batch), BATCH):
            new += _import(batch[start : start + BATCH], agents[slug], source, actor)
    return new


def _import(batch: Iterable[Mapping[str, Any]], agent: UUID, source: str, actor: UUID | None) -> int:
    prepared = events.prepare(agent, [cloudevents.read_event(dict(event), EVENT_LIMIT) for event in batch])

    def decide(moment: Moment) -> list[Draft]:
        said = imported([item.entry_id for item in prepared], agent, source, actor)
        return [*events.decide(prepared, moment, replayed=True), said]

    return len(prepared) - record(decide, principal=f"person:{actor}" if actor else "system").duplicates


def imported(entries: Sequence[UUID], agent: UUID, source: str, actor: UUID | None) -> Draft:
    """The entry that says that `entries` were imported; it falls away with the first of them."""
    ids = sorted(map(str, entries))
    digest = hashlib.sha256(stable(list(ids))).hexdigest()
    return Draft(
        kind=Kind.IMPORT_MADE,
        actor=f"person:{actor}" if actor else "system",
        facts={"kv": 1, "agent": str(agent), "events": len(ids), "sha256": digest},
        disclosed={"import": {"source": source}},
        follows=entries[0],
    )
