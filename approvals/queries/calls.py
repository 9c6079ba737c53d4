"""Who is called to a decision that people do not answer: the chain, and who of it has been called. It must not write."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from approvals import access
from decisions.models import Alarm, Decision, Person, Timeline
from decisions.register import Register
from decisions.vocab import HOLDING, State

CALLED = "called"
"""The kind of the alarm that calls a person."""
_NEEDING = HOLDING | {State.UNKNOWN, State.REVIEW, State.REVERT_ORDERED, State.REVERT_FAILED}


ORDINALS = ("on call", "second on call", "third on call", "fourth on call", "fifth on call")


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: who is called, and as what."""

    person: UUID
    what: str


def waits(row: Decision, state: State) -> bool:
    """Whether it can need somebody who is not there: it waits for an answer, or only a person can end it."""
    return state in _NEEDING and (state is not State.UNKNOWN or row.lease_seq is not None)


def chain(row: Decision, known: Register) -> tuple[Link, ...]:
    """Who is called, in this order: those who are on call for the service now, then whoever answers for the decision.

    Nobody stands in it twice, and nobody whose pages would show them nothing.
    """
    links: dict[UUID, Link] = {}
    for link in _links(row, known):
        if access.may(known, link.person, access.READS_DECISIONS):
            links.setdefault(link.person, link)
    return tuple(links.values())


def _links(row: Decision, known: Register) -> Iterator[Link]:
    for place, person in enumerate(known.on_call(row.service)):
        yield Link(person, ORDINALS[place] if place < len(ORDINALS) else f"on call, number {place + 1}")
    if row.owner_id:
        yield Link(row.owner_id, "accountable")
    if row.deputy_id:
        yield Link(row.deputy_id, "deputy")


def calls(row: Decision) -> list[Alarm]:
    """Those who have been called to it, in the order in which they were."""
    return list(Alarm.objects.filter(decision=row.id, kind=CALLED).order_by("seq"))


def for_this(row: Decision, called: Sequence[Alarm]) -> list[Alarm]:
    """Those of `called` that were called to what it needs now: who came to the hold may be needed again for the revert."""
    if not called:
        return []
    between = Timeline.objects.filter(decision_seq=row.seq).exclude(state__in=sorted(_NEEDING)).order_by("-seq")
    since = between.values_list("seq", flat=True).first()
    return [alarm for alarm in called if since is None or alarm.seq > since]


def listed(
    row: Decision, state: State, known: Register, called: Sequence[Alarm]
) -> list[tuple[UUID | None, str, Alarm | None]]:
    """(whom, as what, the last call of them) of the chain while it is needed, and of whoever was called besides."""
    what = {link.person: link.what for link in chain(row, known)} if waits(row, state) else {}
    of = {alarm.person: alarm for alarm in called}
    people: list[UUID | None] = [*what, *(person for person in of if person not in what)]
    return [(person, what.get(person, CALLED) if person else CALLED, of.get(person)) for person in people]


def mine(person: UUID, known: Register) -> Q:
    """The decisions that are theirs: they answer for it, are on call for its service now, or were called to it."""
    services = [slug for slug in known.services if known.on_call(slug)[:1] == (person,)]
    called = Alarm.objects.filter(kind=CALLED, person=person).exclude(state="cleared").values("decision")
    return Q(owner_id=person) | Q(service__in=services) | Q(id__in=called)


def following(links: Sequence[Link], called: Sequence[Alarm], caller: UUID) -> Link | None:
    """Whom a call of `caller` reaches: the first who has not been called and is not the caller; None at the chain's end."""
    done = {alarm.person for alarm in called} | {caller}
    return next((link for link in links if link.person not in done), None)


def context(
    row: Decision,
    state: State,
    known: Register,
    *,
    called: Sequence[Alarm],
    people: Mapping[UUID, Person],
    viewer: UUID,
) -> dict[str, Any]:
    """For the page of a decision: the chain with who was called when and by whom, and whom `viewer` can call next."""
    waiting = waits(row, state)
    reached = following(chain(row, known), for_this(row, called), viewer) if waiting else None
    return {
        "chain_of_calls": [_shown(*one, people) for one in listed(row, state, known, called)],
        "may_call": waiting and access.may(known, viewer, access.APPROVER_ROLES),
        "next_call": _name(people, reached.person) if reached else "",
        "next_id": reached.person if reached else None,
    }


def _shown(person: UUID | None, what: str, call: Alarm | None, people: Mapping[UUID, Person]) -> dict[str, Any]:
    by = call.raised_by.removeprefix("person:") if call else ""
    return {"name": _name(people, person), "what": what, "call": call, "by": _name(people, UUID(by)) if by else ""}


def _name(people: Mapping[UUID, Person], id_: UUID | None) -> str:
    person = people.get(id_) if id_ else None
    return (person.name or person.username) if person else "a person who was erased"
