"""Who may call what: every endpoint, and everybody who may not. Nothing is written but that an attempt was refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from approvals.actions.change_register import change_register
from approvals.actions.handle_key import revoke_key
from approvals.organisation import Organisation
from decisions import clock as product_clock
from decisions.auth import keys
from decisions.models import Agent, AgentKey, Person
from decisions.vocab import Scope
from tests import factories
from tests.api.conftest import Api, problem
from tests.api.endpoints import ANY, BOARD, DRAFTERS, ENDPOINTS, OTHERS, PEOPLES, READS, STOPPERS, Endpoint

Writes = Callable[[], list[str]]
WHO = {
    "viewer": "noor",
    "responder": "ines",
    "manager": "marta",
    "executive": "helena",
    "auditor": "samuel",
    "admin": "yuki",
}


def call(api: Api, endpoint: Endpoint) -> tuple[int, str]:
    """(status, type of problem) of the endpoint's own request; every refusal is a problem document."""
    answer = api.send(endpoint.method, endpoint.path, json=endpoint.body, headers=endpoint.headers)
    if answer.status_code < 400:
        return answer.status_code, ""
    return answer.status_code, problem(answer, answer.status_code)["type"].removeprefix("/problems/")


def test_nobody(api: Api, writes: Writes) -> None:
    for endpoint in ENDPOINTS:
        assert call(api, endpoint) == (401, "unauthorized"), endpoint
    assert writes() == []


def test_keys_that_are_none(api: Api, agent: Agent, writes: Writes) -> None:
    good = factories.AgentClient.of(agent).key
    garbage = ["", "x", good[:-1], good[:-9], good.replace("gk_live", "gk_test"), f"{good}x", "gk_live_a_b_c", "\xff"]
    for header in [*(f"Bearer {key}" for key in garbage), f"Basic {good}", good, "Bearer"]:
        bad = Api(api.loop, {"Authorization": header.encode("latin-1")})  # type: ignore[dict-item]
        for endpoint in ENDPOINTS:
            assert call(bad, endpoint) == (401, "unauthorized"), (endpoint, header)
    assert writes() == []


def test_keys_that_are_over(api: Api, agent: Agent) -> None:
    """Expired, revoked, and of an agent that is not active."""
    sender, row, now = api.as_agent(agent), AgentKey.objects.get(), product_clock.now()

    def refused() -> None:
        for endpoint in ENDPOINTS:
            assert call(sender, endpoint) == (401, "unauthorized"), endpoint

    row.expires_at = now
    row.save()
    refused()
    row.expires_at, row.revoked_at = now + timedelta(days=1), now
    row.save()
    refused()
    row.revoked_at = None
    row.save()
    Agent.objects.filter(id=agent.id).update(active=False)
    refused()


def test_a_key_is_over_at_once_in_the_process_that_revokes_it(api: Api, agent: Agent) -> None:
    sender = api.as_agent(agent)
    assert call(sender, READS[0])[0] == 200
    revoke_key(AgentKey.objects.get().id, actor=None)
    assert call(sender, READS[0]) == (401, "unauthorized")


def test_a_key_opens_what_its_scope_says(api: Api, agent: Agent, writes: Writes) -> None:
    keys_of = {scope: api.as_agent(agent, scope) for scope in Scope}
    for endpoint in ENDPOINTS:
        if endpoint.scope is None or ANY in endpoint.path:
            continue
        opens = {endpoint.scope, Scope.READ} if "evaluate" in endpoint.path else {endpoint.scope}
        if "receipt" in endpoint.path:
            # Any key opens those of its agent's own entries.
            opens = set(Scope)
        for scope in set(Scope) - opens:
            assert call(keys_of[scope], endpoint) == (403, "scope"), (endpoint, scope)
        for scope in opens:
            assert call(keys_of[scope], endpoint)[0] in (200, 201, 404), (endpoint, scope)
    assert set(writes()) == {"action.reported", "action.proposed", "decision.held"}


def test_no_machine_answers_for_a_person(api: Api, agent: Agent, writes: Writes) -> None:
    machine = api.as_agent(agent)
    for endpoint in PEOPLES:
        assert call(machine, endpoint) == (403, "machine-cannot-vote"), endpoint
    assert writes() == []


def stand(username: str, *roles: str, active: bool = True) -> None:
    """Give that person these roles and no others."""
    change_register(Organisation(people=[factories.person(username, *roles, active=active)]), actor=None)


def test_a_person_who_is_not_in_the_register(api: Api, outsider: Person, writes: Writes) -> None:
    browser = api.as_person(outsider)
    for endpoint in ENDPOINTS:
        assert call(browser, endpoint) == (401, "unauthorized"), endpoint
    assert writes() == []


def test_a_person_without_a_role(api: Api, viewer: Person, writes: Writes) -> None:
    browser = api.as_person(viewer)
    stand("noor")
    for endpoint in ENDPOINTS:
        expected = (403, "role") if endpoint.people else (401, "unauthorized")
        assert call(browser, endpoint) == expected, endpoint
    assert writes() == ["register.changed"]


@pytest.mark.parametrize(("role", "username"), WHO.items())
def test_each_role(api: Api, organisation: factories.Register, writes: Writes, role: str, username: str) -> None:
    """Those whose role is not enough are told so; the others get as far as what is not there."""
    browser = api.as_person(organisation.people[username])
    for endpoint in ENDPOINTS:
        status, slug = call(browser, endpoint)
        if not endpoint.people:
            assert (status, slug) == (401, "unauthorized"), endpoint
        elif role in endpoint.roles:
            # What names a person who is not there gets no further either.
            assert status in (200, 201, 202, 404) or slug == "bad-item", (endpoint, slug)
        else:
            # Of a decision that is not there nobody is told more than that.
            assert slug == ("not-found" if "/decisions/" in endpoint.path else "role"), endpoint
    may = {"freeze.set": STOPPERS, "policy.drafted": DRAFTERS, "register.changed": BOARD, "drill.run": BOARD}
    assert set(writes()) <= {"attempt.refused", *(kind for kind, roles in may.items() if role in roles)}


def test_an_unsafe_request_needs_the_csrf_token(api: Api, manager: Person, writes: Writes) -> None:
    browser = api.as_person(manager)
    for endpoint in [*PEOPLES, *OTHERS]:
        if endpoint.method == "POST" and endpoint.people:
            for token in ({}, {"X-CSRFToken": "d" * 32}, {"X-CSRFToken": "x"}):
                forged = Api(api.loop, {"Cookie": browser.headers["Cookie"], **token})
                assert call(forged, endpoint) == (403, "csrf"), endpoint
    assert writes() == []


def test_a_person_who_leaves_is_out_at_once(api: Api, organisation: factories.Register) -> None:
    browser = api.as_person(organisation.people["noor"])
    assert call(browser, READS[0])[0] == 200
    stand("noor", "viewer", active=False)
    assert call(browser, READS[0]) == (401, "unauthorized")


def test_a_key_beside_a_session_counts_alone(api: Api, agent: Agent, manager: Person) -> None:
    """A machine cannot borrow the browser it runs in."""
    both = Api(api.loop, api.as_person(manager).headers | api.as_agent(agent).headers)
    assert call(both, PEOPLES[0]) == (403, "machine-cannot-vote")
    bad = Api(api.loop, api.as_person(manager).headers | {"Authorization": "Bearer x"})
    assert call(bad, READS[0]) == (401, "unauthorized")


def test_what_a_401_offers(api: Api) -> None:
    for endpoint in ENDPOINTS:
        answer = api.send(endpoint.method, endpoint.path, json=endpoint.body, headers=endpoint.headers)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_keys_are_believed_for_a_second_and_no_longer() -> None:
    assert keys.TRUST_SECONDS <= 1


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/", "/api/v2/decisions", "/api/v1/decisions/", "/problems/no-such"]
)
def test_addresses_that_are_not_there(api: Api, path: str) -> None:
    problem(api.get(path), 404, "not-found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods_that_are_not_there(api: Api, manager: Person, method: str) -> None:
    for path in ("/api/v1/decisions", "/api/v1/events", f"/api/v1/decisions/{ANY}/verdicts"):
        answer = api.as_person(manager).send(method, path)
        problem(answer, 405, "method-not-allowed")
        assert answer.headers["allow"]
