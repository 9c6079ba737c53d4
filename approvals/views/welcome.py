"""The first administrator, made by a one-time link."""

from django import forms
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from approvals import organisation
from approvals.actions.change_register import change_register
from approvals.forms import SLUG
from decisions.auth import links
from decisions.models import Person
from decisions.vocab import Role


class WelcomeForm(forms.Form):
    username = forms.RegexField(SLUG, initial="admin")
    name = forms.CharField(max_length=120)
    password = forms.CharField(
        min_length=12,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters.",
    )


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Make the administrator and sign them in. The link works once; opening it changes nothing."""
    if not links.usable(token):
        raise Http404
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            validate_password(data["password"])
        except ValidationError as error:
            form.add_error("password", error)
        else:
            person = _make(token, data["username"], data["name"], data["password"])
            if person is None:
                raise Http404
            login(request, person)
            return redirect("approvals:register")
    return render(request, "registration/welcome.html", {"form": form})


def _make(token: str, username: str, name: str, password: str) -> Person | None:
    with transaction.atomic():
        if not links.use(token):
            return None
        row = organisation.person({"username": username, "name": name, "roles": [Role.ADMIN]})
        change_register(organisation.Organisation(people=[row]), actor=None)
        person = Person.objects.get(username=username)
        person.set_password(password)
        person.save(update_fields=["password"])
    return person
