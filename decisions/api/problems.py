"""Errors of the API as RFC 9457 problem documents."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from decisions.errors import Problem, bad_request, forbidden, not_found, unauthorized

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
            return forbidden(str(error) or "This sign-in may not do that.")
        case exceptions.MethodNotAllowed():
            return Problem(405, "method-not-allowed", "The method is not allowed here", str(error.detail))
        case exceptions.UnsupportedMediaType():
            return Problem(415, "unsupported-media-type", "The Content-Type is not taken here", "Send application/json.")
        case exceptions.NotAcceptable():
            return Problem(406, "not-acceptable", "No such representation")
        case exceptions.APIException():
            return bad_request(str(error.detail))
    return None


def handler(error: Exception, context: dict[str, Any]) -> Response | None:  # noqa: ARG001 - the framework's signature
    """REST framework's exception handler."""
    problem = as_problem(error)
    if problem is None:
        log.exception("a request failed")
        problem = Problem(500, "fault", "The server failed", "Nothing that was answered with 2xx is lost. Try again.")
    return Response(
        problem.document(), status=problem.status, headers=headers_of(problem), content_type=MEDIA_TYPE
    )


def headers_of(problem: Problem) -> dict[str, str]:
    headers = {}
    if problem.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in problem.extra:
        headers["Retry-After"] = str(problem.extra["retry_after_s"])
    return headers
