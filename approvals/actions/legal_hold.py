"""Set and lift a legal hold: while it is in force, nothing in its scope is erased."""

import uuid
from typing import Any
from uuid import UUID

from approvals import access
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, bad_request, conflict, not_found
from decisions.models import Agent, LegalHold, Person, Service
from decisions.moment import Moment
from decisions.recording import record
from decisions.vocab import Kind, LegalHoldScope

LEAST_REASON = 10


def set_legal_hold(*, scope: LegalHoldScope, value: str, reason: str, actor: UUID) -> LegalHold:
    """The legal hold of that scope, set now unless it was in force. Raises a Problem: 400, 403."""
    reason = _checked(reason)
    in_force = LegalHold.objects.filter(scope=scope, value=value, lifted_at__isnull=True)

    def decide(moment: Moment) -> list[Draft]:
        access.require(register.at(moment.config), actor, access.KEEPS, "set a legal hold")
        if not _is_known(scope, value):
            raise bad_request("There is nothing of that name to keep.", "unknown-scope")
        facts = {"key": str(uuid.uuid4()), "scope": str(scope), "value": value, "in_force": True}
        return [] if in_force.exists() else [_draft(facts, reason, actor)]

    record(decide, principal=f"person:{actor}")
    return in_force.get()


def lift_legal_hold(hold_id: UUID, *, reason: str, actor: UUID) -> LegalHold:
    """Raises a Problem: 400, 403, 404, 409 lifted already."""
    reason = _checked(reason)

    def decide(moment: Moment) -> list[Draft]:
        access.require(register.at(moment.config), actor, access.KEEPS, "lift a legal hold")
        hold = LegalHold.objects.filter(id=hold_id).first()
        if hold is None:
            raise not_found("legal hold")
        if hold.lifted_at is not None:
            raise Refusal(conflict("not-open", "The legal hold was lifted already."), str(hold_id))
        facts = {"key": str(hold.id), "scope": hold.scope, "value": hold.value, "in_force": False}
        return [_draft(facts, reason, actor)]

    record(decide, principal=f"person:{actor}")
    return LegalHold.objects.get(id=hold_id)


def _checked(reason: str) -> str:
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Problem(400, "reason-needed", "A legal hold needs a reason", f"Write at least {LEAST_REASON} characters.")
    return reason


def _draft(facts: dict[str, Any], reason: str, actor: UUID) -> Draft:
    return Draft(
        Kind.REGISTER_CHANGED, f"person:{actor}", {"kv": 1, "table": "legal_hold", **facts}, {"reason": reason}
    )


def _is_known(scope: LegalHoldScope, value: str) -> bool:
    match scope:
        case LegalHoldScope.EVERYTHING:
            return not value
        case LegalHoldScope.SERVICE:
            return Service.objects.filter(slug=value).exists()
        case _:
            model = Agent if scope is LegalHoldScope.AGENT else Person
            try:
                return model._default_manager.filter(id=UUID(value)).exists() and str(UUID(value)) == value  # noqa: SLF001
            except ValueError:
                return False
