"""Erasures and legal holds: what is kept, what was erased, and the two steps to erase something. It works without scripts."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals import access
from approvals.actions.erase import Why, erase
from approvals.actions.legal_hold import lift_legal_hold, set_legal_hold
from approvals.models import Erasure
from approvals.queries import erasable, kept, legal_holds
from approvals.queries.erasures import NAME_WORDS, READS_REASONS, described
from approvals.views import again
from approvals.vocab import BASIS_WORDS, ErasureBasis, ErasureOf
from decisions import clock, register
from decisions.auth.people import reads, require_strong_sign_in, signed_in
from decisions.errors import Problem, bad_request
from decisions.models import Agent, Person, Service
from decisions.queries import whole
from decisions.vocab import LegalHoldScope

WORD = "ERASE"
SHOWN = 50
TEXT_LIMIT = 4000
SPAN = re.compile(r"(\d{1,15})(?:\s*-\s*(\d{1,15}))?")


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """Legal holds, what was erased, and, with `?of=…&value=…`, what an erasure would reach."""
    return _show(request, request.GET)


@require_POST
@reads
def now(request: HttpRequest) -> HttpResponse:
    """Erase what was shown."""

    def act() -> str:
        if request.POST.get("word", "").strip().upper() != WORD:
            raise bad_request(f"Type {WORD} to erase it. Nothing was erased.")
        require_strong_sign_in(request)
        try:
            basis = ErasureBasis(request.POST.get("basis", ""))
        except ValueError:
            raise bad_request("Say what it rests on. Nothing was erased.") from None
        of, value = _meant(request.POST)
        why = Why(basis, _text(request, "authority"), _text(request, "reason"))
        done = erase(of, value, names=request.POST.getlist("names"), why=why, actor=signed_in(request).id)
        left = f" {done.left} are left: erase again." if done.left else ""
        return f"Erased from {done.entries} entr{'y' if done.entries == 1 else 'ies'}.{left}"

    named = {name: request.POST.getlist(name) for name in ("of", "value", "names") if name in request.POST}
    return _answer(request, act, f"{reverse('approvals:erasures')}?{urlencode(named, doseq=True)}")


@require_POST
@reads
def keep(request: HttpRequest) -> HttpResponse:
    """Set a legal hold."""

    def act() -> str:
        kind, _, value = request.POST.get("scope", "").partition(":")
        try:
            scope = LegalHoldScope(kind)
        except ValueError:
            raise bad_request("Choose what to keep.") from None
        set_legal_hold(scope=scope, value=value, reason=_text(request, "reason"), actor=signed_in(request).id)
        return "The legal hold is in force. Nothing in its scope is erased until it is lifted."

    return _answer(request, act, reverse("approvals:erasures"))


@require_POST
@reads
def let_go(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """Lift a legal hold."""

    def act() -> str:
        require_strong_sign_in(request)
        lift_legal_hold(hold_id, reason=_text(request, "reason"), actor=signed_in(request).id)
        return "The legal hold is lifted. What it kept may be erased again."

    return _answer(request, act, reverse("approvals:erasures"))


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").strip()[:TEXT_LIMIT]


def _answer(request: HttpRequest, act: Callable[[], str], back: str) -> HttpResponse:
    try:
        messages.success(request, act())
    except Problem as problem:
        if again.leads(problem):
            return again.lead(request, problem, back=back)
        return _show(request, request.POST, status=problem.status, error=problem.detail or problem.title)
    return redirect("approvals:erasures")


def _meant(given: Any) -> tuple[ErasureOf, str | list[int]]:
    """What is named. Raises a 400 problem."""
    try:
        of = ErasureOf(given.get("of", ""))
    except ValueError:
        raise bad_request("Choose what to erase.") from None
    value = given.get("value", "").strip()
    if of is not ErasureOf.ENTRIES:
        try:
            return of, str(UUID(value.rstrip("/").rpartition("/")[2]))
        except ValueError:
            raise bad_request("Give the id or the address of a decision, or choose a person.") from None
    seqs: list[int] = []
    for part in filter(None, (part.strip() for part in value.split(","))):
        found = SPAN.fullmatch(part)
        if not found:
            raise bad_request("Give numbers of entries, such as 12, 40-45.")
        first, last = int(found[1]), int(found[2] or found[1])
        if last - first >= erasable.MOST or len(seqs) + last - first >= erasable.MOST:
            raise bad_request(f"At most {erasable.MOST} entries at once.")
        seqs.extend(range(first, last + 1))
    if not seqs:
        raise bad_request("Give numbers of entries, such as 12, 40-45.")
    return of, seqs


def _show(request: HttpRequest, given: Any, *, status: int = 200, **more: Any) -> HttpResponse:
    person, known = signed_in(request).id, register.latest()
    reasons, may_erase = access.may(known, person, READS_REASONS), access.may(known, person, access.ADMINISTERS)
    rows = Erasure.objects.order_by("-seq")
    if before := request.GET.get("before", ""):
        rows = rows.filter(seq__lt=whole(before, "before", least=0, most=2**53))
    found = list(rows[: SHOWN + 1])
    values = {
        "holds": _holds(reasons=reasons),
        "erasures": described(found[:SHOWN], reasons=reasons),
        "older": found[SHOWN - 1].seq if len(found) > SHOWN else None,
        "may_keep": access.may(known, person, access.KEEPS),
        "may_erase": may_erase,
        "services": sorted(Service.objects.values_list("slug", flat=True)),
        "agents": sorted(Agent.objects.values_list("slug", "id")),
        "people": [(row.id, row.name, known.valid(row.id) is not None) for row in Person.objects.order_by("name")],
        "bases": list(BASIS_WORDS.items()),
        "name_words": sorted(NAME_WORDS.items()),
        **again.context(request),
        **(_reach(given) if may_erase and given.get("of") else {}),
    }
    response = render(request, "approvals/erasures.html", values | more, status=more.pop("status", status))
    response["Cache-Control"] = "no-store"
    return response


def _reach(given: Any) -> dict[str, Any]:
    """What an erasure of what is named would reach now, and what forbids it."""
    chosen = {"of": given.get("of", ""), "value": given.get("value", ""), "names": given.getlist("names")}
    try:
        of, value = _meant(given)
        reach = erasable.reach(erasable.named(of, value, chosen["names"]), one_by_one=of is ErasureOf.ENTRIES)
    except Problem as problem:
        return {"chosen": chosen, "fault": problem.detail or problem.title}
    refused = kept.why_not(reach.parts, clock.now())
    listed = [
        {
            "seq": part.of.entry.seq,
            "kind": str(part.of.entry.kind),
            "what": ", ".join(NAME_WORDS.get(name, name) for name in part.erased),
            "decision": part.decision,
        }
        for part in reach.parts[:SHOWN]
    ]
    return {
        "chosen": chosen,
        "reach": {
            "count": len(reach.parts),
            "left": reach.left,
            "rows": listed,
            "more": max(0, len(reach.parts) - SHOWN),
        },
        "fault": refused.detail if refused else "",
        "of_person": of is ErasureOf.PERSON,
    }


def _holds(*, reasons: bool) -> list[dict[str, Any]]:
    held = list(legal_holds.in_force())
    people = register.names({row.set_by for row in held} | {UUID(row.value) for row in held if row.scope == "person"})
    agents = {str(id_): slug for id_, slug in Agent.objects.values_list("id", "slug")}

    def what(scope: str, value: str) -> str:
        match scope:
            case LegalHoldScope.EVERYTHING:
                return "Everything"
            case LegalHoldScope.AGENT:
                return f"Agent {agents.get(value, value)}"
            case LegalHoldScope.PERSON:
                return people.get(UUID(value), f"person {value[:8]}")
            case _:
                return f"Service {value}"

    return [
        {
            "id": row.id,
            "seq": row.seq,
            "what": what(row.scope, row.value),
            "by": people.get(row.set_by, "a person who was erased"),
            "at": row.set_at,
            "reason": row.reason if reasons else "",
        }
        for row in held
    ]
