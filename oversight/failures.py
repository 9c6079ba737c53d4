"""What people see when a request fails before it reaches a view."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from decisions.api.problems import MEDIA_TYPE
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
