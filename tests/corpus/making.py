"""Writes a corpus: a short ledger with an entry of every kind, by the product as it is now.

Run `python -m tests.corpus.making v4` when the form or the kinds of entries have changed. It must never write over a
corpus: what an earlier version wrote stays as it is.
"""

import contextlib
import os
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import environment

assert environment.DATA_DIR

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")

import django  # noqa: E402 - the data folder must be known first

django.setup()

from django.core.management import call_command  # noqa: E402
from msgspec import convert  # noqa: E402

from approvals.actions.activate_draft import activate_draft  # noqa: E402
from approvals.actions.activate_policy import activate_policy  # noqa: E402
from approvals.actions.answer_revert import acknowledge_revert, finish_revert  # noqa: E402
from approvals.actions.attest_report import attest_report  # noqa: E402
from approvals.actions.call_next import call_next  # noqa: E402
from approvals.actions.change_register import change_register  # noqa: E402
from approvals.actions.comment import comment  # noqa: E402
from approvals.actions.cut_link import cut_link  # noqa: E402
from approvals.actions.draft_policy import draft_policy  # noqa: E402
from approvals.actions.erase import Why, erase  # noqa: E402
from approvals.actions.expire import expire  # noqa: E402
from approvals.actions.extend_hold import extend_hold  # noqa: E402
from approvals.actions.handle_alarm import handle_alarm  # noqa: E402
from approvals.actions.handle_key import make_key  # noqa: E402
from approvals.actions.handle_secret import make_secret  # noqa: E402
from approvals.actions.import_recordings import import_recordings  # noqa: E402
from approvals.actions.issue_report import issue_report  # noqa: E402
from approvals.actions.keep_item import add_item, change_item, withdraw_item  # noqa: E402
from approvals.actions.legal_hold import lift_legal_hold, set_legal_hold  # noqa: E402
from approvals.actions.lift_freeze import lift_freeze  # noqa: E402
from approvals.actions.request_check import request_check, take_up  # noqa: E402
from approvals.actions.review import review  # noqa: E402
from approvals.actions.set_freeze import set_freeze  # noqa: E402
from approvals.actions.sign_off import sign_off  # noqa: E402
from approvals.actions.withdraw import withdraw  # noqa: E402
from approvals.board import REGISTERS  # noqa: E402
from approvals.checking import check_ledger  # noqa: E402
from approvals.models import Report  # noqa: E402
from approvals.organisation import AgentRow, GroupRow, Organisation, SourceRow  # noqa: E402
from approvals.queries.calls import CALLED  # noqa: E402
from approvals.vocab import REPORT_PAGES, ErasureBasis, ErasureOf, Finding, Judgement  # noqa: E402
from decisions import checkpoints, clock, signers  # noqa: E402
from decisions.envelope import Draft, timestamp  # noqa: E402
from decisions.errors import Problem  # noqa: E402
from decisions.intake.reading import Reading, Says  # noqa: E402
from decisions.models import Agent, Alarm, Decision, Evidence, Person  # noqa: E402
from decisions.moment import Moment  # noqa: E402
from decisions.recording import record  # noqa: E402
from decisions.vocab import Board, Cause, Effect, FreezeMode, FreezeScope, Kind, LegalHoldScope, Outcome, Scope  # noqa: E402
from tests import factories  # noqa: E402
from tests.approvals.board.items import bodies  # noqa: E402
from tests.conftest import Clock  # noqa: E402
from tests.corpus import replay  # noqa: E402
from tests.factories import event, hand_in, send  # noqa: E402
from tests.reports import edition  # noqa: E402


def scenario(time: Clock) -> None:
    """A night at the example company."""
    change_register(factories.organisation(), actor=None)
    activate_policy(factories.policy())
    people = {person.username: person for person in Person.objects.all()}
    agents = {agent.slug: agent for agent in Agent.objects.all()}
    agent, admin = agents["remediator"], people["yuki"].id
    make_key(agent.id, scopes=list(Scope), days=30, actor=admin)
    change_register(Organisation(services=[factories.service("wiki", 3, retired=True)]), actor=admin)
    called = GroupRow("approvers", "Approvers", ("david", "ines", "marta", "tomasz"), ("ines", "tomasz"))
    change_register(
        Organisation(groups=[called], services=[factories.service("search", 1, on_call="approvers")]), actor=admin
    )

    time.advance(minutes=1)
    send(agent, event(decision="a", id="e1", outcome={"status": "failed", "detail": "Zeitüberschreitung – 超时"}))
    send(agent, event("outcome", decision="b"), event(decision="b", action=factories.action(service="orphan")))
    send(agent, event("signal", decision="c"))
    for verb, who in (("acknowledge", "ines"), ("clear", "yuki")):
        handle_alarm(Alarm.objects.get().seq, verb=verb, actor=people[who].id)  # type: ignore[arg-type]
    observe(agent, "b")

    time.advance(minutes=1)
    approved = factories.propose(agent, decision="d")
    factories.approve(approved, people["marta"], reason="Looks right.")
    factories.finish(factories.claim(approved))
    revert(factories.decision(agent, "d"), people)
    factories.veto(factories.propose(agent, decision="e", action=factories.action(service="checkout")), people["ines"])
    try:
        factories.approve(factories.decision(agent, "e"), people["marta"])
    except Problem:
        time.advance(minutes=1)
    factories.propose(agent, decision="f", action=factories.action(service="geo"))
    stop(agent, people)
    time.advance(minutes=40)
    expire()
    judge(people["marta"], factories.decision(agent, "a"))
    others_tell(agent, people["ines"])

    recording = event(id="old", decision="g", time=timestamp(datetime(2026, 9, 1, 3, tzinfo=UTC)))
    import_recordings([("autoscaler", recording)], source="tests", actor=None)
    report(people)
    draw_the_line(people)
    keep_board_registers(people)
    take_back(people, factories.decision(agent, "b"))
    check(people["samuel"])
    turn_the_keys()


def report(people: dict[str, Person]) -> None:
    """One edition that is issued, and one that takes its place after an objection."""
    for n in (1, 2):
        made = edition(n=n, seq_limit=40)
        if n == 2:
            say(made.id, people["marta"], page=3, attests=False, comment="A verdict is missing.")
        for page in REPORT_PAGES:
            say(made.id, people["marta"], page=page, attests=True, comment="Read." if page == 3 else "")
        made.refresh_from_db()
        issue_report(made.id, reason="A verdict came late.", version=made.version, actor=people["helena"].id)


def say(report_id: uuid.UUID, manager: Person, **word: Any) -> None:
    attest_report(report_id, **word, version=Report.objects.get(id=report_id).version, actor=manager.id)


def check(auditor: Person) -> None:
    """The whole ledger, by somebody who may."""
    asked = request_check(actor=auditor.id)
    take_up(asked.id)
    asked.refresh_from_db()
    check_ledger(asked)


def others_tell(agent: Agent, responder: Person) -> None:
    """An alert, an audit log that saw what the agent did and what it did not tell, and a person who disagrees."""
    row = AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",))
    source = SourceRow("audit", "Audit log", "kubernetes-audit", "", 60)
    change_register(Organisation(agents=[row], sources=[source]), actor=None)
    make_secret("audit", actor=None)
    hand_in(Reading(says=Says.TRIGGER, id="t", title="5xx", targets=("search",), keys=frozenset({"alert:fp"})))
    send(agent, event(decision="s", id="s", action=factories.action(resource="deployment/search")))
    hand_in(factories.effect(actor="rem", outcome=Outcome.FAILED), factories.effect(actor="rem", targets=("geo",)))
    hand_in(Reading(says=Says.LOOK, id="l", actor="rem", kind="get"))
    cut_link(
        factories.decision(agent, "s").id,
        evidence=Evidence.objects.exclude(decision_seq=None).get().seq,
        reason="Another one's doing.",
        actor=responder.id,
    )


def keep_board_registers(people: dict[str, Person]) -> None:
    """An item of each; one changed, one withdrawn."""
    by, items = people["helena"].id, bodies(str(people["ines"].id))
    kept = {of: add_item(of, convert(items[of], REGISTERS[of].shape), actor=by) for of in Board}
    loss = convert(items[Board.LOSSES] | {"recovered": "200"}, REGISTERS[Board.LOSSES].shape)
    change_item(Board.LOSSES, kept[Board.LOSSES].id, loss, version=1, actor=by)
    withdraw_item(Board.LOSSES, kept[Board.LOSSES].id, reason="It was recorded twice.", version=2, actor=by)


def take_back(people: dict[str, Person], row: Decision) -> None:
    """Something kept by law, let go, and erased."""
    hold = set_legal_hold(
        scope=LegalHoldScope.SERVICE, value="orphan", reason="Asked for by a court.", actor=people["helena"].id
    )
    why = Why(ErasureBasis.SUBJECT_REQUEST, "Letter of 21 November", "A customer is named in it.")
    given: dict[str, Any] = {"names": ["account", "action"], "why": why, "actor": people["yuki"].id}
    with contextlib.suppress(Problem):
        erase(ErasureOf.DECISION, str(row.id), **given)
    lift_legal_hold(hold.id, reason="The court has closed the case.", actor=people["samuel"].id)
    erase(ErasureOf.DECISION, str(row.id), **given)


def turn_the_keys() -> None:
    """One key takes the place of another, then one name that of another."""
    checkpoints.publish()
    signer = signers.own()
    signer.rotate(0)
    checkpoints.publish()
    signer.retire("oversight.local/ledger2")
    checkpoints.publish()


def draw_the_line(people: dict[str, Person]) -> None:
    """A draft that was replaced, and the one that a second person put in force."""
    first = draft_policy(
        factories.policy(name="Scond policy"), reason="The year ends.", based_on=1, actor=people["marta"].id
    )
    draft = draft_policy(
        factories.policy(name="Second policy"),
        reason="The year ends; the name is right now.",
        based_on=1,
        replaces=first.id,
        actor=people["yuki"].id,
    )
    activate_draft(draft.id, revision=1, actor=people["helena"].id)


def revert(row: Decision, people: dict[str, Person]) -> None:
    """A veto after the act, what the executor said of its revert, and who looked."""
    factories.veto(row, people["ines"], reason="Undo it.")
    fencing = row.lease_seq or 0
    acknowledge_revert(row.id, fencing=fencing, key="r-1", agent=row.agent_id)
    finish_revert(row.id, fencing=fencing, succeeded=True, said={"detail": "two again"}, key="r-2", agent=row.agent_id)
    comment(row.id, text="The graph agrees.", actor=people["david"].id)
    row = Decision.objects.get(seq=row.seq)
    review(
        row.id, finding=Finding.REVERTED, reason="Two replicas, seen.", version=row.version, actor=people["david"].id
    )


def stop(agent: Agent, people: dict[str, Person]) -> None:
    """A claim whose lease runs out, a hold that was extended, one withdrawn, and everything stopped and started again."""
    lost = factories.propose(agent, decision="h")
    factories.approve(lost, people["marta"])
    factories.claim(lost)
    row = factories.propose(agent, decision="i")
    extend_hold(row.id, by=timedelta(minutes=5), actor=people["marta"].id)
    called = call_next(row.id, actor=people["marta"].id)
    handle_alarm(Alarm.objects.get(kind=CALLED).seq, verb="acknowledge", actor=called)
    withdraw(
        factories.propose(agent, decision="j", action=factories.action(service="wiki", kind="delete")).id,
        reason="",
        agent=agent.id,
    )
    freeze = set_freeze(
        scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="Enough.", actor=people["ines"].id
    )
    for who in ("marta", "david"):
        lift_freeze(freeze.id, actor=people[who].id)


def judge(person: Person, row: object) -> None:
    for judgement, cause in ((Judgement.ACCEPT, None), (Judgement.REFUSE, Cause.AGENT_ERROR)):
        row = factories.Decision.objects.get(seq=row.seq)  # type: ignore[attr-defined]
        sign_off(
            row.id,
            judgement=judgement,
            effect=Effect.NO_EFFECT,
            cause=cause,
            reason="Read it at breakfast.",
            version=row.version,
            actor=person.id,
        )


def observe(agent: Agent, name: str) -> None:
    """No source of observed outcomes exists yet; the kind does."""
    row = factories.decision(agent, name)
    facts = {
        "kv": 1,
        "decision": str(row.id),
        "ref": row.ref_key,
        "agent": str(agent.id),
        "occurred": None,
        "outcome": "succeeded",
        "state": None,
        "lease": None,
        "otherwise": False,
    }
    draft = Draft(Kind.OUTCOME_OBSERVED, "system", facts, {"outcome": {"detail": "three pods are ready"}})

    def decide(moment: Moment) -> list[Draft]:
        return [draft]

    record(decide, principal="system")


def main(version: str) -> None:
    path = replay.FOLDER / f"{version}.jsonl"
    if path.exists():
        raise SystemExit(f"{path} is there already, and stays as it is")
    call_command("migrate", verbosity=0)
    time = Clock(datetime(2026, 11, 22, 3, 47, tzinfo=UTC))
    clock.use(time.now)
    scenario(time)
    replay.write(path)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(sys.argv[1])
