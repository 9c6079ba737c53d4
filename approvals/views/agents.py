"""Agents: all of the register, and a page of each: what it did lately, how well, and how to stop it. It must not write."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from approvals import access
from approvals.queries import acting, autonomy, keys, recent, sources
from approvals.queries.recent import Whose
from approvals.views import profile
from decisions import clock, freezes, inert, register
from decisions.auth.people import reads, signed_in
from decisions.models import Agent
from decisions.vocab import FreezeScope

SLUG = 64


@require_safe
@reads
def every(request: HttpRequest) -> HttpResponse:
    """The agents of the register, what each did in the last days, and whether it is stopped."""
    after = request.GET.get("after", "")
    page = acting.agents(after.replace("\0", "")[:SLUG], clock.now())
    context = {"agents": page.rows, "after": page.after, "begun": bool(after), "days": acting.DAYS}
    return render(request, "approvals/agents.html", context)


@require_safe
@reads
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """One agent; by its id where the register has it no more and decisions of it are kept."""
    now, known = clock.now(), register.latest()
    agent = next((row for row in known.agents.values() if slug in (row.slug, str(row.id))), None)
    if agent is not None and agent.slug != slug:
        return redirect("approvals:agent", slug=agent.slug)
    whose = Whose("agent_id", agent.id, agent.slug) if agent else _gone(slug)
    shown, found = profile.context(request, whose, now)
    id_ = UUID(str(whose.value))
    policy = autonomy.in_force()
    context = {
        "agent": agent,
        "id": str(id_),
        **_people(agent, known),
        "keys": keys.at_a_glance(id_, now),
        "may_edit": access.may(known, signed_in(request).id, access.ADMINISTERS),
        **shown,
        **sources.unreported_lately("agent_id", id_, found.start, now),
        "policy": policy,
        "exceptions": autonomy.naming(policy, now, "agent", (str(id_),)) if policy else [],
        "ruled": autonomy.ruled_now(recent.sorts(found), id_, policy, known, now) if policy else [],
        **profile.stop(request, FreezeScope.AGENT, str(id_), freezes.in_force(), now),
        "name": inert.name(agent.name, 120) if agent else "",
    }
    return render(request, "approvals/agent.html", context)


def _gone(slug: str) -> Whose:
    try:
        whose = Whose("agent_id", UUID(slug), slug)
    except ValueError:
        raise Http404 from None
    if not whose.rows().exists():
        raise Http404
    return whose


def _people(agent: Agent | None, known: register.Register) -> dict[str, Any]:
    """Who answers for it, and whether they still can."""
    owner = agent.owner if agent else None
    name = register.names({owner}).get(owner, "a person who was erased") if owner else ""
    return {"owner": name, "owner_left": bool(owner) and known.valid(owner) is None}
