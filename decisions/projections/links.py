"""Which evidence an entry says is of which decision. It must not find that out: whoever records the entry does."""

from collections.abc import Iterable, Mapping

from decisions.envelope import Entry
from decisions.models import Decision, Evidence
from decisions.vocab import Kind


def join(entries: Iterable[Entry], rows: Mapping[str, Decision]) -> None:
    """Note of each observed effect among `entries` whose it is; `rows` are the decisions by their keys."""
    for entry in entries:
        if entry.kind is Kind.OUTCOME_OBSERVED and entry.facts.get("evidence"):
            Evidence.objects.filter(id=entry.facts["evidence"]).update(
                decision_seq=rows[entry.facts["ref"]].seq, rule=entry.facts["rule"]
            )
