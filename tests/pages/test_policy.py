"""The policy pages without scripts: draft by document or by cell, see what changes, activate, withdraw; and who may not."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from approvals.actions.activate_policy import activate_policy
from approvals.actions.change_register import change_register
from approvals.actions.draft_policy import draft_policy
from approvals.models import PolicyDraft, PolicyVersion
from approvals.organisation import Organisation
from approvals.policy import text
from decisions import ledger
from decisions.models import Agent, Person
from tests import factories
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person], Client]
NEW = "/policy/drafts/new/"
LOOSER = [{"tier": 1, "kind": "scale", "environment": "prod", "level": "L4"}, *factories.policy()["matrix"]]


@pytest.fixture
def draft(organisation: factories.Register, manager: Person) -> PolicyDraft:
    document = factories.policy(matrix=LOOSER)
    return draft_policy(document, reason="Searches may scale alone.", based_on=1, actor=manager.id)


def at(draft: PolicyDraft, verb: str = "") -> str:
    return f"/policy/drafts/{draft.id}/{verb}"


def words(answer: Any) -> str:
    """What a reader sees of a page, its spaces made one."""
    body = re.sub(r"<(script|svg).*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


def form(document: Any, do: str, **over: str) -> dict[str, str]:
    typed = document if isinstance(document, str) else text.write(document)[0]
    return {"document": typed, "do": do, "based_on": "1", "replaces": "", "reason": "Another line is better."} | over


def kind_of_last() -> str:
    found = ledger.entry(ledger.size() - 1)
    assert found is not None
    return str(found[0].kind)


@pytest.mark.parametrize("role", ["viewer", "responder", "manager", "executive", "auditor", "admin"])
def test_everybody_reads(role: str, draft: PolicyDraft, request: pytest.FixtureRequest, client_for: ClientFor):
    client, before = client_for(request.getfixturevalue(role)), ledger.size()
    for path in ("/policy/", "/policy/versions/1/", at(draft), f"{at(draft)}?days=28", "/policy/versions/1/?days=7"):
        assert client.get(path).status_code == 200, path
    writes = role in ("manager", "admin")
    assert client.get(NEW).status_code == (200 if writes else 403)
    assert ("Draft a change" in words(client.get("/policy/"))) is writes
    assert ledger.size() == before


@pytest.mark.parametrize("path", ["/policy/versions/9/", "/policy/drafts/00000000-0000-7000-8000-000000000000/"])
def test_what_is_not_there(path: str, manager: Person, client_for: ClientFor):
    assert client_for(manager).get(path).status_code == 404


@pytest.mark.parametrize("query", ["version=9", "draft=x", "draft=00000000-0000-7000-8000-000000000000"])
def test_nothing_to_begin_with(query: str, manager: Person, client_for: ClientFor):
    assert client_for(manager).get(f"{NEW}?{query}").status_code == 404


def test_the_draft_says_what_it_changes(
    draft: PolicyDraft, executive: Person, client_for: ClientFor, agent: Agent, clock: Clock
):
    row = factories.propose(agent)
    clock.advance(minutes=1)
    page = words(client_for(executive).get(at(draft)))
    assert "By Marta" in page
    assert "Searches may scale alone." in page
    assert "1 cell looser, 0 cells tighter" in page
    assert "looser 1 prod scale L2 approve to act asks 1 of approvers L4 act alone asks nobody" in page
    assert "1 decision since" in page
    assert "1 would be looser, 0 tighter" in page
    assert f"looser {row.title}" in page
    assert "approvers 1.0 0.0 -1.0" in page
    assert "nothing forbids it to come in force" in page


def test_activating_takes_a_second_person_who_has_read_it(
    draft: PolicyDraft, manager: Person, executive: Person, client_for: ClientFor
):
    page = words(client_for(manager).get(at(draft)))
    assert "Put it in force as version" not in page
    assert client_for(manager).post(at(draft, "activate/"), {"read": "yes"}).status_code == 403
    helena = client_for(executive)
    assert "Put it in force as version 2" in words(helena.get(at(draft)))
    unread = helena.post(at(draft, "activate/"), {})
    assert unread.status_code == 400
    assert "have read what changes" in words(unread)
    assert PolicyVersion.objects.count() == 1
    answer = helena.post(at(draft, "activate/"), {"read": "yes"}, follow=True)
    assert "Version 2 is in force" in words(answer)
    again = helena.post(at(draft, "activate/"), {"read": "yes"})
    assert again.status_code == 412
    page = words(helena.get("/policy/"))
    assert "Policy 2" in page
    assert "by Helena" in page
    assert "Drafted by Marta: Searches may scale alone." in words(helena.get("/policy/versions/2/"))
    assert "From version 1 to the version in force: 1 cell looser" in words(helena.get("/policy/versions/1/"))


def test_an_old_sign_in_changes_nothing(
    draft: PolicyDraft, manager: Person, executive: Person, client_for: ClientFor, settings: Any
):
    settings.RECENT_SIGN_IN_SECONDS = settings.FRESH_SIGN_IN_SECONDS = -1
    before = ledger.size()
    led = client_for(executive).post(at(draft, "activate/"), {"read": "yes"})
    assert led.headers["Location"].startswith("/accounts/reauthenticate/?next=%2Fpolicy%2Fdrafts%2F")
    answer = client_for(manager).post(NEW, form(factories.policy(name="Next"), "save"))
    assert answer.status_code == 401
    assert "Next" in words(answer)
    assert ledger.size() == before


def test_who_drafted_it_does_not_put_it_in_force(executive: Person, client_for: ClientFor, manager: Person):
    """Also where somebody has both roles."""
    change_register(Organisation(people=[factories.person("helena", "executive", "manager")]), actor=None)
    draft = draft_policy(factories.policy(name="Mine"), reason="I want it so.", based_on=1, actor=executive.id)
    helena = client_for(executive)
    assert "You drafted it" in words(helena.get(at(draft)))
    assert helena.post(at(draft, "activate/"), {"read": "yes"}).status_code == 403
    assert kind_of_last() == "attempt.refused"


def test_a_draft_that_was_overtaken_says_what_to_do(
    draft: PolicyDraft, manager: Person, executive: Person, client_for: ClientFor
):
    activate_policy(factories.policy(name="By an operator"))
    page = words(client_for(executive).get(at(draft)))
    assert "Version 2 came in force since" in page
    assert "Put it in force as version" not in page
    assert client_for(executive).post(at(draft, "activate/"), {"read": "yes"}).status_code == 409
    # The way on: change it, on top of the version that is in force now, in place of the old one.
    marta = client_for(manager)
    opened = marta.get(f"{NEW}?draft={draft.id}")
    assert re.search(r'name="based_on" value="2"', opened.content.decode())
    saved = form(draft.document, "save", based_on="2", replaces=str(draft.id))
    assert marta.post(NEW, saved).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, PolicyDraft.objects.filter(state="open").count()) == ("withdrawn", 1)


def test_a_cell_is_changed_by_a_form(manager: Person, client_for: ClientFor):
    marta, before = client_for(manager), ledger.size()
    cell = {"tier": "0", "kind": "restart", "environment": "prod", "level": "L1", "requirement": ""}
    shown = marta.post(NEW, form(factories.policy(), "cell", **cell))
    page = words(shown)
    assert "tighter 0 prod restart L2 approve to act asks 2 of approvers L1 suggest asks 1 manager" in page
    written = html.unescape(re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", shown.content.decode(), re.DOTALL)[1])  # type: ignore[index]
    document = json.loads(written)
    assert document["matrix"][0] == {"tier": 0, "kind": "restart", "environment": "prod", "level": "L1"}
    # The same cell again takes the place of the first.
    again = marta.post(NEW, form(document, "cell", **cell | {"level": "L2", "requirement": "two"}))
    assert "No cell of the table" in words(again)
    assert ledger.size() == before
    saved = marta.post(NEW, form(document, "save"), follow=True)
    assert "A second person puts it in force" in words(saved)
    assert PolicyDraft.objects.get().document == document


@pytest.mark.parametrize(
    "over",
    [{"tier": "7"}, {"kind": ""}, {"environment": "moon"}, {"level": "L9"}, {"requirement": "nobody-knows"}],
)
def test_a_cell_that_is_none(manager: Person, client_for: ClientFor, over: dict[str, str]):
    cell = {"tier": "0", "kind": "restart", "environment": "prod", "level": "L1", "requirement": ""} | over
    answer = client_for(manager).post(NEW, form(factories.policy(), "cell", **cell))
    assert answer.status_code == 400
    assert "Nothing was changed" in words(answer)


def test_every_fault_is_shown_at_its_line(manager: Person, client_for: ClientFor):
    rows = [*factories.policy()["matrix"], {"tier": 7, "kind": "*", "environment": "prod", "level": "L9"}]
    bad = factories.policy(matrix=rows, surprise=1)
    before = ledger.size()
    for do, status in (("check", 200), ("save", 422)):
        answer = client_for(manager).post(NEW, form(bad, do))
        assert answer.status_code == status
        page = words(answer)
        lines = text.write(bad)[0].splitlines()
        line = next(number for number, content in enumerate(lines, 1) if '"L9"' in content)
        assert "2 faults" in page
        assert f"matrix[6] , line {line}: tier must be 0 to 3" in page
        assert "surprise , line" in page
    assert ledger.size() == before


def test_a_text_that_is_no_document_stays_as_it_was_typed(manager: Person, client_for: ClientFor):
    for typed, told in (
        ('{"name": }', "line 1, column 10"),
        ("[1]", "a policy is an object"),
        ('{"a":1,"a":2}', "twice"),
    ):
        answer = client_for(manager).post(NEW, form(typed, "check"))
        assert answer.status_code == 400
        assert told in words(answer)
        assert typed in html.unescape(answer.content.decode())


def test_a_roll_back_is_a_draft_of_old_content(manager: Person, client_for: ClientFor):
    activate_policy(factories.policy(matrix=LOOSER))
    marta = client_for(manager)
    assert "Draft it again" in words(marta.get("/policy/versions/1/"))
    page = words(marta.get(f"{NEW}?version=1"))
    assert "tighter 1 prod scale" in page
    answer = marta.post(NEW, form(factories.policy(), "save", based_on="2"), follow=True)
    assert "0 cells looser, 1 cell tighter" in words(answer)


def test_a_draft_taken_back(draft: PolicyDraft, admin: Person, viewer: Person, client_for: ClientFor):
    assert client_for(viewer).post(at(draft, "withdraw/")).status_code == 403
    answer: Any = client_for(admin).post(at(draft, "withdraw/"), follow=True)
    assert "The draft is withdrawn." in words(answer)
    assert "by Yuki" in words(answer)
    assert client_for(admin).post(at(draft, "withdraw/")).status_code == 412


def test_nothing_is_in_force_yet(db: None, clock: Clock, client_for: ClientFor):
    change_register(factories.organisation(), actor=None)
    people = {person.username: person for person in Person.objects.all()}
    marta = client_for(people["marta"])
    assert "No policy is in force" in words(marta.get("/policy/"))
    assert '"level": "L1"' in words(marta.get(NEW))
    assert marta.post(NEW, form(factories.policy(), "save", based_on="0")).status_code == 302
    draft = PolicyDraft.objects.get()
    helena = client_for(people["helena"])
    assert helena.get(at(draft)).status_code == 200
    assert helena.post(at(draft, "activate/"), {"read": "yes"}).status_code == 302
    assert PolicyVersion.objects.get().version == 1


def test_what_a_person_wrote_is_drawn_as_text(manager: Person, client_for: ClientFor):
    document = factories.policy(name="<script>alert(1)</script>\u202e")
    draft = draft_policy(document, reason="<b>urgent</b> reason", based_on=1, actor=manager.id)
    for path in (at(draft), f"{NEW}?draft={draft.id}", "/policy/"):
        body = client_for(manager).get(path).content.decode()
        assert "<script>alert" not in body
        assert "<b>urgent" not in body
    assert "\u202e" not in client_for(manager).get(at(draft)).content.decode()
