"""Erasing what entries disclose: it is gone, said to be gone, and everything else is as it was."""

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from approvals.actions.change_register import change_register
from approvals.actions.comment import comment
from approvals.actions.draft_policy import draft_policy
from approvals.actions.erase import Erased, Why, erase
from approvals.actions.leave import Handover, leave
from approvals.actions.legal_hold import lift_legal_hold
from approvals.actions.set_freeze import set_freeze
from approvals.models import Comment, Erasure, IdempotentAnswer, PolicyDraft, Verdict
from approvals.organisation import Organisation
from approvals.queries import erasable
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import disclosures, ledger, lists, rebuild
from decisions.errors import Problem
from decisions.models import Agent, Alarm, Decision, Freeze, LegalHold, Person, Service, Standing
from decisions.models.ledger import Disclosure
from decisions.verify import verify_ledger
from decisions.vocab import FreezeMode, FreezeScope, Kind
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send
from tests.mixture import Mixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
WHY = Why(ErasureBasis.SUBJECT_REQUEST, "Request 17 of 21 November", "They asked for it in writing.")


def take(admin: Person, of: ErasureOf, value: Any, *names: str) -> Erased:
    return erase(of, value, names=names, why=WHY, actor=admin.id)


def refused(slug: str, act: Callable[[], Any], text: str = "") -> Problem:
    """`act` is refused, nothing is gone, and that it was tried is recorded where the state forbids it."""
    before, size = Disclosure.objects.count(), ledger.size()
    with pytest.raises(Problem) as caught:
        act()
    assert caught.value.slug == slug, caught.value
    assert text in caught.value.detail
    assert Disclosure.objects.count() == before
    assert ledger.size() == size + (caught.value.status in (403, 409))
    return caught.value


def whole() -> None:
    assert verify_ledger().faults == []
    assert rebuild.rebuild(check=True).differences == ()


# -- of entries


def test_what_is_erased_of_an_entry_is_gone_and_said_to_be(agent: Agent, admin: Person) -> None:
    send(agent, event(decision="rb-1", rationale="Ada called", outcome={"status": "succeeded", "detail": "ok"}))
    row = factories.decision(agent, "rb-1")
    version, before = row.version, ledger.entry(row.seq)
    erased = take(admin, ErasureOf.ENTRIES, [row.seq], "account")
    row.refresh_from_db()
    assert row.account == {}
    assert row.action is not None, "only what was named"
    assert row.outcome_detail == "ok"
    assert (row.version, row.last_seq) == (version + 1, erased.first_seq)
    said = Erasure.objects.get()
    assert (said.entry_seq, said.names, said.erased_by, said.reason) == (row.seq, ["account"], admin.id, WHY.reason)
    after, told = ledger.entry(row.seq), ledger.entry(erased.first_seq)
    assert before is not None
    assert after is not None
    assert told is not None
    assert after[1:] == before[1:], "the leaf is what it was"
    assert "account" not in after[0].disclosed
    assert told[0].ref == {"seq": row.seq, "leaf": before[2].hex()}
    whole()


def test_what_is_gone_cannot_be_erased_again(agent: Agent, admin: Person) -> None:
    seq = send(agent, event()).first_seq
    assert take(admin, ErasureOf.ENTRIES, [seq, seq], "account").entries == 1
    refused("nothing-to-erase", lambda: take(admin, ErasureOf.ENTRIES, [seq], "account"))
    refused("nothing-to-erase", lambda: take(admin, ErasureOf.ENTRIES, [seq], "no_such_name"))
    refused("not-found", lambda: take(admin, ErasureOf.ENTRIES, [seq, ledger.size()]))


@pytest.mark.parametrize("who", ["marta", "ines", "helena", "samuel", "noor"])
def test_only_an_administrator_erases(agent: Agent, organisation: factories.Register, who: str) -> None:
    seq = send(agent, event()).first_seq
    refused("role", lambda: take(organisation.people[who], ErasureOf.ENTRIES, [seq]))


def test_an_erasure_says_why_and_by_what_right(agent: Agent, admin: Person) -> None:
    seq = send(agent, event()).first_seq
    for why in (Why(WHY.basis, WHY.authority, "Because."), Why(WHY.basis, "  me       ", WHY.reason)):
        refused(
            "reason-needed",
            lambda why=why: erase(ErasureOf.ENTRIES, [seq], names=(), why=why, actor=admin.id),  # type: ignore[misc]
        )


def test_what_is_needed_still_stays(agent: Agent, admin: Person, manager: Person) -> None:
    row = factories.propose(agent)
    for of, value in ((ErasureOf.ENTRIES, [row.seq]), (ErasureOf.DECISION, str(row.id))):
        refused("still-needed", lambda of=of, value=value: take(admin, of, value), "not over")  # type: ignore[misc]
    assert take(admin, ErasureOf.ENTRIES, [row.seq], "account").entries == 1, "the agent's words are not needed"
    factories.veto(row, manager)
    assert take(admin, ErasureOf.ENTRIES, [row.seq], "action").entries == 1
    draft = draft_policy(factories.policy(name="Next"), reason="A better line.", based_on=1, actor=manager.id)
    refused("still-needed", lambda: take(admin, ErasureOf.ENTRIES, [draft.seq]), "policy")
    take(admin, ErasureOf.ENTRIES, [draft.seq], "reason")
    assert PolicyDraft.objects.get().reason == ""
    whole()


def test_what_the_register_says_now_stays_and_what_it_said_goes(
    organisation: factories.Register, admin: Person
) -> None:
    rows = [entry for entry in ledger.entries(0, ledger.size() - 1) if entry.facts.get("key") == "geo"]
    refused("still-needed", lambda: take(admin, ErasureOf.ENTRIES, [rows[0].seq]), "change the register first")
    change_register(Organisation(services=[factories.service("geo", 2, team="Maps")]), actor=admin.id)
    take(admin, ErasureOf.ENTRIES, [rows[0].seq])
    assert Service.objects.get(slug="geo").team == "Maps"
    whole()


def test_a_stop_that_rests_on_the_name_in_an_action_keeps_it(agent: Agent, admin: Person, manager: Person) -> None:
    """Of a service that the register knew the entry says so itself; of another the action alone does."""
    change_register(Organisation(services=[factories.service("geo", 2, retired=True)]), actor=admin.id)
    known, retired = (factories.propose(agent, action=factories.action(service=name)) for name in ("search", "geo"))
    for name in ("search", "geo"):
        set_freeze(scope=FreezeScope.SERVICE, value=name, mode=FreezeMode.ALL, reason="", actor=manager.id)
    for row in (known, retired):
        factories.veto(row, manager)
    take(admin, ErasureOf.DECISION, str(known.id))
    refused("still-needed", lambda: take(admin, ErasureOf.DECISION, str(retired.id)), "a stop named")
    assert Decision.objects.get(seq=known.seq).service == "search"
    whole()


def test_of_two_outcomes_that_are_told_alike_the_one_that_is_left_counts(agent: Agent, admin: Person) -> None:
    at = "2026-11-22T03:40:00Z"
    send(agent, event(decision="a"))
    told = [
        send(agent, event("outcome", decision="a", time=at, outcome={"status": "failed", "detail": detail})).first_seq
        for detail in ("aaa", "zzz")
    ]
    assert factories.decision(agent, "a").outcome_detail == "zzz"
    take(admin, ErasureOf.ENTRIES, [told[1]], "outcome")
    assert factories.decision(agent, "a").outcome_detail == "aaa"
    whole()


# -- of a decision


def test_of_a_decision_everything_goes_that_speaks_of_it(agent: Agent, admin: Person, manager: Person) -> None:
    action = factories.action(service="unknown-to-us", resource="deploy/xanthippe")
    send(agent, event("signal", decision="a", rationale="xanthippe rings"))
    send(agent, event(decision="a", episode="xanthippe-1", action=action, rationale="xanthippe"))
    send(agent, event("outcome", decision="a", outcome={"status": "failed", "detail": "xanthippe"}))
    row = factories.decision(agent, "a")
    comment(row.id, text="xanthippe?", actor=manager.id)
    assert Alarm.objects.get(kind="nobody_accountable").subject == "unknown-to-us"
    assert list(lists.asked_for({"q": "xanthippe"}, ledger.current().at).rows)
    take(admin, ErasureOf.DECISION, str(row.id))
    row.refresh_from_db()
    assert (row.title, row.resource, row.episode, row.agent_ref, row.account) == (
        "An action that was erased",
        *3 * [""],
        {},
    )
    assert (row.outcome, row.outcome_detail, row.risk) == ("failed", "", "high"), "words of ours stay"
    assert Comment.objects.get().text == ""
    assert Alarm.objects.get(kind="nobody_accountable").subject == ""
    assert list(lists.asked_for({"q": "xanthippe"}, ledger.current().at).rows) == []
    assert list(disclosures.holding("xanthippe")) == []
    whole()


def test_kept_answers_lose_what_they_repeat(agent: Agent, admin: Person, manager: Person) -> None:
    row = factories.propose(agent, action=factories.action(resource="deploy/xanthippe"))
    factories.veto(row, manager)
    body = {"id": str(row.id), "version": 2, "title": row.title, "target": {"resource": row.resource}}
    other = {"id": str(admin.id), "title": "Another"}
    at = ledger.current().at
    for key, kept in (("a", body), ("b", other)):
        IdempotentAnswer.objects.create(principal="x", key=key, request_sha256="", status=200, body=kept, at=at)
    take(admin, ErasureOf.DECISION, str(row.id))
    kept = IdempotentAnswer.objects.get(key="a").body
    assert kept == {
        "id": str(row.id),
        "version": 2,
        "title": "",
        "target": {"service": "", "environment": "", "resource": None},
    }
    assert IdempotentAnswer.objects.get(key="b").body == other


# -- of a person


def leaves(person: Person, admin: Person) -> None:
    leave(person.id, Handover(successor="david", agents={"remediator": "david"}), actor=admin.id)


def test_of_a_person_who_has_left_words_and_account_go(
    agent: Agent, admin: Person, responder: Person, manager: Person
) -> None:
    row = factories.propose(agent)
    comment(row.id, text="I know them.", actor=responder.id)
    comment(row.id, text="So do I.", actor=manager.id)
    factories.veto(row, responder, reason="No.")
    set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="Enough.", actor=responder.id)
    refused("still-needed", lambda: take(admin, ErasureOf.PERSON, str(responder.id)), "leave first")
    leaves(responder, admin)
    erased = take(admin, ErasureOf.PERSON, str(responder.id))
    assert (erased.entries, erased.left) == (3, 0)
    assert [said.text for said in Comment.objects.order_by("seq")] == ["", "So do I."]
    assert (Verdict.objects.get().reason, Freeze.objects.get().reason) == ("", "")
    assert not Person.objects.filter(id=responder.id).exists()
    assert not Standing.objects.get(person_id=responder.id).active
    assert ledger.entries(erased.last_seq, erased.last_seq).__next__().facts["erased"] is True
    refused("nothing-to-erase", lambda: take(admin, ErasureOf.PERSON, str(responder.id)))
    whole()


def test_a_person_who_said_nothing_is_erased_by_an_entry_too(admin: Person, viewer: Person) -> None:
    leaves(viewer, admin)
    assert take(admin, ErasureOf.PERSON, str(viewer.id)).entries == 0
    assert not Person.objects.filter(id=viewer.id).exists()
    assert verify_ledger().clean


def test_what_the_register_says_of_a_person_goes_with_them(admin: Person, viewer: Person) -> None:
    """`Noor` is the name of the viewer, and stands in a row that is in force, then in one that no longer is."""
    named = [factories.service("wiki", 3, team="Noor's own")]
    change_register(Organisation(services=named), actor=admin.id)
    leaves(viewer, admin)
    refused("still-needed", lambda: take(admin, ErasureOf.PERSON, str(viewer.id)), "change the register first")
    change_register(Organisation(services=[factories.service("wiki", 3, team="Docs")]), actor=admin.id)
    take(admin, ErasureOf.PERSON, str(viewer.id))
    assert list(disclosures.holding("Noor")) == []
    whole()


def test_at_most_so_many_at_once(
    agent: Agent, admin: Person, responder: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert erasable.MOST == 1000
    monkeypatch.setattr(erasable, "MOST", 4)
    row = factories.propose(agent)
    for number in range(6):
        comment(row.id, text=str(number), actor=responder.id)
    leaves(responder, admin)
    first = take(admin, ErasureOf.PERSON, str(responder.id))
    assert (first.entries, first.left) == (4, 2)
    assert Person.objects.filter(id=responder.id).exists(), "the account goes with the last of it"
    second = take(admin, ErasureOf.PERSON, str(responder.id))
    assert (second.entries, second.left) == (2, 0)
    assert not Person.objects.filter(id=responder.id).exists()


# -- of reasons for erasing


def test_why_something_was_erased_is_erased_by_its_own_number_alone(agent: Agent, admin: Person) -> None:
    send(agent, event(decision="a"))
    row = factories.decision(agent, "a")
    first = take(admin, ErasureOf.ENTRIES, [row.seq], "account")
    assert take(admin, ErasureOf.DECISION, str(row.id)).entries == 1, "of the action, not of the reason"
    assert Erasure.objects.get(seq=first.first_seq).reason == WHY.reason
    take(admin, ErasureOf.ENTRIES, [first.first_seq], "reason")
    erased = Erasure.objects.get(seq=first.first_seq)
    assert (erased.reason, erased.authority) == ("", WHY.authority)
    whole()


# -- whatever happened


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(1, 6))])
def test_after_any_erasures_the_ledger_verifies_and_the_fold_equals_the_read_models(
    organisation: factories.Register, clock: Clock, seed: int
) -> None:
    chance = random.Random(seed)
    mixture = Mixture(organisation, clock, chance)
    admin, count = organisation.people["yuki"], 0
    for _ in range(5):
        mixture.run(30)
        # What the mixture erases meets legal holds; one of everything would leave nothing to erase here.
        for hold in LegalHold.objects.filter(lifted_at__isnull=True):
            lift_legal_hold(hold.id, reason="No longer needed.", actor=organisation.people["samuel"].id)
        enough = count + 3
        for _ in range(60):
            row = chance.choice(list(Disclosure.objects.order_by("seq", "name")))
            every = chance.random() < 0.3
            # What is needed still is refused.
            with contextlib.suppress(Problem):
                count += take(admin, ErasureOf.ENTRIES, [row.seq], *([] if every else [row.name])).entries
            if count >= enough:
                break
    assert count > 12
    erasures = ledger.pages_of([Kind.DISCLOSURE_ERASED], 0, ledger.size())
    named = sum(len(entry.facts["erased"]) for page in erasures for entry in page)
    assert verify_ledger().erased == named
    whole()
