"""A company at work: any number of random commands of every sort, refused ones among them. It must not assert anything."""

import contextlib
import random
from typing import Any

from approvals.actions.activate_policy import activate_policy
from approvals.actions.change_register import change_register
from approvals.actions.expire_holds import expire_holds
from approvals.actions.handle_alarm import handle_alarm
from approvals.actions.handle_key import make_key
from approvals.actions.sign_off import sign_off
from approvals.organisation import Organisation
from approvals.vocab import Judgement
from decisions.errors import Problem
from decisions.models import Agent, Alarm, Decision, Person
from decisions.vocab import HOLDING, Cause, Effect, Outcome, Scope, State
from tests import factories
from tests.factories import event, send

SERVICES = ("checkout", "search", "geo", "wiki", "orphan", "not-registered")
KINDS = ("restart", "scale", "delete", "read", "rollback", "something_new")


class Mixture:
    """Random commands by the people and agents of `register`. `clock` is a test's clock, moved by minutes."""

    def __init__(self, register: factories.Register, clock: Any, chance: random.Random) -> None:
        self.register, self.clock, self.chance = register, clock, chance
        self.names: list[str] = []
        self.steps = [self.report, self.ask, self.end, self.judge, self.sign, self.expire, self.watch, self.change]

    def run(self, count: int) -> None:
        for _ in range(count):
            self.clock.advance(minutes=self.chance.choice((0, 0, 0, 1, 1, 2, 12)))
            # What is refused is part of it: the ledger has an entry of it, or nothing.
            with contextlib.suppress(Problem):
                self.chance.choices(self.steps, weights=[6, 6, 4, 6, 4, 1, 2, 1])[0]()

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

    def expire(self) -> None:
        expire_holds()

    def watch(self) -> None:
        alarm = Alarm.objects.order_by("seq").exclude(state="cleared").first()
        if alarm is not None:
            verb = self.chance.choice(("acknowledge", "clear"))
            handle_alarm(alarm.seq, verb=verb, actor=self.person("ines", "yuki").id)  # type: ignore[arg-type]

    def change(self) -> None:
        which = self.chance.randrange(4)
        if which == 0:
            activate_policy(factories.policy(name=f"Policy {self.chance.random()}"), actor=self.person("helena").id)
        elif which == 1:
            make_key(self.agent().id, scopes=list(Scope), days=1, actor=self.register.people["yuki"].id)
        else:
            row = factories.service("geo", self.chance.randrange(4), owner=self.chance.choice(["", "marta", "helena"]))
            person = factories.person("tomasz", "responder", active=self.chance.random() < 0.5)
            change_register(Organisation(people=[person], services=[row]), actor=self.register.people["yuki"].id)
