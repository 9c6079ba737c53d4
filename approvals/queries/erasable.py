"""What an erasure would reach. It must not write."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from approvals.vocab import ErasureOf
from decisions import disclosures, ledger, register
from decisions.errors import not_found
from decisions.models import Alarm, Decision, Evidence, Person, Timeline
from decisions.models.bulk import chunks
from decisions.vocab import Kind

MOST = 1000
"""How many entries one erasure reaches; what is left takes another."""
KEPT_NAMES = frozenset({"document"})
"""What the product itself rests on for as long as there is a ledger: the policy that ruled."""
OWN_WORDS = frozenset({"reason", "comment"})
"""What people say under their own name."""
SPOKEN = (
    Kind.VERDICT_GIVEN,
    Kind.SIGN_OFF_GIVEN,
    Kind.COMMENT_MADE,
    Kind.DECISION_REVIEWED,
    Kind.FREEZE_SET,
    Kind.POLICY_DRAFTED,
    Kind.REGISTER_CHANGED,
)
"""The kinds of entry in which people say something under their own name."""
EVERY_NAME: frozenset[str] = frozenset()
Named = Mapping[int, frozenset[str]]
"""seq → the names that are meant there; none for all of them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Of one entry, what is to be erased: name → digest; and the decision that it speaks of."""

    of: disclosures.Disclosing
    erased: dict[str, str]
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Reach:
    """What one erasure takes, and how many entries are left for the next."""

    parts: list[Part]
    left: int


def named(of: ErasureOf, value: str | Sequence[int], names: Iterable[str]) -> Named:
    """What is meant, of a decision or of entries restricted to `names` where there are any. Raises a 404 problem."""
    wanted = frozenset(names)
    match of:
        case ErasureOf.ENTRIES:
            seqs = sorted({int(seq) for seq in value})
            if seqs and (seqs[0] < 0 or seqs[-1] >= ledger.size()):
                raise not_found("entry")
            return dict.fromkeys(seqs, wanted)
        case ErasureOf.DECISION:
            return dict.fromkeys(_of_decision(UUID(str(value))), wanted)
        case _:
            return _of_person(UUID(str(value)))


def reach(meant: Named, *, one_by_one: bool) -> Reach:
    """What is disclosed still of what is `meant`. What was not named `one_by_one` leaves out why something was erased."""
    erasable: dict[int, frozenset[str]] = {}
    for seq, name in ledger.disclosed_names(meant):
        if (not meant[seq] or name in meant[seq]) and (one_by_one or name not in KEPT_NAMES):
            erasable[seq] = erasable.get(seq, EVERY_NAME) | {name}
    if not one_by_one:
        for seq in ledger.of_kind(Kind.DISCLOSURE_ERASED, erasable):
            del erasable[seq]
    first = sorted(erasable)[:MOST]
    found = list(disclosures.disclosing(first))
    rows, proven = _decisions({one.entry.facts.get("ref") or "" for one in found}), _proven(first)
    parts = [
        Part(
            one,
            {name: one.digests[name] for name in sorted(erasable[one.entry.seq])},
            rows.get(one.entry.facts.get("ref") or "") or proven.get(one.entry.seq),
        )
        for one in found
    ]
    return Reach(parts, len(erasable) - len(parts))


def _decisions(refs: Iterable[str]) -> dict[str, Decision]:
    rows: dict[str, Decision] = {}
    for some in chunks(refs):
        rows.update((row.ref_key, row) for row in Decision.objects.filter(ref_key__in=some))
    return rows


def _proven(seqs: Iterable[int]) -> dict[int, Decision]:
    """Of the entries at `seqs` that are evidence, the decisions that they were found to be of."""
    rows: dict[int, Decision] = {}
    for some in chunks(seqs):
        held = dict(
            Evidence.objects.filter(seq__in=some, decision_seq__isnull=False).values_list("seq", "decision_seq")
        )
        decisions = {row.seq: row for row in Decision.objects.filter(seq__in=set(held.values()))}
        rows |= {seq: decisions[decision] for seq, decision in held.items() if decision in decisions}
    return rows


def _of_decision(decision_id: UUID) -> list[int]:
    """The entries about a decision, what was seen of it, and the alarms that repeat its title or its service's unregistered name."""
    row = Decision.objects.filter(id=decision_id).first()
    if row is None:
        raise not_found("decision")
    seqs = set(Timeline.objects.filter(decision_seq=row.seq).values_list("seq", flat=True))
    seqs.update(Evidence.objects.filter(decision_seq=row.seq).values_list("seq", flat=True))
    repeated = {row.title} | ({row.service} if row.service not in register.latest().services else set())
    seqs.update(Alarm.objects.filter(subject__in=repeated - {""}).values_list("seq", flat=True))
    # A signal may come before what it speaks of, and no read model has it.
    for page in ledger.pages_of([Kind.SIGNAL_RECEIVED], 0, ledger.size()):
        seqs.update(entry.seq for entry in page if entry.facts["ref"] == row.ref_key)
    return sorted(seqs)


def _of_person(person_id: UUID) -> dict[int, frozenset[str]]:
    """What a person said under their name, and the rows of the register that name them."""
    by = f"person:{person_id}"
    pages = ledger.pages_of(SPOKEN, 0, ledger.size())
    meant = {entry.seq: OWN_WORDS for page in pages for entry in page if entry.actor == by}
    person = Person.objects.filter(id=person_id).first()
    called = {text for text in (person.name, person.username, person.email) if text} if person else set()
    for page in ledger.pages_of([Kind.REGISTER_CHANGED], 0, ledger.size(), "row"):
        for entry in page:
            row = json.dumps(entry.disclosed.get("row"), ensure_ascii=False)
            if any(text in row for text in called):
                meant[entry.seq] = meant.get(entry.seq, EVERY_NAME) | {"row"}
    return meant
