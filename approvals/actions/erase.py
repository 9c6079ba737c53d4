"""Erase what entries disclose: the texts go, and an entry for each says what, when, by whom and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from approvals import access, idempotency
from approvals.queries import erasable, kept, legal_holds
from approvals.queries.erasable import Named, Part, Reach
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import register
from decisions.auth import links, sessions
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, conflict
from decisions.models import Person
from decisions.models.bulk import cut_log, writing
from decisions.moment import Moment
from decisions.projections.again import TELLING
from decisions.recording import Decide, Recorded, record
from decisions.vocab import Kind

LEAST_REASON = 10


@dataclass(frozen=True, slots=True)
class Why:
    """What an erasure rests on: whose order it is and why; both are kept, and shown where something is missing."""

    basis: ErasureBasis
    authority: str
    reason: str


@dataclass(frozen=True, slots=True)
class Erased:
    """How many entries lost something, how many are left for another erasure, and the first and last entry that say so."""

    entries: int
    left: int
    first_seq: int
    last_seq: int


def erase(of: ErasureOf, value: str | Sequence[int], *, names: Iterable[str], why: Why, actor: UUID) -> Erased:
    """Erase what is disclosed of entries, of a decision, or of all that a person said; at most a thousand entries a call.

    Of a person who has left, the account goes with the last of it. All or nothing: a legal hold on any of it refuses it all.
    Raises a Problem: 400, 403, 404, 409 `legal-hold`, `still-needed`, `nothing-to-erase`.
    """
    why = Why(why.basis, why.authority.strip(), why.reason.strip())
    if min(len(why.reason), len(why.authority)) < LEAST_REASON:
        told = f"Say in at least {LEAST_REASON} characters each why, and on whose authority."
        raise Problem(400, "reason-needed", "An erasure needs a reason and an authority", told)
    meant = _named(of, value, names)
    person = Person.objects.filter(id=str(value)).first() if of is ErasureOf.PERSON else None
    found = Reach([], 0)

    def decide(moment: Moment) -> list[Draft]:
        nonlocal found
        known = register.at(moment.config)
        access.require(known, actor, access.ADMINISTERS, "erase")
        if isinstance(meant, Problem):
            raise meant
        found = erasable.reach(meant, one_by_one=of is ErasureOf.ENTRIES)
        refused = kept.why_not(found.parts, moment.now) or _why_not_person(person, known)
        leaves = person is not None and not found.left
        if refused is None and not found.parts and not leaves:
            refused = conflict("nothing-to-erase", "Nothing of it is there any more.")
        if refused is not None:
            raise Refusal(refused, str(of))
        drafts = [_draft(part, of, why, actor) for part in found.parts]
        return [*drafts, *([_account(person, why, actor)] if person is not None and leaves else [])]

    with writing():
        outcome = _attempt(decide, actor)
        if not isinstance(outcome, Problem):
            _forget(found, person)
            transaction.on_commit(cut_log)
    if isinstance(outcome, Problem):
        raise outcome
    return Erased(len(found.parts), found.left, outcome.first_seq, outcome.last_seq)


def _named(of: ErasureOf, value: str | Sequence[int], names: Iterable[str]) -> Named | Problem:
    """What is meant, or the problem of who may ask. Outside the lock: entries do not change, and later ones are not meant."""
    try:
        return erasable.named(of, value, names)
    except Problem as problem:
        return problem


def _attempt(decide: Decide, actor: UUID) -> Recorded | Problem:
    """What was recorded, or why nothing was: to be raised after the transaction, so that the refusal stays recorded."""
    try:
        return record(decide, principal=f"person:{actor}")
    except Problem as problem:
        return problem


def _forget(found: Reach, person: Person | None) -> None:
    """Take from the operational tables what repeats the words that are gone, and the account of whom nothing is left."""
    told = [part.decision.id for part in found.parts if part.decision and part.of.entry.kind in TELLING]
    idempotency.forget_words(told)
    if person is not None and not found.left:
        idempotency.forget_name(person.name)
        sessions.end(person.id)
        links.revoke(person.id)
        person.delete()


def _why_not_person(person: Person | None, known: register.Register) -> Problem | None:
    if person is None:
        return None
    if known.valid(person.id) is not None:
        return conflict("still-needed", "They may act still. Record that they leave first. Nothing was erased.")
    holds = legal_holds.of_person(legal_holds.in_force(), person.id)
    return kept.held(holds) if holds else None


def _draft(part: Part, of: ErasureOf, why: Why, actor: UUID) -> Draft:
    entry, row = part.of.entry, part.decision
    return Draft(
        kind=Kind.DISCLOSURE_ERASED,
        actor=f"person:{actor}",
        facts={
            "kv": 1,
            "of": str(of),
            "of_kind": str(entry.kind),
            "erased": part.erased,
            "basis": str(why.basis),
            "decision": str(row.id) if row else None,
            "ref": row.ref_key if row else None,
            "agent": str(row.agent_id) if row else None,
        },
        disclosed={"reason": why.reason, "authority": why.authority},
        ref={"seq": entry.seq, "leaf": part.of.leaf.hex()},
    )


def _account(person: Person, why: Why, actor: UUID) -> Draft:
    """The register says that the account is gone; the pseudonym stays, and what was done under it."""
    facts = {"kv": 1, "table": "person", "key": str(person.id), "active": False, "roles": [], "basis": str(why.basis)}
    disclosed = {"reason": why.reason, "authority": why.authority}
    return Draft(Kind.REGISTER_CHANGED, f"person:{actor}", {**facts, "erased": True}, disclosed)
