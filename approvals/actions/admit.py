"""What an administrator does so that somebody can sign in: a one-time link, and the end of a lost second factor.

Each is an entry before it is done: whoever makes a link for somebody could use it in their place, and this must be seen.
"""

from uuid import UUID

from approvals.actions.change_register import register_change
from decisions import register
from decisions.auth import factors, links, sessions
from decisions.errors import conflict, not_found
from decisions.models import Person


def make_link(person_id: UUID, *, actor: UUID | None) -> str:
    """A new link's token, with which the person chooses a password; it is returned once and kept nowhere.

    Raises a Problem: 403, 404, 409 for somebody who may not act.
    """
    person = _person(person_id)
    if register.latest().valid(person_id) is None:
        raise conflict("not-active", "Whoever has left cannot sign in. Make the person active first.")
    verb = "reset" if person.has_usable_password() else "invited"
    register_change({"table": "sign_in", "key": str(person_id), "verb": verb}, actor=actor)
    return links.make(person_id)


def reset_factor(person_id: UUID, *, actor: UUID | None) -> None:
    """Remove the second factor of somebody who has lost it; their sessions end.

    Raises a Problem: 403, 404, 409 where there is none.
    """
    person = _person(person_id)
    if not factors.enrolled(person):
        raise conflict("no-second-factor", "There is no second factor to remove.")
    register_change({"table": "sign_in", "key": str(person_id), "verb": "factor_removed"}, actor=actor)
    factors.forget(person)
    sessions.end(person_id)


def _person(person_id: UUID) -> Person:
    person = Person.objects.filter(id=person_id).first()
    if person is None:
        raise not_found("person")
    return person
