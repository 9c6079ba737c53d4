"""Errors of the API as RFC 9457 problem documents."""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions
from rest_framework.response import Response

from decisions.errors import Problem, bad_request, forbidden, not_found, too_large, unauthorized

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


def as_problem(error: Exception) -> Problem | None:
    """The problem that `error` stands for; None if it is a fault of ours."""
    match error:
        case Problem():
            return error
        case Http404() | exceptions.NotFound():
            return not_found()
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return unauthorized()
        case PermissionDenied() | exceptions.PermissionDenied():
            if str(error).startswith("CSRF"):
                return forbidden("Send the CSRF token of your session in X-CSRFToken.", "csrf")
            return forbidden(str(error) or "This sign-in may not do that.")
        case exceptions.MethodNotAllowed():
            return Problem(405, "method-not-allowed", "The method is not allowed here", str(error.detail))
        case exceptions.UnsupportedMediaType():
            return Problem(
                415, "unsupported-media-type", "The Content-Type is not taken here", "Send application/json."
            )
        case exceptions.NotAcceptable():
            return Problem(406, "not-acceptable", "No such representation")
        case exceptions.APIException():
            return bad_request(str(error.detail))
        case RequestDataTooBig():
            return too_large(settings.COMMAND_LIMIT)
        case SuspiciousOperation() | BadRequest() | MultiPartParserError() | UnreadablePostError():
            return bad_request("The request is not well formed.")
        case OperationalError() | InterfaceError():
            log.error("the database does not answer", exc_info=error)
            return Problem(
                503,
                "not-stored",
                "Nothing was stored",
                "The database did not take the request. Send it again, unchanged, in a moment.",
                {"retryable": True, "retry_after_s": 1},
            )
    return None


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler."""
    problem = as_problem(error)
    if problem is None:
        log.error("a request failed", exc_info=error)
        problem = Problem(500, "fault", "The server failed", "Nothing that was answered with 2xx is lost. Try again.")
    return Response(
        problem.document(),
        status=problem.status,
        headers=headers_of(problem) | {"Cache-Control": "no-store"},
        content_type=MEDIA_TYPE,
    )


def headers_of(problem: Problem) -> dict[str, str]:
    headers = {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in problem.extra:
        headers["Retry-After"] = str(problem.extra["retry_after_s"])
    return headers
