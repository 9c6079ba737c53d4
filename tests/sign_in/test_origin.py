"""Where a request comes from: what a page of another site makes a browser send changes nothing."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from decisions import ledger
from decisions.models import Agent, Freeze, Person
from oversight.sockets import permitted
from tests import factories
from tests.environment import DATA_DIR
from tests.sign_in.acting import approval

pytestmark = pytest.mark.django_db
Browser = Callable[[Person], Client]
STOP = {"scope": "everything", "mode": "all", "word": "STOP"}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/stop/now/", "/accounts/logout/", "/account/sessions/end/", "/accounts/login/"])
def test_a_browser_that_says_it_is_another_site_is_refused(client_for: Browser, manager: Person, site: str, path: str):
    before = ledger.size()
    answer = client_for(manager).post(path, STOP, headers={"sec-fetch-site": site})
    assert answer.status_code == 403
    assert b"page of another site" in answer.content
    assert ledger.size() == before
    assert Freeze.objects.count() == 0


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_pages_and_the_address_bar_are_not(client_for: Browser, manager: Person, site: str):
    client_for(manager).post("/stop/now/", STOP, headers={"sec-fetch-site": site})
    assert Freeze.objects.count() == 1


def test_the_api_says_it_as_a_problem(client_for: Browser, manager: Person, agent: Agent):
    held = factories.propose(agent)
    answer = client_for(manager).post(
        f"/api/v1/decisions/{held.id}/verdicts",
        {"verdict": "veto"},
        content_type="application/json",
        headers={"sec-fetch-site": "cross-site", "idempotency-key": "k"},
    )
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/csrf"


def test_reading_by_a_link_from_elsewhere_is_permitted(client_for: Browser, manager: Person):
    assert client_for(manager).get("/policy/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_an_origin_that_is_trusted_may_post(settings: Any, client_for: Browser, manager: Person):
    settings.CSRF_TRUSTED_ORIGINS = ["https://oversight.example"]
    headers = {"sec-fetch-site": "same-site", "origin": "https://oversight.example"}
    client_for(manager).post("/stop/now/", STOP, headers=headers)
    assert Freeze.objects.count() == 1


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver:81", "http://testserver.evil.example"]
)
def test_the_right_token_does_not_help_another_origin(manager: Person, agent: Agent, origin: str):
    """Browsers that do not say `Sec-Fetch-Site` say the origin."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)
    held = factories.propose(agent)
    client.get(f"/decisions/{held.id}/")
    form = approval(held, csrfmiddlewaretoken=client.cookies["csrftoken"].value)
    path = f"/decisions/{held.id}/verdict"
    assert client.post(path, form, headers={"origin": origin}).status_code == 403
    held.refresh_from_db()
    assert held.state == "pending"


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("https://localhost", "localhost", True),
        ("http://localhost:3000", "localhost:8000", False),
        ("http://evil.example", "localhost:8000", False),
        ("http://localhost:8000.evil.example", "localhost:8000", False),
        ("http://evil.example", "evil.example", False),
        ("null", "localhost:8000", False),
        ("", "localhost:8000", False),
        ("http://", "", False),
        ("https://board.example", "localhost:8000", True),
    ],
)
def test_a_socket_is_for_pages_of_this_origin(settings: Any, origin: str, host: str, expected: bool):
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://board.example"]
    assert permitted(origin, host) is expected


def test_no_page_may_be_framed(client_for: Browser, manager: Person, client: Client):
    for answer in (client_for(manager).get("/"), client.get("/accounts/login/"), client_for(manager).get("/account/")):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("https", ["true", "false"])
def test_behind_tls_cookies_are_secure_and_bound_to_the_host(https: str):
    """Settings are read once in a process, so another one reads them."""
    program = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'oversight.settings'; django.setup();"
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
        " s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN)"
    )
    own = {"OVERSIGHT_HTTPS": https, "OVERSIGHT_DATA_DIR": DATA_DIR}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **own}, capture_output=True, text=True, check=True
    )
    secure = https == "true"
    names = ["__Host-oversight", "__Host-csrftoken"] if secure else ["oversight", "csrftoken"]
    assert done.stdout.split() == [*names, str(secure), str(secure), "True", "Lax", "/", "None"]
