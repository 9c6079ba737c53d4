"""What was erased, in words: by whom, when and why. It must not write."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from approvals import access
from approvals.models import Erasure, Report
from approvals.vocab import BASIS_WORDS, ErasureBasis, ReportState
from decisions import ledger, register
from decisions.vocab import Kind, Role

NAME_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "account": "the agent's words",
        "action": "the action",
        "authority": "on whose authority it was",
        "comment": "a comment",
        "event": "the event's own id",
        "executor": "the executor's name",
        "faults": "what a check of the ledger found",
        "item": "what people wrote in a register",
        "names": "the names it was given",
        "outcome": "what was said to have come of it",
        "reason": "a reason",
        "removed": "where secrets stood",
        "revert": "what was said of the revert",
        "row": "what the register said",
        "seen": "what was seen",
        "subject": "what the alarm was about",
    }
)
READS_REASONS = (*access.READS_ACCOUNT, Role.ADMIN)


def described(rows: Iterable[Erasure], *, reasons: bool) -> list[dict[str, Any]]:
    """As pages draw them; why only for those who may read reasons."""
    listed = list(rows)
    names = register.names({row.erased_by for row in listed if row.erased_by})
    return [
        {
            "seq": row.seq,
            "entry": row.entry_seq,
            "what": ", ".join(NAME_WORDS.get(name, name) for name in row.names),
            "names": row.names,
            "by": names.get(row.erased_by, "a person who was erased") if row.erased_by else "Oversight",
            "at": row.at,
            "basis": BASIS_WORDS[ErasureBasis(row.basis)],
            "reason": row.reason if reasons else "",
            "authority": row.authority if reasons else "",
        }
        for row in listed
    ]


def of_decision(decision_seq: int, *, reasons: bool) -> list[dict[str, Any]]:
    """The oldest first."""
    return described(Erasure.objects.filter(decision_seq=decision_seq).order_by("seq"), reasons=reasons)


def stale(report: Report) -> bool:
    """Whether `report` may repeat what was erased since it was drawn, and is to be built anew. What is issued stays as it was."""
    if report.state == ReportState.ISSUED:
        return False
    since = report.seq_limit + 1
    if Erasure.objects.filter(seq__gte=since, entry_seq__lt=since).exists():
        return True
    changes = ledger.pages_of([Kind.REGISTER_CHANGED], since, ledger.size())
    return any(entry.facts.get("erased") for page in changes for entry in page)
