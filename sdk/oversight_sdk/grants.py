"""From a wanted action to a lease on it: propose, wait, claim, verify. Nothing but exactly that action must come out granted."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from oversight_sdk import answers, calls, canonical
from oversight_sdk.answers import Decision, Lease
from oversight_sdk.errors import (
    AlreadyClaimed,
    BadAnswer,
    ConfigError,
    DuplicateOpen,
    GateError,
    IntegrityError,
    NotOpen,
    Refused,
    StillPending,
    WindowOpen,
)
from oversight_sdk.problems import BY_STATE
from oversight_sdk.steps import Patience, Pause, Steps
from oversight_sdk.token import Verdict, Verifier

KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
POLL = 25
DEFAULT_ENVIRONMENT = "prod"


def _is_undo(undo: dict[str, Any]) -> bool:
    right = set(undo) == {"kind", "parameters"} and isinstance(undo["parameters"], dict)
    return right and isinstance(undo["kind"], str) and bool(KIND.fullmatch(undo["kind"]))


Watch = Callable[[Decision, bool], None]
"""Told of the decision before it is waited for (False) and before it is claimed (True)."""


def unwatched(_decision: Decision, _claiming: bool, /) -> None:  # noqa: FBT001 - a callback's own shape
    """Nobody watches."""


def boot_time() -> float:
    """Seconds that also pass while the machine sleeps: a lease ends on time however long we were stopped."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to do, under the agent's own name for it."""

    name: str
    kind: str
    target: dict[str, str]
    parameters: dict[str, Any]
    undo: dict[str, Any] | None = None
    account: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *,
        name: str,
        kind: str,
        target: dict[str, str],
        parameters: dict[str, Any],
        undo: dict[str, Any] | None = None,
        account: dict[str, Any] | None = None,
    ) -> "Wanted":
        """A copy that nobody can change while it waits. Raises ConfigError for what is not an action."""
        if not calls.VISIBLE.fullmatch(name):
            raise ConfigError("a call's id is 1 to 200 visible ASCII characters")
        if not KIND.fullmatch(kind):
            raise ConfigError("a kind is lower-case letters, digits, '_', '.' and '-', at most 64")
        if not target.get("service") or set(target) - {"service", "environment", "resource"}:
            raise ConfigError("a target has a service, and maybe an environment and a resource")
        if undo is not None and not _is_undo(undo):
            raise ConfigError("an undo has a kind and parameters, and nothing else")
        full = {key: value for key, value in target.items() if value} | (
            {} if target.get("environment") else {"environment": DEFAULT_ENVIRONMENT}
        )
        try:
            copy = canonical.decode(canonical.encode({"target": full, "parameters": parameters, "undo": undo}))
        except canonical.NotCanonical as error:
            raise ConfigError(f"the action has no canonical form: {error}") from None
        return cls(name, kind, copy["target"], copy["parameters"], copy["undo"], account or {})

    def action(self) -> dict[str, Any]:
        made: dict[str, Any] = {"kind": self.kind, "target": self.target, "parameters": self.parameters}
        return made | ({"undo": self.undo} if self.undo is not None else {})


@dataclass(frozen=True, slots=True)
class Grant:
    """A lease on an action, verified: `action` is decoded from the bytes that were granted."""

    decision: Decision
    lease: Lease
    action: dict[str, Any]
    verdict: Verdict
    claimed_at: float
    """Boot time before the claim was sent: the gate's time was not later than the token's `iat` then."""


@dataclass(frozen=True, slots=True)
class Point:
    """One enforcement point and its manner of asking."""

    url: str
    executor: str
    verifier: Verifier
    patience: Patience
    clock: Callable[[], float] = time.time

    def ask(self, wanted: Wanted) -> Steps[Decision]:
        """The decision on `wanted`: a new one, that of the same call, or the open one of the same action."""
        body = {"decision": wanted.name, "action": wanted.action(), **wanted.account}
        try:
            found = yield from calls.propose(self.patience, body, calls.derived_key("propose", wanted.name))
        except DuplicateOpen as error:
            found = yield from calls.decision(self.patience, error.decision_id)
        return found

    def until_claimable(self, decision: Decision, until: float) -> Steps[Decision]:
        """The decision when it may be claimed. Raises StillPending at `until` (boot time), and what people said."""
        while True:
            if decision.state in answers.CLAIMABLE or self._window_is_over(decision):
                return decision
            if decision.state not in answers.WAITING:
                raise self._ended(decision)
            left = until - boot_time()
            if left <= 0:
                raise StillPending("nobody has answered yet", decision_id=decision.id, url=self.page(decision))
            poll = min(POLL, left)
            if decision.state == "window" and decision.hold_until is not None:
                poll = min(poll, max(0.0, decision.hold_until - self.clock()))
            if poll < 1:
                yield Pause(max(poll, 0.01))
            patience = replace(self.patience, seconds=max(self.patience.seconds, left))
            newer = yield from calls.decision(patience, decision.id, wait=poll, after=decision.version)
            if newer.version == decision.version and newer.state == decision.state:
                yield Pause(min(self.patience.pause(0), max(0.01, until - boot_time())))
            decision = newer

    def try_claim(self, wanted: Wanted, decision: Decision, claim_key: str, attempt: int) -> Steps[Grant | Decision]:
        """The grant, or the decision as it is now where it cannot be claimed yet."""
        began = boot_time()
        try:
            lease = yield from calls.claim(
                self.patience, decision, claim_key=claim_key, executor=self.executor, attempt=attempt
            )
        except WindowOpen as error:
            yield Pause(min(error.retry_after, POLL) + self.patience.pause(0))
            return (yield from calls.decision(self.patience, decision.id))
        except NotOpen:
            yield Pause(self.patience.pause(attempt))
            return (yield from calls.decision(self.patience, decision.id))
        except Refused as error:
            error.url = self.page(decision)
            raise
        try:
            action = self._same(wanted, decision, lease)
            verdict = yield from self.verifier.check(self.patience, lease.token, lease.action)
            self._belongs(decision, lease, verdict)
        except GateError as error:
            yield from self._give_back(lease, error)
            error.decision_id, error.url = decision.id, self.page(decision)
            raise
        return Grant(decision, lease, action, verdict, began)

    def obtain(self, wanted: Wanted, wait: float, watch: Watch = unwatched) -> Steps[Grant]:
        """The whole way. A new claim key for each run: a call that another run has claimed is never run here."""
        until = boot_time() + wait
        claim_key = str(uuid4())
        yield from self.verifier.keys.warm(self.patience)
        decision = yield from self.ask(wanted)
        attempt = 0
        while True:
            watch(decision, False)
            decision = yield from self.until_claimable(decision, until)
            watch(decision, True)
            got = yield from self.try_claim(wanted, decision, claim_key, attempt)
            if isinstance(got, Grant):
                return got
            decision, attempt = got, attempt + 1
            if boot_time() >= until:
                raise StillPending("it cannot be claimed yet", decision_id=decision.id, url=self.page(decision))

    def page(self, decision: Decision) -> str:
        return self.url + decision.page if decision.page.startswith("/") else self.url

    def _window_is_over(self, decision: Decision) -> bool:
        return decision.state == "window" and decision.hold_until is not None and decision.hold_until <= self.clock()

    def _ended(self, decision: Decision) -> GateError:
        page = self.page(decision)
        if decision.state in BY_STATE:
            said = f"the decision is {decision.state}"
            return BY_STATE[decision.state](said, slug=decision.state, decision_id=decision.id, url=page)
        made = AlreadyClaimed(
            f"another run has this decision ({decision.state})", slug="claimed", decision_id=decision.id, url=page
        )
        made.state = decision.state
        return made

    def _give_back(self, lease: Lease, error: GateError) -> Steps[None]:
        why = f"refused by the enforcement point: {getattr(error, 'code', type(error).__name__)}"
        try:
            yield from calls.outcome(self.patience, lease.id, lease.fencing, "not_executed", detail=why)
        except GateError as also:
            error.add_note(f"and the gate could not be told: {also}")

    def _same(self, wanted: Wanted, decision: Decision, lease: Lease) -> dict[str, Any]:
        if not canonical.action_hash(lease.action) == lease.action_hash == decision.action_hash:
            raise IntegrityError("the claimed action is not the one that was decided", code="hash-mismatch")
        try:
            action = answers.action(lease.action)
        except BadAnswer as error:
            raise IntegrityError(str(error), code="hash-mismatch") from None
        asked = wanted.action()
        for part in ("kind", "target", "parameters", "undo"):
            if canonical.encode(action.get(part)) != canonical.encode(asked.get(part)):
                raise IntegrityError(f"the granted action has another {part} than the one asked for", code=part)
        return action

    @staticmethod
    def _belongs(decision: Decision, lease: Lease, verdict: Verdict) -> None:
        if (verdict.lease_id, verdict.fencing, verdict.decision_id) != (lease.id, lease.fencing, decision.id):
            raise IntegrityError("the token is of another lease", code="lease")
