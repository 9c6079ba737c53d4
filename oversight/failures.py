"""What people see when a request fails before it reaches a view."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a request whose CSRF token is missing or old: nothing was recorded."""
    return render(request, "403.html", {"reason": "Your sign-in has changed since this page was opened."}, status=403)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for somebody who is signed in and may not do this."""
    return render(request, "403.html", {"reason": str(exception or "")}, status=403)
