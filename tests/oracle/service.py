"""The real gate in the hands of a walk: each step of the model as what people, agents and time do to the product.

People and agents come by HTTP, time by the injected clock, policies by their action. It must not know what is right.
"""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import BigIntegerField
from django.test import TestCase

from approvals import token, verdict_keys
from approvals.actions.activate_policy import activate_policy
from approvals.actions.expire import expire
from approvals.gate import PolicyGate
from decisions import guard_file, ledger, ports, recording, register, served
from decisions.auth import keys
from decisions.envelope import Entry
from decisions.models import Decision, Freeze
from decisions.models.ledger import EntryRow
from decisions.models.prepared import Prepared, Slot
from decisions.states import effective_state, lease_ends, with_effective_state
from decisions.vocab import Kind, State
from oversight_sdk import token as sdk_token
from oversight_sdk.errors import TokenRefused
from tests import factories
from tests.conftest import Clock
from tests.oracle.calling import Answer, Browser, as_agent
from tests.oracle.model import Level

Json = dict[str, Any]
UNIT = timedelta(seconds=60)
_BY_SEQ = Prepared(lambda: Decision.objects.filter(seq=Slot("seq", BigIntegerField())))
"""How much served time a unit of the model's window is: what is left, at least, after nobody was there."""
DOWN = timedelta(minutes=2)
SERVICE: dict[Level, str] = {"L2": "checkout", "L3": "geo", "L4": "wiki"}
PEOPLE = ("marta", "david", "tomasz", "ines")
APPROVERS = {"approve_a": "marta", "approve_b": "david", "approve_self": "tomasz"}
ROW = {"tier": "*", "kind": "*", "environment": "*"}
STRICTER = {
    "policy_tighten1": [{**ROW, "level": "L2", "requirement": "two"}],
    "policy_tighten2": [{**ROW, "level": "L0"}],
}


def policy(**over: Any) -> Json:
    """The example policy with holds that outlast any walk, a window of two units, and a sign-off owed by everything."""
    requirements = {
        "one": {"quorum": [{"group": "approvers", "n": 1}], "hold": "12h", "claim": "10m"},
        "two": {"quorum": [{"group": "approvers", "n": 2}], "hold": "12h", "claim": "10m"},
        "window": {"window": "2m", "hold": "12h"},
    }
    debts = [{"tier": tier, "risk": "low", "within": "24h"} for tier in range(4)]
    return factories.policy(requirements=requirements, sign_off=debts, **over)


class Gate:
    """One decision of one agent, and everybody around it."""

    def __init__(self, known: factories.Register, clock: Clock) -> None:
        self.clock = clock
        self.people = known.people
        self.agent = factories.AgentClient.of(known.agents["remediator"])
        self.browsers = {name: Browser(self.people[name]) for name in PEOPLE}
        self.seq = 0
        self.leases: dict[int, Json] = {}
        """What each executor was answered when it claimed."""
        self.backup, self.backed_up = "", 0
        self.steps: dict[str, Callable[[], bool]] = {
            "veto": self.veto,
            "freeze": self.freeze,
            "unfreeze": self.unfreeze,
            "tick": lambda: self.pass_time(UNIT, watched=True),
            "tick_down": lambda: self.pass_time(UNIT, watched=False),
            "timeout": self.until_over,
            "authz_expired": self.until_over,
            "lease_expire": self.until_over,
            "window_elapsed": lambda: True,
            "close": self.close,
            "human_reviews": lambda: self.review("closed"),
            "reorder_revert": lambda: self.review("revert"),
            "human_takes_over": lambda: self.review("taken_over"),
            "confirm": lambda: self.review("reverted"),
            "revert_ack": lambda: self.revert("ack", {}),
            "revert_ok": lambda: self.revert("outcome", {"status": "succeeded"}),
            "revert_fail": lambda: self.revert("outcome", {"status": "failed"}),
            "gate_crash": self.crash,
            "gate_recover": self.recover,
            "backup": self.back_up,
            "restore": self.restore,
            "sweep": lambda: expire() >= 0,
        }

    def begin(self, level: Level) -> None:
        """Propose the act whose service is at `level`, while somebody who can veto has a page open."""
        self.leases.clear()
        # The walk before this one is undone, which the file beside the database would rightly take for a restore.
        begun = ledger.open_head()
        begun.restored = True
        begun.leaves = list(ledger.leaves(begun.size - 1, begun.size))
        guard_file.keep(begun)
        served.tick()
        body = factories.data(action=factories.action(service=SERVICE[level]))
        with TestCase.captureOnCommitCallbacks(execute=True):
            answer = self.ask("POST", "/api/v1/proposals", body)
        assert answer.status == 201, answer
        self.seq = Decision.objects.get(id=answer.body["id"]).seq

    def do(self, name: str, by: int | None, *, wrong_hash: bool = False) -> bool:
        """Do the step to the product, and what follows a commit; whether it let it happen."""
        with TestCase.captureOnCommitCallbacks(execute=True):
            return self._do(name, by, wrong_hash=wrong_hash)

    def _do(self, name: str, by: int | None, *, wrong_hash: bool) -> bool:
        if name in APPROVERS:
            return self.approve(APPROVERS[name])
        if name in STRICTER:
            activate_policy(policy(matrix=STRICTER[name]))
            return True
        if by is None:
            return self.steps[name]()
        match name:
            case "effect":
                return self.effect(by)
            case "report_ok" | "report_fail":
                return self.report(by, "succeeded" if name == "report_ok" else "failed")
            case "heartbeat":
                return self.heartbeat(by)
            case _:
                return self.claim(by, heard=name != "claim_lost_reply", wrong_hash=wrong_hash)

    @property
    def row(self) -> Decision:
        [row] = _BY_SEQ.all(seq=self.seq)
        return row

    def state(self) -> State:
        return effective_state(self.row, self.clock.at)

    def state_in_sql(self) -> State:
        [row] = with_effective_state(Decision.objects.filter(seq=self.seq), self.clock.at)
        return State(row.effective)  # type: ignore[attr-defined]

    def grants(self) -> int:
        return EntryRow.objects.filter(kind=Kind.CLAIM_GRANTED, seq__gt=self.seq).count()

    def entries(self) -> list[Entry]:
        """The entries from the proposal on."""
        return list(ledger.entries(self.seq, ledger.size() - 1))

    # What people do

    def post(self, who: str, path: str, body: Any, *, version: int | None = None) -> Answer:
        return self.browsers[who].post(path, body, version=version)

    def verdict(self, who: str, body: Json, version: int | None = None) -> bool:
        return self.post(who, f"/api/v1/decisions/{self.row.id}/verdicts", body, version=version).ok

    def veto(self) -> bool:
        """By a responder; after the time of protection, which the clock may have left behind a restore, it takes a manager."""
        until = self.row.protect_until
        over = until is not None and until <= self.clock.at
        return self.verdict("marta" if over else "ines", {"verdict": "veto"})

    def approve(self, who: str) -> bool:
        shown = factories.shown(self.row)
        body = {
            "verdict": "approve",
            "action_hash": shown.action_hash,
            "display_hash": shown.display_hash,
            "ref": {"seq": shown.ref_seq, "leaf": shown.ref_leaf},
            "version": shown.version,
        }
        return self.verdict(who, body, shown.version)

    def freeze(self) -> bool:
        answer = self.post("ines", "/api/v1/freezes", {"scope": {"kind": "everything"}, "mode": "all"})
        return answer.ok

    def unfreeze(self) -> bool:
        path = f"/api/v1/freezes/{Freeze.objects.get(lifted_at__isnull=True).id}/lift"
        first, second = (self.post(who, path, {}).status for who in ("marta", "david"))
        assert (first, second) == (202, 200), "one asks, another agrees"
        return True

    def review(self, finding: str) -> bool:
        version = self.row.version
        body = {"finding": finding, "reason": "INC-1: looked at it.", "version": version}
        return self.post("marta", f"/api/v1/decisions/{self.row.id}/review", body, version=version).ok

    def close(self) -> bool:
        """The act is judged, and its protection is over."""
        version = self.row.version
        body = {"judgement": "accept", "effect": "helped", "reason": "Looked at it.", "version": version}
        self.post("marta", f"/api/v1/decisions/{self.row.id}/sign-off", body, version=version)
        self.clock.advance(hours=1)
        return self.state() is State.CLOSED

    # What agents do

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        return as_agent(self.agent.key, method, path, body)

    def claim(self, by: int, *, heard: bool, wrong_hash: bool) -> bool:
        row = self.row
        body = {
            "claim_key": f"claim-{by}",
            "action_hash": "sha256:" + "0" * 64 if wrong_hash else row.action_hash,
            "executor": f"executor-{by}",
        }
        answer = self.ask("POST", f"/api/v1/decisions/{row.id}/claim", body)
        assert answer.ok is (answer.status == 200)
        if answer.ok and heard:
            assert answer.body["action_hash"] == row.action_hash
            self.leases[by] = answer.body
        return answer.ok

    def effect(self, by: int) -> bool:
        """Whether the point that enforces lets the act through now, by the token alone."""
        lease = self.leases[by]
        try:
            sdk_token.verify(
                sdk_token.read(lease["verdict_token"]),
                verdict_keys.signing_key().public_key(),
                issuer=settings.PUBLIC_URL,
                audience=f"executor-{by}",
                now=self.clock.at.timestamp(),
                action=base64.b64decode(lease["action"]),
            )
        except TokenRefused:
            return False
        return True

    def report(self, by: int, status: str) -> bool:
        lease = self.leases[by]
        body = {"fencing": lease["fencing"], "status": status}
        return self.ask("POST", f"/api/v1/leases/{lease['lease_id']}/outcome", body).ok

    def heartbeat(self, by: int) -> bool:
        lease = self.leases[by]
        answer = self.ask("POST", f"/api/v1/leases/{lease['lease_id']}/heartbeat", {"fencing": lease["fencing"]})
        return answer.ok and bool(answer.body["continue"])

    def revert(self, what: str, body: Json) -> bool:
        """Answer the order that the agent finds, else the one that it would expect."""
        row = self.row
        orders = self.ask("GET", "/api/v1/revert-orders").body["items"]
        fencing = orders[0]["fencing"] if orders else row.lease_seq or row.seq
        return self.ask("POST", f"/api/v1/revert-orders/{row.id}/{what}", {"fencing": fencing, **body}).ok

    # What time and the machine do

    def pass_time(self, span: timedelta, *, watched: bool) -> bool:
        self.clock.set(self.clock.at + span)
        if watched:
            served.tick()
        return True

    def until_over(self) -> bool:
        """Let time pass until the next deadline is over, with nobody there; whether that ended anything."""
        row, before = self.row, self.state()
        ends = row.claim_until if row.state == State.AUTHORIZED else row.hold_until
        if before is State.EXECUTING:
            # A token is believed for as long after its end as clocks may differ.
            ends = lease_ends(row) + timedelta(seconds=sdk_token.LEEWAY + 1)
        if ends is not None:
            self.clock.set(max(self.clock.at, ends))
        return self.state() is not before

    def crash(self) -> bool:
        """The process ends: its writer, and whatever it remembered."""
        recording.stop()
        keys.forget()
        register._cached.clear()
        ports.sockets.gate = PolicyGate()
        return True

    def back_up(self) -> bool:
        self.backup, self.backed_up = transaction.savepoint(), ledger.size()
        return True

    def restore(self) -> bool:
        """The database is what it was when it was backed up; that takes longer than a token lives."""
        self.crash()
        transaction.savepoint_rollback(self.backup)
        self.clock.advance(seconds=token.LIFETIME + sdk_token.LEEWAY + 1)
        recording.check()
        return True

    def recover(self) -> bool:
        """It is there again after a while, and so is somebody's page."""
        if self.row.state == State.WINDOW:
            self.clock.set(self.clock.at + DOWN)
            served.tick()
        return True
