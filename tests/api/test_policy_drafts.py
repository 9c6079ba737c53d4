"""Versions and drafts of the policy over the API: people alone write, each once, on what they saw."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from approvals.api import policy_shapes
from approvals.models import IdempotentAnswer, PolicyDraft, PolicyVersion
from decisions.models import Agent, Person
from decisions.vocab import Scope
from tests import factories
from tests.api.conftest import Api, problem
from tests.conftest import Clock

Writes = Callable[[], list[str]]
DRAFT = {"document": factories.policy(name="Next policy"), "reason": "Searches may scale alone."}
VERSIONS, DRAFTS = "/api/v1/policy/versions", "/api/v1/policy/drafts"


def conforms(answer: httpx.Response, shape: Any) -> Any:
    assert answer.status_code < 300, answer.text
    body = answer.json()
    assert msgspec.to_builtins(msgspec.convert(body, shape, strict=True)) == body
    return body


@pytest.fixture
def reader(api: Api, agent: Agent) -> Api:
    return api.as_agent(agent, Scope.READ)


@pytest.fixture
def drafted(api: Api, manager: Person) -> str:
    """The address of an open draft."""
    body = conforms(api.as_person(manager).command(VERSIONS, DRAFT, version=1), policy_shapes.PolicyDraft)
    return str(body["links"]["self"])


def test_from_draft_to_version(api: Api, reader: Api, executive: Person, drafted: str, writes: Writes) -> None:
    shown = reader.get(drafted)
    body = conforms(shown, policy_shapes.PolicyDraft)
    assert (body["state"], body["based_on"], body["overtaken"], body["faults"]) == ("open", 1, False, [])
    assert body["document"] == DRAFT["document"]
    tag = shown.headers["etag"].removeprefix("W/")
    given = {"Idempotency-Key": "once", "If-Match": tag}
    answer = api.as_person(executive).post(f"{drafted}/activate", {}, headers=given)
    version = conforms(answer, policy_shapes.Policy)
    assert (version["version"], version["draft"], version["activated_by"]) == (2, body["id"], str(executive.id))
    assert writes() == ["policy.activated"]
    # The same command again gets the same answer, though the draft has ended since.
    again = api.as_person(executive).post(f"{drafted}/activate", {}, headers=given)
    assert (again.json(), again.headers["idempotent-replayed"]) == (version, "true")
    ended = conforms(reader.get(drafted), policy_shapes.PolicyDraft)
    assert (ended["state"], ended["became"], ended["revision"]) == ("activated", 2, 2)
    in_force = reader.get("/api/v1/policy")
    assert in_force.headers["etag"].removeprefix("W/") == '"v2"'
    assert in_force.json()["document"] == DRAFT["document"]
    assert conforms(reader.get(f"{VERSIONS}/1"), policy_shapes.Policy)["document"] == factories.policy()
    problem(reader.get(f"{VERSIONS}/3"), 404, "not-found")
    problem(reader.get(f"{VERSIONS}/{2**70}"), 404, "not-found")


@pytest.mark.parametrize("scopes", [tuple(Scope), (Scope.REPORT,)])
def test_no_machine_draws_the_line(
    api: Api, agent: Agent, drafted: str, scopes: tuple[Scope, ...], writes: Writes
) -> None:
    machine = api.as_agent(agent, *scopes)
    for path, body in ((VERSIONS, DRAFT), (f"{drafted}/activate", {}), (f"{drafted}/withdraw", {})):
        problem(machine.command(path, body, version=1), 403, "machine-cannot-vote")
    if Scope.READ not in scopes:
        for path in (VERSIONS, f"{VERSIONS}/1", f"{VERSIONS}/1/replay", DRAFTS, drafted, f"{drafted}/replay"):
            problem(machine.get(path), 403, "scope")
    assert writes() == []


def test_a_draft_says_what_it_is_drafted_on(api: Api, manager: Person, writes: Writes) -> None:
    browser = api.as_person(manager)
    problem(browser.command(VERSIONS, DRAFT), 428, "precondition-required")
    assert problem(browser.command(VERSIONS, DRAFT, version=0), 409, "another-version")["version"] == 1
    problem(browser.command(VERSIONS, {**DRAFT, "document": factories.policy()}, version=1), 409, "unchanged")
    assert writes() == ["attempt.refused", "attempt.refused"]


@pytest.mark.parametrize(
    ("over", "status", "slug"),
    [
        ({"reason": "short"}, 400, "bad-request"),
        ({"reason": "          "}, 400, "reason-needed"),
        ({"document": []}, 400, "bad-request"),
        ({"document": {}}, 422, "bad-policy"),
        ({"replaces": "x"}, 400, "bad-request"),
        ({"replaces": "00000000-0000-7000-8000-000000000000"}, 404, "not-found"),
        ({"level": "L4"}, 400, "unknown-field"),
    ],
)
def test_a_draft_that_cannot_be_taken(
    api: Api, manager: Person, writes: Writes, over: dict[str, Any], status: int, slug: str
) -> None:
    problem(api.as_person(manager).command(VERSIONS, DRAFT | over, version=1), status, slug)
    assert writes() == []
    assert IdempotentAnswer.objects.count() == 0


def test_every_fault_is_told_at_once(api: Api, manager: Person) -> None:
    rows = [{"tier": 7, "kind": "*", "environment": "prod", "level": "L9"}, {"tier": 1}]
    bad = factories.policy(matrix=rows, surprise=1)
    body = problem(api.as_person(manager).command(VERSIONS, DRAFT | {"document": bad}, version=1), 422, "bad-policy")
    places = [fault.split(":")[0] for fault in body["errors"]]
    assert places == ["surprise", "matrix[0]", "matrix[1]"]


def test_a_sign_in_that_is_too_old(api: Api, manager: Person, executive: Person, drafted: str, settings: Any) -> None:
    settings.RECENT_SIGN_IN_SECONDS = settings.FRESH_SIGN_IN_SECONDS = -1
    problem(api.as_person(manager).command(VERSIONS, DRAFT, version=1), 401, "reauth-required")
    problem(api.as_person(executive).command(f"{drafted}/activate", {}, version=1), 401, "reauth-required")
    # Taking back loosens nothing.
    assert api.as_person(executive).command(f"{drafted}/withdraw", {}, version=1).status_code == 200


def test_a_draft_taken_back(api: Api, manager: Person, executive: Person, drafted: str, writes: Writes) -> None:
    body = conforms(api.as_person(manager).command(f"{drafted}/withdraw", {}, version=1), policy_shapes.PolicyDraft)
    assert (body["state"], body["ended_by"]) == ("withdrawn", str(manager.id))
    problem(api.as_person(executive).command(f"{drafted}/activate", {}, version=1), 412, "stale-view")
    problem(api.as_person(executive).command(f"{drafted}/activate", {}, version=2), 409, "not-open")
    problem(api.as_person(executive).command(f"{drafted}/activate", {}), 428, "precondition-required")
    assert writes() == ["policy.drafted", "attempt.refused"]
    assert PolicyVersion.objects.count() == 1


def test_a_draft_that_was_overtaken(api: Api, manager: Person, executive: Person, admin: Person, drafted: str) -> None:
    other = DRAFT | {"document": factories.policy(name="Another")}
    second = api.as_person(admin).command(VERSIONS, other, version=1).json()["links"]["self"]
    assert api.as_person(executive).command(f"{second}/activate", {}, version=1).status_code == 200
    body = problem(api.as_person(executive).command(f"{drafted}/activate", {}, version=1), 409, "another-version")
    assert body["version"] == 2
    assert "Draft again" in body["detail"] or "draft again" in body["detail"]
    assert api.as_person(manager).get(drafted).json()["overtaken"] is True


def test_lists(api: Api, reader: Api, manager: Person) -> None:
    browser = api.as_person(manager)
    for number in range(3):
        document = factories.policy(name=f"Draft {number}")
        assert browser.command(VERSIONS, DRAFT | {"document": document}, version=1).status_code == 201
    first = conforms(reader.get(f"{DRAFTS}?limit=2"), policy_shapes.PolicyDraftPage)
    rest = conforms(reader.get(f"{DRAFTS}?cursor={first['next']}"), policy_shapes.PolicyDraftPage)
    seqs = [draft["seq"] for draft in first["items"] + rest["items"]]
    assert (len(seqs), rest["next"]) == (3, None)
    assert seqs == sorted(seqs, reverse=True)
    (version,) = conforms(reader.get(VERSIONS), policy_shapes.PolicyPage)["items"]
    assert "document" not in version
    for query in ("limit=0", "cursor=x", "state=open"):
        problem(reader.get(f"{DRAFTS}?{query}"), 400)
    assert PolicyDraft.objects.count() == 3


def test_a_replay(api: Api, reader: Api, agent: Agent, manager: Person, clock: Clock) -> None:
    row = factories.propose(agent)
    clock.advance(minutes=1)
    loose = [{"tier": 1, "kind": "scale", "environment": "prod", "level": "L4"}, *factories.policy()["matrix"]]
    body = DRAFT | {"document": factories.policy(matrix=loose)}
    path = api.as_person(manager).command(VERSIONS, body, version=1).json()["links"]["self"]
    found = conforms(reader.get(f"{path}/replay"), policy_shapes.PolicyReplay)
    (change,) = found["looser"]
    assert (change["decision"], change["before"], change["after"]) == (str(row.id), "L2", "L4")
    assert (found["decisions"], found["loosened"], found["tightened"], found["against"]) == (1, 1, 0, 1)
    assert found["forecast"] == [{"group": "approvers", "before": 1.0, "after": 0.0, "added": -1.0}]
    assert (found["unsatisfiable"], found["whole"]) == ([], True)
    same = conforms(reader.get(f"{VERSIONS}/1/replay"), policy_shapes.PolicyReplay)
    assert (same["decisions"], same["loosened"], same["against"]) == (1, 0, None)
    past = f"{VERSIONS}/1/replay?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z"
    assert conforms(reader.get(past), policy_shapes.PolicyReplay)["decisions"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-01-01",
        "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2020-01-01T00:00:00Z",
        "to=0001-01-01T00:00:00Z",
        "days=7",
    ],
)
def test_a_period_that_is_none(reader: Api, query: str) -> None:
    problem(reader.get(f"{VERSIONS}/1/replay?{query}"), 400)
