"""Everything that the page of one entry shows: what it says, what may be seen of it, and what proves it. It must not write.

It reads the row as it lies there, so that an entry which somebody changed can be looked at too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from approvals import access
from approvals.models import Erasure
from approvals.queries import erasures
from approvals.queries.decision import KIND_WORDS
from decisions import inert, ledger, lookup, proofs, register
from decisions.envelope import disclosure_digest
from decisions.merkle import leaf_hash
from decisions.models import Agent, Decision, Timeline
from decisions.models.ledger import StoredCheckpoint
from decisions.proofs import Proof

VALUE_CHARACTERS = 20_000
VALUE_LINES = 400
SEEN_BY_ALL = frozenset({"faults"})
"""Disclosures whose value is ours and that every page shows."""
OTHER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "ledger.checked": "Full check of the ledger",
        "report.built": "Report built",
        "key.rotated": "Key of the ledger replaced",
        "attempt.refused": "Attempt refused",
        "signal.received": "Signal received",
        "import.made": "Recordings imported",
    }
)


@dataclass(frozen=True, slots=True)
class Value:
    """What is disclosed of an entry under one name. `text` is None where the reader may not see it."""

    name: str
    words: str
    text: str | None
    left_out: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry with what belongs to it."""

    row: ledger.Stored
    envelope: dict[str, Any]
    """Empty where the bytes are no entry any more."""
    hashed: bool
    """Whether the bytes have the hash that was stored with them."""
    values: list[Value]
    erased: list[dict[str, Any]]
    missing: int
    """How many values are gone of which no entry says that they were erased."""
    decision: Decision | None
    proof: Proof | None
    fault: str
    """Why the ledger's rows do not prove the entry; empty where they do."""
    covered: StoredCheckpoint | None
    """The first checkpoint that covers it."""
    sees: bool


def load(seq: int, viewer: UUID | None) -> EntryPage | None:
    """Entry `seq` as `viewer` may see it, by None for a machine; None where there is no such entry."""
    row = next(ledger.stored(seq, seq + 1), None) if 0 <= seq < ledger.size() else None
    if row is None:
        return None
    known = register.latest()
    sees = access.may(known, viewer, access.READS_ACCOUNT)
    envelope = _envelope(row.body)
    gone = list(Erasure.objects.filter(entry_seq=seq).order_by("seq"))
    proof, fault = None, ""
    try:
        proof = proofs.prove(seq, row.body)
    except ValueError as error:
        fault = str(error)
    spoken = Timeline.objects.filter(seq=seq).values_list("decision_seq", flat=True)
    return EntryPage(
        row=row,
        envelope=envelope,
        hashed=leaf_hash(row.body) == row.leaf,
        values=[_value(name, text, sees=sees or name in SEEN_BY_ALL) for name, text in row.disclosures],
        erased=erasures.described(gone, reasons=access.may(known, viewer, erasures.READS_REASONS)),
        missing=_missing(row, envelope, gone),
        decision=Decision.objects.filter(seq__in=list(spoken), complete=True).first(),
        proof=proof,
        fault=fault,
        covered=lookup.first_over(seq),
        sees=sees,
    )


def pretty(page: EntryPage) -> str:
    """The bytes of the leaf, laid out for people and inert."""
    if not page.envelope:
        return inert.folded(page.row.body.decode(errors="replace"))
    return inert.folded(json.dumps(page.envelope, indent=2, ensure_ascii=False))


def kind_words(kind: str) -> str:
    return KIND_WORDS.get(kind) or OTHER_WORDS.get(kind) or inert.name(kind).replace(".", " ").capitalize()


def actor_words(actor: str) -> str:
    """Who that is: by name where there is one."""
    kind, _, id_ = actor.partition(":")
    try:
        if kind == "person":
            return register.names({UUID(id_)}).get(UUID(id_), "a person who was erased")
        if kind == "agent":
            agent = Agent.objects.filter(id=UUID(id_)).first()
            return f"{agent.name}, an agent" if agent else "an agent"
    except ValueError:
        return inert.name(actor)
    return "Oversight"


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _value(name: str, text: str, *, sees: bool) -> Value:
    words = erasures.NAME_WORDS.get(name, name.replace("_", " "))
    if not sees:
        return Value(name, words, None)
    try:
        value = json.loads(text)[2]
    except (ValueError, IndexError):
        return Value(name, words, "⟦it cannot be opened with the keys of this installation⟧")
    shown = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    part = inert.excerpt(shown, characters=VALUE_CHARACTERS, lines=VALUE_LINES)
    return Value(name, words, part.text, part.left_out, value)


def _missing(row: ledger.Stored, envelope: dict[str, Any], gone: list[Erasure]) -> int:
    digests = envelope.get("_sd")
    if not isinstance(digests, list):
        return 0
    there = {disclosure_digest(text) for _, text in row.disclosures}
    erased = {
        digest for entry in ledger.entries_of({one.seq for one in gone}) for digest in entry.facts["erased"].values()
    }
    return len({str(digest) for digest in digests} - there - erased)
