"""Record what came of a full check of the ledger, and who had asked for it."""

import logging
from dataclasses import asdict
from typing import Any

from approvals.models import LedgerCheck
from approvals.models.checks import SILENT
from approvals.vocab import CheckResult
from decisions import clock
from decisions.envelope import Draft, named_uuid, timestamp
from decisions.errors import Problem
from decisions.moment import Moment
from decisions.recording import record
from decisions.verify import Fault, Verdict
from decisions.vocab import Kind

log = logging.getLogger(__name__)
ALARM = "ledger_faulty"


def record_check(check: LedgerCheck, verdict: Verdict | None) -> None:
    """Record `verdict`, or without one that the check was interrupted, and end it. What is said of a check first stands.

    Where the ledger takes no entry, because it disagrees with what was signed of it, the check keeps what was found.
    """
    result = _result(verdict)
    facts = _facts(check, verdict, result)
    faults = [asdict(fault) for fault in verdict.faults] if verdict else []
    try:
        seq = _record(check, facts, faults)
    except Problem as problem:
        if problem.slug != "ledger-disagreement":
            raise
        log.warning("what a check of the ledger found could not be recorded: the ledger is halted")
        seq = None
    LedgerCheck.objects.filter(id=check.id, over=False).update(
        over=True,
        result=result,
        seq=seq,
        unrecorded={} if seq is not None else {"facts": facts, "faults": faults},
        seen_at=clock.now(),
    )


def close_silent() -> None:
    """Record that a check was interrupted of which nothing is heard any more."""
    for check in LedgerCheck.objects.filter(over=False, begun_at__isnull=False, seen_at__lt=clock.now() - SILENT):
        record_check(check, None)


def _result(verdict: Verdict | None) -> CheckResult:
    if verdict is None:
        return CheckResult.INTERRUPTED
    return CheckResult.CLEAN if verdict.clean else CheckResult.FAULTY


def _facts(check: LedgerCheck, verdict: Verdict | None, result: CheckResult) -> dict[str, Any]:
    begun, found = check.begun_at, verdict or Verdict()
    first = found.first
    return {
        "kv": 1,
        "check": str(check.id),
        "result": str(result),
        "requested": timestamp(check.requested_at),
        "begun": timestamp(begun) if begun else None,
        "ms": round((clock.now() - begun).total_seconds() * 1000) if begun and verdict else None,
        "size": found.size,
        "root": found.root,
        "checkpoints": found.checkpoints,
        "tiles": found.tiles,
        "erased": found.erased,
        "lost": found.lost,
        "faults": len(found.faults),
        "first": first.first if first else None,
        "last": first.last if first else None,
    }


def _record(check: LedgerCheck, facts: dict[str, Any], faults: list[dict[str, Any]]) -> int:
    """The seq of the entry, and the alarm that faults raise and a clean ledger ends."""
    actor = f"person:{check.requested_by}"
    checked = Draft(
        Kind.LEDGER_CHECKED,
        actor,
        facts,
        {"faults": faults} if faults else {},
        id=named_uuid("ledger.checked", str(check.id)),
        once=str(check.id),
    )
    about = {"kv": 1, "key": ALARM, "alarm": ALARM}

    def decide(moment: Moment) -> list[Draft]:
        drafts = [checked]
        if faults:
            subject = {"subject": Fault(**faults[0]).words[:120]}
            drafts.append(Draft(Kind.ALARM_RAISED, "system", about, subject, follows=checked.id))
        elif facts["result"] == CheckResult.CLEAN and moment.alarm_is_open(ALARM):
            drafts.append(Draft(Kind.ALARM_CLEARED, "system", about, follows=checked.id))
        return drafts

    return record(decide, principal=actor).first_seq
