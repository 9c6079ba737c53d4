"""What led to what: trigger, evidence, decision, verdict, effect and revert of one decision, each with the entry it rests on.

It is made of what its page has read already, and of the entries in which the agent told its outcome. It must not write, nor
take the agent's word for what was seen.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from approvals import access
from approvals.models import Verdict
from approvals.queries import linked
from approvals.queries.linked import Link
from approvals.vocab import VERDICT_WORDS, VerdictWord
from decisions import inert, ledger
from decisions.models import Decision, Timeline
from decisions.vocab import CONTRADICTED_BY, HOLDING, LEVEL_MEANING, Basis, Kind, Level, Outcome, Says, State, word

DONE, OPEN, BAD, STILL = "done", "open", "bad", "still"
"""It happened; it is waited for; it happened and is not as it should be; nothing is known to have happened."""
REASON, SIGNALS = 200, 3
DESCRIBES = (Kind.ACTION_PROPOSED, Kind.ACTION_REPORTED)
GOOD = frozenset({Outcome.SUCCEEDED, Outcome.NO_CHANGE})
REVERTS = {
    Kind.REVERT_ORDERED: "Ordered to be undone",
    Kind.REVERT_ACKNOWLEDGED: "The order to undo it was taken",
    Kind.REVERT_FINISHED: "The agent says that it is undone",
}
NOBODY_ANSWERED = {
    State.DENIED: "Policy stopped it; nobody was asked.",
    State.EXPIRED: "Nobody answered in time, so it was dropped.",
    State.WITHDRAWN: "The agent took it back before anybody answered.",
}


class Loaded(Protocol):
    row: Decision
    state: State
    verdicts: list[Verdict]
    history: list[Timeline]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was told of a step: whose word it is, when, and in which entry."""

    text: str
    who: str = ""
    at: datetime | None = None
    seq: int | None = None
    label: str = ""
    quote: str = ""
    """Words of an agent or of another system."""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    stands: str
    says: tuple[Said, ...]
    differs: str = ""
    """How what is told of it disagrees."""

    @property
    def mark(self) -> str:
        """The shape that is drawn for how it stands."""
        return {DONE: "executed", OPEN: "awaiting", BAD: "failed", STILL: "expired"}[self.stands]


@dataclass(frozen=True, slots=True)
class Chain:
    """Makes the steps of one decision."""

    page: Loaded
    links: Sequence[Link]
    sources: dict[str, str]
    actor: Callable[[str], str]
    sees: bool
    """Whether the reader may read the agent's words."""
    erased: bool

    def steps(self) -> list[Step]:
        made = (self.trigger(), self.evidence(), self.decision(), self.verdict(), self.effect(), self.revert())
        return [step for step in made if step is not None]

    def last(self, *kinds: Kind) -> Timeline | None:
        return next((past for past in reversed(self.page.history) if past.kind in kinds), None)

    def told(self) -> Timeline | None:
        """The entry that told what the action is."""
        return next((past for past in self.page.history if past.kind in DESCRIBES), None)

    def of(self, past: Timeline, text: str, **more: Any) -> Said:
        return Said(text, self.actor(past.actor), past.at, past.seq, **more)

    def trigger(self) -> Step:
        """What another system told of it, and where none names it the agent's word beside what was told near it."""
        found = [link for link in self.links if link.row.says == Says.TRIGGER] if self.sees else []
        named = [link for link in found if link.rule != linked.NEAR]
        before = [link for link in found if link.row.occurred_at <= self.page.row.occurred_at]
        nearest = (named or before[-1:] or found)[:1]
        says = [self.seen(link, f"{link.rule}:") for link in nearest]
        stated = self.page.row.account.get("trigger") or {} if self.sees else {}
        what = " ".join(inert.name(stated[part], 80) for part in ("kind", "id") if stated.get(part))
        told = self.told()
        if what and told is not None and not named:
            says.insert(0, self.of(told, "The agent's word alone:", quote=what))
        if says:
            return Step("Trigger", DONE, tuple(says))
        return Step("Trigger", STILL, (Said(self.unsaid("Nothing has told what set it off.")),))

    def evidence(self) -> Step:
        told, stated = self.told(), self.page.row.account.get("evidence", []) if self.sees else []
        if not stated or told is None:
            return Step("Evidence", STILL, (Said(self.unsaid("The agent stated none.")),))
        # A signal that was read several times is one.
        names = list(dict.fromkeys(inert.name(item.get("name", ""), 60) for item in stated))
        more = f" and {len(names) - SIGNALS} more" if len(names) > SIGNALS else ""
        count = f"{len(names)} signal{'s' * (len(names) != 1)} stated by the agent:"
        return Step("Evidence", DONE, (self.of(told, count, quote=f"{', '.join(names[:SIGNALS])}{more}"),))

    def unsaid(self, otherwise: str) -> str:
        if not self.sees:
            return "Your role does not show it."
        return "Erased." if self.erased else otherwise

    def decision(self) -> Step | None:
        told = self.told()
        if told is None:
            return None
        stated = self.page.row.account.get("rationale", "") if self.sees else ""
        cut = inert.excerpt(stated, characters=REASON, lines=1)
        verb = "Proposed." if told.kind == Kind.ACTION_PROPOSED else "Reported as done."
        gone = f"{verb} Its reason was erased." if self.sees and self.erased else verb
        text = f"{verb} The reason that it gives:" if cut.text else gone
        return Step("Decision", DONE, (self.of(told, text, quote=f"{cut.text} …" if cut.left_out else cut.text),))

    def verdict(self) -> Step:
        row, state = self.page.row, self.page.state
        given = [
            Said(
                f"{VERDICT_WORDS[VerdictWord(said.verdict)].capitalize()}.",
                self.actor(f"person:{said.person_id}"),
                said.at,
                said.seq,
            )
            for said in self.page.verdicts
        ]
        if state in HOLDING:
            asks = access.requirement_words(row.requirement)
            waits = Said(f"Waits for people{f': asks {asks}' if asks else ''}.", until=row.hold_until)
            return Step("Verdict", OPEN, (*given, waits))
        if given:
            return Step("Verdict", DONE, tuple(given))
        if state in NOBODY_ANSWERED:
            ended = self.last(Kind.DECISION_EXPIRED, Kind.DECISION_WITHDRAWN)
            text = NOBODY_ANSWERED[state]
            return Step("Verdict", STILL, (self.of(ended, text) if ended else Said(text),))
        if row.basis == Basis.WINDOW or state is State.AUTHORIZED:
            return Step("Verdict", DONE, (Said("Nobody vetoed it while people could."),))
        if row.level_used == Level.L0:
            return Step("Verdict", STILL, (Said("It only looked; nobody needs asking."),))
        ruled = f"policy allowed {row.level_ruled} {LEVEL_MEANING[Level(row.level_ruled)]}" if row.level_ruled else ""
        text = f"Nobody was asked; {ruled or 'no policy has ruled on it'}."
        return Step("Verdict", BAD if row.beyond else STILL, (Said(text),))

    def effect(self) -> Step | None:
        claimed, seen = self.claimed(), self.effects()
        says = (*([claimed[1]] if claimed else []), *([seen[1]] if seen else []))
        if says:
            differs = _differs(claimed[0] if claimed else None, seen[0] if seen else None)
            failed = Outcome.FAILED in (claimed and claimed[0], seen and seen[0])
            if claimed and not seen:
                says = (*says, Said("Nobody has seen it: no other system has told of it.", label="Observed"))
            return Step("Effect", BAD if differs or failed else DONE, says, differs)
        return self.not_yet()

    def not_yet(self) -> Step | None:
        row, state = self.page.row, self.page.state
        if state is State.EXECUTING:
            claim = self.last(Kind.CLAIM_GRANTED)
            return Step("Effect", OPEN, (self.of(claim, "Under way.") if claim else Said("Under way."),))
        if state in HOLDING:
            return Step("Effect", OPEN, (Said("Nothing is done before that."),))
        if state is State.AUTHORIZED:
            return Step("Effect", OPEN, (Said("The agent may act, and has not yet.", until=row.claim_until),))
        if state in (State.DENIED, State.VETOED, State.EXPIRED, State.WITHDRAWN):
            return None
        return Step("Effect", STILL, (Said("Nothing has told what came of it."),))

    def claimed(self) -> tuple[Outcome, Said] | None:
        """What the agent told last of its outcome."""
        told = [past for past in self.page.history if past.kind in (Kind.ACTION_REPORTED, Kind.OUTCOME_REPORTED)]
        own = [past for past in told if past.actor.startswith("agent:")][-2:]
        for past, entry in reversed(list(zip(own, ledger.bare(past.seq for past in own), strict=False))):
            if outcome := entry.facts.get("outcome"):
                return Outcome(outcome), self.of(
                    past, f"{linked.OUTCOME_WORDS[Outcome(outcome)].capitalize()}.", label="Claimed"
                )
        return None

    def effects(self) -> tuple[Outcome | None, Said] | None:
        """What another system saw last; its outcome before a change alone."""
        found = [link for link in self.links if link.row.says == Says.EFFECT]
        ended = [link for link in found if link.row.outcome]
        if not found:
            return None
        link = (ended or found)[-1]
        outcome = Outcome(link.row.outcome) if link.row.outcome else None
        text = f"{linked.OUTCOME_WORDS[outcome].capitalize()}." if outcome else "A change was seen."
        return outcome, self.seen(link, text, label="Observed")

    def seen(self, link: Link, text: str, **more: Any) -> Said:
        shown = link.shown()
        source = self.sources.get(link.row.source, "a source that is gone")
        return Said(text, source, link.row.occurred_at, link.row.seq, quote=shown["title"] if self.sees else "", **more)

    def revert(self) -> Step | None:
        past = [one for one in self.page.history if one.kind in REVERTS]
        if not past:
            return None
        state = self.page.state
        stands = {State.REVERTED: DONE, State.REVERT_FAILED: BAD, State.REVERT_FAILED_ACK: BAD}.get(state, OPEN)
        ends = {State.REVERTED: "Seen to be undone.", State.REVERT_FAILED: "Undoing it failed."}
        says = [self.of(one, f"{REVERTS[Kind(one.kind)]}.") for one in _newest_of_each(past)]
        if state in ends:
            says.append(Said(ends[state]))
        elif stands == OPEN:
            says.append(Said(f"Now: {word(state)}."))
        return Step("Revert", stands, tuple(says))


def _newest_of_each(past: Sequence[Timeline]) -> Iterator[Timeline]:
    newest = {one.kind: one for one in past}
    return iter(sorted(newest.values(), key=lambda one: one.seq))


def _differs(claimed: Outcome | None, seen: Outcome | None) -> str:
    """Where what was seen does not bear out what the agent claimed."""
    if claimed is None or seen is None or Outcome.UNKNOWN in (claimed, seen):
        return ""
    told = State.SUCCEEDED if claimed in GOOD else State.FAILED
    return "What was seen contradicts what the agent claims." if seen in CONTRADICTED_BY[told] else ""
