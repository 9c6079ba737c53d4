"""The gate as an explicit model: one decision, two executors, and the faults of processes, replies and backups.

`steps` is the oracle: what may happen next, and what it makes of the decision. With `mutants` it does what a faulty gate
would do, and says in `broken` which invariant that breaks. It must not know anything of the product.
"""

from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, Literal, NamedTuple

Level = Literal["L2", "L3", "L4"]
LEVELS: tuple[Level, ...] = ("L2", "L3", "L4")
Executors = tuple[str, str]
TERMINAL = frozenset({"vetoed", "denied", "expired", "withdrawn", "closed", "reverted", "revert_failed_ack"})
MOST_EPOCHS = 4
ENOUGH = 2
"""How many approvals authorise, and how many units of served time a veto window lasts."""


class S(NamedTuple):
    """The state of everything: `backup` is what a backup of the server would hold."""

    st: str
    approved: frozenset[str] = frozenset()
    veto: bool = False
    frozen: bool = False
    epoch: int = 0
    epoch_then: int = -1
    """The epoch in which it was authorised."""
    basis: str = ""
    policy: int = 0
    """1 when tightened to a quorum of people, 2 when the act is forbidden."""
    window: int = 0
    down_in_window: bool = False
    up: bool = True
    lease: int | None = None
    lease_over: bool = False
    executors: Executors = ("idle", "idle")
    claims: int = 0
    effects: int = 0
    revert: str = "none"
    broken: frozenset[str] = frozenset()
    ever_vetoed: bool = False
    backup: tuple[object, ...] | Literal["none", "used"] = "none"

    def but(self, **changed: Any) -> "S":
        return self._replace(**changed)

    def breaks(self, what: str) -> "S":
        return self._replace(broken=self.broken | {what})


SERVER = (
    "st",
    "approved",
    "veto",
    "frozen",
    "epoch_then",
    "basis",
    "policy",
    "window",
    "lease",
    "lease_over",
    "revert",
)
RESTORED = {
    "pending": "expired",
    "window": "expired",
    "authorized": "expired",
    "executing": "unknown",
    "succeeded": "review",
    "failed": "review",
    "revert_ordered": "review",
    "reverting": "review",
}
"""What a restored backup makes of each state: nothing open survives, and what was done is for a person to look at."""


class Step(NamedTuple):
    """One thing that may happen, and the state after it. `by` is the executor that does it."""

    name: str
    after: S
    by: int | None = None
    wrong_hash: bool = False


Mutants = Collection[str]


def init(level: Level) -> S:
    match level:
        case "L2":
            return S("pending")
        case "L3":
            return S("window", window=ENOUGH)
        case "L4":
            return S("authorized", basis="autonomy", epoch_then=0)


def permitted(s: S) -> bool:
    return s.policy == 0 or (s.policy == 1 and s.basis == "quorum")


def steps(s: S, mutants: Mutants = frozenset()) -> Iterator[Step]:
    """Everything that may happen next."""
    yield from _backups(s, mutants)
    yield from _process(s, mutants)
    yield from _window(s, mutants)
    if s.up:
        yield from _deadlines(s, mutants)
        yield from _approvals(s, mutants)
        yield from _vetoes(s, mutants)
        yield from _people(s)
        yield from _claims(s, mutants)
        yield from _leases(s, mutants)
        yield from _reverts(s)
    yield from _executors(s, mutants)


def _backups(s: S, mutants: Mutants) -> Iterator[Step]:
    if not s.up:
        return
    if s.backup == "none" and "no_backup" not in mutants:
        yield Step("backup", s.but(backup=tuple(getattr(s, name) for name in SERVER)))
    if s.backup not in ("none", "used"):
        t = s.but(backup="used", **dict(zip(SERVER, s.backup, strict=True)))
        if "restore_no_void" not in mutants:
            t = t.but(epoch=s.epoch + 1, frozen=True, st=RESTORED.get(t.st, t.st))
            if t.st == "unknown":
                t = t.but(lease_over=True)
        yield Step("restore", t)


def _process(s: S, mutants: Mutants) -> Iterator[Step]:
    if s.up:
        yield Step("gate_crash", s.but(up=False))
        return
    t = s.but(up=True)
    if s.st == "window" and "downtime_counts" not in mutants:
        # Armed again: a person must have had a chance.
        t = t.but(window=max(1, s.window), down_in_window=False)
    yield Step("gate_recover", t)


def _window(s: S, mutants: Mutants) -> Iterator[Step]:
    if s.st != "window":
        return
    runs = s.up and (not s.frozen or "freeze_not_at_timer" in mutants)
    if s.window > 0:
        if runs:
            yield Step("tick", s.but(window=s.window - 1))
        elif "downtime_counts" in mutants:
            yield Step("tick_down", s.but(window=s.window - 1, down_in_window=True))
    elif runs:
        t = s.but(st="authorized", basis="window", epoch_then=s.epoch)
        if s.frozen:
            t = t.breaks("I8: authorised while frozen")
        if s.down_in_window:
            t = t.breaks("I5: the window counted downtime")
        yield Step("window_elapsed", t)


def _deadlines(s: S, mutants: Mutants) -> Iterator[Step]:
    if s.st == "pending" and not s.frozen:
        silent = s.but(st="authorized", basis="timeout", epoch_then=s.epoch).breaks("I5: silence authorised")
        yield Step("timeout", silent if "timeout_allows" in mutants else s.but(st="expired"))
    if s.st == "authorized":
        yield Step("authz_expired", s.but(st="expired"))


def _approvals(s: S, mutants: Mutants) -> Iterator[Step]:
    if s.st != "pending" or (s.frozen and "votes_survive_freeze" not in mutants):
        return
    for who in ("a", "b", "self"):
        if who in s.approved or (who == "self" and "self_approve" not in mutants):
            continue
        t = s.but(approved=s.approved | {who})
        if len(t.approved) >= ENOUGH:
            t = t.but(st="authorized", basis="quorum", epoch_then=s.epoch)
            if "self" in t.approved:
                t = t.breaks("I6: the owner's approval counted")
            if s.frozen:
                t = t.breaks("I8: authorised while frozen")
        yield Step(f"approve_{who}", t)


def _vetoes(s: S, mutants: Mutants) -> Iterator[Step]:
    vetoed = s.but(veto=True, ever_vetoed=True)
    if s.st == "authorized" and "veto_late_ignored" in mutants:
        yield Step("veto", vetoed)
    elif s.st in ("pending", "window", "authorized"):
        yield Step("veto", vetoed.but(st="vetoed"))
    elif s.veto:
        return
    elif s.st == "executing":
        yield Step("veto", vetoed)
    elif s.st in ("succeeded", "failed", "unknown", "review"):
        yield Step("veto", vetoed.but(st="revert_ordered", revert="ordered"))


def _people(s: S) -> Iterator[Step]:
    if s.st == "review":
        yield Step("human_reviews", s.but(st="closed", revert="reviewed"))
    if not s.frozen and s.epoch < MOST_EPOCHS:
        yield Step("freeze", s.but(frozen=True, epoch=s.epoch + 1))
    if s.frozen:
        window = ENOUGH if s.st == "window" else s.window
        yield Step("unfreeze", s.but(frozen=False, epoch=s.epoch + 1, window=window))
    for strictness in (1, 2):
        if s.policy < strictness:
            yield Step(f"policy_tighten{strictness}", s.but(policy=strictness))


def _claimable(s: S, by: int, mutants: Mutants) -> bool:
    another = s.lease != by
    return (
        (
            s.st == "authorized"
            or ("no_cas" in mutants and s.st == "executing" and another)
            or ("retry_unknown" in mutants and s.st == "unknown" and another)
        )
        and (not s.frozen or "freeze_not_at_claim" in mutants)
        and (s.epoch_then == s.epoch or "epoch_unchecked" in mutants or "freeze_not_at_claim" in mutants)
        and (permitted(s) or "policy_not_rechecked" in mutants)
        and s.executors[by] == "idle"
    )


def _claims(s: S, mutants: Mutants) -> Iterator[Step]:
    """The point that orders everything. A reply may be lost, be asked for again, and a second executor may race."""
    for by in (0, 1):
        for wrong in (False, True):
            if not _claimable(s, by, mutants) or (wrong and "hash_unchecked" not in mutants):
                continue
            t = s.but(st="executing", lease=by, lease_over=False, claims=s.claims + 1)
            if s.veto or s.ever_vetoed:
                t = t.breaks("I2: claimed after a veto")
            if s.frozen:
                t = t.breaks("I8: claimed while frozen")
            elif s.epoch_then != s.epoch:
                t = t.breaks("I8: a permission from before a freeze was used after it")
            if not permitted(s):
                t = t.breaks("I7: claimed under a stricter policy")
            if wrong:
                t = t.breaks("I4: another action than the approved one was claimed")
            if s.st == "unknown":
                t = t.breaks("I12: unknown was tried again")
            yield Step("claim_lost_reply", t, by, wrong)
            yield Step("claim", t.but(executors=_with(s.executors, by, "lease")), by, wrong)
    if s.st == "executing" and s.lease is not None and s.executors[s.lease] == "idle":
        yield Step("claim_retry", s.but(executors=_with(s.executors, s.lease, "lease")), s.lease)


def _with(executors: Executors, by: int, now: str) -> Executors:
    return (now, executors[1]) if by == 0 else (executors[0], now)


def _leases(s: S, mutants: Mutants) -> Iterator[Step]:
    ordered = s.but(st="revert_ordered", revert="ordered")
    if s.st == "executing":
        yield Step("lease_expire", (ordered if s.veto else s.but(st="unknown")).but(lease_over=True))
    for by in (0, 1):
        if s.executors[by] == "done" and s.st in ("executing", "unknown"):
            in_time = s.backup != "used" and s.st == "executing"
            for name, state in (("report_ok", "succeeded"), ("report_fail", "failed")):
                yield Step(name, ordered if s.veto else s.but(st=state if in_time else "review"), by)
    if s.st == "unknown":
        yield Step("reorder_revert", ordered) if s.veto else Step("reconcile", s.but(st="review"))
    if s.st in ("succeeded", "failed") or ("veto_after_dropped" in mutants and s.st == "revert_ordered"):
        yield Step("close", s.but(st="closed"))


def _reverts(s: S) -> Iterator[Step]:
    if s.st == "revert_ordered":
        yield Step("revert_ack", s.but(st="reverting"))
    if s.st == "reverting":
        yield Step("revert_ok", s.but(st="reverted", revert="done"))
        yield Step("revert_fail", s.but(st="revert_failed", revert="failed"))
    if s.st == "revert_failed":
        yield Step("human_takes_over", s.but(st="revert_failed_ack"))


def _executors(s: S, mutants: Mutants) -> Iterator[Step]:
    """What executors do, whether or not the gate runs: the point that enforces looks at the token alone."""
    for by in (0, 1):
        if s.executors[by] != "lease":
            continue
        fenced = s.lease != by or s.lease_over
        if not fenced or "no_fence" in mutants:
            t = s.but(executors=_with(s.executors, by, "done"), effects=min(2, s.effects + 1))
            yield Step("effect", t.breaks("I3: an effect under a dead lease") if fenced else t, by)
        yield Step("exec_crash", s.but(executors=_with(s.executors, by, "dead")), by)


def broken(s: S) -> str | None:
    """The invariant that `s` breaks."""
    if s.broken:
        return min(s.broken)
    if s.effects > 1:
        return "I3: two effects of one decision"
    if s.claims > 1:
        return "I3: two claims were granted"
    if s.effects > 0 and s.claims == 0:
        return "I1: an effect without a claim"
    if s.st == "closed" and s.ever_vetoed and s.revert not in ("done", "failed", "reviewed"):
        return "I11: a vetoed act was closed without a revert or a person"
    return None


class Explored(NamedTuple):
    """What breaks first, how to get there, and how many states there were."""

    fault: str | None
    path: tuple[Step, ...]
    states: int


def explore(level: Level, mutants: Mutants = frozenset()) -> Explored:
    """Every reachable state, nearest first, up to the first one that breaks an invariant, is stuck, or leaves its end."""
    start = init(level)
    came: dict[S, tuple[Step, S] | None] = {start: None}
    queue = deque([start])
    before: dict[S, list[S]] = {}
    while queue:
        s = queue.popleft()
        if (fault := broken(s)) is not None:
            return Explored(fault, _path(came, s), len(came))
        for step in steps(s, mutants):
            if step.name != "restore":
                before.setdefault(step.after, []).append(s)
                if s.st in TERMINAL and step.after.st != s.st:
                    return Explored("I10: a terminal state was left", (*_path(came, s), step), len(came))
            if step.after not in came:
                came[step.after] = (step, s)
                queue.append(step.after)
    return Explored(_stuck(came, before), (), len(came))


def _path(came: dict[S, tuple[Step, S] | None], s: S) -> tuple[Step, ...]:
    path: list[Step] = []
    while (last := came[s]) is not None:
        step, s = last
        path.append(step)
    return tuple(reversed(path))


def _stuck(states: Collection[S], before: dict[S, list[S]]) -> str | None:
    """L1: from every state some end can be reached."""
    ends = {s for s in states if s.st in TERMINAL}
    todo = list(ends)
    while todo:
        for s in before.get(todo.pop(), ()):
            if s not in ends:
                ends.add(s)
                todo.append(s)
    return next((f"L1: stuck in {s.st}" for s in states if s not in ends), None)
