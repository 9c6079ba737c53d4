"""Services: all of the register, and a page of each: what agents did to it lately, how well, and how to stop them. It must not write."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals import access
from approvals.policy import Policy
from approvals.queries import acting, autonomy, recent, sources
from approvals.queries.recent import Recent, Whose
from approvals.views import profile
from decisions import clock, freezes, inert, register
from decisions.auth.people import reads, signed_in
from decisions.models import Service
from decisions.vocab import FreezeScope

NAME = 64
"""As long as a name that a decision keeps may be."""


@require_safe
@reads
def every(request: HttpRequest) -> HttpResponse:
    """The services of the register, what was done to each in the last days, and whether agents are stopped there."""
    after = request.GET.get("after", "")
    page = acting.services(after.replace("\0", "")[:NAME], clock.now())
    context = {"services": page.rows, "after": page.after, "begun": bool(after), "days": acting.DAYS}
    return render(request, "approvals/services.html", context)


@require_safe
@reads
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One service; also one that is retired, or that only agents have named."""
    now, known = clock.now(), register.latest()
    if len(name) > NAME or "\0" in name:
        raise Http404
    service, whose = Service.objects.filter(slug=name).first(), Whose("service", name, name)
    if service is None and not whose.rows().exists():
        raise Http404
    shown, found = profile.context(request, whose, now)
    context = {
        "service": service,
        "slug": inert.name(name),
        **_people(service, known),
        "may_edit": access.may(known, signed_in(request).id, access.ADMINISTERS),
        **shown,
        **sources.unreported_lately("service", name, found.start, now),
        **_permitted(service, autonomy.in_force(), now),
        "agents": _agents(found, known),
        **profile.stop(request, FreezeScope.SERVICE, name, freezes.in_force(), now),
    }
    return render(request, "approvals/service.html", context)


def _people(service: Service | None, known: register.Register) -> dict[str, Any]:
    """Who answers for it now, who stands in, and who should answer and has left."""
    if service is None:
        return {"owner": "", "deputy": "", "left": "", "called_first": [], "rota": ""}
    rota = known.on_call(service.slug)
    names = register.names({one for one in (service.owner, service.deputy, *rota) if one})

    def name(person: UUID | None) -> str:
        return names.get(person, "a person who was erased") if person else ""

    answers = known.valid(service.owner) or known.valid(service.deputy)
    return {
        "owner": name(answers),
        "deputy": name(service.deputy),
        "called_first": [name(person) for person in rota],
        "rota": service.on_call,
        "left": name(service.owner) if known.valid(service.owner) is None else "",
    }


def _permitted(service: Service | None, policy: Policy | None, now: Any) -> dict[str, Any]:
    """What the policy permits on its tier: the strictest where the register does not have it."""
    tier = service.tier if service else 0
    if policy is None:
        return {"policy": None, "tier": tier}
    named = autonomy.naming(policy, now, "target.service", (service.slug,)) if service else []
    return {"policy": policy, "tier": tier, "permitted": autonomy.permitted_on(tier, policy), "exceptions": named}


def _agents(found: Recent, known: register.Register) -> list[dict[str, Any]]:
    """Who acted on it, the most first."""
    listed = ((known.agents.get(id_), id_, n) for id_, n in recent.agents(found))
    return [
        {
            "name": inert.name(agent.name) if agent else "an agent that is gone",
            "slug": agent.slug if agent else str(id_),
            "n": n,
        }
        for agent, id_, n in listed
    ]
