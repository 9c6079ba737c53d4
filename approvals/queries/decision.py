"""Everything that one decision's page and representation show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, CharField, UUIDField

from approvals import access
from approvals.machine import GLASS_BREAKABLE
from approvals.models import Erasure, Opening, SignOffRecord, Verdict
from approvals.queries import (
    after,
    answerers,
    apart,
    calibration,
    calls,
    erasures,
    let,
    linked,
    openings,
    set_off,
    undoing,
    words,
)
from approvals.queries.chain import Chain
from approvals.queries.reverts import to_undo
from approvals.queries.shown import display_hash
from approvals.vocab import CAUSE_WORDS, EFFECT_WORDS
from decisions import feed, inert, ledger, register, served
from decisions.envelope import Entry
from decisions.models import Agent, Alarm, Decision, Person, Service, Timeline
from decisions.models.prepared import Prepared, Slot
from decisions.states import effective_state, window_left_ms
from decisions.vocab import BADGE_OF, HOLDING, UNDER_WAY, Cause, Effect, Kind, SignOff, State, word

SIBLINGS = 30
FOLDED = 5
"""As many entries of the same in a row are drawn one by one. An agent that loops, or a system that sees, makes thousands."""
DESCRIBES = ("action.proposed", "action.reported")
KIND_WORDS = {
    "action.proposed": "Proposed by the agent",
    "action.reported": "Reported by the agent",
    "outcome.reported": "Outcome reported by the agent",
    "outcome.observed": "Outcome observed",
    "revert.finished": "Revert reported by the agent",
    "decision.held": "Held for people",
    "decision.expired": "Hold expired",
    "decision.withdrawn": "Withdrawn",
    "decision.reviewed": "Reviewed",
    "hold.extended": "More time given",
    "claim.granted": "Claimed by the agent",
    "lease.expired": "Lease ended in silence",
    "revert.ordered": "Revert ordered",
    "revert.acknowledged": "Revert taken by the agent",
    "comment.made": "Comment",
    "verdict.given": "Verdict given",
    "sign_off.given": "Signed off",
    "disclosure.erased": "Something erased",
    "link.cut": "A link cut off",
    "alarm.raised": "Somebody called to it",
    "alarm.acknowledged": "Seen by who was called",
    "alarm.cleared": "The call ended",
}


@dataclass
class Page:
    """One decision with what belongs to it, as it is at `now`."""

    row: Decision
    state: State
    now: datetime
    known: register.Register
    agent: Agent | None
    service: Service | None
    people: dict[UUID, Person]
    verdicts: list[Verdict]
    sign_offs: list[SignOffRecord]
    history: list[Timeline]
    entry: Entry
    leaf: bytes
    erasures: list[Erasure]
    called: list[Alarm]
    openings: list[Opening]

    def person(self, id_: UUID | None) -> Person | None:
        return self.people.get(id_) if id_ else None


_SEQ = Slot("seq", BigIntegerField())
_ROW = Prepared(lambda: Decision.objects.filter(id=Slot("id", UUIDField())))
_VERDICTS = Prepared(lambda: Verdict.objects.filter(decision_seq=_SEQ).order_by("seq"))
_SIGN_OFFS = Prepared(lambda: SignOffRecord.objects.filter(decision_seq=_SEQ).order_by("seq"))
_HISTORY = Prepared(lambda: Timeline.objects.filter(decision_seq=_SEQ).order_by("seq"))
_ERASURES = Prepared(lambda: Erasure.objects.filter(decision_seq=_SEQ).order_by("seq"))
_SIBLINGS = Prepared(
    lambda: (
        Decision.objects.filter(episode=Slot("episode", CharField()), complete=True)
        .exclude(seq=_SEQ)
        .order_by("occurred_at", "seq")[:SIBLINGS]
    )
)


def load(decision_id: UUID, now: datetime) -> Page | None:
    """The decision with its verdicts, sign-offs, history and first entry; None if there is none of that id."""
    row = _ROW.first(id=decision_id)
    if row is None:
        return None
    known = register.latest()
    verdicts = _VERDICTS.all(seq=row.seq)
    sign_offs = _SIGN_OFFS.all(seq=row.seq)
    history = _HISTORY.all(seq=row.seq)
    found = ledger.entry(row.seq)
    if found is None:
        raise LookupError(f"decision {row.id} has no entry {row.seq}")
    ids = {
        _uuid(found[0].facts.get("on_call")),
        row.owner_id,
        row.deputy_id,
        row.decided_by,
        *(said.person_id for said in verdicts),
        *(said.person_id for said in sign_offs),
    }
    ids |= {link.person for link in calls.chain(row, known)}
    # Few were ever called to anything: the history says whether somebody was.
    called = calls.calls(row) if any(past.kind == Kind.ALARM_RAISED for past in history) else []
    opened = openings.of(row)
    ids |= {alarm.person for alarm in called} | {opening.person_id for opening in opened}
    ids |= {UUID(past.actor.removeprefix("person:")) for past in history if past.actor.startswith("person:")}
    return Page(
        row=row,
        state=effective_state(row, now),
        now=now,
        known=known,
        agent=known.agents.get(row.agent_id),
        service=known.services.get(row.service),
        people=Person.objects.in_bulk([id_ for id_ in ids if id_]),
        verdicts=verdicts,
        sign_offs=sign_offs,
        history=history,
        entry=found[0],
        leaf=found[2],
        erasures=_ERASURES.all(seq=row.seq),
        called=called,
        openings=opened,
    )


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def context(page: Page, viewer: UUID) -> dict[str, Any]:
    """The page's values for the template, and what `viewer` may do."""
    row = page.row
    sees = access.may(page.known, viewer, access.READS_ACCOUNT)
    gone = erasures.described(page.erasures, reasons=access.may(page.known, viewer, erasures.READS_REASONS))
    said_gone = {item["entry"]: item for item in gone if not {"reason", "comment"}.isdisjoint(item["names"])}
    gone_words = _gone_words(page, gone)
    return {
        "d": row,
        "state_word": word(page.state),
        "effective_state": str(page.state),
        "badge": BADGE_OF[page.state].slug,
        "agent": page.agent,
        "service": page.service,
        "owner": page.person(row.owner_id),
        "deputy": page.person(row.deputy_id),
        "on_call_then": page.person(_uuid(page.entry.facts.get("on_call"))),
        "decided_by": page.person(row.decided_by),
        "facts": facts(page),
        "parameters": words.parameters(row) if sees else [],
        "undo_text": words.undo(row),
        "action_flags": words.action_flags(row),
        "risk_flags": words.risk_flags(row),
        "let": let.sentences(page),
        "redacted": not sees,
        **words.said(row, page.agent, sees=sees),
        "calibration": _calibration(page) if sees else None,
        "blocks": words.blocks(row),
        "policy_version": row.policy_version,
        "requirement_text": access.requirement_words(row.requirement),
        "approvals": [
            {
                "person": page.person(said.person_id),
                "at": said.at,
                "verdict": said.verdict,
                "reason": said.reason,
                "erased": said_gone.get(said.seq),
            }
            for said in page.verdicts
        ],
        "history": list(_history(page)),
        "openings": [{"person": page.person(one.person_id), "at": one.at} for one in page.openings],
        "entry": {"seq": row.seq, "leaf": page.leaf.hex(), "id": str(page.entry.id)},
        "proofs": [
            _proof(row.seq, "the first entry"),
            *(_proof(said.seq, f"the verdict, entry {said.seq}") for said in page.verdicts),
        ],
        "siblings": siblings(row, page.now),
        "erasures": gone,
        "gone_words": gone_words,
        "said_gone": said_gone,
        "secrets_removed": page.entry.disclosed.get("removed", []) if sees else [],
        "may_erase": access.may(page.known, viewer, access.ADMINISTERS),
        **_linked(page, viewer, erased="account" in gone_words),
        **_after(page, viewer),
        **calls.context(row, page.state, page.known, called=page.called, people=page.people, viewer=viewer),
        **_verdict_form(page, viewer),
        **_sign_off_form(page, viewer, said_gone),
    }


def _linked(page: Page, viewer: UUID, *, erased: bool) -> dict[str, Any]:
    """What other systems told, and the chain that it is part of."""
    found = linked.of(page.row, page.known)
    names = linked.source_names({link.row.source for link in found})
    shown = [{**link.shown(), "source_name": names.get(link.row.source, "a source that is gone")} for link in found]
    sees = access.may(page.known, viewer, access.READS_ACCOUNT)
    chain = Chain(page, found, names, lambda actor: _actor(page, actor), sees, erased)
    return {
        "set_off": set_off.of(page.row, found, names, sees=sees),
        "chain": chain.steps(),
        "linked": shown if sees else [],
        "looks": linked.looks(page.row),
        "may_cut": access.why_not_review(page.known, viewer, page.agent) is None,
    }


def _calibration(page: Page) -> dict[str, Any] | None:
    found = calibration.of(page.row, page.now)
    return found.shown() if found else None


def _after(page: Page, viewer: UUID) -> dict[str, Any]:
    """What there is from the claim on, and what it costs to undo it for who may."""
    found = after.context(page, viewer)
    return found | {"undo_cost": undoing.cost(page.row) if found["can_undo"] else None, "undo_read": undoing.READ}


def _proof(seq: int, what: str) -> dict[str, str]:
    return {
        "href": f"/api/v1/entries/{seq}/receipt?wait=20",
        "file": f"entry-{seq}.tlog-proof",
        "words": f"Download proof of {what}",
    }


def _gone_words(page: Page, gone: list[dict[str, Any]]) -> dict[str, Any]:
    """name → how it was erased of the entry that told what the action is."""
    told = next((past.seq for past in page.history if past.kind in DESCRIBES), page.row.seq)
    return {name: item for item in gone if item["entry"] == told for name in item["names"]}


def facts(page: Page) -> list[tuple[str, str]]:
    row, service = page.row, page.service
    listed = [("Service", service.name if service else f"{inert.name(row.service)} (not registered)")]
    listed.append(("Tier", f"{row.tier}" if row.tier is not None else "not registered; treated as tier 0"))
    environment = f"{inert.name(row.environment)} ({row.environment_class})"
    named = row.environment and row.environment != row.environment_class
    listed.append(("Environment", environment if named else row.environment_class))
    if row.data_class:
        listed.append(("Data", row.data_class))
    if service and service.cost_per_minute:
        listed.append(
            ("Cost of an outage", f"{service.cost_per_minute} {service.currency} a minute".replace("  ", " "))
        )
    if row.team:
        listed.append(("Team", row.team))
    listed.append(("Reversible", {True: "yes", False: "no", None: "not known"}[row.reversible]))
    return listed


def _history(page: Page) -> Iterator[dict[str, Any]]:
    """The history with what repeats itself folded: of a long run of the same, the first and the last, and how many between."""
    for _, same in groupby(page.history, key=lambda past: (past.kind, past.state, past.actor)):
        run = list(same)
        between = run[1:-1] if len(run) > FOLDED else []
        for past in run[:1] if between else run:
            yield _past(page, past)
        if between:
            yield {"between": len(between), "first": between[0].seq, "last": between[-1].seq}
            yield _past(page, run[-1])


def _past(page: Page, past: Timeline) -> dict[str, Any]:
    return {
        "seq": past.seq,
        "kind_word": KIND_WORDS.get(past.kind, past.kind),
        "state_word": word(State(past.state)),
        "actor": _actor(page, past.actor),
        "at": past.at,
    }


def _actor(page: Page, actor: str) -> str:
    kind, _, id_ = actor.partition(":")
    if kind == "person":
        person = page.person(UUID(id_))
        return person.name if person else "a person who was erased"
    if kind == "agent":
        return page.agent.name if page.agent else "an agent"
    return "Oversight"


def siblings(row: Decision, now: datetime) -> list[dict[str, Any]]:
    """The other decisions of the same episode, oldest first."""
    if not row.episode:
        return []
    listed = feed.rows_of(_SIBLINGS.all(episode=row.episode, seq=row.seq), now)
    for item in listed:
        item["when"] = datetime.fromtimestamp(item["at"] / 1000, now.tzinfo)
    return listed


def _verdict_form(page: Page, viewer: UUID) -> dict[str, Any]:
    row = page.row
    open_ = page.state in HOLDING
    approve = access.why_not_approve(page.known, viewer, row, page.agent)
    veto = access.why_not_veto(page.known, viewer)
    left = window_left_ms(row) if page.state is State.WINDOW else None
    approved = any(said.person_id == viewer and said.verdict == "approve" for said in page.verdicts)
    return {
        "answerers": answerers.of(row, page.known, page.agent, page.verdicts) if open_ else None,
        "counts_to": row.hold_until or row.claim_until if left is None else page.now + timedelta(milliseconds=left),
        "unwatched": page.state is State.WINDOW and not served.running(page.now),
        "can_extend": open_ and access.may(page.known, viewer, access.APPROVER_ROLES),
        "is_open": open_ or page.state is State.AUTHORIZED,
        "can_approve": open_ and approve is None and not approved,
        "can_veto": (open_ or page.state is State.AUTHORIZED) and veto is None,
        "can_break_glass": page.state in GLASS_BREAKABLE
        and access.why_not_break_glass(page.known, viewer, page.agent) is None,
        "why_not": "You have approved this already." if approved else approve.detail if approve else "",
        "action_hash": row.action_hash,
        "display_hash": display_hash(row) if row.action else "",
        "ref_seq": row.seq,
        "ref_leaf": page.leaf.hex(),
        "version": row.version,
    }


def _sign_off_form(page: Page, viewer: UUID, said_gone: dict[int, dict[str, Any]]) -> dict[str, Any]:
    row = page.row
    refused = access.why_not_sign_off(page.known, viewer, row, page.agent)
    over = page.state not in UNDER_WAY
    owner_alone = access.owns_agent(viewer, page.agent) and (row.tier or 0) == 0
    return {
        "owed": row.sign_off == SignOff.REQUIRED,
        "due": row.sign_off_due,
        "overdue": row.sign_off == SignOff.REQUIRED and row.sign_off_due is not None and row.sign_off_due < page.now,
        "can_sign_off": over and refused is None,
        "why_not_sign_off": refused.detail if refused else "",
        "owner_alone": owner_alone,
        "refusal_undoes": to_undo(row, page.state) or apart.refusal_undoes(row, page.state),
        "effects": [(str(effect), text) for effect, text in EFFECT_WORDS.items()],
        "causes": [(str(cause), text) for cause, text in CAUSE_WORDS.items()],
        "sign_offs": [
            {
                "person": page.person(said.person_id),
                "at": said.at,
                "judgement": said.judgement,
                "effect_word": EFFECT_WORDS[Effect(said.effect)],
                "cause_word": CAUSE_WORDS[Cause(said.cause)] if said.cause else "",
                "reason": said.reason,
                "erased": said_gone.get(said.seq),
            }
            for said in page.sign_offs
        ],
    }
