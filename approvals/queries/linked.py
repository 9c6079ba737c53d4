"""What other systems told that belongs to a decision, and by which rule. It must not write."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from decisions import inert, ledger
from decisions.intake.assembly import episode_digest
from decisions.intake.matching import DECISION_KEY, Rule
from decisions.intake.told import digest
from decisions.models import Decision, Evidence, EvidenceKey, LinkCut, Look, Source, Timeline
from decisions.projections.decided import TELLING
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


def of(row: Decision) -> list[Link]:
    """What belongs to `row` and nobody has cut off, in order of time; at most `SHOWN`."""
    cut = set(LinkCut.objects.filter(decision_seq=row.seq).values_list("evidence_seq", flat=True))
    found: dict[int, Link] = {}
    for evidence in Evidence.objects.filter(decision_seq=row.seq)[:SHOWN]:
        found[evidence.seq] = Link(evidence, EFFECT_WORDS[Rule(evidence.rule)])
    for evidence, words in _by_key(row):
        found.setdefault(evidence.seq, Link(evidence, words))
    if row.service:
        about = (row.occurred_at - BEFORE, row.occurred_at + AFTER)
        near = Evidence.objects.filter(service=row.service, says=Says.TRIGGER, occurred_at__range=about)
        for evidence in near.order_by("-occurred_at")[:SHOWN]:
            found.setdefault(evidence.seq, Link(evidence, NEAR))
    kept = sorted((link for seq, link in found.items() if seq not in cut), key=lambda link: link.row.occurred_at)
    return kept[-SHOWN:]


def _by_key(row: Decision) -> Iterable[tuple[Evidence, str]]:
    keys = {digest(key): key for key in keys_of(row)}
    names = dict(EvidenceKey.objects.filter(key__in=list(keys)).values_list("evidence_seq", "key")[:SHOWN])
    for evidence in Evidence.objects.filter(seq__in=list(names)):
        if evidence.decision_seq in (None, row.seq):
            prefix = keys[names[evidence.seq]].partition(":")[0]
            yield evidence, KEY_WORDS.get(prefix, f"It has the same {prefix}")


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
    """slug → the name that people know a source by."""
    return dict(Source.objects.filter(slug__in=list(slugs)).values_list("slug", "name"))
