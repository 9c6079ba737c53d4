"""Every named constraint of the tables, by raw SQL: a row that breaks it is refused."""

from typing import Any

import msgspec
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from approvals.actions.change_register import change_register
from approvals.actions.draft_policy import draft_policy
from approvals.actions.erase import Why, erase
from approvals.actions.keep_item import add_item
from approvals.actions.legal_hold import set_legal_hold
from approvals.actions.set_freeze import set_freeze
from approvals.actions.sign_off import sign_off
from approvals.board import REGISTERS
from approvals.models import Attestation, IdempotentAnswer, LedgerCheck, Opening, ReportBuild
from approvals.organisation import Organisation
from approvals.vocab import ErasureBasis, ErasureOf, Judgement
from decisions import clock, cosigned, served
from decisions.models import Agent, Person
from decisions.vocab import Board, Effect, FreezeMode, FreezeScope, LegalHoldScope
from tests import factories
from tests.approvals.board.items import bodies
from tests.database import guards_off
from tests.factories import event, hand_in, send
from tests.reports import edition

pytestmark = pytest.mark.django_db

BREAKS = {
    "alarm_one_open": "INSERT INTO alarm (seq, key, kind, subject, state, raised_at, raised_by)"
    " SELECT seq + 1000, key, kind, subject, 'acknowledged', raised_at, raised_by FROM alarm",
    "alarm_calls_somebody_to_something": "UPDATE alarm SET person = '0198b7f0aaaa7aaa8aaaaaaaaaaaaaaa'",
    "alarm_state": "UPDATE alarm SET state = 'forgotten'",
    "cosignature_once": "INSERT INTO cosignature (size, witness, line, at) SELECT size, witness, line, at FROM cosignature",
    "decision_state": "UPDATE decision SET state = 'done'",
    "decision_level_ruled": "UPDATE decision SET level_ruled = 'L5'",
    "decision_level_used": "UPDATE decision SET level_used = 'L9'",
    "decision_risk": "UPDATE decision SET risk = 'none'",
    "decision_sign_off": "UPDATE decision SET sign_off = 'later'",
    "decision_basis": "UPDATE decision SET basis = 'silence'",
    "decision_executes_by_claim": "UPDATE decision SET state = 'executing', lease_seq = NULL",
    "evidence_outcome": "UPDATE evidence SET outcome = 'perhaps'",
    "evidence_says": "UPDATE evidence SET says = 'rumour'",
    "freeze_scope": "UPDATE agent_freeze SET scope = 'half', value = 'x'",
    "freeze_mode": "UPDATE agent_freeze SET mode = 'slow'",
    "freeze_names_its_scope": "UPDATE agent_freeze SET value = 'prod'",
    "freeze_one_in_force": "INSERT INTO agent_freeze (seq, id, scope, value, mode, reason, in_flight, set_at)"
    " SELECT seq + 1000, '0198b7f0aaaa7aaa8aaaaaaaaaaaaaaa', scope, value, mode, reason, in_flight, set_at FROM agent_freeze",
    "served_clock_one": "UPDATE served_clock SET id = 2",
    "decision_hold_ends": "UPDATE decision SET state = 'pending', hold_until = NULL",
    "decision_sign_off_due": "UPDATE decision SET sign_off = 'required', sign_off_due = NULL",
    "disclosure_once": "UPDATE disclosure SET name = 'event' WHERE name = 'account'",
    "erasure_basis": "UPDATE erasure SET basis = 'whim'",
    "ledger_check_one_at_a_time": "UPDATE ledger_check SET over = FALSE",
    "ledger_check_result": "UPDATE ledger_check SET result = 'fine'",
    "board_item_register": "UPDATE board_item SET register = 'minutes'",
    "board_item_version": "UPDATE board_item SET version = 0",
    "legal_hold_scope": "UPDATE legal_hold SET scope = 'half', value = 'x'",
    "legal_hold_names_its_scope": "UPDATE legal_hold SET value = 'geo'",
    "legal_hold_one_in_force": "INSERT INTO legal_hold (id, seq, scope, value, reason, set_by, set_at, lifted_because)"
    " SELECT '0198b7f0aaaa7aaa8aaaaaaaaaaaaaaa', seq + 1000, scope, value, reason, set_by, set_at, '' FROM legal_hold",
    "source_run_once": "INSERT INTO source_run (id, src, first, last, seq) SELECT 'x', src, first, last, seq FROM source_run",
    "entry_seq": "INSERT INTO entry (seq, id, kind, at, body, leaf) SELECT -1, id, kind, at, body, leaf FROM entry WHERE seq = 0",
    "head_one": "INSERT INTO head (id, size, root, frontier, at, identity) SELECT 2, size, root, frontier, at, identity FROM head",
    "membership_once": "INSERT INTO membership (id, group_slug, person_id) SELECT 'x', group_slug, person_id FROM membership",
    "service_tier": "UPDATE service SET tier = 4",
    "idempotent_answer_once": "UPDATE idempotent_answer SET key = 'same'",
    "policy_draft_state": "UPDATE policy_draft SET state = 'perhaps', ended_at = drafted_at",
    "policy_draft_ends": "UPDATE policy_draft SET ended_at = drafted_at",
    "policy_draft_becomes": "UPDATE policy_draft SET became = 2",
    "report_state": "UPDATE report SET state = 'wrong'",
    "report_numbered_when_issued": "UPDATE report SET state = 'issued'",
    "attestation_page": "UPDATE attestation SET page = 7",
    "report_build_one_running": "UPDATE report_build SET state = 'building'",
    "sign_off_judgement": "UPDATE sign_off SET judgement = 'maybe'",
    "sign_off_effect": "UPDATE sign_off SET effect = 'great'",
    "sign_off_cause": "UPDATE sign_off SET cause = 'fate'",
    "tile_full": "INSERT INTO tile (level, n, hashes, root) SELECT 0, 0, leaf, leaf FROM entry WHERE seq = 0",
    "opening_once": "INSERT INTO opening (decision_seq, person_id, at) SELECT decision_seq, person_id, at FROM opening",
    "verdict_once": "INSERT INTO verdict (seq, decision_seq, person_id, verdict, reason, at)"
    " SELECT seq + 1000, decision_seq, person_id, verdict, reason, at FROM verdict",
    "verdict_word": "UPDATE verdict SET verdict = 'abstain'",
}


@pytest.fixture
def filled(agent: Agent, manager: Person, executive: Person, admin: Person) -> None:
    """At least one row in every table that has a constraint."""
    send(agent, event(decision="a", action=factories.action(service="orphan")))
    row = factories.decision(agent, "a")
    given: dict[str, Any] = {
        "judgement": Judgement.ACCEPT,
        "effect": Effect.HELPED,
        "cause": None,
        "version": row.version,
    }
    sign_off(row.id, reason="Read it twice.", actor=manager.id, **given)
    factories.approve(factories.propose(agent, decision="b"), manager)
    Opening.objects.create(decision_seq=row.seq, person_id=manager.id, at=clock.now())
    set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="", actor=manager.id)
    draft_policy(factories.policy(name="Next"), reason="To have a draft.", based_on=1, actor=manager.id)
    send(agent, event(sequence=7))
    hand_in(factories.effect())
    take = Why(ErasureBasis.LEGAL_ORDER, "Order 7 of the court", "It has to go.")
    erase(ErasureOf.ENTRIES, [row.seq], names=["account"], why=take, actor=admin.id)
    set_legal_hold(scope=LegalHoldScope.EVERYTHING, value="", reason="Nothing more goes.", actor=executive.id)
    loss = msgspec.convert(bodies()[Board.LOSSES], REGISTERS[Board.LOSSES].shape)
    add_item(Board.LOSSES, loss, actor=executive.id)
    served.tick()
    change_register(Organisation(groups=[]), actor=None)
    now = clock.now()
    cosigned.keep_cosignature(1, "witness", "a line", now)
    builds = [
        ReportBuild.objects.create(period="2026-09", state="failed", requested_at=now, updated_at=now) for _ in range(2)
    ]
    report = edition(builds[0].id, period="2026-09", seq_limit=3, files={})
    Attestation.objects.create(seq=0, report_id=report.id, page=1, person_id=executive.id, attests=True, at=now)
    for over in (True, False):
        LedgerCheck.objects.create(requested_by=admin.id, requested_at=now, seen_at=now, over=over)
    for key in ("a", "b"):
        IdempotentAnswer.objects.create(
            principal="person:1", key=key, request_sha256="", status=200, body={}, at=clock.now()
        )


def break_with(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.usefixtures("filled")
def test_a_row_that_breaks_it_is_refused() -> None:
    for name, statement in BREAKS.items():
        # No way leads to a row like this: what is tried is whether it may be one.
        with guards_off("decision", "tile", "cosignature"), pytest.raises(IntegrityError) as caught:
            break_with(statement)
        # SQLite names the columns of a unique constraint instead, and its guards speak before some checks.
        told = str(caught.value)
        assert (
            name in told or "UNIQUE constraint failed" in told or "RAISE" in told or name in ("entry_seq", "head_one")
        )


def test_every_constraint_is_tried() -> None:
    models = [model for app in ("decisions", "approvals") for model in apps.get_app_config(app).get_models()]
    assert {constraint.name for model in models for constraint in model._meta.constraints} == set(BREAKS)
