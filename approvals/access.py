"""Who may do what: the only legal way from a person to a right. Fails closed; one condition a line."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import CharField, Q, UUIDField

from decisions import register
from decisions.errors import Problem, Refusal, forbidden, not_found
from decisions.models import Agent, Alarm, Decision
from decisions.models.prepared import Prepared, PreparedValues, Slot
from decisions.vocab import VETOES, Role

READS_DECISIONS = tuple(Role)
READS_ACCOUNT = (Role.RESPONDER, Role.MANAGER, Role.EXECUTIVE, Role.AUDITOR)
"""Viewers and administrators read decisions without the agent's words and the parameters."""
SIGNS_OFF = (Role.MANAGER, Role.EXECUTIVE)
BUILDS_REPORTS = (Role.MANAGER, Role.EXECUTIVE, Role.AUDITOR)
READS_REPORTS = (Role.MANAGER, Role.EXECUTIVE, Role.AUDITOR)
ATTESTS = (Role.MANAGER,)
ISSUES = (Role.EXECUTIVE,)
"""Never who attested a page of it: `issue_report` sees to that."""
ADMINISTERS = (Role.ADMIN,)
CHECKS_LEDGER = (Role.AUDITOR, Role.ADMIN)
KEEPS = (Role.EXECUTIVE, Role.AUDITOR)
"""Who says that something must be kept as it is, and that it need no longer: not those who erase."""
HANDLES_ALARMS = (Role.RESPONDER, Role.MANAGER, Role.ADMIN)
ALARMS_OF: Mapping[str, Sequence[Role]] = MappingProxyType(
    {"glass_broken": (Role.EXECUTIVE, Role.AUDITOR), "ledger_faulty": (Role.EXECUTIVE, Role.AUDITOR)}
)
"""Alarms that concern others: whoever could break the glass, or change the ledger, cannot make the alarm of it go away."""
DRAFTS_POLICY = (Role.MANAGER, Role.ADMIN)
ACTIVATES_POLICY = (Role.EXECUTIVE,)
"""Never who drafted it: `activate_draft` sees to that."""
LOOSENS_POLICY = (Role.MANAGER, Role.EXECUTIVE)
"""Who may be named as answering for a loosening exception."""
APPROVER_ROLES = (Role.RESPONDER, Role.MANAGER)
ANSWERS_ALONE = (Role.MANAGER,)
"""Who approves where no group is asked."""
REVIEWS = (Role.RESPONDER, Role.MANAGER)
BREAKS_GLASS = (Role.MANAGER,)
STOPS = (Role.RESPONDER, Role.MANAGER, Role.EXECUTIVE, Role.ADMIN)
"""Stopping is easy for many."""
LIFTS = (Role.MANAGER, Role.EXECUTIVE)
"""Starting again is hard for few."""


def may(known: register.Register, person: UUID | None, roles: Sequence[Role]) -> bool:
    return person is not None and known.has_role(person, *roles)


def require(known: register.Register, person: UUID, roles: Sequence[Role], what: str) -> None:
    """Raise the refusal of a person who has none of `roles`."""
    if not may(known, person, roles):
        raise Refusal(_not_permitted(what, roles), subject=what)


def _not_permitted(what: str, roles: Sequence[Role]) -> Problem:
    return forbidden(f"To {what} takes one of these roles: {', '.join(roles)}.", "role")


_BY_ID = Prepared(lambda: Decision.objects.filter(id=Slot("id", UUIDField()), complete=True))
_REF_OF = PreparedValues(
    lambda: Decision.rows.filter(id=Slot("id", UUIDField()), complete=True).values_list("ref_key", "agent_id")
)
_BY_REF = Prepared(lambda: Decision.objects.filter(ref_key=Slot("ref", CharField()), complete=True))
_BY_LEASE = Prepared(lambda: Decision.objects.filter(lease_id=Slot("lease", UUIDField()), complete=True))


def decision_of(decision_id: UUID) -> Decision:
    """The decision of that id. Raises a 404 problem."""
    row = _BY_ID.first(id=decision_id)
    if row is None:
        raise not_found("decision")
    return row


def decision_of_ref(ref_key: str) -> Decision:
    """The decision of that key. Raises a 404 problem."""
    row = _BY_REF.first(ref=ref_key)
    if row is None:
        raise not_found("decision")
    return row


def own_ref(agent: UUID, decision_id: UUID) -> str:
    """The key of the decision of that id, if it is one of `agent`. Raises a 404 problem."""
    for key, whose in _REF_OF.all(id=decision_id):
        if whose == agent:
            return str(key)
    raise not_found("decision")


def own_decision(agent: UUID, decision_id: UUID) -> Decision:
    """The decision of that id, if it is one of `agent`. Raises a 404 problem."""
    row = _BY_ID.first(id=decision_id)
    if row is None or row.agent_id != agent:
        raise not_found("decision")
    return row


def leased_decision(agent: UUID, lease_id: UUID) -> Decision:
    """The decision under that lease, if it is one of `agent`. Raises a 404 problem."""
    row = _BY_LEASE.first(lease=lease_id)
    if row is None or row.agent_id != agent:
        raise not_found("decision")
    return row


def why_not_veto(known: register.Register, person: UUID, *, protected: bool = True) -> Problem | None:
    """None if `person` may veto: any responder any action, and a manager one whose protection is over."""
    roles = VETOES if protected else (Role.MANAGER,)
    return None if may(known, person, roles) else _not_permitted("veto", roles)


def why_not_approve(known: register.Register, person: UUID, row: Decision, agent: Agent | None) -> Problem | None:
    """None if an approval of `person` counts towards the requirement of `row`."""
    if not may(known, person, APPROVER_ROLES):
        return _not_permitted("approve", APPROVER_ROLES)
    if agent is None or agent.owner == person:
        return forbidden("The agent's owner may not approve its actions.", "self-approval")
    if row.requirement:
        if not groups_of(known, person) & {str(part["group"]) for part in row.requirement}:
            return forbidden(f"This takes a member of {requirement_words(row.requirement)}.", "not-eligible")
    elif not may(known, person, ANSWERS_ALONE):
        return _not_permitted("approve", ANSWERS_ALONE)
    return None


def why_not_break_glass(known: register.Register, person: UUID, agent: Agent | None) -> Problem | None:
    """None if `person` may authorise an act of `agent` alone, in an emergency."""
    if not may(known, person, BREAKS_GLASS):
        return _not_permitted("break the glass", BREAKS_GLASS)
    if agent is None or owns_agent(person, agent):
        return forbidden("The agent's owner may not approve its actions.", "self-approval")
    return None


def alarms_for(known: register.Register, person: UUID) -> Q:
    """The alarms that concern all of a role that `person` has; none that calls one person alone."""
    others = [kind for kind, roles in ALARMS_OF.items() if not may(known, person, roles)]
    if may(known, person, HANDLES_ALARMS):
        return Q(person=None) & ~Q(kind__in=others)
    return Q(person=None, kind__in=[kind for kind in ALARMS_OF if kind not in others])


def why_not_handle(known: register.Register, person: UUID, alarm: Alarm | None, verb: str) -> Problem | None:
    """None if `alarm` concerns `person`: they see it on every page, and say that they have."""
    if alarm is not None and alarm.person is not None:
        return None if alarm.person == known.valid(person) else forbidden("Somebody else was called.", "role")
    roles = ALARMS_OF.get(alarm.kind if alarm else "", HANDLES_ALARMS)
    return None if may(known, person, roles) else _not_permitted(f"{verb} this alarm", roles)


def why_not_review(known: register.Register, person: UUID, agent: Agent | None) -> Problem | None:
    """None if `person` may say what became of an act of `agent`."""
    if not may(known, person, REVIEWS):
        return _not_permitted("review", REVIEWS)
    if owns_agent(person, agent):
        return forbidden("The agent's owner may not review its actions.", "self-approval")
    return None


def why_not_sign_off(known: register.Register, person: UUID, row: Decision, agent: Agent | None) -> Problem | None:
    """None if a sign-off of `person` may be recorded."""
    if not may(known, person, SIGNS_OFF):
        return _not_permitted("sign off", SIGNS_OFF)
    return None


def owns_agent(person: UUID, agent: Agent | None) -> bool:
    return agent is not None and agent.owner == person


def groups_of(known: register.Register, person: UUID) -> frozenset[str]:
    """The groups in which `person` counts now."""
    return frozenset(slug for slug in known.members if person in known.members_of(slug))


def requirement_words(requirement: Sequence[Any]) -> str:
    """What a requirement asks for, in words."""
    parts = [f"{part['n']} of {part['group']}" for part in requirement]
    return " and ".join(parts) if parts else "1 manager"
