"""Who can approve a decision now, by name. It must not write, nor promise that they are there."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from approvals import access
from approvals.models import Verdict
from decisions.models import Agent, Decision, Person
from decisions.register import Register

NAMED = 5


def of(row: Decision, known: Register, agent: Agent | None, given: "list[Verdict]") -> dict[str, Any]:
    """The first few names in the order of the alphabet, and how many more there are; those who have approved are none of them."""
    done = {said.person_id for said in given}
    able = [
        person
        for person in _asked(row, known)
        if person not in done and access.why_not_approve(known, person, row, agent) is None
    ]
    first = Person.objects.filter(id__in=able).order_by("name", "id").values_list("name", flat=True)[:NAMED]
    return {"names": [name or "somebody without a name" for name in first], "more": max(0, len(able) - NAMED)}


def _asked(row: Decision, known: Register) -> Iterator[UUID]:
    """Whoever the requirement may mean; where it names no group, everybody in the register."""
    if not row.requirement:
        yield from known.standings
        return
    yield from sorted({person for part in row.requirement for person in known.members_of(str(part["group"]))})
