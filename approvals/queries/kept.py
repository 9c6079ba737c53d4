"""Why something may not be erased: a legal hold covers it, or it is needed still. It must not write."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from approvals.queries import legal_holds
from approvals.queries.erasable import KEPT_NAMES, Part
from decisions import ledger
from decisions.errors import Problem, conflict
from decisions.models import Decision, Freeze, LegalHold
from decisions.states import effective_state
from decisions.vocab import TERMINAL, FreezeScope, Kind, State

OVER = TERMINAL | {State.SUCCEEDED, State.FAILED, State.REPORTED}
"""The states in which nobody needs the action itself any more to decide or to act."""


def why_not(parts: Sequence[Part], now: datetime) -> Problem | None:
    """None if all of `parts` may be erased; else the 409 problem of what stands in the way."""
    covering = [
        hold
        for hold in legal_holds.in_force()
        if any(legal_holds.covers(hold, part.of.entry, part.decision) for part in parts)
    ]
    if covering:
        return held(covering)
    in_force = _rows_in_force() if any("row" in part.erased for part in parts) else frozenset()
    for part in parts:
        needed = _needed(part, in_force, now)
        if needed:
            return conflict("still-needed", f"Entry {part.of.entry.seq}: {needed} Nothing was erased.")
    return None


def held(holds: Iterable[LegalHold]) -> Problem:
    return conflict(
        "legal-hold",
        "A legal hold keeps some of it. Nothing was erased. An executive or an auditor can lift the hold.",
        legal_holds=[str(hold.id) for hold in holds],
    )


def _needed(part: Part, in_force: frozenset[int], now: datetime) -> str:
    """What `part` is needed for still; empty where it is not."""
    entry, row = part.of.entry, part.decision
    if not KEPT_NAMES.isdisjoint(part.erased):
        return "the policy that ruled is kept for as long as the ledger."
    if "row" in part.erased and entry.seq in in_force:
        return "it is what the register says now; change the register first."
    if "action" in part.erased and row is not None and entry.seq == row.seq:
        if not _over(row, now):
            return "the decision is not over, and people and agents need its action until it is."
        unregistered = entry.facts.get("service") is None
        if unregistered and Freeze.objects.filter(scope=FreezeScope.SERVICE, value=row.service).exists():
            return "a stop named the service, which is known from this action alone."
    return ""


def _over(row: Decision, now: datetime) -> bool:
    state = effective_state(row, now)
    return state in OVER or (state is State.UNKNOWN and row.lease_seq is None)


def _rows_in_force() -> frozenset[int]:
    """The entries that say what the register holds now."""
    latest: dict[tuple[str, str], int] = {}
    for page in ledger.pages_of([Kind.REGISTER_CHANGED], 0, ledger.size()):
        latest.update(((entry.facts["table"], entry.facts["key"]), entry.seq) for entry in page)
    return frozenset(latest.values())
