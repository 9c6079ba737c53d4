"""Verdicts and sign-offs, and what they make of the decision they speak of."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from approvals.models import SignOffRecord, Verdict
from decisions.envelope import Entry
from decisions.models import Decision
from decisions.projections import decided
from decisions.vocab import BEYOND_OWES_SECONDS, Basis, Kind, SignOff, State

KINDS = (Kind.VERDICT_GIVEN, Kind.SIGN_OFF_GIVEN)
GLASS_SECONDS = 3600
"""How long a permission lasts, at most, that rests on one person in an emergency."""


def apply(entries: Sequence[Entry]) -> None:
    decided.fold_into_decisions(entries, {Kind.VERDICT_GIVEN: _verdict, Kind.SIGN_OFF_GIVEN: _sign_off})


def _person(entry: Entry) -> UUID:
    return UUID(entry.actor.removeprefix("person:"))


def _reason(entry: Entry) -> str:
    return str(entry.disclosed.get("reason", ""))


def _verdict(row: Decision, entry: Entry) -> None:
    Verdict.objects.create(
        seq=entry.seq,
        decision_seq=row.seq,
        person_id=_person(entry),
        verdict=entry.facts["verdict"],
        reason=_reason(entry),
        at=entry.at,
    )
    row.state = State(entry.facts["state"])
    if row.state in (State.AUTHORIZED, State.VETOED):
        row.hold_until = row.stopped_at = None
        row.decided_by, row.decided_at = _person(entry), entry.at
    if row.state in (State.EXECUTING, State.REVERT_ORDERED):
        row.to_revert = True
        row.hold_until = row.stopped_at = None
    if row.state is State.AUTHORIZED:
        row.basis = Basis.QUORUM
        row.claim_until = entry.at + timedelta(seconds=row.claim_seconds)
    if entry.facts["verdict"] == "break_glass":
        row.basis = Basis.BREAK_GLASS
        row.claim_until = entry.at + timedelta(seconds=min(row.claim_seconds, GLASS_SECONDS))
        row.sign_off_seconds = min(row.sign_off_seconds or BEYOND_OWES_SECONDS, BEYOND_OWES_SECONDS)


def _sign_off(row: Decision, entry: Entry) -> None:
    facts = entry.facts
    SignOffRecord.objects.create(
        seq=entry.seq,
        decision_seq=row.seq,
        person_id=_person(entry),
        judgement=facts["judgement"],
        effect=facts["effect"],
        cause=facts["cause"],
        reason=_reason(entry),
        at=entry.at,
    )
    if facts["settles"]:
        row.sign_off = SignOff.ACCEPTED if facts["judgement"] == "accept" else SignOff.REFUSED
    row.effect, row.cause = facts["effect"], facts["cause"]
