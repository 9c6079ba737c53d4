"""Every page for every role: who sees it, who is turned away, and that no page changes anything by being read."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from approvals.actions.change_register import change_register
from approvals.actions.comment import comment
from approvals.organisation import Organisation
from approvals.queries.decision import FOLDED
from decisions import ledger
from decisions.models import Agent, Person, Timeline
from decisions.vocab import Board
from tests import factories

READ_BY_ALL = [
    "/",
    "/needs-you/",
    "/sign-off/",
    "/policy/",
    "/register/",
    "/ledger/",
    "/ledger/search/",
    "/ledger/search/?q=nothing",
    "/ledger/entries/0/",
    "/ledger/erasures/",
    "/alarms/",
]
REPORTS = ["/reports/"]
BOARD = ["/board/", *(f"/board/{of}/" for of in Board)]
ADMIN = ["/register/services/new/", "/register/agents/new/", "/register/people/new/", "/register/groups/new/"]
ROLES = ["responder", "manager", "executive", "auditor", "admin", "viewer"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(agent: Agent) -> str:
    """The address of a decision that waits for people."""
    return f"/decisions/{factories.propose(agent, key='k').id}/"


@pytest.mark.parametrize("role", ROLES)
def test_everybody_with_a_role_may_read(
    role: str, request: pytest.FixtureRequest, client_for: Callable[[Person], Client], held: str
):
    client = client_for(request.getfixturevalue(role))
    before = ledger.size()
    for path in [*READ_BY_ALL, held]:
        assert client.get(path).status_code == 200, path
    assert ledger.size() == before


@pytest.mark.parametrize("path", [*READ_BY_ALL, *REPORTS, *BOARD, *ADMIN])
def test_nobody_without_sign_in_may_read(
    path: str, client_for: Callable[[AnonymousUser], Client], organisation: object
):
    answer = client_for(AnonymousUser()).get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_an_outsider_sees_nothing(outsider: Person, client_for: Callable[[Person], Client], held: str):
    client = client_for(outsider)
    for path in [*READ_BY_ALL, *REPORTS, *ADMIN, held]:
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/accounts/login/")


def test_a_person_without_a_role_sees_nothing(client_for: Callable[[Person], Client], held: str):
    change_register(Organisation(people=[factories.person("rolf")]), actor=None)
    client = client_for(Person.objects.get(username="rolf"))
    for path in [*READ_BY_ALL, *REPORTS, *ADMIN, held]:
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert b"search" not in answer.content


@pytest.mark.parametrize(("role", "status"), [("manager", 200), ("executive", 200), ("auditor", 200), ("viewer", 403)])
def test_reports_are_for_those_who_answer(
    role: str, status: int, request: pytest.FixtureRequest, client_for: Callable[[Person], Client]
):
    assert client_for(request.getfixturevalue(role)).get("/reports/").status_code == status


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", ADMIN)
def test_only_an_administrator_edits_the_register(
    role: str, path: str, request: pytest.FixtureRequest, client_for: Callable[[Person], Client]
):
    expected = 200 if role == "admin" else 403
    assert client_for(request.getfixturevalue(role)).get(path).status_code == expected


def test_a_viewer_does_not_read_the_agents_words(
    viewer: Person, auditor: Person, client_for: Callable[[Person], Client], agent: Agent
):
    row = factories.propose(agent, key="k", rationale="The secret sauce of this agent")
    path = f"/decisions/{row.id}/"
    assert b"The secret sauce" not in client_for(viewer).get(path).content
    assert b"The secret sauce" in client_for(auditor).get(path).content


def test_the_agents_words_are_shown_as_text(auditor: Person, client_for: Callable[[Person], Client], agent: Agent):
    row = factories.propose(agent, key="k", rationale="<script>alert(1)</script> <b>approved by the CISO</b>")
    page = client_for(auditor).get(f"/decisions/{row.id}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;b&gt;approved by the CISO" in page


def test_every_page_is_sent_with_the_strict_policy(manager: Person, client_for: Callable[[Person], Client]):
    policy = client_for(manager).get("/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_posting_a_verdict_needs_the_csrf_token(manager: Person, held: str):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)
    assert client.post(f"{held}verdict", {"verdict": "veto"}).status_code == 403


@pytest.mark.parametrize("role", ["viewer", "auditor", "executive", "admin"])
def test_who_may_not_veto_is_told_so_and_nothing_changes(
    role: str, request: pytest.FixtureRequest, client_for: Callable[[Person], Client], held: str
):
    answer = client_for(request.getfixturevalue(role)).post(
        f"{held}verdict", {"verdict": "veto", "version": 2, "ref_seq": 0, "reason": "no"}
    )
    assert answer.status_code == 403
    last, _, _ = ledger.entry(ledger.size() - 1) or (None, b"", b"")
    assert last is not None
    assert last.kind == "attempt.refused"


def test_rubbish_in_a_form_is_refused_and_changes_nothing(
    manager: Person, client_for: Callable[[Person], Client], held: str
):
    client, before = client_for(manager), ledger.size()
    for form in (
        {},
        {"verdict": "maybe"},
        {"verdict": "veto", "version": "x"},
        {"verdict": "approve", "version": "9" * 40},
    ):
        assert client.post(f"{held}verdict", form).status_code == 400, form
    for form in (
        {},
        {"judgement": "accept"},
        {"judgement": "accept", "effect": "helped", "version": "-1", "reason": "x" * 20},
    ):
        assert client.post(f"{held}sign-off", form).status_code == 400, form
    assert ledger.size() == before


def test_a_stale_page_cannot_approve(second_manager: Person, client_for: Callable[[Person], Client], agent: Agent):
    row = factories.propose(agent, key="k")
    seen = factories.shown(row, version=row.version - 1)
    form = {
        "verdict": "approve",
        "version": seen.version,
        "action_hash": seen.action_hash,
        "display_hash": seen.display_hash,
        "ref_seq": seen.ref_seq,
        "ref_leaf": seen.ref_leaf,
    }
    answer = client_for(second_manager).post(f"/decisions/{row.id}/verdict", form)
    assert answer.status_code == 412
    assert b"nothing was recorded" in answer.content


def test_a_comment_that_is_sent_twice_is_recorded_once(
    client_for: Callable[[Person], Client], agent: Agent, manager: Person, responder: Person
):
    page = f"/decisions/{factories.propose(agent, key='k').id}/"
    client = client_for(manager)
    form = {"reason": "Who asked for this?", "key": str(client.get(page).context["key"])}
    first, second = (client.post(f"{page}comment", form, follow=True) for _ in range(2))
    told = [str(message) for answer in (first, second) for message in answer.context["messages"]]
    assert told == ["Your comment is recorded."] * 2
    assert first.redirect_chain == second.redirect_chain
    assert Timeline.objects.filter(kind="comment.made").count() == 1
    client_for(responder).post(f"{page}comment", form)
    client.post(f"{page}comment", form | {"reason": "And why?"})
    assert Timeline.objects.filter(kind="comment.made").count() == 3, "another person, and other words"


def test_a_history_that_repeats_itself_is_folded_on_the_page_and_whole_for_machines(
    client_for: Callable[[Person], Client], agent: Agent, manager: Person
):
    row = factories.propose(agent, key="k")
    client = client_for(manager)
    for number in range(FOLDED):
        comment(row.id, text=f"remark {number}", actor=manager.id)
    assert "more of the same" not in client.get(f"/decisions/{row.id}/").content.decode()
    for number in range(20):
        comment(row.id, text=f"and {number}", actor=manager.id)
    trail = client.get(f"/decisions/{row.id}/").content.decode().partition('id="dec-history"')[2]
    trail = trail.partition("</ol>")[0]
    seqs = list(Timeline.objects.filter(decision_seq=row.seq, kind="comment.made").values_list("seq", flat=True))
    assert len(seqs) == FOLDED + 20
    assert f'<span class="num">{len(seqs) - 2}</span> more of the same' in trail
    assert [f"/ledger/entries/{seq}/" in trail for seq in (seqs[0], seqs[1], seqs[-2], seqs[-1])] == [True] * 4
    assert f"/ledger/entries/{seqs[2]}/" not in trail
    told = client.get(f"/api/v1/decisions/{row.id}").json()["history"]
    assert sum(past["kind"] == "comment.made" for past in told) == len(seqs)
