"""Raise what people must see of other systems: an agent's act that nobody told of, a source that fell silent; end what is over.

Nothing waits for this: both are seen on the page of sources at every read.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from approvals.queries import sources as queries
from decisions import clock, register
from decisions.envelope import Draft
from decisions.models import Alarm
from decisions.moment import Moment
from decisions.recording import record
from decisions.vocab import Kind

UNREPORTED, SILENT = "unreported_action", "source_silent"


def watch_sources() -> int:
    """Record the alarms that are due; how many entries that made."""
    now = clock.now()
    # Looked at before the lock: what is due stays due, and an alarm that is open already is dropped under it.
    raised = [*_unreported(now), *_silent(now)]
    heard = {f"{SILENT}:{one.slug}" for one in queries.health(now) if one.slug and not one.silent}
    known = set(Alarm.objects.exclude(state="cleared").filter(key__in=heard).values_list("key", flat=True))
    if not raised and not known:
        return 0

    def decide(moment: Moment) -> list[Draft]:
        over = [
            Draft(Kind.ALARM_CLEARED, "system", {"kv": 1, "key": key, "alarm": SILENT})
            for key in sorted(known)
            if moment.alarm_is_open(key)
        ]
        return [*raised, *over]

    return len(record(decide, principal="system").seqs)


def _unreported(now: datetime) -> Iterable[Draft]:
    """One alarm an agent, where something is unreported that the last alarm of it did not know."""
    known = register.latest()
    for agent_id, due in queries.due_last(now).items():
        key = f"{UNREPORTED}:{agent_id}"
        if not Alarm.objects.filter(key=key, raised_at__gte=due).exists():
            agent = known.agents.get(agent_id)
            yield _alarm(key, UNREPORTED, agent.name if agent else "an agent that is gone")


def _silent(now: datetime) -> Iterable[Draft]:
    for one in queries.health(now):
        if not one.silent:
            continue
        key = f"{SILENT}:{one.slug}"
        before = Alarm.objects.filter(key=key).order_by("-seq").first()
        # Once for each silence: cleared by a person, it is not raised again before the source was heard.
        if before is None or (one.last_at is not None and before.raised_at < one.last_at + _quiet(one)):
            yield _alarm(key, SILENT, one.name)


def _quiet(one: queries.Health) -> timedelta:
    return timedelta(minutes=one.quiet_minutes or 0)


def _alarm(key: str, alarm: str, subject: str) -> Draft:
    return Draft(Kind.ALARM_RAISED, "system", {"kv": 1, "key": key, "alarm": alarm}, {"subject": subject[:120]})
