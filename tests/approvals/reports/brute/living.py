"""The product made to live through a history, by its own functions. It must not know what a measure is.

A history is a list of steps, each with the time that passes before it. What a step cannot do then is refused, as anybody's
attempt would be, and the history goes on.
"""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import convert

from approvals.actions.activate_policy import activate_policy
from approvals.actions.answer_revert import finish_revert
from approvals.actions.break_glass import break_glass
from approvals.actions.cut_link import cut_link
from approvals.actions.erase import Why, erase
from approvals.actions.expire import expire
from approvals.actions.import_recordings import import_recordings
from approvals.actions.keep_item import add_item, withdraw_item
from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.review import review
from approvals.actions.set_freeze import set_freeze
from approvals.actions.sign_off import sign_off
from approvals.actions.withdraw import withdraw
from approvals.board import REGISTERS
from approvals.queries.reverts import fencing_of
from approvals.vocab import ErasureBasis, ErasureOf, Finding, Judgement
from decisions import served
from decisions.errors import Problem
from decisions.models import BoardItem, Decision, Evidence, Freeze
from decisions.vocab import Board, Cause, Effect, FreezeMode, FreezeScope, Outcome
from tests import factories
from tests.conftest import Clock

Json = dict[str, Any]
INSTANT = timedelta(microseconds=1)
WINDOW = timedelta(minutes=2)
MONTH = (2027, 1)
"""The month that most histories are about; the organisation begins in November 2026."""
START, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)
EDGES = tuple(edge + off for edge in (START, END) for off in (-INSTANT, timedelta(0), INSTANT))
WHY = Why(ErasureBasis.SUBJECT_REQUEST, "Data protection officer", "Asked for by the person.")


class Step(NamedTuple):
    """Something that somebody does; `wait` is what passes before it, or the moment that it is done at."""

    wait: timedelta | datetime
    do: str
    what: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"Step({self.wait!s}, {self.do!r}, {self.what!r})"


History = list[Step]


def policy() -> Json:
    """The example policy with holds and permissions that can outlast the end of a month, and sign-offs owed by most."""
    requirements = {
        "one": {"quorum": [{"group": "approvers", "n": 1}], "hold": "12h", "claim": "1h"},
        "two": {"quorum": [{"group": "approvers", "n": 2}], "hold": "12h", "claim": "1h"},
        "window": {"window": "2m", "hold": "12h"},
    }
    return factories.policy(requirements=requirements, sign_off=[{"tier": 1, "risk": "low", "within": "24h"}])


class World:
    """The product with everybody in it, and the decisions that a history has made so far."""

    def __init__(self, known: factories.Register, clock: Clock) -> None:
        self.people, self.agents, self.clock = known.people, known.agents, clock
        self.made: list[UUID] = []
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        """How often each kind of step was done, and how often not."""

    def live(self, history: History) -> None:
        for step in history:
            at = step.wait if isinstance(step.wait, datetime) else self.clock.at + step.wait
            # The ledger's time never runs backwards.
            self.clock.set(max(at, self.clock.at))
            try:
                getattr(self, step.do)(*step.what)
            except Problem:
                self.refused[step.do] += 1
            else:
                self.done[step.do] += 1

    def at(self, when: timedelta | datetime) -> str:
        """The time that an event states: as given, or so long before now; never in the future."""
        stated = min(when if isinstance(when, datetime) else self.clock.at - when, self.clock.at)
        return stated.isoformat().replace("+00:00", "Z")

    def row(self, pick: int) -> Decision:
        """One of the last decisions. Raises Problem where there is none."""
        if not self.made:
            raise Problem(404, "not-found", "Nothing was decided yet")
        return Decision.objects.get(id=self.made[-1 - pick % len(self.made)])

    # What agents say

    def send(self, agent: str, event: Json) -> None:
        factories.send(self.agents[agent], event)
        row = factories.decision(self.agents[agent], event["data"]["decision"])
        if row.id not in self.made:
            self.made.append(row.id)

    def report(self, agent: str, action: tuple[str, str], when: timedelta | datetime, status: str) -> None:
        told: Json = {"outcome": {"status": status}} if status else {}
        self.send(agent, factories.event(time=self.at(when), action=act(*action), **told))

    def bring_in(self, agent: str, action: tuple[str, str], when: timedelta | datetime, status: str) -> None:
        event = factories.event(time=self.at(when), action=act(*action), outcome={"status": status or "succeeded"})
        import_recordings([(agent, event)], source="archive", actor=None)
        self.made.append(factories.decision(self.agents[agent], event["data"]["decision"]).id)

    def propose(self, agent: str, action: tuple[str, str]) -> None:
        served.tick()
        self.made.append(factories.propose(self.agents[agent], action=act(*action)).id)

    def propose_late(self, agent: str, action: tuple[str, str], when: timedelta | datetime) -> None:
        """A proposal among events, which may state a time of its own."""
        self.send(agent, factories.event("proposed", time=self.at(when), action=act(*action)))

    def claim(self, pick: int) -> None:
        factories.claim(self.row(pick))

    def finish(self, pick: int, status: str) -> None:
        row = self.row(pick)
        if row.lease_id is not None:
            factories.finish(row, Outcome(status))

    def _told_of(self, pick: int, kind: str, when: timedelta | datetime, **data: Any) -> None:
        row = self.row(pick)
        [agent] = [one for one in self.agents.values() if one.id == row.agent_id]
        factories.send(agent, factories.event(kind, time=self.at(when), decision=row.agent_ref, **data))

    def report_of(self, pick: int, when: timedelta | datetime, status: str, what: str) -> None:
        """A report of what was told before: the same action, or another one under its name."""
        row = self.row(pick)
        action = dict(row.action or act("search", "scale"))
        if what == "another":
            action["parameters"] = {"replicas": 99}
        told = {"outcome": {"status": status}} if status else {}
        parts = {name: action[name] for name in ("kind", "target", "parameters", "undo") if name in action}
        self._told_of(pick, "executed", when, action=parts, **told)

    def outcome_of(self, pick: int, when: timedelta | datetime, status: str) -> None:
        self._told_of(pick, "outcome", when, outcome={"status": status})

    def reverted(self, pick: int, when: timedelta | datetime) -> None:
        self._told_of(pick, "reverted", when)

    def answer(self, pick: int, how: str) -> None:
        row = self.row(pick)
        finish_revert(
            row.id,
            succeeded=how == "well",
            said={},
            fencing=fencing_of(row),
            key=uuid.uuid4().hex,
            agent=row.agent_id,
        )

    def withdraw(self, pick: int) -> None:
        row = self.row(pick)
        withdraw(row.id, reason="No longer needed.", agent=row.agent_id)

    # What others see

    def observe(self, pick: int, when: timedelta | datetime, status: str) -> None:
        row = self.row(pick)
        at = when if isinstance(when, datetime) else self.clock.at - when
        seen = factories.effect(
            at=min(at, self.clock.at),
            targets=(row.service,),
            resource="",
            outcome=Outcome(status) if status else None,
            keys=frozenset({f"decision:{row.id}"}),
        )
        factories.hand_in(seen)

    def cut(self, pick: int, who: str) -> None:
        row = self.row(pick)
        evidence = Evidence.objects.filter(decision_seq=row.seq).order_by("seq").first()
        if evidence is not None:
            cut_link(row.id, evidence=evidence.seq, reason="It was somebody else's.", actor=self.people[who].id)

    # What people do

    def approve(self, pick: int, who: str) -> None:
        factories.approve(self.row(pick), self.people[who])

    def veto(self, pick: int, who: str) -> None:
        factories.veto(self.row(pick), self.people[who])

    def break_glass(self, pick: int, who: str) -> None:
        row = self.row(pick)
        break_glass(row.id, reason="Everybody is asleep.", shown=factories.shown(row), actor=self.people[who].id)

    def sign_off(self, pick: int, who: str, judgement: str, effect: str) -> None:
        row = self.row(pick)
        sign_off(
            row.id,
            judgement=Judgement(judgement),
            effect=Effect(effect),
            cause=Cause.AGENT_ERROR,
            reason="Looked at the graphs.",
            version=row.version,
            actor=self.people[who].id,
        )

    def review(self, pick: int, finding: str) -> None:
        row = self.row(pick)
        given: Json = {"reason": "Looked at the graphs.", "version": row.version, "actor": self.people["marta"].id}
        review(row.id, finding=Finding(finding), **given)

    def freeze(self, mode: str, scope: str = "everything", value: str = "") -> None:
        named = str(self.agents[value].id) if scope == "agent" else value
        set_freeze(
            scope=FreezeScope(scope), value=named, mode=FreezeMode(mode), reason="", actor=self.people["ines"].id
        )

    def lift(self) -> None:
        for freeze in Freeze.objects.filter(lifted_at__isnull=True):
            for who in ("marta", "david"):
                lift_freeze(freeze.id, actor=self.people[who].id)

    def be_there(self) -> None:
        """Somebody who can veto has a page open for as long as a window lasts."""
        served.tick()
        self.clock.set(self.clock.at + WINDOW)
        served.tick()

    def expire(self) -> None:
        expire()

    def draw_the_line(self, level: str) -> None:
        row: Json = {"tier": "*", "kind": "*", "environment": "*", "level": level}
        if level == "L2":
            row["requirement"] = "one"
        activate_policy({**policy(), "matrix": [row]})

    def erase(self, pick: int, names: tuple[str, ...]) -> None:
        erase(ErasureOf.DECISION, str(self.row(pick).id), names=names, why=WHY, actor=self.people["yuki"].id)

    # What the board's registers hold

    def keep(self, of: str, who: str, item: Json) -> None:
        register = REGISTERS[Board(of)]
        given = {name: self._meant(name, value) for name, value in item.items()}
        add_item(register.of, convert(given, register.shape), actor=self.people[who].id)

    def _meant(self, name: str, value: Any) -> Any:
        if name == "agent" and value:
            return str(self.agents[value].id)
        if name in ("led_by", "accountable"):
            return str(self.people[value].id)
        return str(self.row(value).id) if name == "decision" and value is not None else value

    def take_out(self, of: str, who: str, pick: int) -> None:
        rows = list(BoardItem.objects.filter(register=of, withdrawn=False).order_by("seq"))
        if rows:
            row = rows[pick % len(rows)]
            given: Json = {"reason": "Recorded by mistake.", "version": row.version, "actor": self.people[who].id}
            withdraw_item(Board(of), row.id, **given)


def act(service: str, kind: str) -> Json:
    return factories.action(service=service, kind=kind)
