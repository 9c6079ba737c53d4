"""Drafts and versions of the policy from their entries."""

from collections.abc import Sequence
from uuid import UUID

from approvals.models import PolicyDraft, PolicyVersion
from approvals.vocab import DraftState
from decisions.envelope import Entry
from decisions.vocab import Kind


def apply(entries: Sequence[Entry]) -> None:
    for entry in entries:
        FOLD[entry.kind](entry)


def _drafted(entry: Entry) -> None:
    """A draft made, or one taken back."""
    if entry.facts["state"] == DraftState.WITHDRAWN:
        _end(entry, DraftState.WITHDRAWN, became=None)
        return
    PolicyDraft.objects.create(
        seq=entry.seq,
        id=UUID(entry.facts["draft"]),
        state=DraftState.OPEN,
        based_on=entry.facts["based_on"],
        sha256=entry.facts["sha256"],
        document=entry.disclosed["document"],
        reason=str(entry.disclosed.get("reason", "")),
        drafted_by=UUID(entry.actor.removeprefix("person:")),
        drafted_at=entry.at,
    )


def _activated(entry: Entry) -> None:
    # The first versions came from the command line alone: their entries name no draft.
    draft = entry.facts.get("draft")
    PolicyVersion.objects.create(
        version=entry.facts["version"],
        seq=entry.seq,
        sha256=entry.facts["sha256"],
        document=entry.disclosed["document"],
        activated_at=entry.at,
        activated_by=_person(entry),
        draft_id=UUID(draft) if draft else None,
    )
    if draft:
        _end(entry, DraftState.ACTIVATED, became=entry.facts["version"])


def _end(entry: Entry, state: DraftState, *, became: int | None) -> None:
    PolicyDraft.objects.filter(id=entry.facts["draft"]).update(
        state=state, ended_by=_person(entry), ended_at=entry.at, became=became
    )


def _person(entry: Entry) -> UUID | None:
    kind, _, name = entry.actor.partition(":")
    return UUID(name) if kind == "person" else None


FOLD = {Kind.POLICY_DRAFTED: _drafted, Kind.POLICY_ACTIVATED: _activated}
KINDS = tuple(FOLD)
