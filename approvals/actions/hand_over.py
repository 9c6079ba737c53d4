"""Say who is on call in a group from now on, and who is called after them."""

from collections.abc import Sequence
from uuid import UUID

from approvals import access
from approvals.organisation import rota
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, bad_request, forbidden, not_found
from decisions.models import Membership, RegisterGroup
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.vocab import Kind


def hand_over(group: str, people: Sequence[UUID], *, actor: UUID) -> Recorded | None:
    """Record the order in which the members of `group` are called; None where it stands so already.

    Those of its members who answer for agents may, and administrators: a shift ends at night as well. Raises a Problem: 400 for a person named twice or
    who is no member, 403, 404.
    """
    wanted = [str(person) for person in people]
    fresh = False

    def decide(moment: Moment) -> list[Draft]:
        nonlocal fresh
        known = register.at(moment.config)
        row = RegisterGroup.objects.filter(slug=group).first() if "\0" not in group else None
        if row is None:
            raise not_found("group")
        if why := why_not_hand_over(known, actor, group):
            raise Refusal(why, group)
        members = sorted(
            str(one) for one in Membership.objects.filter(group_slug=group).values_list("person_id", flat=True)
        )
        try:
            rota(wanted, members)
        except ValueError:
            raise bad_request("Name members of the group, each once.") from None
        fresh = wanted != row.on_call
        facts = {"kv": 1, "table": "group", "key": group, "members": members, "on_call": wanted}
        return [Draft(Kind.REGISTER_CHANGED, f"person:{actor}", facts, {"row": {"name": row.name}})] if fresh else []

    recorded = record(decide, principal=f"person:{actor}")
    return recorded if fresh else None


def why_not_hand_over(known: register.Register, actor: UUID, group: str) -> Problem | None:
    """None if `actor` may say who is on call in `group`."""
    answers = access.may(known, actor, access.APPROVER_ROLES) and actor in known.members_of(group)
    if answers or access.may(known, actor, access.ADMINISTERS):
        return None
    return forbidden("Who is on call is said by a responder or manager of the group, or an administrator.", "role")
