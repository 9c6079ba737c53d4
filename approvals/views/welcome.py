"""One-time links: the first administrator is made by one, and everybody chooses a password by one."""

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from approvals import organisation
from approvals.actions.change_register import change_register
from approvals.forms import SLUG
from decisions import register
from decisions.auth import links, sessions
from decisions.auth.forms import NewPasswordForm
from decisions.models import Person
from decisions.vocab import Role


class FirstForm(NewPasswordForm):
    username = forms.RegexField(SLUG, initial="admin")
    name = forms.CharField(max_length=120)
    field_order = ("username", "name", "password", "again")


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password, as the link's person or as the first administrator. Opening it changes nothing."""
    link = links.find(token)
    if link is None:
        return render(request, "account/link_over.html", status=404)
    if link.person_id is None:
        return _first(request, token)
    person = Person.objects.filter(id=link.person_id).first()
    if person is None or register.latest().valid(person.id) is None:
        raise Http404
    form = NewPasswordForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        _choose(token, person, form.cleaned_data["password"])
        messages.success(request, "Your password is set. Sign in with it.")
        return redirect("account_login")
    return render(request, "account/choose_password.html", {"form": form, "account": person})


def _first(request: HttpRequest, token: str) -> HttpResponse:
    form = FirstForm(request.POST or None, person=None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with transaction.atomic():
            _use(token)
            row = organisation.person({"username": data["username"], "name": data["name"], "roles": [Role.ADMIN]})
            change_register(organisation.Organisation(people=[row]), actor=None)
            person = Person.objects.get(username=data["username"])
            person.set_password(data["password"])
            person.save(update_fields=["password"])
        login(request, person, backend="decisions.auth.backend.RegisterBackend")
        return redirect("approvals:register")
    return render(request, "account/welcome.html", {"form": form})


def _choose(token: str, person: Person, password: str) -> None:
    """The second factor stays: a link gives back a forgotten password, not a lost phone."""
    with transaction.atomic():
        _use(token)
        person.set_password(password)
        person.save(update_fields=["password"])
        sessions.end(person.id)


def _use(token: str) -> None:
    if not links.use(token):
        raise Http404
