"""Model and product side by side: after each step the product is where the model may be, or somewhere stricter.

The model may be in several states at once, because the product needs no step for some of what the model takes one for. It
must not excuse a difference without a reason beside it.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from decisions import ledger, rebuild
from decisions.models.ledger import EntryRow
from decisions.vocab import Kind, State
from tests.oracle import model
from tests.oracle.model import Level, S
from tests.oracle.service import Gate

CLAIMS = ("claim", "claim_lost_reply", "claim_retry")
REPORTS = ("report_ok", "report_fail")
WAITS = ("tick", "tick_down")
TIMED = (*WAITS, "timeout", "authz_expired", "lease_expire", "close", "gate_recover", "unfreeze", "restore")
"""After what a state may be another because of the time alone."""
LAZY = ("window_elapsed", "reconcile", "revert_ack")
"""What the product needs no step for: a window is over, an unknown outcome is looked at, a revert is told as done at once."""
OUT_OF_BAND = ("sweep", "heartbeat")
"""What the model does not know: neither may change the state."""

SAME_OR_STRICTER: dict[str, frozenset[State]] = {
    "pending": frozenset({State.PENDING}),
    "window": frozenset({State.WINDOW}),
    # A window that nobody claimed in runs again after nobody was there: people get another chance.
    "authorized": frozenset({State.AUTHORIZED, State.WINDOW}),
    # A stop ends a permission at once, where the model only forbids its use; a window starts again in full.
    "authorized, stopped": frozenset({State.EXPIRED, State.WINDOW}),
    "executing": frozenset({State.EXECUTING}),
    "succeeded": frozenset({State.SUCCEEDED}),
    "failed": frozenset({State.FAILED}),
    "unknown": frozenset({State.UNKNOWN}),
    # Nothing reconciles by itself: it stays unknown until a person or a late report says what became of it.
    "review": frozenset({State.REVIEW, State.UNKNOWN}),
    "revert_ordered": frozenset({State.REVERT_ORDERED}),
    "reverting": frozenset({State.REVERTING}),
    # That it went well is the agent's word: a person confirms it.
    "reverted": frozenset({State.REVERTED, State.REVIEW}),
    "revert_failed": frozenset({State.REVERT_FAILED}),
    "revert_failed_ack": frozenset({State.REVERT_FAILED_ACK}),
    "vetoed": frozenset({State.VETOED}),
    "expired": frozenset({State.EXPIRED}),
    "closed": frozenset({State.CLOSED}),
}
"""What the product may be in, by the state of the model."""


class DisagreementError(AssertionError):
    """The product did what the model forbids, or not what it demands."""


class Act(NamedTuple):
    """A step to try, whether or not the model allows it."""

    name: str
    by: int | None = None
    wrong_hash: bool = False

    def __str__(self) -> str:
        return f"{self.name}{'' if self.by is None else f' by {self.by}'}{' wrong' if self.wrong_hash else ''}"


def named(s: S) -> str:
    stopped = s.st == "authorized" and (s.frozen or s.epoch_then != s.epoch)
    return "authorized, stopped" if stopped else s.st


def allows(s: S, name: str) -> bool:
    return any(step.name == name for step in model.steps(s))


class Walk:
    """One decision from its proposal on."""

    def __init__(self, gate: Gate, level: Level, taken: Counter[str]) -> None:
        self.gate, self.level, self.taken = gate, level, taken
        self.path: list[Act] = []
        gate.begin(level)
        self.beliefs = self._settled({model.init(level)})
        self._compare()

    @property
    def one(self) -> S:
        """Any of the states: executors, lease, freezes and process are the same in all."""
        return next(iter(self.beliefs))

    @property
    def stopped(self) -> bool:
        """Whether people have said stop while it is at work: then nothing that was granted is told once more."""
        return self.one.veto or self.one.frozen

    def _settled(self, states: Iterable[S]) -> frozenset[S]:
        """`states` with those that come of them by what the product needs no step for."""
        found = set(states)
        found |= {step.after for s in found for step in model.steps(s) if step.name in LAZY}
        return frozenset(found)

    def after(self, act: Act) -> set[S]:
        """Where the model is after `act`, from wherever it allows it."""
        taken_over = {
            # A named person need not wait for an executor that never answers: it counts as failed, and is taken over.
            s.but(st="revert_failed_ack", revert="failed")
            for s in self.beliefs
            if act.name == "human_takes_over" and s.st in ("revert_ordered", "reverting")
        }
        return taken_over | {
            step.after
            for s in self.beliefs
            for step in model.steps(s)
            if (step.name, step.wrong_hash) == (act.name, act.wrong_hash) and step.by in (None, act.by)
        }

    def enabled(self) -> list[Act]:
        """What the model allows now, from any of its states."""
        found = {Act(step.name, step.by, step.wrong_hash) for s in self.beliefs for step in model.steps(s)}
        left_out = {Act("window_elapsed"), Act("reconcile")}
        if ledger.size() == self.gate.backed_up:
            # What is restored is what was written last: nothing is lost, and nothing is stopped.
            left_out.add(Act("restore"))
        return sorted(found - left_out, key=str)

    def attempts(self) -> list[Act]:
        """What anybody may try now, allowed or not."""
        s = self.one
        if not s.up:
            return []
        tried = ["veto", "sweep", "revert_ack", "revert_ok", "revert_fail", "human_takes_over"]
        # A person has the last word of a revert that the model believes is over.
        tried.append("confirm" if s.st == "reverted" else "human_reviews")
        if self.level != "L3":
            # The model has no approval of a window; the product does.
            tried += ["approve_a", "approve_b", "approve_self"]
        if s.st == "window" or (s.frozen and s.st == "pending"):
            tried.append("tick")
        if s.frozen and s.st in ("pending", "window"):
            tried.append("timeout")
        return [Act(name) for name in tried] + [act for by in (0, 1) for act in self._attempts_by(by)]

    def _attempts_by(self, by: int) -> Iterable[Act]:
        doing = self.one.executors[by]
        if doing == "idle":
            yield from (Act("claim", by), Act("claim_lost_reply", by), Act("claim", by, wrong_hash=True))
        if doing == "lease":
            yield Act("effect", by)
        if doing == "done":
            yield from (Act(name, by) for name in REPORTS)
        if self.gate.leases.get(by):
            yield Act("heartbeat", by)

    def take(self, act: Act) -> None:
        """Do `act` to both. Raises DisagreementError."""
        self.path.append(act)
        before = self.state
        if act.name == "exec_crash":
            self._move(act, self.after(act))
        elif act.name in CLAIMS:
            self._claim(act, before)
        else:
            self._step(act, before)
        self._compare()
        if act.name in TIMED and self.gate.state_in_sql() is not self.state:
            raise self.disagreement(f"in SQL it is {self.gate.state_in_sql()}")

    def _step(self, act: Act, before: State) -> None:
        after = self.after(act)
        done = self.gate.do(act.name, act.by, wrong_hash=act.wrong_hash)
        if act.name in OUT_OF_BAND:
            self._out_of_band(act, before, done=done)
        elif act.name == "confirm":
            if done is not (before is State.REVIEW):
                raise self.disagreement("a revert was confirmed" if done else "a revert could not be confirmed")
        elif act.name in WAITS:
            # Time passes wherever the model is.
            self._move(act, after | {s for s in self.beliefs if not allows(s, act.name)})
        elif done and after:
            self._move(act, after)
        elif done and act.name not in (*REPORTS, *LAZY[:1]):
            raise self.disagreement(f"{act.name} was done, and may not be")
        elif not done and after:
            self._refused(act, before)

    def _claim(self, act: Act, before: State) -> None:
        grants = self.gate.grants()
        done = self.gate.do(act.name, act.by, wrong_hash=act.wrong_hash)
        if self.gate.grants() != grants:
            after = self.after(act)
            if not done or not after:
                raise self.disagreement("a claim was granted that may not be")
            self._move(act, after)
        elif done:
            # The lease that this executor holds already, told once more.
            if act.wrong_hash or self.stopped or before is not State.EXECUTING or self.one.lease != act.by:
                raise self.disagreement("a lease was told to somebody who may not have it")
            again = Act("claim_retry", act.by)
            if act.name != "claim_lost_reply":
                self._move(again, self.after(again) or set(self.beliefs))
        elif self.after(act):
            self._refused(act, before)

    def _move(self, act: Act, after: set[S]) -> None:
        self.taken[act.name] += 1
        self.beliefs = self._settled(after)

    def _refused(self, act: Act, before: State) -> None:
        """The product may refuse what it is too strict for already, and nothing else."""
        same = [s for s in self.beliefs if s.st == before]
        told_no_more = act.name in CLAIMS and before is State.EXECUTING and self.stopped
        if same and not told_no_more and all(allows(s, act.name) for s in same):
            raise self.disagreement(f"{act.name} was refused, and may not be")

    def _out_of_band(self, act: Act, before: State, *, done: bool) -> None:
        self.taken[act.name] += 1
        if act.name == "heartbeat" and done is not (before is State.EXECUTING and not self.stopped):
            raise self.disagreement("a heartbeat says go on" if done else "a heartbeat says stop")
        if self.gate.state() is not before:
            raise self.disagreement(f"{act.name} changed the state")

    def _compare(self) -> None:
        self.state = self.gate.state()
        fits = [s for s in self.beliefs if self.state in SAME_OR_STRICTER[named(s)]]
        if not fits:
            raise self.disagreement("the product is where it may not be")
        if self.state is not State.AUTHORIZED:
            # Where the product can be only one of them, it is.
            fits = [s for s in fits if s.st == self.state] or fits
        self.beliefs = self._settled(fits)

    def disagreement(self, what: str) -> DisagreementError:
        models = sorted({named(s) for s in self.beliefs})
        path = " > ".join(map(str, self.path))
        return DisagreementError(f"{what}: {self.level} {path}; product {self.gate.state()}, model {models}")

    def finish(self, *, fold: bool = True) -> None:
        """What must hold of the ledger however the walk went, and with `fold` of the read models. Raises DisagreementError."""
        stopped = vetoed = False
        grants = 0
        approvals: list[str] = []
        for entry in self.gate.entries():
            match entry.kind:
                case Kind.FREEZE_SET:
                    stopped = True
                case Kind.FREEZE_LIFTED:
                    stopped = stopped and not entry.facts["lifted"]
                case Kind.VERDICT_GIVEN if entry.facts["verdict"] == "veto":
                    vetoed = True
                case Kind.VERDICT_GIVEN:
                    approvals.append(entry.actor)
                case Kind.CLAIM_GRANTED:
                    grants += 1
                    if stopped or vetoed:
                        raise self.disagreement("a claim follows a veto or a stop")
                    if entry.facts["basis"] == "quorum" and len(set(approvals)) < model.ENOUGH:
                        raise self.disagreement("a claim rests on too few people")
                case _:
                    pass
        if grants > 1:
            raise self.disagreement("there are two claims")
        owner = f"person:{self.gate.people['tomasz'].id}"
        if owner in approvals or len(set(approvals)) != len(approvals):
            raise self.disagreement("an approval counts that may not")
        seqs = list(EntryRow.objects.order_by("seq").values_list("seq", flat=True))
        if seqs != list(range(len(seqs))) or (fold and rebuild.rebuild(check=True).differences):
            raise self.disagreement("the entries do not make the read models")
