"""Let agents go on: two people, or one where the register has no second who may."""

from uuid import UUID

from approvals import access
from approvals.machine import ASK_STANDS
from decisions import register, served
from decisions.envelope import Draft
from decisions.errors import Refusal, conflict, not_found
from decisions.models import Freeze
from decisions.moment import Moment
from decisions.recording import record
from decisions.vocab import Kind


def lift_freeze(freeze_id: UUID, *, actor: UUID) -> Freeze:
    """The freeze, lifted if somebody else has asked so within half an hour; else it says that `actor` asks.

    Raises a Problem: 403, 404, 409 lifted already, or asked by the same person.
    """

    def decide(moment: Moment) -> list[Draft]:
        known = register.at(moment.config)
        access.require(known, actor, access.LIFTS, "lift a freeze")
        freeze = Freeze.objects.filter(id=freeze_id).first()
        if freeze is None:
            raise not_found("freeze")
        if freeze.lifted_at is not None:
            raise Refusal(conflict("not-open", "The freeze was lifted already."), str(freeze_id))
        asked = freeze.asked_at is not None and moment.now < freeze.asked_at + ASK_STANDS
        first = (
            freeze.asked_by if asked and freeze.asked_by and known.has_role(freeze.asked_by, *access.LIFTS) else None
        )
        if first == actor:
            raise Refusal(
                conflict("second-person", "You have asked already; a second person must agree."), str(freeze_id)
            )
        alone = first is None and not others(known, actor)
        return [
            Draft(
                kind=Kind.FREEZE_LIFTED,
                actor=f"person:{actor}",
                facts={
                    "kv": 1,
                    "freeze": str(freeze_id),
                    "lifted": first is not None or alone,
                    "alone": alone,
                    "served_ms": served.spent(moment.now),
                },
            )
        ]

    record(decide, principal=f"person:{actor}")
    return Freeze.objects.get(id=freeze_id)


def others(known: register.Register, person: UUID) -> bool:
    """Whether somebody else could agree to lift a freeze."""
    return any(known.has_role(other, *access.LIFTS) for other in known.standings if other != person)
