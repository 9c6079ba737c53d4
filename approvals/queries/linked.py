"""What other systems told that belongs to a decision, and by which rule. It must not write."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, IntegerField, Q, When

from decisions import inert, ledger, register
from decisions.intake.assembly import episode_digest
from decisions.intake.matching import DECISION_KEY, Rule
from decisions.intake.told import digest
from decisions.models import Decision, Evidence, EvidenceKey, LinkCut, Look, Source, Timeline
from decisions.models.prepared import PreparedValues, Slot
from decisions.projections.again import TELLING
from decisions.vocab import Outcome, Says

SHOWN = 50
BEFORE, AFTER = timedelta(hours=1), timedelta(minutes=5)
"""A trigger of the same service counts as near a decision from so long before it until so long after."""
KEY_WORDS = {
    "alert": "The agent names this alert",
    "incident": "It is of the same incident",
    "trace": "It is of the same trace",
    "run": "It is of the same run",
    "chain": "It is of the same chain of events",
    "decision": "It names this decision",
}
EFFECT_WORDS = {
    Rule.NAMED: "It names this decision",
    Rule.TARGET: "The same agent changed the same thing at that time",
}
NEAR = "The same service, at that time"
OUTCOME_WORDS = {
    Outcome.SUCCEEDED: "took effect",
    Outcome.NO_CHANGE: "changed nothing",
    Outcome.PARTIAL: "took effect in part",
    Outcome.FAILED: "was refused or failed",
    Outcome.NOT_EXECUTED: "was not done",
    Outcome.UNKNOWN: "effect unknown",
}


@dataclass(frozen=True, slots=True)
class Link:
    """One piece of evidence, and why it is shown with the decision."""

    row: Evidence
    rule: str
    """In words."""

    def shown(self) -> dict[str, Any]:
        """For pages and machines: names visible and cut, the source's words marked as such by who shows them."""
        row, told = self.row, self.row.told
        return {
            "seq": row.seq,
            "says": row.says,
            "source": row.source,
            "title": inert.name(str(told.get("title") or told.get("kind", "").replace("_", " ")), 200),
            "actor": inert.name(str(told.get("actor", "")), 100),
            "resource": inert.name(str(told.get("resource", "")), 200),
            "detail": inert.excerpt(str(told.get("detail", "")), characters=300, lines=3).text,
            "outcome": row.outcome,
            "outcome_word": OUTCOME_WORDS[Outcome(row.outcome)] if row.outcome else "",
            "at": row.occurred_at,
            "until": row.until,
            "rule": self.rule,
        }


_CUT = PreparedValues(
    lambda: LinkCut.objects.filter(decision_seq=Slot("seq", BigIntegerField())).values_list("evidence_seq")
)


def of(row: Decision, known: register.Register | None = None) -> list[Link]:
    """What belongs to `row` and nobody has cut off, in order of time; at most `SHOWN`.

    Where there is more, what was seen of it stays before what names it, that before what was near it, and the word of a
    source before that of an agent: nobody can crowd out a witness.
    """
    cut = {seq for (seq,) in _CUT.all(seq=row.seq)}
    found: dict[int, Link] = {}
    most = SHOWN + len(cut)
    for evidence in Evidence.objects.filter(decision_seq=row.seq).order_by("-seq")[:most]:
        found[evidence.seq] = Link(evidence, EFFECT_WORDS[Rule(evidence.rule)])
    agents = {str(id_) for id_ in (known or register.latest()).agents}
    by_agents = Case(When(source__in=agents, then=1), default=0, output_field=IntegerField())
    told = [*_by_key(row, by_agents, most), *_near(row, by_agents, most)]
    for evidence, words in sorted(told, key=lambda one: one[0].source in agents):
        found.setdefault(evidence.seq, Link(evidence, words))
    kept = [link for seq, link in found.items() if seq not in cut][:SHOWN]
    return sorted(kept, key=lambda link: (link.row.occurred_at, link.row.seq))


def _near(row: Decision, by_agents: Case, most: int) -> Iterable[tuple[Evidence, str]]:
    if not row.service:
        return ()
    about = (row.occurred_at - BEFORE, row.occurred_at + AFTER)
    near = Evidence.objects.filter(service=row.service, says=Says.TRIGGER, occurred_at__range=about)
    return ((one, NEAR) for one in near.order_by(by_agents, "-occurred_at", "-seq")[:most])


def _by_key(row: Decision, by_agents: Case, most: int) -> Iterable[tuple[Evidence, str]]:
    keys = {digest(key): key for key in keys_of(row)}
    carrying = EvidenceKey.objects.filter(key__in=list(keys))
    free = Evidence.objects.filter(Q(decision_seq__isnull=True) | Q(decision_seq=row.seq))
    rows = free.filter(seq__in=carrying.values("evidence_seq")).order_by(by_agents, "-seq")[:most]
    found = {one.seq: one for one in rows}
    if not found:
        return
    names = dict(carrying.filter(evidence_seq__in=list(found)).order_by("-key").values_list("evidence_seq", "key"))
    for seq, one in found.items():
        prefix = keys[names[seq]].partition(":")[0]
        yield one, KEY_WORDS.get(prefix, f"It has the same {prefix}")


def keys_of(row: Decision) -> set[str]:
    """The names by which other records may speak of the same affair as `row`."""
    keys = {f"{DECISION_KEY}{row.id}"}
    trigger = row.account.get("trigger") or {}
    if trigger.get("id"):
        keys.add(f"{trigger.get('kind') or 'alert'}:{trigger['id']}")
    told = Timeline.objects.filter(decision_seq=row.seq, kind__in=TELLING).values_list("seq", flat=True)
    for entry in ledger.entries_of(told):
        keys.update(entry.disclosed.get("names", {}).get("keys", ()))
    return keys


def looks(row: Decision) -> int:
    """How often the agent of `row` looked, without changing anything, in the same episode."""
    if not row.episode:
        return 0
    found = Look.objects.filter(id=f"{row.agent_id}:{episode_digest(row.agent_id, row.episode)}").first()
    return found.calls if found else 0


def source_names(slugs: Iterable[str]) -> dict[str, str]:
    """The names that people know sources by; agents hand things in as well, by their ids."""
    agents = {str(agent.id): agent.name for agent in register.latest().agents.values()}
    asked = set(slugs)
    return {id_: agents[id_] for id_ in asked & agents.keys()} | dict(
        Source.objects.filter(slug__in=asked).values_list("slug", "name")
    )
