"""The pages of the board registers, without scripts: what is typed is recorded, what is wrong is said beside the form."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from decisions import ledger
from decisions.models import BoardItem, Person
from decisions.vocab import Board
from tests.approvals.board.items import BAD, FIXED, KEEPERS, good

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
Visit = Callable[[Person], Client]
BOXES = {"harmful", "data"}


def typed(of: Board, **over: Any) -> dict[str, Any]:
    """As a browser sends the form: times without a zone, and a box only where it is ticked."""
    sent = {}
    for name, value in good(of, **over).items():
        if name in BOXES:
            if value:
                sent[name] = "on"
        elif value is not None:
            sent[name] = re.sub(r"(T[0-9:]+)Z$", r"\1", str(value))
    return sent


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize("of", list(Board))
def test_an_item_is_recorded_read_changed_and_withdrawn_by_hand(
    of: Board, executive: Person, client_for: Visit
) -> None:
    client = client_for(executive)
    assert "Nothing is recorded yet" in words(client.get(f"/board/{of}/"))
    answer = client.post(f"/board/{of}/new/", typed(of))
    row = BoardItem.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/board/{of}/{row.id}/")
    page = words(client.get(answer.headers["Location"]))
    for value in row.words.values():
        assert str(value) in page
    assert executive.name in page
    assert str(row.id) in client.get(f"/board/{of}/").content.decode()
    change = client.get(f"/board/{of}/{row.id}/change/")
    assert change.status_code == 200
    answer = client.post(f"/board/{of}/{row.id}/change/", typed(of) | {"version": "1"})
    if of in FIXED:
        assert answer.status_code == 400
        assert "never changed" in words(answer)
    else:
        assert answer.status_code == 302
    back = f"/board/{of}/{row.id}/withdraw/"
    refused = client.post(back, {"reason": "short", "version": "1"})
    assert refused.status_code == 400
    assert "short" in refused.content.decode(), "what was typed stays"
    assert client.post(back, {"reason": "It was recorded twice.", "version": "1"}).status_code == 302
    page = words(client.get(f"/board/{of}/{row.id}/"))
    assert "It was recorded twice." in page
    assert "Withdraw it" not in page
    assert "withdrawn" in words(client.get(f"/board/{of}/"))


@pytest.mark.parametrize(("of", "over", "why"), BAD, ids=[f"{of}-{why}" for of, _, why in BAD])
def test_what_cannot_be_true_is_said_with_what_was_typed(
    of: Board, over: dict[str, Any], why: str, executive: Person, client_for: Visit
) -> None:
    size = ledger.size()
    answer = client_for(executive).post(f"/board/{of}/new/", typed(of, **over))
    assert answer.status_code == 400
    # A form offers nobody who is not there.
    assert why in words(answer) or "not one of the available choices" in words(answer)
    assert ledger.size() == size


@pytest.mark.parametrize("of", list(Board))
def test_who_does_not_keep_a_register_reads_it(of: Board, client_for: Visit, request: pytest.FixtureRequest) -> None:
    for role in ("responder", "manager", "auditor"):
        client = client_for(request.getfixturevalue(role))
        page = client.get(f"/board/{of}/")
        assert page.status_code == 200
        keeps = role in KEEPERS[of]
        assert (f"/board/{of}/new/" in page.content.decode()) is keeps
        assert client.get(f"/board/{of}/new/").status_code == (200 if keeps else 403)
        assert client.post(f"/board/{of}/new/", typed(of)).status_code == (302 if keeps else 403)


def test_viewers_and_administrators_do_not_read_what_people_wrote(
    viewer: Person, admin: Person, client_for: Visit
) -> None:
    for person in (viewer, admin):
        for path in ("/board/", "/board/incidents/"):
            assert client_for(person).get(path).status_code == 403


def test_there_is_no_other_register(executive: Person, client_for: Visit) -> None:
    assert client_for(executive).get("/board/minutes/").status_code == 404


def test_hostile_words_are_drawn_as_words(executive: Person, client_for: Visit) -> None:
    client = client_for(executive)
    client.post("/board/losses/new/", typed(Board.LOSSES, what="<script>alert(1)</script>\u202edlog"))
    row = BoardItem.objects.get()
    for path in ("/board/losses/", f"/board/losses/{row.id}/", f"/board/losses/{row.id}/change/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
    assert "\u202e" not in client.get(f"/board/losses/{row.id}/").content.decode()


@pytest.mark.parametrize("before", ["abc", "-1", "9" * 40, "\u0661", ""])
@pytest.mark.parametrize("page", ["/board/incidents/", "/ledger/erasures/"])
def test_a_place_that_is_none_is_refused(page: str, before: str, executive: Person, client_for: Visit) -> None:
    answer = client_for(executive).get(page, {"before": before})
    assert answer.status_code == (400 if before else 200)
