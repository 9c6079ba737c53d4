"""Which evidence an entry says is of which decision. It must not find that out: whoever records the entry does."""

from collections.abc import Iterable, Mapping

from decisions.envelope import Entry
from decisions.models import Decision, Evidence
from decisions.models.bulk import chunks
from decisions.vocab import Kind


def join(entries: Iterable[Entry], rows: Mapping[str, Decision]) -> None:
    """Note of each observed effect among `entries` whose it is; `rows` are the decisions by their keys."""
    # Of two that speak of the same evidence the later one counts.
    whose = {
        entry.facts["evidence"]: (rows[entry.facts["ref"]].seq, entry.facts["rule"])
        for entry in entries
        if entry.kind is Kind.OUTCOME_OBSERVED and entry.facts.get("evidence")
    }
    alike: dict[tuple[int, str], list[str]] = {}
    for evidence, place in whose.items():
        alike.setdefault(place, []).append(evidence)
    for (seq, rule), ids in alike.items():
        for some in chunks(ids):
            Evidence.objects.filter(id__in=some).update(decision_seq=seq, rule=rule)
