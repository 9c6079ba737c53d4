"""Failed sign-ins are counted for a name and for an address, where every process sees it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from decisions.auth.counters import CounterCache
from decisions.models import Counter, Person
from tests.sign_in.acting import code, sign_in, signed_in, with_factor, with_password, words

pytestmark = pytest.mark.django_db
LOCKED = "Too many failed attempts. Try again after"


def fail(times: int, username: str, **headers: Any) -> str:
    """The page after so many wrong passwords."""
    page = ""
    for _ in range(times):
        page = words(Client(**headers).post("/accounts/login/", {"username": username, "password": "wrong"}))
    return page


def test_the_sixth_failure_locks_the_name_and_says_until_when(manager: Person):
    with_password(manager)
    assert LOCKED not in fail(5, "marta")
    assert LOCKED in fail(1, "marta")
    client = Client()
    assert LOCKED in words(sign_in(client, "marta"))
    assert not signed_in(client)


def test_an_unknown_name_is_locked_in_the_same_words(manager: Person):
    with_password(manager)
    known, unknown = (fail(6, name) for name in ("marta", "martb"))
    assert LOCKED in known
    assert LOCKED in unknown


def test_the_name_is_locked_however_it_is_written_and_wherever_it_is_sent_from(manager: Person):
    with_password(manager)
    fail(3, "marta", REMOTE_ADDR="10.0.0.1")
    fail(2, "MARTA ", REMOTE_ADDR="10.0.0.2", SERVER_NAME="127.0.0.1")
    assert LOCKED in words(sign_in(Client(REMOTE_ADDR="10.0.0.3"), "marta"))


def test_others_are_not_locked_with_it(manager: Person, responder: Person):
    with_password(manager)
    with_password(responder)
    fail(6, "marta")
    client = Client()
    sign_in(client, "ines")
    assert signed_in(client)


def test_an_address_that_tries_many_names_is_locked(settings: Any, responder: Person):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login_failed": "5/15m/key,8/15m/ip"}
    with_password(responder)
    for number in range(8):
        fail(1, f"name-{number}", REMOTE_ADDR="10.0.0.9")
    assert LOCKED in words(sign_in(Client(REMOTE_ADDR="10.0.0.9"), "ines"))
    client = Client(REMOTE_ADDR="10.0.0.8")
    sign_in(client, "ines")
    assert signed_in(client)


def test_signing_in_rightly_in_between_does_not_win_more_guesses(manager: Person):
    with_password(manager)
    fail(3, "marta")
    sign_in(Client(), "marta")
    assert LOCKED not in fail(2, "marta")
    assert LOCKED in fail(1, "marta")


def test_a_locked_name_opens_again_by_itself(manager: Person):
    with_password(manager)
    fail(6, "marta")
    for row in Counter.objects.filter(key__contains="login_failed"):
        row.value = [at - 901 for at in row.value] if isinstance(row.value, list) else row.value
        row.save(update_fields=["value"])
    client = Client()
    sign_in(client, "marta")
    assert signed_in(client)


def test_an_administrator_unlocks(manager: Person, admin: Person, client_for: Any):
    with_password(manager)
    fail(6, "marta")
    hers = client_for(admin)
    page = words(hers.get("/register/people/marta/"))
    assert "After too many failed attempts, until" in page
    hers.post("/register/people/marta/unlock/")
    assert "After too many failed attempts" not in words(hers.get("/register/people/marta/"))
    client = Client()
    sign_in(client, "marta")
    assert signed_in(client)


def test_codes_are_counted_too(manager: Person):
    with_password(manager)
    secret = with_factor(manager)
    client = Client()
    sign_in(client, "marta")
    for _ in range(5):
        client.post("/accounts/code/", {"code": "000000"})
    assert LOCKED in words(client.post("/accounts/code/", {"code": code(secret)}))
    assert not signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_guesses_at_once_are_all_counted(manager: Person):
    """More threads than guesses allowed; the right password comes among the wrong ones too late."""
    with_password(manager)
    ready = threading.Barrier(8)

    def guess(_: int) -> None:
        ready.wait(10)
        try:
            fail(1, "marta")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(8)))
    client = Client()
    sign_in(client, "marta")
    assert not signed_in(client)


def test_the_cache_is_the_table_that_all_processes_share():
    assert isinstance(cache._connections[cache._alias], CounterCache)  # type: ignore[attr-defined]
    assert cache.add("a", [1.5], 60)
    assert not CounterCache("", {}).add("a", 2, 60)
    assert CounterCache("", {}).get("a") == [1.5]
    assert cache.touch("a", 60)
    cache.set("a", {"b": 1}, 60)
    assert cache.get("a") == {"b": 1}
    assert cache.delete("a")
    assert cache.get("a", "none") == "none"
    assert not cache.touch("a", 60)


def test_what_has_expired_is_not_there_and_may_be_added_anew():
    cache.add("a", 1, -1)
    assert cache.get("a") is None
    assert not cache.touch("a", 60)
    assert cache.add("a", 2, 60)
    assert cache.get("a") == 2
    cache.clear()
    assert Counter.objects.count() == 0


def test_an_address_that_sends_more_than_people_do_is_told_to_wait(settings: Any, responder: Person):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "2/m/ip"}
    with_password(responder)
    for _ in range(2):
        fail(1, "nobody", REMOTE_ADDR="10.0.0.7")
    answer = sign_in(client := Client(REMOTE_ADDR="10.0.0.7"), "ines")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert "Too many attempts" in words(answer)
    assert not signed_in(client)
    assert client.get("/accounts/login/").status_code == 200


def test_addresses_are_told_apart_behind_a_proxy(settings: Any, responder: Person):
    """Only what the last proxy says counts; what a client wrote before it does not."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login_failed": "5/15m/key,3/15m/ip"}
    with_password(responder)
    for number in range(3):
        fail(1, f"name-{number}", headers={"x-forwarded-for": f"10.9.9.{number}, 10.0.0.5"})
    locked, free = (Client(headers={"x-forwarded-for": f"1.2.3.4, {address}"}) for address in ("10.0.0.5", "10.0.0.6"))
    assert LOCKED in words(sign_in(locked, "ines"))
    sign_in(free, "ines")
    assert signed_in(free)
