"""What a decision's page shows from the claim on: lease, veto after the act, review, comments. It must not write."""

from typing import Any, Protocol
from uuid import UUID

from approvals import access
from approvals.models import Comment
from approvals.queries import apart
from approvals.queries.findings import findings
from approvals.vocab import FINDING_WORDS
from decisions import register
from decisions.models import Agent, Decision, Person
from decisions.states import lease_ends
from decisions.vocab import ACTED, State


class Loaded(Protocol):
    row: Decision
    state: State
    now: Any
    known: register.Register
    agent: Agent | None


def context(page: Loaded, viewer: UUID) -> dict[str, Any]:
    row, state = page.row, page.state
    protected = row.protect_until is None or page.now < row.protect_until
    refused = access.why_not_review(page.known, viewer, page.agent)
    said = list(Comment.objects.filter(decision_seq=row.seq).order_by("seq"))
    people = Person.objects.in_bulk({item.person_id for item in said})
    return {
        "lease": _lease(row, state) if row.lease_seq is not None else None,
        "can_undo": (
            apart.may_undo(row, state)
            or (not row.to_revert and (state is State.EXECUTING or state in ACTED) and not row.replayed)
        )
        and access.why_not_veto(page.known, viewer, protected=protected) is None,
        "undone_as": apart.act_of(row) if apart.done_all_the_same(row, state) else None,
        "done_of": apart.of_act(row),
        "findings": [(str(found), FINDING_WORDS[found]) for found in findings(row, state)],
        "can_review": refused is None,
        "why_not_review": refused.detail if refused else "",
        "comments": [
            {"seq": item.seq, "person": people.get(item.person_id), "at": item.at, "text": item.text} for item in said
        ],
        "can_comment": access.may(page.known, viewer, access.READS_ACCOUNT),
    }


def _lease(row: Decision, state: State) -> dict[str, Any]:
    until = lease_ends(row) if state is State.EXECUTING else None
    return {"seq": row.lease_seq, "executor": row.executor, "until": until}
