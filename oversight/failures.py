"""What people see when a request fails before it reaches a view."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

from decisions.api.problems import MEDIA_TYPE, as_problem, headers_of
from decisions.errors import Problem
from decisions.errors import forbidden as not_permitted


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a request whose CSRF token is missing or old: nothing was recorded."""
    return render(request, "403.html", {"reason": "Your sign-in has changed since this page was opened."}, status=403)


def elsewhere(request: HttpRequest) -> HttpResponse:
    """The answer to what another site made a browser send: nothing was recorded."""
    said = "This was sent by a page of another site. Nothing was recorded."
    if request.path.startswith("/api/"):
        return JsonResponse(not_permitted(said, "csrf").document(), status=403, content_type=MEDIA_TYPE)
    return render(request, "403.html", {"reason": said}, status=403)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for somebody who is signed in and may not do this."""
    return render(request, "403.html", {"reason": str(exception or "")}, status=403)


def too_many(request: HttpRequest) -> HttpResponse:
    """The page for an address that sends more sign-ins than people do."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response


def failed(request: HttpRequest) -> HttpResponse:
    """The answer to a request that failed where no view could say so: 503 if the database is away, else 500."""
    error = sys.exc_info()[1]
    problem = as_problem(error) if isinstance(error, Exception) else None
    if problem is None or problem.status < 500:
        problem = Problem(500, "fault", "The server failed", "Nothing that was answered with 2xx is lost. Try again.")
    if request.path.startswith("/api/"):
        return JsonResponse(
            problem.document(), status=problem.status, content_type=MEDIA_TYPE, headers=headers_of(problem)
        )
    # Without the frame of other pages: that asks the database.
    return HttpResponse(loader.get_template("500.html").render({"status": problem.status}), status=problem.status)
