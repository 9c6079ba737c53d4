"""A decision told again from fewer of its entries or fewer of their words: after an erasure, and after a link was cut.

It must not fold by rules of its own: what it makes of entries is what `decided` makes of them.
"""

from collections.abc import Sequence

from decisions.envelope import Entry
from decisions.models import Decision
from decisions.projections import decided
from decisions.vocab import Basis, Kind, SignOff

WORDS = (
    "agent_ref",
    "episode",
    "service",
    "environment",
    "resource",
    "kind",
    "data_class",
    "team",
    "title",
    "action",
    "action_hash",
    "account",
)
"""The columns of a decision that rest on what its first entry discloses; `outcome_detail` rests on several."""
TELLING = (Kind.ACTION_PROPOSED, Kind.ACTION_REPORTED, Kind.OUTCOME_REPORTED, Kind.OUTCOME_OBSERVED)
ACTING = (*TELLING, Kind.REVERT_FINISHED)
"""The kinds of entries that may say that an act took place."""


def told_again(row: Decision, entries: Sequence[Entry]) -> None:
    """Make the words of `row` those that `entries`, its TELLING ones in order, disclose still: as the fold would."""
    told = _told(entries)
    for name in (*(WORDS if told.complete else ()), "outcome_detail"):
        setattr(row, name, getattr(told, name))


OUTCOME = ("outcome", "outcome_detail", "outcome_observed", "outcome_own", "ended_at")
OWED = ("sign_off", "sign_off_due")


def told_without(row: Decision, entries: Sequence[Entry]) -> None:
    """Make `row` what it would be had nothing been told of its act but `entries`, its ACTING ones that still stand.

    What people said of it meanwhile stands, and no deadline is moved.
    """
    told = decided.blank(entries[0])
    if row.lease_seq is not None:
        # Its claim is none of these entries.
        told.lease_seq, told.level_used = row.lease_seq, decided.level_claimed(row)
    for entry in entries:
        decided.FOLD[entry.kind](told, entry)
    names = [*OUTCOME, "level_used", "beyond"]
    by_glass = row.basis == Basis.BREAK_GLASS
    if not by_glass:
        names.append("sign_off_seconds")
    # Broken glass owes from the claim on.
    owes_anyway = by_glass and (row.lease_seq is not None or told.sign_off == SignOff.REQUIRED)
    if row.sign_off == SignOff.REQUIRED and not owes_anyway:
        names += OWED
    for name in names:
        setattr(row, name, getattr(told, name))
    decided.follow(row)


def _told(entries: Sequence[Entry]) -> Decision:
    told = decided.blank(entries[0])
    for entry in entries:
        describes = entry.kind in (Kind.ACTION_PROPOSED, Kind.ACTION_REPORTED)
        if entry.kind is Kind.ACTION_REPORTED or (describes and not told.complete):
            decided.describe_once(told, entry)
        if entry.facts.get("outcome"):
            decided.end(told, entry, own=not describes)
    return told
