"""Leads a person through showing who they are, and back to where they were with what they had typed.

Nothing that was sent is ever done in their name afterwards: they look again, and press the button again.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from decisions.auth import sessions
from decisions.errors import Problem

KEPT = "kept"
NEEDS_YOU, MINE = "needs-you", "mine"
"""The lists that are gone through: everything that needs people, and what is of the person's own services."""
NOT_TYPED = frozenset(
    {"csrfmiddlewaretoken", "key", "next", "from", "version", "action_hash", "display_hash", "ref_seq", "ref_leaf"}
)
SECRET = frozenset({"password", "again", "code"})
LONGEST, MOST = 4000, 400
LEADS = {"reauth-required": "account_reauthenticate", "second-factor-needed": "mfa_activate_totp"}


def leads(problem: Problem) -> bool:
    """Whether a person can do something about `problem` by signing in more strongly."""
    return problem.slug in LEADS


def lead(request: HttpRequest, problem: Problem, *, back: str) -> HttpResponse:
    """The way to the page that asks, which goes on to `back`."""
    request.session[KEPT] = {"at": back, "typed": _typed(request)}
    return redirect(f"{reverse(LEADS[problem.slug])}?{urlencode({'next': back})}")


def sign_in_first(request: HttpRequest) -> HttpResponseRedirect:
    """The way to the sign-in page for a form that came without a session.

    What was typed is kept for the person whose session has expired in this browser, and for nobody else.
    """
    back = where(request)
    person = sessions.person_before(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    if person is not None:
        request.session[KEPT] = {"at": back, "typed": _typed(request), "person": str(person)}
    return redirect_to_login(back)


def _typed(request: HttpRequest) -> dict[str, str]:
    fields = [(name, value) for name, value in request.POST.items() if name not in NOT_TYPED | SECRET]
    return {name: str(value)[:LONGEST] for name, value in fields[:MOST]}


def where(request: HttpRequest) -> str:
    """The page on which the form stood: a queue with its decision selected, a decision's own, or what the browser names."""
    named = request.resolver_match.kwargs if request.resolver_match else {}
    queue = request.POST.get("next", "")
    if "decision_id" in named:
        if queue and url_has_allowed_host_and_scheme(queue, allowed_hosts=None):
            return f"{queue}{'&' if '?' in queue else '?'}selected={named['decision_id']}"
        return decision_page(request, named["decision_id"])
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host():
        return "/"
    return f"{page.path}?{page.query}" if page.query else page.path


def decision_page(request: HttpRequest, decision_id: UUID) -> str:
    """A decision's own page, for who goes through a list as part of it."""
    page, came = reverse("approvals:decision", kwargs={"decision_id": decision_id}), came_from(request)
    return f"{page}?from={came}" if came else page


def came_from(request: HttpRequest) -> str:
    """Which list the person goes through; empty for none."""
    came = request.POST.get("from") or request.GET.get("from", "")
    return came if came in (NEEDS_YOU, MINE) else ""


def context(request: HttpRequest) -> dict[str, Any]:
    """For the template of the page that the person was led back to: what they had typed, once; else nothing."""
    found = request.session.get(KEPT)
    if found is None or found["at"] != request.get_full_path():
        return {}
    del request.session[KEPT]
    if found.get("person", str(request.user.pk)) != str(request.user.pk):
        return {}
    return {"typed": found["typed"], "signed_in_again": True}
