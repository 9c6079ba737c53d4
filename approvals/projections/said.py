"""Verdicts and sign-offs, and what they make of the decision they speak of."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from approvals.models import SignOffRecord, Verdict
from decisions.envelope import Entry
from decisions.models import Decision
from decisions.models.bulk import upsert
from decisions.projections import decided
from decisions.vocab import Basis, Kind, SignOff, State

KINDS = (Kind.VERDICT_GIVEN, Kind.SIGN_OFF_GIVEN)


def apply(entries: Sequence[Entry]) -> None:
    rows = decided.decisions_by_ref({entry.facts["ref"] for entry in entries})
    history = []
    for entry in entries:
        row = rows[entry.facts["ref"]]
        (_verdict if entry.kind is Kind.VERDICT_GIVEN else _sign_off)(row, entry)
        decided.touch(row, entry)
        history.append(decided.history_row(row, entry))
    upsert(Decision, list(rows.values()))
    decided.write_history(history)


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
    if row.state is State.AUTHORIZED:
        row.basis = Basis.QUORUM
        row.claim_until = entry.at + timedelta(seconds=row.claim_seconds)


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
