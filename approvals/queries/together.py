"""Which decisions a person may accept together: what they have looked at, and what is of little risk and alike. It must not write."""

from collections.abc import Collection, Sequence
from uuid import UUID

from decisions.models import Decision
from decisions.vocab import Risk

MOST = 50
"""As many are accepted at once."""
Likeness = tuple[str, str, int | None, str, bool]


def named(ids: Collection[UUID]) -> list[Decision]:
    """The decisions of those ids, oldest debt first."""
    return list(Decision.objects.filter(id__in=list(ids)[:MOST], complete=True).order_by("sign_off_due", "seq"))


def likeness(row: Decision) -> Likeness | None:
    """What is the same of decisions that are alike: kind, clause of the policy, outcome. None where only a look will do."""
    if row.risk != Risk.LOW or not row.rule:
        return None
    return row.kind, row.rule, row.policy_version, row.outcome, row.beyond


def to_open_first(rows: Sequence[Decision], opened: Collection[int]) -> frozenset[int]:
    """Those of `rows`, by seq, that must be opened before they are accepted among them.

    What is not opened is accepted only where all of it is alike: nobody but the person says which of two sorts they meant.
    """
    unopened = {row.seq: likeness(row) for row in rows if row.seq not in opened}
    alike = set(unopened.values()) - {None}
    return frozenset(seq for seq, found in unopened.items() if found is None or len(alike) > 1)
