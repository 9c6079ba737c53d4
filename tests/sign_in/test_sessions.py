"""Sessions: how long they last, what ends them, and who sees them."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client
from django.utils import timezone

from approvals.actions.change_register import change_register
from approvals.organisation import Organisation
from decisions import broadcast as broadcasting
from decisions import consumers, tasks
from decisions.auth import sessions
from decisions.auth.session import person_of_cookies
from decisions.models import Counter, InvitationLink, Person, Session
from tests import factories
from tests.pages.test_live import Socket, frames
from tests.sign_in.acting import PASSWORD, session_of, sign_in, signed_in, with_password, words

pytestmark = pytest.mark.django_db
Browser = Callable[[Person], Client]


def ago(client: Client, *, seen: timedelta, began: timedelta | None = None) -> None:
    """Let the session of `client` have been used so long ago for the last time."""
    row = session_of(client)
    now = timezone.now()
    row.seen_at, row.began_at = now - seen, now - (began or seen)
    row.expire_date = sessions._ends(row.began_at, row.seen_at)
    row.save()


def test_the_key_changes_at_sign_in(client: Client, manager: Person):
    with_password(manager)
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = str(session.session_key)
    client.cookies["oversight"] = before
    sign_in(client, "marta")
    assert signed_in(client)
    assert client.cookies["oversight"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_half_an_hour_of_silence_ends_it(client_for: Browser, manager: Person):
    client = client_for(manager)
    ago(client, seen=timedelta(minutes=29))
    assert signed_in(client)
    ago(client, seen=timedelta(minutes=31))
    assert not signed_in(client)


def test_being_used_keeps_it_for_another_half_hour(client_for: Browser, manager: Person):
    client = client_for(manager)
    ago(client, seen=timedelta(minutes=29))
    assert signed_in(client)
    left = session_of(client).expire_date - timezone.now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


def test_it_ends_after_twelve_hours_whatever_happens(client_for: Browser, manager: Person):
    client = client_for(manager)
    ago(client, seen=timedelta(minutes=2), began=timedelta(hours=11, minutes=59))
    assert signed_in(client)
    assert session_of(client).expire_date - timezone.now() < timedelta(minutes=2)
    ago(client, seen=timedelta(minutes=2), began=timedelta(hours=12, minutes=1))
    assert not signed_in(client)


def test_signing_in_again_does_not_make_it_longer(client_for: Browser, manager: Person):
    with_password(manager)
    client = client_for(manager)
    session = client.session
    session[sessions.BEGAN] -= 11.9 * 3600
    session.save()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert session_of(client).expire_date - timezone.now() < timedelta(minutes=7)


def test_a_page_that_is_read_often_is_not_written_each_time(client_for: Browser, manager: Person):
    client = client_for(manager)
    before = session_of(client).seen_at
    signed_in(client)
    assert session_of(client).seen_at == before


def test_the_same_ends_hold_past_djangos_middleware(client_for: Browser, manager: Person):
    client = client_for(manager)
    cookies = f"oversight={client.session.session_key}"
    assert person_of_cookies(cookies) == manager.id
    ago(client, seen=timedelta(minutes=31))
    assert person_of_cookies(cookies) is None


def test_a_person_sees_their_own_and_ends_another(client_for: Browser, manager: Person, responder: Person):
    here, there, other = client_for(manager), client_for(manager), client_for(responder)
    page = words(here.get("/account/"))
    assert page.count("This one") == 1
    assert f"/account/sessions/{session_of(there).handle}/end/" in page
    assert session_of(other).handle not in page
    for client in (here, there, other):
        here.post(f"/account/sessions/{session_of(client).handle}/end/")
    assert [signed_in(client) for client in (here, there, other)] == [True, False, True]


def test_a_person_ends_all_others(client_for: Browser, manager: Person, responder: Person):
    here, there, other = client_for(manager), client_for(manager), client_for(responder)
    here.post("/account/sessions/end/")
    assert [signed_in(client) for client in (here, there, other)] == [True, False, True]


def test_a_session_that_was_ended_does_not_come_back_by_being_used(client_for: Browser, manager: Person):
    client = client_for(manager)
    stale, row = client.session, session_of(client)
    assert sessions.HANDLE in stale
    sessions.end(manager.id)
    assert not sessions.seen(row.handle)
    stale["more"] = 1
    with pytest.raises(UpdateError):
        stale.save()
    assert Session.objects.count() == 0


def test_a_new_password_ends_every_other_session(client_for: Browser, manager: Person):
    with_password(manager)
    here, there = client_for(manager), client_for(manager)
    form = {"password": "a new and longer password", "again": "a new and longer password"}
    assert here.post("/account/password/", form).headers["Location"] == "/account/"
    assert signed_in(here)
    assert Session.objects.filter(person_id=manager.id).count() == 1
    assert not signed_in(there)
    sign_in(client := Client(), "marta", form["password"])
    assert signed_in(client)


def test_who_is_switched_off_is_out_at_once_and_stays_out_when_switched_on(client_for: Browser, manager: Person):
    client = client_for(manager)
    for active in (False, True):
        change_register(Organisation(people=[factories.person("marta", "manager", active=active)]), actor=None)
        assert not signed_in(client)


def test_what_is_over_is_swept_away(client_for: Browser, manager: Person, responder: Person):
    over, alive = client_for(manager), client_for(responder)
    ago(over, seen=timedelta(minutes=31))
    Counter.objects.create(key="x", value=1, expires_at=timezone.now() - timedelta(seconds=1))
    InvitationLink.objects.create(digest=b"x", expires_at=timezone.now() - timedelta(days=400))
    tasks.forget_expired()
    assert [row.person_id for row in Session.objects.all()] == [responder.id]
    assert signed_in(alive)
    assert Counter.objects.count() == InvitationLink.objects.count() == 0


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an open page does every few seconds it does every few tenths."""
    monkeypatch.setattr(broadcasting, "BEAT", 0.3)
    monkeypatch.setattr(consumers, "CHECK", 0.2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize("only", ["", "notices"])
@pytest.mark.parametrize("how", ["ended", "left", "expired"])
def test_an_open_page_is_cut_off_at_its_next_look(client_for: Browser, manager: Person, how: str, only: str):
    client = client_for(manager)
    handle = session_of(client).handle

    def out() -> None:
        if how == "ended":
            sessions.end(manager.id)
        elif how == "left":
            change_register(Organisation(people=[factories.person("marta", "manager", active=False)]), actor=None)
        else:
            ago(client, seen=timedelta(minutes=31))

    async def run() -> Any:
        socket = Socket(manager, None, handle, only=only)
        assert (await socket.connect())[0]
        await frames(socket, "live")
        await sync_to_async(out)()
        while (message := await socket.inner.receive_output(timeout=12))["type"] == "websocket.send":
            pass
        return message

    ended = asyncio.run(run())
    assert (ended["type"], ended["code"]) == ("websocket.close", 4401)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("in_a_hurry")
def test_an_open_live_page_keeps_the_session_and_survives_a_new_key(client_for: Browser, manager: Person):
    with_password(manager)
    client = client_for(manager)
    handle = session_of(client).handle

    async def run() -> None:
        socket = Socket(manager, None, handle)
        assert (await socket.connect())[0]
        await frames(socket, "live")
        await sync_to_async(ago)(client, seen=timedelta(minutes=25))
        await sync_to_async(client.post)("/accounts/reauthenticate/", {"password": PASSWORD})
        await sync_to_async(ago)(client, seen=timedelta(minutes=25))
        # Some were said before.
        for _ in range(10):
            await frames(socket, "hb")
        await socket.disconnect()

    asyncio.run(run())
    assert timezone.now() - session_of(client).seen_at < timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("in_a_hurry")
def test_a_page_that_is_left_open_and_shows_no_rows_keeps_no_session(client_for: Browser, manager: Person):
    client = client_for(manager)
    ago(client, seen=timedelta(minutes=25))
    before = session_of(client).seen_at

    async def run() -> None:
        socket = Socket(manager, None, session_of_manager.handle, only="notices")
        assert (await socket.connect())[0]
        for _ in range(4):
            await frames(socket, "hb")
        await socket.disconnect()

    session_of_manager = session_of(client)
    asyncio.run(run())
    assert session_of(client).seen_at == before


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/156.0 Mobile Safari/537.36", "Chrome on Android"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("", "A browser that does not say its name"),
    ],
)
def test_a_browser_is_called_what_people_call_it(client: Client, manager: Person, agent: str, shown: str):
    with_password(manager)
    client.post("/accounts/login/", {"username": "marta", "password": PASSWORD}, headers={"user-agent": agent})
    assert f">{shown}</b>" in words(client.get("/account/"))


@pytest.mark.parametrize("value", ['"\\000aaaaaaaaaaaaaaaa"', "x" * 5000, "é" * 20, "' OR 1=1 --aaaaaa"])
def test_a_cookie_of_rubbish_is_nobodys(value: str) -> None:
    answer = Client().get("/", headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={value}"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(("mode", "taken"), [("cors", False), ("same-origin", False), ("navigate", True), ("", True)])
@pytest.mark.parametrize("path", ["/alarms/bar/", "/api/v1/timeline?limit=1", "/ledger/"])
def test_only_a_page_takes_the_cookie_of_a_session_that_is_over(client: Client, path: str, mode: str, taken: bool):
    client.cookies[settings.SESSION_COOKIE_NAME] = "over"
    answer = client.get(path, headers={"Sec-Fetch-Mode": mode} if mode else {})
    assert answer.status_code in (302, 401)
    assert (settings.SESSION_COOKIE_NAME in answer.cookies) == taken


@pytest.mark.parametrize("path", ["/alarms/bar/", "/needs-you/", "/register/"])
def test_nobody_is_present_by_what_a_page_asks_for_by_itself(path: str, client_for: Browser, manager: Person):
    client = client_for(manager)
    client.get("/policy/")
    ago(client, seen=timedelta(minutes=20))
    before = session_of(client).seen_at
    assert client.get(path, headers={"X-Unasked": "1"}).status_code == 200
    assert session_of(client).seen_at == before
    assert client.get(path).status_code == 200
    assert session_of(client).seen_at > before


def test_who_sends_something_is_present_whatever_it_says_of_itself(client_for: Browser, manager: Person):
    client = client_for(manager)
    client.get("/policy/")
    ago(client, seen=timedelta(minutes=20))
    before = session_of(client).seen_at
    client.post("/stop/", {}, headers={"X-Unasked": "1"})
    assert session_of(client).seen_at > before
