"""Middleware of every page: a request id, an access line, the security policy, where a form came from, the session, the zone."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from approvals.views import again
from decisions.auth import sessions
from decisions.errors import request_id
from oversight import failures

log = logging.getLogger("oversight.access")
GetResponse = Callable[[HttpRequest], HttpResponse]
KNOWN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


class RequestId:
    """Gives each request an id (a proxy's, if it looks like one), in the log and in X-Request-Id."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        id_ = given if KNOWN_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(id_)
        started = time.monotonic()
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = id_
        facts = {"method": request.method, "path": _without_token(request), "status": response.status_code}
        log.info("request", extra={**facts, "ms": round((time.monotonic() - started) * 1000)})
        return response


def _without_token(request: HttpRequest) -> str:
    """The path as it may be logged: whoever reads the log must not be able to use a one-time link."""
    token = request.resolver_match.kwargs.get("token") if request.resolver_match else None
    return request.path.replace(str(token), "…") if token else request.path


class ContentSecurityPolicy:
    """No inline script or style, no other origin, no framing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class Sessions(SessionMiddleware):
    """Django's own, but that only a page takes the cookie of a session away that is over.

    What a page asks for behind its reader's back may be answered after the sign-in, or after the session that keeps what
    they typed until then, has begun: its answer would take that one's cookie (Fetch Metadata, `Sec-Fetch-Mode`).
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        behind = request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
        if behind and cookie is not None and not cookie.value:
            del response.cookies[settings.SESSION_COOKIE_NAME]
        return response


class SameOrigin:
    """Refuses what a page of another site makes a browser send, whatever token comes with it. Reads pass."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Browsers say it of every request; machines do not send it.
        site = request.headers.get("Sec-Fetch-Site", "none")
        trusted = request.headers.get("Origin") in settings.CSRF_TRUSTED_ORIGINS
        if request.method in SAFE or site in ("same-origin", "none") or trusted:
            return self.get_response(request)
        return failures.elsewhere(request)


class Presence:
    """Writes down that the person of a session was seen, but for what a page of theirs asks for by itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # A session that was changed is written anyway.
        # What changes something is a person's doing, whatever it says of itself.
        unasked = "X-Unasked" in request.headers and request.method in SAFE
        if request.session.accessed and not request.session.modified and not unasked:
            sessions.keep(cast("sessions.SessionStore", request.session))
        return response


class SignInFirst(LoginRequiredMiddleware):
    """Django's rule that every page is for people who are signed in; what an expired session was about to send is kept."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        if request.method in SAFE:
            return super().handle_no_permission(request, view_func)
        return again.sign_in_first(request)


class Zone:
    """Shows times in the organisation's zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(settings.ZONE):
            return self.get_response(request)
