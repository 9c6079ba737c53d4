"""Verdicts and sign-offs over the API: people alone, on what they saw, once for each key."""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.models import IdempotentAnswer, Verdict
from decisions import ledger
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.api.conftest import Api, problem

Writes = Callable[[], list[str]]
LONG = "It was right to do so."


@pytest.fixture
def held(api: Api, agent: Agent) -> Decision:
    return factories.propose(agent, decision="p")


@pytest.fixture
def acted(api: Api, agent: Agent) -> Decision:
    factories.send(agent, factories.event(decision="a", outcome={"status": "succeeded"}))
    return factories.decision(agent, "a")


def seen(row: Decision, **over: Any) -> dict[str, Any]:
    """An approval of what somebody saw who has just opened `row`."""
    shown = factories.shown(row)
    return {
        "verdict": "approve",
        "action_hash": shown.action_hash,
        "display_hash": shown.display_hash,
        "ref": {"seq": shown.ref_seq, "leaf": shown.ref_leaf},
        "version": shown.version,
    } | over


def judgement(row: Decision, **over: Any) -> dict[str, Any]:
    return {"judgement": "accept", "effect": "helped", "reason": LONG, "version": row.version} | over


def verdicts(row: Decision) -> str:
    return f"/api/v1/decisions/{row.id}/verdicts"


def sign_off(row: Decision) -> str:
    return f"/api/v1/decisions/{row.id}/sign-off"


def test_an_approval(api: Api, held: Decision, manager: Person, writes: Writes) -> None:
    answer = api.as_person(manager).command(verdicts(held), seen(held, reason="Yes."), version=held.version)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["state"], body["decided_by"]) == ("authorized", str(manager.id))
    assert answer.headers["etag"].removeprefix("W/") == f'"v{body["version"]}"'
    assert writes() == ["verdict.given"]


def test_what_the_decision_states_is_what_an_approval_sends(api: Api, held: Decision, manager: Person) -> None:
    browser = api.as_person(manager)
    body = browser.get(f"/api/v1/decisions/{held.id}").json()
    given = {name: body[name] for name in ("action_hash", "display_hash", "ref", "version")}
    assert browser.command(verdicts(held), {"verdict": "approve", **given}, version=body["version"]).status_code == 200


def test_a_veto_needs_no_more_than_the_word(api: Api, held: Decision, responder: Person, settings: Any) -> None:
    settings.RECENT_SIGN_IN_SECONDS = settings.FRESH_SIGN_IN_SECONDS = -1
    stale = seen(held, verdict="veto", version=held.version + 7, ref={"seq": 0, "leaf": "0" * 64})
    first = api.as_person(responder).command(verdicts(held), stale, version=1)
    assert first.json()["state"] == "vetoed"
    entry = ledger.entry(ledger.size() - 1)
    assert entry is not None
    assert entry[0].ref is None
    problem(api.as_person(responder).command(verdicts(held), {"verdict": "veto"}), 409, "already-decided")


@pytest.mark.parametrize(
    ("over", "status", "slug"),
    [
        ({"action_hash": "sha256:" + "0" * 64}, 422, "hash-mismatch"),
        ({"display_hash": "sha256:" + "0" * 64}, 422, "hash-mismatch"),
        ({"ref": {"seq": 0, "leaf": "0" * 64}}, 422, "hash-mismatch"),
        ({"ref": {"seq": 2**53 - 1, "leaf": "0" * 64}}, 422, "hash-mismatch"),
        ({"action_hash": "caf\xe9"}, 400, "bad-request"),
        ({"version": 2**31}, 400, "bad-request"),
        ({"version": "2"}, 400, "bad-request"),
        ({"verdict": "perhaps"}, 400, "bad-request"),
        ({"reason": "x" * 4001}, 400, "bad-request"),
        ({"assertion": {}}, 400, "unknown-field"),
    ],
)
def test_an_approval_of_something_else(
    api: Api, held: Decision, manager: Person, writes: Writes, over: dict[str, Any], status: int, slug: str
) -> None:
    problem(api.as_person(manager).command(verdicts(held), seen(held, **over), version=held.version), status, slug)
    assert writes() == []
    assert IdempotentAnswer.objects.count() == 0


@pytest.mark.parametrize("missing", ["action_hash", "display_hash", "ref", "version"])
def test_an_approval_says_all_that_was_seen(api: Api, held: Decision, manager: Person, missing: str) -> None:
    body = seen(held)
    del body[missing]
    problem(api.as_person(manager).command(verdicts(held), body, version=held.version), 400, "bad-request")


def test_preconditions_of_an_approval(api: Api, held: Decision, manager: Person, writes: Writes) -> None:
    browser = api.as_person(manager)
    problem(browser.command(verdicts(held), seen(held)), 428, "precondition-required")
    problem(browser.command(verdicts(held), seen(held), version=held.version - 1), 412, "stale-view")
    stale = seen(held, version=held.version - 1)
    assert problem(browser.command(verdicts(held), stale, version=held.version - 1), 412, "stale-view")["version"] == 2
    for header in ("*", "v2", '"2"', '"v"', '"v1","v2"', '"v' + "9" * 20 + '"'):
        answer = browser.post(verdicts(held), seen(held), headers={"Idempotency-Key": "k", "If-Match": header})
        assert answer.status_code in (400, 412)
    problem(browser.post(verdicts(held), seen(held), headers={"If-Match": '"v2"'}), 400, "idempotency-key")
    assert writes() == []
    weak = {"Idempotency-Key": "k", "If-Match": f'W/"v{held.version}"'}
    assert browser.post(verdicts(held), seen(held), headers=weak).status_code == 200


def test_the_same_key_gets_the_same_answer_and_nothing_is_done_twice(
    api: Api, held: Decision, manager: Person, writes: Writes
) -> None:
    browser, body = api.as_person(manager), seen(held)
    first = browser.command(verdicts(held), body, key="k-1", version=held.version)
    again = browser.command(verdicts(held), body, key="k-1", version=held.version)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = browser.command(verdicts(held), body | {"reason": "Another."}, key="k-1", version=held.version)
    problem(other, 422, "idempotency-mismatch")
    assert writes() == ["verdict.given"]


def test_a_key_belongs_to_a_person_and_an_address(
    api: Api, held: Decision, acted: Decision, manager: Person, second_manager: Person
) -> None:
    browser = api.as_person(manager)
    assert browser.command(verdicts(held), {"verdict": "veto"}, key="k").status_code == 200
    problem(
        browser.command(sign_off(acted), judgement(acted), key="k", version=acted.version), 422, "idempotency-mismatch"
    )
    other = api.as_person(second_manager).command(verdicts(held), {"verdict": "veto"}, key="k")
    problem(other, 409, "already-decided")


def test_a_recorded_refusal_is_not_tried_again(api: Api, held: Decision, viewer: Person, writes: Writes) -> None:
    browser = api.as_person(viewer)
    first = problem(browser.command(verdicts(held), {"verdict": "veto"}, key="k"), 403, "role")
    again = problem(browser.command(verdicts(held), {"verdict": "veto"}, key="k"), 403, "role")
    assert first | {"instance": ""} == again | {"instance": ""}
    assert writes() == ["attempt.refused"]


def test_a_stale_view_may_be_tried_again_under_its_key(api: Api, held: Decision, manager: Person) -> None:
    browser = api.as_person(manager)
    problem(browser.command(verdicts(held), seen(held, version=1), key="k", version=1), 412)
    assert browser.command(verdicts(held), seen(held), key="k", version=held.version).status_code == 200


def test_two_at_once_under_one_key(api: Api, held: Decision, manager: Person, writes: Writes) -> None:
    browser, body = api.as_person(manager), seen(held)
    headers = {"Idempotency-Key": "k", "If-Match": f'"v{held.version}"'}
    under_way = [browser.start("POST", verdicts(held), json=body, headers=headers) for _ in range(6)]
    answers = [one.result(20) for one in under_way]
    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert writes() == ["verdict.given"]


def test_two_people_at_once_one_is_told_so(
    api: Api, held: Decision, manager: Person, second_manager: Person, writes: Writes
) -> None:
    under_way = [
        api.as_person(person).start(
            "POST", verdicts(held), json=seen(held), headers={"Idempotency-Key": "k", "If-Match": f'"v{held.version}"'}
        )
        for person in (manager, second_manager)
    ]
    answers = sorted((one.result(20) for one in under_way), key=lambda answer: answer.status_code)
    assert answers[0].status_code == 200
    problem(answers[1], 409, "already-decided")
    assert sorted(writes()) == ["attempt.refused", "verdict.given"]
    assert Verdict.objects.count() == 1


def test_the_kept_answer_holds_no_word_of_the_agent(api: Api, held: Decision, manager: Person) -> None:
    api.as_person(manager).command(verdicts(held), {"verdict": "veto"})
    assert "p99" not in str(IdempotentAnswer.objects.get().body)


def test_who_may_not_approve(api: Api, held: Decision, organisation: factories.Register, writes: Writes) -> None:
    for username, slug in (("tomasz", "self-approval"), ("helena", "role"), ("yuki", "role"), ("samuel", "role")):
        browser = api.as_person(organisation.people[username])
        problem(browser.command(verdicts(held), seen(held), version=held.version), 403, slug)
    assert writes() == ["attempt.refused"] * 4


def test_a_sign_in_that_is_too_old(api: Api, held: Decision, acted: Decision, manager: Person, settings: Any) -> None:
    settings.RECENT_SIGN_IN_SECONDS = settings.FRESH_SIGN_IN_SECONDS = -1
    browser = api.as_person(manager)
    problem(browser.command(verdicts(held), seen(held), version=held.version), 401, "reauth-required")
    problem(browser.command(sign_off(acted), judgement(acted), version=acted.version), 401, "reauth-required")


def test_a_sign_off(api: Api, acted: Decision, manager: Person, writes: Writes) -> None:
    browser = api.as_person(manager)
    answer = browser.command(sign_off(acted), judgement(acted), version=acted.version)
    assert answer.status_code == 200, answer.text
    assert answer.json()["sign_off"]["status"] == "accepted"
    version = answer.json()["version"]
    body = judgement(acted, judgement="refuse", effect="harmed", cause="agent_error", version=version)
    assert browser.command(sign_off(acted), body, version=version).json()["effect"] == "harmed"
    assert [said["judgement"] for said in browser.get(f"/api/v1/decisions/{acted.id}").json()["sign_offs"]] == [
        "accept",
        "refuse",
    ]
    assert writes() == ["sign_off.given", "sign_off.given", "revert.ordered"], "refused is vetoed after the act"


@pytest.mark.parametrize(
    ("over", "slug"),
    [
        ({"judgement": "refuse"}, "cause-needed"),
        ({"effect": "harmed"}, "cause-needed"),
        ({"reason": " " * 12}, "reason-needed"),
        ({"reason": "short"}, "bad-request"),
        ({"effect": "good"}, "bad-request"),
        ({"cause": "fate"}, "bad-request"),
        ({"version": None}, "bad-request"),
        ({"by": "me"}, "unknown-field"),
    ],
)
def test_a_sign_off_that_says_too_little(
    api: Api, acted: Decision, manager: Person, writes: Writes, over: dict[str, Any], slug: str
) -> None:
    answer = api.as_person(manager).command(sign_off(acted), judgement(acted, **over), version=acted.version)
    problem(answer, 400, slug)
    assert writes() == []


def test_a_sign_off_needs_if_match_and_the_act(api: Api, held: Decision, acted: Decision, manager: Person) -> None:
    browser = api.as_person(manager)
    problem(browser.command(sign_off(acted), judgement(acted)), 428, "precondition-required")
    problem(browser.command(sign_off(acted), judgement(acted, version=9), version=9), 412, "stale-view")
    problem(browser.command(sign_off(held), judgement(held), version=held.version), 409, "not-yet")
    nowhere = f"/api/v1/decisions/{manager.id}/sign-off"
    problem(browser.command(nowhere, judgement(acted), version=acted.version), 404, "not-found")
