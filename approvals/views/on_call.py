"""Who is on call in a group: read by all with a role, said by its members and by administrators."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from approvals.actions.hand_over import hand_over, why_not_hand_over
from approvals.organisation import MOST_ON_CALL
from decisions import register
from decisions.auth.people import reads, signed_in
from decisions.errors import Problem
from decisions.models import Membership, Person, RegisterGroup

ORDINALS = ("first", "second", "third", "fourth", "fifth")
PLACES = 4
"""As many can be named at least, where the group has so many."""


class RotaForm(forms.Form):
    """Members of the group in the order in which they are called; a place left empty is passed over."""

    def __init__(self, data: Any, members: list[tuple[str, str]], rota: tuple[UUID, ...]) -> None:
        super().__init__(data)
        # What somebody chose while the order was another one must not be dropped unseen.
        sent = sum(name.startswith("place_") for name in data or ())
        places = min(MOST_ON_CALL, max(sent, min(len(members), max(PLACES, len(rota) + 1))))
        for place in range(places):
            self.fields[f"place_{place + 1}"] = forms.ChoiceField(
                choices=[("", "nobody"), *members],
                required=False,
                label=f"Called {ORDINALS[place] if place < len(ORDINALS) else f'as number {place + 1}'}",
                initial=str(rota[place]) if place < len(rota) else "",
            )

    def people(self) -> list[UUID]:
        return [UUID(value) for value in self.cleaned_data.values() if value]


@require_http_methods(["GET", "HEAD", "POST"])
@reads
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The order of one group."""
    group = RegisterGroup.objects.filter(slug=slug).first() if "\0" not in slug else None
    if group is None:
        raise Http404
    known, viewer = register.latest(), signed_in(request).id
    able = known.members_of(slug)
    named = Person.objects.filter(id__in=able).order_by("name", "username").values_list("id", "name", "username")
    members = [(str(id_), name or username) for id_, name, username in named]
    form = RotaForm(request.POST or None, members, known.rota(slug))
    refused = why_not_hand_over(known, viewer, slug)
    if request.method == "POST" and form.is_valid():
        try:
            recorded = hand_over(slug, form.people(), actor=viewer)
        except Problem as problem:
            form.add_error(None, problem.detail or problem.title)
        else:
            messages.success(request, "Recorded." if recorded else "It stood so already. Nothing was recorded.")
            return redirect(f"{reverse('approvals:register')}#groups")
    context = {
        "group": group,
        "form": form,
        "refused": refused,
        "left_out": Membership.objects.filter(group_slug=slug).exclude(person_id__in=able).count(),
    }
    status = 403 if refused and request.method == "POST" else 400 if form.errors else 200
    return render(request, "approvals/on_call.html", context, status=status)
