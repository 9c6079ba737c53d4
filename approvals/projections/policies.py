"""Policy versions from their entries."""

from collections.abc import Sequence
from uuid import UUID

from approvals.models import PolicyVersion
from decisions.envelope import Entry
from decisions.vocab import Kind

KINDS = (Kind.POLICY_ACTIVATED,)


def apply(entries: Sequence[Entry]) -> None:
    PolicyVersion.objects.bulk_create(
        PolicyVersion(
            version=entry.facts["version"],
            seq=entry.seq,
            sha256=entry.facts["sha256"],
            document=entry.disclosed["document"],
            activated_at=entry.at,
            activated_by=UUID(entry.actor.removeprefix("person:")) if entry.actor.startswith("person:") else None,
        )
        for entry in entries
    )
