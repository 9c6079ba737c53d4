"""What every page's frame shows: sections, counts, alarms, the entry it is complete up to."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from approvals import access
from approvals.queries.calls import waits
from decisions import alarms, clock, freezes, inert, ledger, queries, register
from decisions.auth import factors
from decisions.models import Alarm, Decision, Person
from decisions.states import effective_state
from decisions.vocab import Role

ALARM_WORDS = {
    "nobody_accountable": "Nobody is accountable",
    "acted_without_permission": "Acted without permission",
    "acted_otherwise": "Acted otherwise than approved",
    "ledger_disagreement": "The ledger disagrees with its checkpoint",
    "ledger_faulty": "A full check of the ledger found faults",
    "witness_disagreement": "A witness has seen another ledger",
    "glass_broken": "One person authorised it alone",
    "unreported_action": "An agent acted and did not tell",
    "source_silent": "A source is silent",
    "called": "You are called",
    "database_restored": "The database is not the one that was last written",
}
SECTIONS: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("decisions:timeline", "Timeline", tuple(Role)),
    ("approvals:needs_you", "Needs you", tuple(Role)),
    ("approvals:sign_off_queue", "Sign-off", tuple(Role)),
    ("approvals:reports", "Reports", access.READS_REPORTS),
    ("approvals:policy", "Policy", tuple(Role)),
    ("approvals:register", "Register", tuple(Role)),
    ("approvals:ledger", "Ledger", tuple(Role)),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """The frame's values for a signed-in person with a role; next to nothing for anybody else."""
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return {"zone": settings.ZONE, "head_seq": None}
    known = register.latest()
    standing = known.standings.get(person.id)
    roles = list(standing.roles) if standing and standing.active else []
    if not roles:
        return {"zone": settings.ZONE, "head_seq": None, "person": {"name": person.name, "roles": []}, "nav": []}
    now, head = clock.now(), ledger.current()
    needing = queries.needing_people(now)
    counts: dict[str, Callable[[], int]] = {
        "approvals:needs_you": lambda: needing[0],
        "approvals:sign_off_queue": lambda: queries.count_owed(now),
    }
    return {
        "zone": settings.ZONE,
        "head_seq": head.size - 1,
        "read_only": head.halted,
        "person": {"name": person.name, "roles": roles},
        "factor_due": factors.due(person),
        "nav": [
            {
                "url": reverse(name),
                "label": label,
                "current": request.path == reverse(name),
                "badge": counts[name]() if name in counts else 0,
            }
            for name, label, allowed in SECTIONS
            if access.may(known, person.id, allowed)
        ],
        "stops": freezes.bar(),
        "alarm_words": ALARM_WORDS,
        **open_alarms(known, person.id),
        "on_call": _on_call(known, person.id),
        "needs_mark": needing[1],
    }


def _on_call(known: register.Register, viewer: UUID) -> str:
    """Who is on call now, in a few words; empty where no group says who."""
    firsts = {people[0] for group in known.rotas if (people := known.rota(group))}
    if viewer in firsts:
        return "You are on call"
    if len(firsts) == 1:
        names = [*register.names(firsts).values(), "somebody without a name"]
        return f"On call: {inert.name(names[0])}"
    return f"{len(firsts)} on call" if firsts else ""


def open_alarms(known: register.Register, person: UUID) -> dict[str, Any]:
    """The open alarms that concern `person`, the newest first: those that call them by themselves, and only while
    their decision waits for somebody; and the mark by which the page knows whether it shows them all.
    """
    # Read first: an alarm that comes meanwhile makes the page ask once more, rather than never.
    opened = alarms.opened()
    others = Alarm.objects.filter(access.alarms_for(known, person), state="open").order_by("-seq")[: alarms.MOST]
    return {
        "calls": _calls(person) if any(one.person == person for one in opened) else [],
        "open_alarms": [_alarm(row) for row in others] if any(one.person is None for one in opened) else [],
        "alarm_mark": alarms.mark(opened, person),
    }


def _calls(person: UUID) -> list[dict[str, Any]]:
    rows = list(Alarm.objects.filter(person=person, state="open").order_by("-seq")[: alarms.MOST])
    decisions, now = Decision.objects.in_bulk([row.decision for row in rows], field_name="id"), clock.now()
    live = [row for row in rows if waits(at := decisions[row.decision], effective_state(at, now))]
    callers = register.names({UUID(row.raised_by.removeprefix("person:")) for row in live}) if live else {}
    return [_call(row, callers) for row in live]


def _call(row: Alarm, callers: dict[UUID, str]) -> dict[str, Any]:
    by = callers.get(UUID(row.raised_by.removeprefix("person:")))
    return _alarm(row) | {"decision": row.decision, "by": inert.name(by or "somebody who was erased")}


def _alarm(row: Alarm) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "kind": row.kind,
        "kind_word": ALARM_WORDS.get(row.kind, row.kind.replace("_", " ").capitalize()),
        "subject": inert.name(row.subject) or "something that was erased",
        "raised_at": row.raised_at,
    }
