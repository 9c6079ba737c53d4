"""What every page's frame shows: sections, counts, alarms, the entry it is complete up to."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from approvals import access
from decisions import clock, freezes, inert, ledger, queries, register
from decisions.auth import factors
from decisions.models import Alarm, Person
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
    counts: dict[str, Callable[[], int]] = {
        "approvals:needs_you": lambda: queries.count_needing_people(now),
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
        "open_alarms": [
            alarm for alarm in alarms(["open"]) if access.may(known, person.id, access.handles(alarm["kind"]))
        ],
    }


def alarms(states: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "seq": alarm.seq,
            "kind": alarm.kind,
            "kind_word": ALARM_WORDS.get(alarm.kind, alarm.kind.replace("_", " ").capitalize()),
            "subject": inert.name(alarm.subject),
            "raised_at": alarm.raised_at,
            "state": alarm.state,
        }
        for alarm in Alarm.objects.filter(state__in=states).order_by("-seq")[:50]
    ]
