"""The board registers: what is recorded stands in the ledger, what cannot be true is refused, nobody keeps what is not theirs."""

import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.test import Client

from approvals.actions.keep_item import add_item, change_item, withdraw_item
from approvals.board import REGISTERS, fields_of, parts_of
from approvals.item_form import form_of, initial_of
from decisions import ledger
from decisions.errors import Problem
from decisions.models import BoardItem, Person
from decisions.rebuild import rebuild
from decisions.vocab import Board, Kind
from tests.approvals.board.items import BAD, FIXED, KEEPERS, MALFORMED, good

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
REASON = "It was recorded twice."


def item(register: Board, **over: Any) -> Any:
    return msgspec.convert(good(register, **over), REGISTERS[register].shape)


@pytest.mark.parametrize("of", list(Board))
def test_an_item_is_recorded_changed_and_withdrawn_and_every_step_is_an_entry(of: Board, executive: Person) -> None:
    row = add_item(of, item(of), actor=executive.id)
    assert (row.version, row.withdrawn, row.made_by) == (1, False, executive.id)
    told = {field.name for field in fields_of(REGISTERS[of].shape) if field.told}
    assert set(row.words) == told
    assert told.isdisjoint(row.values)
    first = ledger.entry(row.seq)
    assert first is not None
    assert first[0].kind == (Kind.DRILL_RUN if of is Board.DRILLS else Kind.REGISTER_CHANGED)
    words = [value for value in row.words.values() if value]
    assert words
    assert not any(str(value) in str(first[0].facts) for value in words), "no free text in a leaf"
    assert not any(isinstance(value, float) for value in row.values.values()), "no float in a leaf"
    if of not in FIXED:
        name = next(field.name for field in fields_of(REGISTERS[of].shape) if field.told)
        row = change_item(of, row.id, item(of, **{name: "Other words"}), version=1, actor=executive.id)
        assert (row.version, row.words[name]) == (2, "Other words")
        size = ledger.size()
        assert change_item(of, row.id, item(of, **{name: "Other words"}), version=2, actor=executive.id).version == 2
        assert ledger.size() == size, "what changes nothing is no entry"
    row = withdraw_item(of, row.id, reason=REASON, version=row.version, actor=executive.id)
    assert row.withdrawn
    assert row.words["withdrawn_because"] == REASON
    assert rebuild(check=True).differences == ()


@pytest.mark.parametrize("of", sorted(FIXED))
def test_what_was_approved_is_never_changed(of: Board, executive: Person) -> None:
    row = add_item(of, item(of), actor=executive.id)
    with pytest.raises(Problem) as caught:
        change_item(of, row.id, item(of), version=1, actor=executive.id)
    assert caught.value.slug == "fixed"


@pytest.mark.parametrize(("of", "over", "why"), BAD, ids=[f"{of}-{why}" for of, _, why in BAD])
def test_what_cannot_be_true_is_refused_and_changes_nothing(
    of: Board, over: dict[str, Any], why: str, executive: Person
) -> None:
    size = ledger.size()
    with pytest.raises(Problem) as caught:
        add_item(of, item(of, **over), actor=executive.id)
    assert (caught.value.status, caught.value.slug) == (400, "bad-item")
    assert any(why in fault for fault in caught.value.extra["faults"])
    assert ledger.size() == size


@pytest.mark.parametrize("of", list(Board))
@pytest.mark.parametrize("role", ["responder", "manager", "executive", "auditor", "admin", "viewer"])
def test_each_register_is_kept_by_those_who_answer_for_it(of: Board, role: str, request: pytest.FixtureRequest) -> None:
    actor: Person = request.getfixturevalue(role)
    if role in KEEPERS[of]:
        assert add_item(of, item(of), actor=actor.id).made_by == actor.id
        return
    with pytest.raises(Problem) as caught:
        add_item(of, item(of), actor=actor.id)
    assert caught.value.status == 403
    assert not BoardItem.objects.exists()


def test_of_two_who_change_an_item_at_once_the_second_is_told(executive: Person, manager: Person) -> None:
    row = add_item(Board.LOSSES, item(Board.LOSSES), actor=executive.id)
    change_item(Board.LOSSES, row.id, item(Board.LOSSES, amount="7"), version=1, actor=manager.id)
    for act in (
        lambda: change_item(Board.LOSSES, row.id, item(Board.LOSSES, amount="8"), version=1, actor=executive.id),
        lambda: withdraw_item(Board.LOSSES, row.id, reason=REASON, version=1, actor=executive.id),
    ):
        with pytest.raises(Problem) as caught:
            act()
        assert (caught.value.status, caught.value.slug) == (412, "stale-view")
    assert BoardItem.objects.get().values["amount"] == "7"


def test_what_is_withdrawn_is_over(executive: Person) -> None:
    row = add_item(Board.LOSSES, item(Board.LOSSES), actor=executive.id)
    withdraw_item(Board.LOSSES, row.id, reason=REASON, version=1, actor=executive.id)
    for act in (
        lambda: change_item(Board.LOSSES, row.id, item(Board.LOSSES), version=2, actor=executive.id),
        lambda: withdraw_item(Board.LOSSES, row.id, reason=REASON, version=2, actor=executive.id),
    ):
        with pytest.raises(Problem, match="withdrawn already"):
            act()
    with pytest.raises(Problem):
        withdraw_item(Board.LOSSES, uuid.uuid4(), reason=REASON, version=1, actor=executive.id)


def test_an_item_of_another_register_is_none_of_this_one(executive: Person) -> None:
    row = add_item(Board.LOSSES, item(Board.LOSSES), actor=executive.id)
    with pytest.raises(Problem) as caught:
        change_item(Board.DRILLS, row.id, item(Board.DRILLS), version=1, actor=executive.id)
    assert caught.value.status == 404


@pytest.mark.parametrize("of", list(Board))
def test_a_form_says_the_same_as_the_api(of: Board, executive: Person) -> None:
    """What is recorded and opened in its form again is the very same item."""
    wanted = item(of)
    row = add_item(of, wanted, actor=executive.id)
    blank = form_of(REGISTERS[of])(initial=initial_of(row, REGISTERS[of]))
    sent = {}
    for bound in blank:
        value = bound.value()
        if value not in (None, False):
            sent[bound.name] = bound.field.widget.format_value(value) if hasattr(value, "year") else value
    form = form_of(REGISTERS[of])(sent)
    assert form.is_valid(), form.errors
    made = form.item()
    assert made is not None
    assert parts_of(made) == (row.values, row.words)


# -- over HTTP


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(
        path, body, content_type="application/json", headers={"Idempotency-Key": uuid.uuid4().hex, **headers}
    )


@pytest.mark.parametrize("of", list(Board))
def test_over_the_api(of: Board, executive: Person, client_for: Callable[[Person], Client]) -> None:
    client, base = client_for(executive), f"/api/v1/board/{of}"
    made = post(client, base, good(of))
    assert made.status_code == 201, made.content
    one = client.get(f"{base}/{made.json()['id']}")
    assert one.json() == made.json()
    assert one.headers["ETag"] == '"v1"'
    assert client.get(base).json() == {"items": [made.json()], "next": None}
    other = next(board for board in Board if board is not of)
    assert client.get(f"/api/v1/board/{other}/{made.json()['id']}").status_code == 404
    back = f"{base}/{made.json()['id']}/withdraw"
    assert post(client, back, {"reason": REASON}).status_code == 428
    assert post(client, back, {"reason": "short"}, **{"If-Match": '"v1"'}).status_code == 400
    assert post(client, back, {"reason": REASON}, **{"If-Match": '"v2"'}).status_code == 412
    assert post(client, back, {"reason": REASON}, **{"If-Match": '"v1"'}).json()["withdrawn"] is True


def test_the_same_command_again_is_answered_and_not_done_again(
    manager: Person, client_for: Callable[[Person], Client]
) -> None:
    client, headers = client_for(manager), {"Idempotency-Key": "once"}
    both = [post(client, "/api/v1/board/losses", good(Board.LOSSES), **headers) for _ in range(2)]
    assert both[0].json() == both[1].json()
    assert BoardItem.objects.count() == 1
    another = post(client, "/api/v1/board/losses", good(Board.LOSSES, amount="2"), **headers)
    assert another.status_code == 422


@pytest.mark.parametrize(("of", "over"), MALFORMED, ids=str)
def test_a_malformed_item_is_a_problem_and_changes_nothing(
    of: Board, over: dict[str, Any], executive: Person, client_for: Callable[[Person], Client]
) -> None:
    size = ledger.size()
    answer = post(client_for(executive), f"/api/v1/board/{of}", good(of, **over))
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert ledger.size() == size


def test_a_list_is_paged_the_newest_first(manager: Person, client_for: Callable[[Person], Client]) -> None:
    made = [str(add_item(Board.LOSSES, item(Board.LOSSES), actor=manager.id).id) for _ in range(5)]
    client, seen = client_for(manager), []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"/api/v1/board/losses?limit=2{f'&cursor={cursor}' if cursor else ''}").json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == made[::-1]
