"""Showing who one is: again, and with a second factor. The pages are allauth's; the order and the words are ours."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.views import ReauthenticateView
from allauth.mfa.recovery_codes.internal.flows import generate_recovery_codes
from allauth.mfa.totp.internal.flows import activate_totp
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from approvals.views import again
from decisions.auth import factors, sessions
from decisions.auth.forms import AgainForm
from decisions.auth.people import require_fresh_sign_in, signed_in
from decisions.errors import Problem

ACCOUNT = reverse_lazy("account")
View = Callable[..., HttpResponseBase]


def fresh(view: View) -> View:
    """Let a page that changes how a person signs in be seen after a fresh sign-in alone."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            require_fresh_sign_in(request)
        except Problem as problem:
            return again.lead(request, problem, back=request.path)
        return view(request, *args, **kwargs)

    return guarded


@method_decorator([never_cache, sensitive_post_parameters("password", "code")], name="dispatch")
class Again(ReauthenticateView):
    """Password, and a code where there is a second factor. Afterwards the person looks again at what they were about to do."""

    form_class = AgainForm

    def form_valid(self, form: AgainForm) -> HttpResponse:
        # allauth would now do what was sent before; a person who was away must press the button again.
        self.request.session.pop(STATE_SESSION_KEY, None)
        sessions.renew(self.request.session)
        return HttpResponseRedirect(self.get_success_url())


@method_decorator([never_cache, fresh], name="dispatch")
class Enrol(ActivateTOTPView):
    """Set up a second factor. The recovery codes are in the answer to the first code, and on no other page."""

    template_name = "mfa/enrol.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if factors.enrolled(signed_in(request)):
            messages.info(request, "You have a second factor already.")
            return redirect("account")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        _, codes = activate_totp(self.request, form)
        return _show(self.request, codes)


@method_decorator([never_cache, fresh], name="dispatch")
class TurnOff(DeactivateTOTPView):
    """Sign in with the password alone from now on."""

    template_name = "mfa/turn_off.html"
    success_url = ACCOUNT

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        messages.success(self.request, "Your second factor is turned off.")
        return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@fresh
def new_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes; the old ones stop working."""
    person = signed_in(request)
    if not factors.enrolled(person):
        return redirect("account")
    if request.method != "POST":
        return render(request, "mfa/new_codes.html", {"left": factors.codes_left(person)})
    return _show(request, generate_recovery_codes(request))


def _show(request: HttpRequest, codes: Any) -> HttpResponse:
    return render(request, "mfa/codes.html", {"codes": codes.wrap().get_unused_codes() if codes else []})
