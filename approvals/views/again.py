"""Leads a person through showing again who they are, and back to where they were with what they had typed.

Nothing that was sent is ever done in their name afterwards: they look again, and press the button again.
"""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from decisions.errors import Problem

KEPT = "kept"
NOT_TYPED = frozenset(
    {"csrfmiddlewaretoken", "key", "next", "version", "action_hash", "display_hash", "ref_seq", "ref_leaf"}
)
LONGEST, MOST = 4000, 400
LEADS = {"reauth-required": "account_reauthenticate", "second-factor-needed": "mfa_activate_totp"}


def leads(problem: Problem) -> bool:
    """Whether a person can do something about `problem` by signing in more strongly."""
    return problem.slug in LEADS


def lead(request: HttpRequest, problem: Problem, *, back: str) -> HttpResponse:
    """The way to the page that asks, which goes on to `back`."""
    fields = [(name, value) for name, value in request.POST.items() if name not in NOT_TYPED]
    typed = {name: value[:LONGEST] for name, value in fields[:MOST]}
    request.session[KEPT] = {"at": back, "typed": typed}
    return redirect(f"{reverse(LEADS[problem.slug])}?{urlencode({'next': back})}")


def context(request: HttpRequest) -> dict[str, Any]:
    """For the template of the page that the person was led back to: what they had typed, once; else nothing."""
    found = request.session.get(KEPT)
    if found is None or found["at"] != request.get_full_path():
        return {}
    del request.session[KEPT]
    return {"typed": found["typed"], "signed_in_again": True}
