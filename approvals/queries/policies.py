"""Versions and drafts of the policy, and what forbids one to come in force. It must not write."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from approvals import access, policy
from approvals.models import PolicyDraft, PolicyVersion
from approvals.policy import checks
from approvals.vocab import DraftState
from decisions import register
from decisions.errors import Problem, conflict, not_found
from decisions.models import Person


def in_force() -> PolicyVersion | None:
    return PolicyVersion.objects.order_by("-version").first()


def version(number: int) -> PolicyVersion:
    """The version of that number. Raises a 404 problem."""
    row = PolicyVersion.objects.filter(version=number).first()
    if row is None:
        raise not_found("version of the policy")
    return row


def draft(draft_id: UUID) -> PolicyDraft:
    """The draft of that id. Raises a 404 problem."""
    row = PolicyDraft.objects.filter(id=draft_id).first()
    if row is None:
        raise not_found("draft of the policy")
    return row


def seen(draft_id: UUID, revision: int) -> PolicyDraft:
    """The draft of that id as somebody saw it. Raises a 404 problem, or 412 where it has ended since."""
    row = draft(draft_id)
    if row.revision != revision:
        raise Problem(
            412, "stale-view", "The draft has ended since you opened it", "Look at it again; nothing was recorded."
        )
    return row


def open_drafts() -> list[PolicyDraft]:
    """The drafts that wait for a second person, the newest first."""
    return list(PolicyDraft.objects.filter(state=DraftState.OPEN).order_by("-seq"))


def compiled(row: PolicyVersion | PolicyDraft) -> policy.Policy:
    """The policy in a stored document; a draft as the version after the one that it was drafted on. Raises a 422 problem."""
    number = row.version if isinstance(row, PolicyVersion) else row.based_on + 1
    try:
        return policy.read(row.document, version=number)
    except policy.BadPolicyError as error:
        raise _bad(error.errors) from None


def unsatisfiable(found: policy.Policy, known: register.Register, now: datetime) -> list[str]:
    """Where `found` asks for people whom the register does not have, with their places."""
    return checks.quorum_faults(found, people_of(known), now)


def _bad(faults: list[str]) -> Problem:
    return Problem(422, "bad-policy", "The policy cannot be used", "; ".join(faults), {"errors": faults})


def overtaken(latest: int) -> Problem:
    """The problem of a draft that was made before version `latest` came in force."""
    return conflict(
        "another-version",
        f"Version {latest} came in force since. Look at what it changed, and draft again on top of it.",
        version=latest,
    )


def checked(
    document: Any, *, as_version: int, known: register.Register, now: datetime, quorums: bool = True
) -> tuple[policy.Policy | None, list[str]]:
    """The policy in `document`, and every fault that forbids it to come in force at `now` as the register stands.

    Without `quorums` it is enough that each group is as large as what is asked of it: so an operator can start with few people.
    """
    try:
        found = policy.read(document, version=as_version, groups=None if quorums else sizes(known))
    except policy.BadPolicyError as error:
        return None, error.errors
    return found, (checks.faults if quorums else checks.document_faults)(found, people_of(known), now)


def read(
    document: Any, *, as_version: int, known: register.Register, now: datetime, quorums: bool = True
) -> policy.Policy:
    """As `checked`. Raises a 422 problem that lists every fault."""
    found, faults = checked(document, as_version=as_version, known=known, now=now, quorums=quorums)
    if found is None or faults:
        raise _bad(faults)
    return found


def sizes(known: register.Register) -> Mapping[str, int]:
    return {slug: len(known.members_of(slug)) for slug in known.members}


def people_of(known: register.Register) -> checks.People:
    """Who can answer, by the register in `known`."""
    able = {str(person) for person in known.standings if access.may(known, person, access.APPROVER_ROLES)}
    loosens = [person for person in known.standings if access.may(known, person, access.LOOSENS_POLICY)]
    return checks.People(
        groups={slug: frozenset(map(str, known.members_of(slug))) & able for slug in known.members},
        managers=frozenset(
            str(person) for person in known.standings if access.may(known, person, access.ANSWERS_ALONE)
        ),
        owners={
            agent.slug: str(agent.owner) if agent.owner else None for agent in known.agents.values() if agent.active
        },
        loosens=frozenset(Person.objects.filter(id__in=loosens).values_list("username", flat=True)),
    )
