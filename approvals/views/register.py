"""The register: services, agents, people, groups; read by all with a role, edited by administrators."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals import access, organisation
from approvals.actions.change_register import change_register
from approvals.actions.hand_over import why_not_hand_over
from approvals.actions.handle_key import make_key, revoke_key
from approvals.forms import AgentForm, GroupForm, KeyForm, PersonForm, ServiceForm, SourceForm, service_initial
from approvals.queries import sources as queries
from approvals.views import again, people
from decisions import clock, register
from decisions.auth.people import reads, require_factor, signed_in
from decisions.errors import Problem
from decisions.models import Agent, AgentKey, Membership, Person, RegisterGroup, Service, Source, Standing
from decisions.vocab import Scope

FORMS: dict[str, type[forms.Form]] = {
    "services": ServiceForm,
    "agents": AgentForm,
    "people": PersonForm,
    "groups": GroupForm,
    "sources": SourceForm,
}
TITLES = {"services": "Service", "agents": "Agent", "people": "Person", "groups": "Group", "sources": "Source"}
NEW = "new"


def _may_edit(request: HttpRequest) -> bool:
    return access.may(register.latest(), signed_in(request).id, access.ADMINISTERS)


def _led_away(request: HttpRequest) -> HttpResponse | None:
    """The way to a second factor, for an administrator who must have one. To revoke a key takes none."""
    try:
        require_factor(request)
    except Problem as problem:
        return again.lead(request, problem, back=reverse("approvals:register"))
    return None


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """Everything in the register."""
    known, names = register.latest(), dict(Person.objects.values_list("id", "name"))
    members: dict[str, list[str]] = {}
    for slug, person in Membership.objects.values_list("group_slug", "person_id"):
        members.setdefault(slug, []).append(names.get(person, "a person who was erased"))
    context = {
        "services": [
            {
                **_plain(row),
                "owner_name": _name(names, row.owner),
                "deputy_name": _name(names, row.deputy),
                "on_call_name": next((_name(names, one) for one in known.on_call(row.slug)), ""),
            }
            for row in Service.objects.order_by("tier", "slug")
        ],
        "agents": [{**_plain(row), "owner_name": _name(names, row.owner)} for row in Agent.objects.order_by("slug")],
        "people": _people(),
        "groups": [
            {
                "slug": row.slug,
                "name": row.name,
                "members": sorted(members.get(row.slug, [])),
                "on_call": [_name(names, one) for one in known.rota(row.slug)],
                "may_hand_over": why_not_hand_over(known, signed_in(request).id, row.slug) is None,
            }
            for row in RegisterGroup.objects.order_by("slug")
        ],
        "can_edit": _may_edit(request),
    }
    return render(request, "approvals/register.html", context)


def _name(names: dict[UUID, str], person: UUID | None) -> str:
    return names.get(person, "a person who was erased") if person else ""


def _plain(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def _people() -> list[dict[str, Any]]:
    standings = {row.person_id: row for row in Standing.objects.all()}
    groups: dict[UUID, list[str]] = {}
    for slug, person_id in Membership.objects.order_by("group_slug").values_list("group_slug", "person_id"):
        groups.setdefault(person_id, []).append(slug)
    return [
        {
            "username": person.username,
            "name": person.name,
            "roles": standings[person.id].roles if person.id in standings else [],
            "groups": groups.get(person.id, []),
            "active": person.id in standings and standings[person.id].active,
        }
        for person in Person.objects.order_by("username")
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@reads
def edit(request: HttpRequest, section: str, key: str) -> HttpResponse:
    """One row's form; `new` makes one. Administrators alone."""
    if section not in FORMS or "\0" in key:
        raise Http404
    if not _may_edit(request):
        raise PermissionDenied("Only an administrator changes the register.")
    if request.method == "POST" and (led := _led_away(request)):
        return led
    initial = None if key == NEW else _initial(section, key)
    form = FORMS[section](request.POST or None, initial=initial)
    if initial is not None:
        form.fields["username" if section == "people" else "slug"].disabled = True
    if request.method == "POST" and form.is_valid() and _save(request, section, form):
        if section == "people" and key == NEW:
            return redirect("approvals:register_edit", section=section, key=form.cleaned_data["username"])
        return redirect("approvals:register")
    context = {
        "form": form,
        "title": f"{TITLES[section]} {key}" if initial else f"New {TITLES[section].lower()}",
        "section": section,
        "key": key,
    }
    if section == "agents" and initial:
        context |= {
            "keys": AgentKey.objects.filter(agent_id=_agent(key).id).order_by("-created_at"),
            "key_form": KeyForm(initial={"scopes": list(Scope)}),
            "new_key": request.session.pop("new_key", None),
        }
    if section == "sources" and initial:
        context |= {
            "secrets": queries.secrets_of(key, clock.now()),
            "new_secret": request.session.pop("new_secret", None),
            "hook": request.build_absolute_uri(queries.hook_of(initial["system"])),
        }
    if section == "people" and initial:
        context |= {"sign_in": people.sign_in(request, key), **again.context(request)}
    return render(request, "approvals/register_edit.html", context)


def _initial(section: str, key: str) -> dict[str, Any]:
    usernames = dict(Person.objects.values_list("id", "username"))
    if section == "services":
        service = Service.objects.filter(slug=key).first()
        if service:
            return service_initial(service, usernames)
    elif section == "agents":
        return {**_plain(_agent(key)), "owner": _name(usernames, _agent(key).owner)}
    elif section == "sources":
        source = Source.objects.filter(slug=key).first()
        if source:
            agent = register.latest().agents.get(source.agent_id) if source.agent_id else None
            return {**_plain(source), "agent": agent.slug if agent else ""}
    elif section == "groups":
        group = RegisterGroup.objects.filter(slug=key).first()
        if group:
            people = Membership.objects.filter(group_slug=key).values_list("person_id", flat=True)
            return {"slug": group.slug, "name": group.name, "members": [usernames.get(one, "") for one in people]}
    else:
        person = Person.objects.filter(username=key).first()
        if person:
            standing = Standing.objects.filter(person_id=person.id).first()
            return {
                "username": person.username,
                "name": person.name,
                "email": person.email,
                "roles": standing.roles if standing else [],
                "active": bool(standing and standing.active),
            }
    raise Http404


def _agent(slug: str) -> Agent:
    agent = Agent.objects.filter(slug=slug).first()
    if agent is None:
        raise Http404
    return agent


def _save(request: HttpRequest, section: str, form: forms.Form) -> bool:
    """Record the row; False with the reason in the form where it cannot be."""
    data = dict(form.cleaned_data)
    make = {
        "services": organisation.service,
        "agents": organisation.agent,
        "people": organisation.person,
        "groups": organisation.group,
        "sources": organisation.source,
    }[section]
    wanted = organisation.Organisation()
    try:
        getattr(wanted, section).append(make(data))
        change_register(wanted, actor=signed_in(request).id)
    except (Problem, ValueError) as error:
        form.add_error(None, (error.detail or error.title) if isinstance(error, Problem) else str(error))
        return False
    messages.success(request, "Recorded.")
    return True


@require_POST
@reads
def new_key(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a key; it is shown on the next page, once."""
    agent, form = _agent(slug), KeyForm(request.POST)
    if not _may_edit(request):
        raise PermissionDenied("Only an administrator makes keys.")
    if led := _led_away(request):
        return led
    if form.is_valid():
        scopes = [Scope(scope) for scope in form.cleaned_data["scopes"]]
        try:
            actor = signed_in(request).id
            request.session["new_key"] = make_key(agent.id, scopes=scopes, days=form.cleaned_data["days"], actor=actor)
        except Problem as problem:
            messages.error(request, f"{problem.title}. {problem.detail}")
    return redirect("approvals:register_edit", section="agents", key=slug)


@require_POST
@reads
def end_key(request: HttpRequest, slug: str, key_id: str) -> HttpResponse:
    """Revoke a key."""
    if not _may_edit(request):
        raise PermissionDenied("Only an administrator revokes keys.")
    if not AgentKey.objects.filter(id=key_id, agent_id=_agent(slug).id).exists():
        raise Http404
    try:
        revoke_key(key_id, actor=signed_in(request).id)
        messages.success(request, "The key is revoked.")
    except Problem as problem:
        messages.error(request, problem.title)
    return redirect("approvals:register_edit", section="agents", key=slug)
