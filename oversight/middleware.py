"""Middleware of every page: a request id, an access line, the content security policy and the zone."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from decisions.errors import request_id

log = logging.getLogger("oversight.access")
GetResponse = Callable[[HttpRequest], HttpResponse]
KNOWN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
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
        facts = {"method": request.method, "path": request.path, "status": response.status_code}
        log.info("request", extra={**facts, "ms": round((time.monotonic() - started) * 1000)})
        return response


class ContentSecurityPolicy:
    """No inline script or style, no other origin, no framing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class Zone:
    """Shows times in the organisation's zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(settings.ZONE):
            return self.get_response(request)
