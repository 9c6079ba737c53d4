"""A company at work: any number of random commands of every sort, refused ones among them. It must not assert anything."""

import contextlib
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import F

from approvals.actions.activate_draft import activate_draft
from approvals.actions.activate_policy import activate_policy
from approvals.actions.answer_revert import acknowledge_revert, finish_revert
from approvals.actions.change_register import change_register
from approvals.actions.comment import comment
from approvals.actions.cut_link import cut_link
from approvals.actions.draft_policy import draft_policy
from approvals.actions.erase import Why, erase
from approvals.actions.expire import expire
from approvals.actions.extend_hold import extend_hold
from approvals.actions.handle_alarm import handle_alarm
from approvals.actions.handle_key import make_key
from approvals.actions.keep_lease import keep_lease
from approvals.actions.legal_hold import lift_legal_hold, set_legal_hold
from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.record_check import record_check
from approvals.actions.request_check import request_check, take_up
from approvals.actions.review import review
from approvals.actions.set_freeze import set_freeze
from approvals.actions.sign_off import sign_off
from approvals.actions.withdraw import withdraw
from approvals.actions.withdraw_draft import withdraw_draft
from approvals.models import PolicyDraft
from approvals.organisation import AgentRow, Organisation
from approvals.queries import linked, policies
from approvals.vocab import DraftState, ErasureBasis, ErasureOf, Finding, Judgement
from decisions import ledger, served
from decisions.errors import Problem
from decisions.models import Agent, Alarm, Decision, Evidence, Freeze, LegalHold, Person, ServedClock
from decisions.verify import Fault, Verdict
from decisions.vocab import HOLDING, Cause, Effect, FreezeMode, FreezeScope, LegalHoldScope, Outcome, Says, Scope, State
from tests import factories
from tests.factories import event, hand_in, send

SERVICES = ("checkout", "search", "geo", "wiki", "orphan", "not-registered")
KINDS = ("restart", "scale", "delete", "read", "rollback", "something_new")


class Mixture:
    """Random commands by the people and agents of `register`. `clock` is a test's clock, moved by minutes."""

    def __init__(self, register: factories.Register, clock: Any, chance: random.Random) -> None:
        self.register, self.clock, self.chance = register, clock, chance
        self.names: list[str] = []
        self.steps = [
            self.report,
            self.ask,
            self.end,
            self.judge,
            self.sign,
            self.expire,
            self.watch,
            self.change,
            self.claim,
            self.act,
            self.revert,
            self.look,
            self.stop,
            self.draw_the_line,
            self.take_back,
            self.check,
            self.tell,
            self.cut,
        ]

    def run(self, count: int) -> None:
        for _ in range(count):
            self.clock.advance(minutes=self.chance.choice((0, 0, 0, 1, 1, 2, 12)))
            # What is refused is part of it: the ledger has an entry of it, or nothing.
            with contextlib.suppress(Problem):
                self.chance.choices(self.steps, weights=[6, 8, 3, 6, 4, 1, 2, 1, 6, 5, 4, 4, 2, 3, 2, 1, 5, 2])[0]()

    def agent(self) -> Agent:
        return self.chance.choice(list(self.register.agents.values()))

    def person(self, *likely: str) -> Person:
        """Anybody, and mostly one of `likely`."""
        if likely and self.chance.random() < 0.8:
            return self.register.people[self.chance.choice(likely)]
        return self.chance.choice(list(self.register.people.values()))

    def name(self, *, fresh: bool) -> str:
        if fresh or not self.names or self.chance.random() < 0.1:
            self.names.append(f"rb-{len(self.names)}")
            return self.names[-1]
        return self.chance.choice(self.names[-12:])

    def action(self) -> dict[str, Any]:
        over: dict[str, Any] = {"kind": self.chance.choice(KINDS), "service": self.chance.choice(SERVICES)}
        over["environment"] = self.chance.choice(("prod", "prod", "staging", ""))
        return factories.action(**over, **({"undo": None} if self.chance.random() < 0.3 else {}))

    def report(self) -> None:
        status = self.chance.choice([None, *map(str, Outcome)])
        outcome = {"outcome": {"status": status, "detail": "as told"}} if status else {}
        fresh = self.chance.random() < 0.7
        sent = [event("executed", decision=self.name(fresh=fresh), action=self.action(), **outcome) for _ in range(2)]
        send(self.agent(), *sent, *self.chance.sample(sent, self.chance.randint(0, 2)))

    def ask(self) -> None:
        factories.propose(self.agent(), decision=self.name(fresh=self.chance.random() < 0.9), action=self.action())

    def end(self) -> None:
        kind = self.chance.choice(("outcome", "outcome", "reverted", "signal"))
        status = {"outcome": {"status": str(self.chance.choice(list(Outcome)))}} if kind == "outcome" else {}
        send(self.agent(), event(kind, decision=self.name(fresh=False), **status))

    def tell(self) -> None:
        """Another system tells of something: of an agent that it knows, where the register says who that is."""
        agent, row = self.agent(), None
        if not agent.identities:
            known = AgentRow(
                agent.slug, agent.name, "", "", "", "tomasz", identities=(f"kubernetes-audit:{agent.slug}",)
            )
            change_register(Organisation(agents=[known]), actor=None)
        with contextlib.suppress(Problem):
            row = self.decision()
        over: dict[str, Any] = {"actor": agent.slug, "targets": (self.chance.choice(SERVICES),), "resource": ""}
        if row is not None and self.chance.random() < 0.6:
            over |= {"targets": (row.service,), "resource": row.resource, "kind": row.kind, "at": row.occurred_at}
        if row is not None and self.chance.random() < 0.2:
            over["keys"] = frozenset({f"decision:{row.id}"})
        says = self.chance.choice((Says.EFFECT, Says.EFFECT, Says.TRIGGER, Says.LOOK))
        told = factories.effect(**over, outcome=self.chance.choice(list(Outcome)))
        hand_in(replace(told, says=says), *([told] if self.chance.random() < 0.2 else []))

    def cut(self) -> None:
        joined = Evidence.objects.exclude(decision_seq=None).order_by("-seq").values_list("decision_seq", flat=True)
        some = [seq for seq in joined[:5] if seq is not None]
        row = Decision.objects.get(seq=self.chance.choice(some)) if some else self.decision()
        if links := linked.of(row):
            who = self.person("ines", "marta").id
            cut_link(row.id, evidence=self.chance.choice(links).row.seq, reason="It is not.", actor=who)

    def decision(self, *states: State) -> Decision:
        known = Decision.objects.filter(complete=True).order_by("-seq")
        rows = list(known.filter(state__in=states)[:3]) or list(known[:15])
        if not rows:
            raise Problem(404, "not-found", "Nothing yet")
        return self.chance.choice(rows)

    def judge(self) -> None:
        (factories.approve if self.chance.random() < 0.7 else factories.veto)(
            self.decision(*HOLDING, State.AUTHORIZED), self.person("marta", "david", "ines")
        )

    def sign(self) -> None:
        row = self.decision()
        sign_off(
            row.id,
            judgement=self.chance.choice(list(Judgement)),
            effect=self.chance.choice(list(Effect)),
            cause=self.chance.choice([None, *Cause]),
            reason="Looked at it twice.",
            version=row.version,
            actor=self.person("marta", "david", "helena").id,
        )

    def claim(self) -> None:
        if self.chance.random() < 0.5:
            served.tick(self.clock.at)
            ServedClock.objects.update(served_ms=F("served_ms") + 300_000)
        factories.claim(self.decision(State.AUTHORIZED, State.WINDOW), key=f"c-{self.chance.randrange(2)}")

    def act(self) -> None:
        row = self.decision(State.EXECUTING, State.UNKNOWN)
        if row.lease_id is None or row.lease_seq is None:
            return
        if self.chance.random() < 0.4:
            keep_lease(row.lease_id, fencing=row.lease_seq, agent=row.agent_id)
        else:
            factories.finish(row, self.chance.choice(list(Outcome)))

    def revert(self) -> None:
        row = self.decision(State.REVERT_ORDERED, State.REVERTING)
        given: dict[str, Any] = {
            "fencing": row.lease_seq or row.seq,
            "key": f"r-{self.chance.random()}",
            "agent": row.agent_id,
        }
        if self.chance.random() < 0.5:
            acknowledge_revert(row.id, **given)
        else:
            finish_revert(row.id, succeeded=self.chance.random() < 0.5, said={"detail": "as told"}, **given)

    def look(self) -> None:
        """What people say besides verdicts and sign-offs."""
        row, actor = self.decision(State.REVIEW, State.REVERT_FAILED, *HOLDING), self.person("marta", "ines").id
        match self.chance.randrange(4):
            case 0:
                extend_hold(row.id, by=timedelta(minutes=self.chance.randint(1, 60)), actor=actor)
            case 1:
                comment(row.id, text="Is anybody awake?", actor=actor)
            case 2:
                withdraw(row.id, reason="", agent=row.agent_id)
            case _:
                finding = self.chance.choice(list(Finding))
                review(row.id, finding=finding, reason="INC-1: looked at it.", version=row.version, actor=actor)

    def stop(self) -> None:
        freeze = Freeze.objects.filter(lifted_at__isnull=True).first()
        if freeze is not None and self.chance.random() < 0.7:
            lift_freeze(freeze.id, actor=self.person("marta", "david", "helena").id)
            return
        scope = self.chance.choice(list(FreezeScope))
        value = {
            FreezeScope.EVERYTHING: "",
            FreezeScope.ENVIRONMENT: "prod",
            FreezeScope.SERVICE: "geo",
            FreezeScope.AGENT: str(self.agent().id),
        }[scope]
        mode = self.chance.choice(list(FreezeMode))
        set_freeze(scope=scope, value=value, mode=mode, reason="Enough.", actor=self.person("ines", "yuki").id)

    def expire(self) -> None:
        expire()

    def watch(self) -> None:
        alarm = Alarm.objects.order_by("seq").exclude(state="cleared").first()
        if alarm is not None:
            verb = self.chance.choice(("acknowledge", "clear"))
            handle_alarm(alarm.seq, verb=verb, actor=self.person("ines", "yuki").id)  # type: ignore[arg-type]

    def change(self) -> None:
        if self.chance.randrange(3) == 0:
            make_key(self.agent().id, scopes=list(Scope), days=1, actor=self.register.people["yuki"].id)
        else:
            row = factories.service("geo", self.chance.randrange(4), owner=self.chance.choice(["", "marta", "helena"]))
            person = factories.person("tomasz", "responder", active=self.chance.random() < 0.5)
            change_register(Organisation(people=[person], services=[row]), actor=self.register.people["yuki"].id)

    def take_back(self) -> None:
        """Somebody erases what a decision or an entry discloses, or sets or lifts a legal hold."""
        hold, keeper = LegalHold.objects.filter(lifted_at__isnull=True).first(), self.person("helena", "samuel").id
        if hold is not None and self.chance.random() < 0.5:
            lift_legal_hold(hold.id, reason="No longer needed.", actor=keeper)
        elif self.chance.random() < 0.15:
            scope, value = self.chance.choice([(LegalHoldScope.SERVICE, "geo"), (LegalHoldScope.EVERYTHING, "")])
            set_legal_hold(scope=scope, value=value, reason="A court asks for it.", actor=keeper)
        else:
            why = Why(self.chance.choice(list(ErasureBasis)), "Request of a customer", "They asked for it.")
            names = self.chance.choice(([], ["account"], ["action", "names"], ["reason", "comment", "subject"]))
            of: ErasureOf = self.chance.choice([ErasureOf.DECISION, ErasureOf.ENTRIES])
            entry = [self.chance.randrange(ledger.size())]
            what = str(self.decision().id) if of is ErasureOf.DECISION else entry
            erase(of, what, names=names, why=why, actor=self.person("yuki").id)

    def check(self) -> None:
        """Somebody has the whole ledger checked; what comes of it is made up, so that alarms come and go."""
        asked = request_check(actor=self.person("samuel", "yuki").id)
        take_up(asked.id)
        asked.refresh_from_db()
        found = Verdict(size=ledger.size(), faults=[Fault("it was changed", 3, 3)] * self.chance.randint(0, 1))
        record_check(asked, self.chance.choice((found, found, None)))

    def draw_the_line(self) -> None:
        """Somebody drafts, takes back or activates; now and then an operator loads a version from the command line."""
        draft = PolicyDraft.objects.filter(state=DraftState.OPEN).order_by("-seq").first()
        latest = policies.in_force()
        assert latest is not None
        if self.chance.random() < 0.1:
            activate_policy(self.policy())
        elif draft is None or self.chance.random() < 0.3:
            draft_policy(
                self.policy(),
                reason="Another line is better.",
                based_on=latest.version - (self.chance.random() < 0.1),
                replaces=draft.id if draft and self.chance.random() < 0.5 else None,
                actor=self.person("marta", "david", "yuki").id,
            )
        elif self.chance.random() < 0.3:
            withdraw_draft(draft.id, revision=1, actor=self.person("marta", "helena").id)
        else:
            activate_draft(draft.id, revision=1, actor=self.person("helena").id)

    def policy(self) -> dict[str, Any]:
        """The example policy, here and there another level, an exception or a freeze window."""
        document = factories.policy(name=f"Policy {self.chance.random()}")
        row = {"tier": self.chance.choice((1, 2)), "kind": self.chance.choice(KINDS), "environment": "prod"}
        level = self.chance.choice(("L0", "L1", "L2", "L3", "L4"))
        document["matrix"].insert(0, {**row, "level": level, "requirement": "one"})
        start = self.clock.at + timedelta(minutes=self.chance.randint(-90, 90))
        if self.chance.random() < 0.3:
            span = {"from": start.isoformat(), "to": (start + timedelta(minutes=40)).isoformat()}
            document["freeze_windows"] = [{"name": "quiet", **span, "cap": self.chance.choice(("L0", "L1", "L2"))}]
        if self.chance.random() < 0.5:
            condition = {"f": "parameters.replicas", "op": "gt", "v": self.chance.randint(1, 5)}
            document["exceptions"] = [{"id": "many", "when": [condition], "effect": "tighten", "max_level": "L1"}]
        return document
