"""Somebody leaves: what they answer for is handed over in one step, or nothing happens."""

from collections.abc import Callable

import pytest
from django.test import Client

from approvals.actions.change_register import change_register
from approvals.actions.handle_alarm import handle_alarm
from approvals.actions.handle_key import make_key
from approvals.actions.leave import Handover, leave
from approvals.organisation import GroupRow, Organisation
from decisions import ledger, rebuild, register
from decisions.errors import Problem
from decisions.models import Agent, Alarm, Decision, InvitationLink, Membership, Person, Service, Session, Standing
from decisions.vocab import Kind, Scope
from tests import factories
from tests.sign_in.acting import approval, sign_in, signed_in, with_factor, with_password, words

pytestmark = pytest.mark.django_db
Browser = Callable[[Person], Client]
TO_DAVID = Handover(successor="david")


def kinds_after(seq: int) -> list[tuple[str, str]]:
    """(kind, table) of the entries from `seq` on."""
    found = [ledger.entry(at) for at in range(seq, ledger.size())]
    return [(str(one[0].kind), one[0].facts.get("table", "")) for one in found if one]


def test_everything_is_handed_over_with_an_entry_for_each(manager: Person, admin: Person):
    before = ledger.size()
    lines = leave(manager.id, TO_DAVID, actor=admin.id)
    david = Person.objects.get(username="david")
    assert set(Service.objects.exclude(slug="orphan").values_list("owner", flat=True)) == {david.id}
    # He was the deputy of them all, and nobody stands in for themselves.
    assert set(Service.objects.values_list("deputy", flat=True)) == {None}
    assert Agent.objects.get(slug="autoscaler").owner == david.id
    assert not Membership.objects.filter(person_id=manager.id).exists()
    standing = Standing.objects.get(person_id=manager.id)
    assert (standing.active, standing.roles) == (False, [])
    tables = [table for kind, table in kinds_after(before) if kind == Kind.REGISTER_CHANGED]
    assert sorted(tables) == ["agent", "group", "person", *["service"] * 4]
    assert len(lines) == len(tables)
    assert rebuild.rebuild(check=True).differences == ()


def test_each_thing_may_go_to_another(manager: Person, admin: Person):
    leave(
        manager.id,
        Handover("david", owners={"checkout": "helena"}, agents={"autoscaler": "ines"}),
        actor=admin.id,
    )
    names = {person.id: person.username for person in Person.objects.all()}
    services = {row.slug: row for row in Service.objects.all()}
    assert names[services["checkout"].owner or manager.id] == "helena"
    assert names[services["checkout"].deputy or manager.id] == "david"
    assert names[services["wiki"].owner or manager.id] == "david"
    assert names[Agent.objects.get(slug="autoscaler").owner or manager.id] == "ines"


def test_a_deputy_is_replaced_or_left_out(second_manager: Person, admin: Person, responder: Person, manager: Person):
    leave(second_manager.id, Handover(deputies={"search": "ines"}), actor=admin.id)
    services = {row.slug: row for row in Service.objects.all()}
    assert services["search"].deputy == responder.id
    assert services["wiki"].deputy is None
    assert services["wiki"].owner == manager.id


def test_a_deputy_who_stood_in_for_nobody_is_an_owner_to_be_replaced(second_manager: Person, admin: Person):
    change_register(Organisation(services=[factories.service("wiki", 3, owner="", deputy="david")]), actor=None)
    with pytest.raises(Problem) as caught:
        leave(second_manager.id, Handover(), actor=admin.id)
    assert caught.value.extra["left"] == ["service wiki"]


def test_nothing_is_left_without_an_owner(manager: Person, admin: Person):
    before, names = ledger.size(), ("checkout", "search", "geo")
    with pytest.raises(Problem) as caught:
        leave(manager.id, Handover(owners=dict.fromkeys(names, "david")), actor=admin.id)
    assert (caught.value.status, caught.value.slug) == (409, "still-owned")
    assert caught.value.extra["left"] == ["service wiki", "agent autoscaler"]
    assert "service wiki, agent autoscaler" in caught.value.detail
    assert ledger.size() == before
    assert Service.objects.get(slug="checkout").owner == manager.id


@pytest.mark.parametrize("who", ["marta", "nobody-known", "rolf"])
def test_only_who_may_act_takes_something_over(manager: Person, admin: Person, who: str):
    change_register(Organisation(people=[factories.person("rolf", "manager", active=False)]), actor=None)
    before = ledger.size()
    with pytest.raises(Problem) as caught:
        leave(manager.id, Handover(successor=who), actor=admin.id)
    assert caught.value.slug == "unknown-person"
    assert ledger.size() == before


def test_the_last_administrator_does_not_leave(admin: Person):
    with pytest.raises(Problem) as caught:
        leave(admin.id, Handover(), actor=admin.id)
    assert caught.value.slug == "last-administrator"
    assert register.latest().valid(admin.id)


def test_only_an_administrator_records_it(manager: Person, second_manager: Person):
    with pytest.raises(Problem) as caught:
        leave(manager.id, TO_DAVID, actor=second_manager.id)
    assert caught.value.status == 403
    assert kinds_after(ledger.size() - 1)[0][0] == Kind.ATTEMPT_REFUSED


def test_nobody_leaves_twice(manager: Person, admin: Person):
    leave(manager.id, TO_DAVID, actor=admin.id)
    before = ledger.size()
    with pytest.raises(Problem) as caught:
        leave(manager.id, TO_DAVID, actor=admin.id)
    assert caught.value.slug == "not-active"
    assert ledger.size() == before


def test_they_are_out_and_their_password_factor_and_links_are_gone(client_for: Browser, manager: Person, admin: Person):
    with_password(manager)
    with_factor(manager)
    client = client_for(manager)
    client_for(admin).post("/register/people/marta/link/")
    assert InvitationLink.objects.filter(person_id=manager.id, used_at=None).exists()
    assert signed_in(client)
    leave(manager.id, TO_DAVID, actor=admin.id)
    assert not signed_in(client)
    assert not Session.objects.filter(person_id=manager.id).exists()
    assert not InvitationLink.objects.filter(person_id=manager.id, used_at=None).exists()
    manager.refresh_from_db()
    assert not manager.has_usable_password()
    sign_in(again := Client(), "marta")
    assert not signed_in(again)


def test_alarms_that_they_took_on_pass_to_who_records_it(agent: Agent, manager: Person, admin: Person):
    factories.send(agent, factories.event(action=factories.action(service="orphan")))
    alarm = Alarm.objects.get(state="open")
    handle_alarm(alarm.seq, verb="acknowledge", actor=manager.id)
    before = ledger.size()
    leave(manager.id, TO_DAVID, actor=admin.id)
    alarm.refresh_from_db()
    assert (alarm.state, alarm.acknowledged_by) == ("acknowledged", admin.id)
    assert (Kind.ALARM_ACKNOWLEDGED, "") in kinds_after(before)


class TestVotes:
    """What somebody who has left had approved."""

    @pytest.fixture
    def two_needed(self, agent: Agent) -> Decision:
        """A decision that waits for two people."""
        return factories.propose(agent, action=factories.action(service="checkout"))

    def test_an_approval_that_was_needed_is_not_claimed_on(self, agent: Agent, manager: Person, admin: Person):
        held = factories.propose(agent, action=factories.action(service="search"))
        factories.approve(held, manager)
        held.refresh_from_db()
        assert held.state == "authorized"
        leave(manager.id, TO_DAVID, actor=admin.id)
        with pytest.raises(Problem) as caught:
            factories.claim(held)
        assert caught.value.slug == "policy-changed"

    def test_an_approval_does_not_count_towards_the_number_that_is_asked(
        self, two_needed: Decision, manager: Person, responder: Person, second_manager: Person, admin: Person
    ):
        needed = sum(int(part["n"]) for part in two_needed.requirement)
        assert needed == 2
        factories.approve(two_needed, manager)
        leave(manager.id, TO_DAVID, actor=admin.id)
        two_needed.refresh_from_db()
        factories.approve(two_needed, responder)
        two_needed.refresh_from_db()
        assert two_needed.state == "pending"
        factories.approve(two_needed, second_manager)
        two_needed.refresh_from_db()
        assert two_needed.state == "authorized"


class TestPage:
    @pytest.fixture
    def hers(self, client_for: Browser, admin: Person) -> Client:
        return client_for(admin)

    def test_it_lists_what_is_left_behind(self, hers: Client, agent: Agent, manager: Person, admin: Person):
        make_key(agent.id, scopes=[Scope.READ], days=9, actor=admin.id)
        page = words(hers.get("/register/people/marta/leaves/"))
        for said in ("Service checkout, tier 0", "Agent autoscaler", "<b>approvers</b>"):
            assert said in page
        assert '<option value="marta"' not in page
        assert "Keys of agents that they made" not in page
        # The administrator made the key; somebody else could then record that she leaves.
        assert "Keys of agents that they made" in words(hers.get("/register/people/yuki/leaves/"))

    def test_it_says_what_would_be_left_and_keeps_what_was_chosen(self, hers: Client):
        form = {"successor": "", "owner:checkout": "helena"}
        page = " ".join(words(hers.post("/register/people/marta/leaves/", form)).split())
        assert "Say who answers from now on for service search, service geo, service wiki, agent autoscaler." in page
        assert '<option value="helena" selected>' in page
        assert Standing.objects.get(person_id=Person.objects.get(username="marta").id).active

    def test_it_is_recorded(self, hers: Client, manager: Person):
        answer = hers.post("/register/people/marta/leaves/", {"successor": "david"})
        assert answer.headers["Location"] == "/register/"
        assert "Marta has left." in words(hers.get("/register/"))
        assert register.latest().valid(manager.id) is None
        assert "Has left." in words(hers.get("/register/people/marta/"))

    def test_the_ordinary_form_does_not_switch_anybody_off(self, hers: Client, manager: Person):
        form = {"name": "Marta", "roles": ["manager"]}
        hers.post("/register/people/marta/", form)
        assert register.latest().valid(manager.id)

    def test_somebody_who_comes_back_is_let_in_again_without_what_they_had(self, hers: Client, manager: Person):
        hers.post("/register/people/marta/leaves/", {"successor": "david"})
        hers.post("/register/people/marta/", {"name": "Marta", "roles": ["auditor"], "active": "on"})
        assert register.latest().valid(manager.id)
        assert not Service.objects.filter(owner=manager.id).exists()
        assert "Not set yet" in words(hers.get("/register/people/marta/"))


def test_a_group_without_them_is_as_large_as_it_says(manager: Person, admin: Person):
    change_register(Organisation(groups=[GroupRow("solo", "Solo", ("marta",))]), actor=None)
    leave(manager.id, TO_DAVID, actor=admin.id)
    assert register.latest().members_of("solo") == frozenset()
    assert "solo" not in {row.group_slug for row in Membership.objects.all()}


def test_what_they_did_stays_under_their_name(agent: Agent, manager: Person, admin: Person, client_for: Browser):
    held = factories.propose(agent, action=factories.action(service="search"))
    client_for(manager).post(f"/decisions/{held.id}/verdict", approval(held))
    leave(manager.id, TO_DAVID, actor=admin.id)
    page = words(client_for(Person.objects.get(username="samuel")).get(f"/decisions/{held.id}/"))
    assert "Marta" in page
