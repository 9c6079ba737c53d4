"""Drafts of the policy: look at one, put it in force or take it back. It works without scripts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals import access
from approvals.actions.activate_draft import activate_draft
from approvals.actions.withdraw_draft import withdraw_draft
from approvals.models import PolicyDraft
from approvals.policy import text
from approvals.queries import policies
from approvals.views import again
from approvals.views.policy_shown import backtest, by, differs, placed
from approvals.vocab import DraftState
from decisions import clock, register
from decisions.auth.people import reads, require_strong_sign_in, signed_in
from decisions.errors import Problem, bad_request


@require_safe
@reads
def one(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """A draft: who wants what and why, what it changes, what forbids it, what it would have said of the last days."""
    return _show(request, _draft(draft_id))


def _draft(draft_id: UUID) -> PolicyDraft:
    try:
        return policies.draft(draft_id)
    except Problem:
        raise Http404 from None


def _show(request: HttpRequest, row: PolicyDraft, *, status: int = 200, **more: Any) -> HttpResponse:
    person, known, now = signed_in(request).id, register.latest(), clock.now()
    latest = policies.in_force()
    number = latest.version if latest else 0
    is_open = row.state == DraftState.OPEN
    drafted_by, ended_by = by(row.drafted_by, row.ended_by)
    found, faults = policies.checked(row.document, as_version=number + 1, known=known, now=now)
    before = latest if is_open or latest is None else policies.version(row.based_on) if row.based_on else None
    values: dict[str, Any] = {
        "draft": row,
        "latest": number,
        "is_open": is_open,
        "overtaken": is_open and row.based_on != number,
        "faults": placed(faults, text.write(row.document)[1]) if is_open else [],
        "document": text.write(row.document)[0],
        "drafted_by": drafted_by,
        "ended_by": ended_by,
        "own": row.drafted_by == person,
        "may_activate": access.may(known, person, access.ACTIVATES_POLICY),
        "may_withdraw": access.may(known, person, (*access.DRAFTS_POLICY, *access.ACTIVATES_POLICY)),
        "may_draft": access.may(known, person, access.DRAFTS_POLICY),
        "before": before,
    }
    if found is not None:
        values |= differs(before, row)
        if is_open:
            values |= backtest(request, found, policies.compiled(latest) if latest else None, now, unasked=True)
    response = render(request, "approvals/policy_draft.html", values | more, status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@reads
def activate(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    def act() -> str:
        require_strong_sign_in(request)
        if request.POST.get("read") != "yes":
            raise bad_request("Say that you have read what changes. Nothing was recorded.")
        version = activate_draft(draft_id, revision=1, actor=signed_in(request).id)
        return f"Version {version.version} is in force from entry {version.seq} on."

    return _answer(request, draft_id, act)


@require_POST
@reads
def withdraw(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    def act() -> str:
        withdraw_draft(draft_id, revision=1, actor=signed_in(request).id)
        return "The draft is withdrawn."

    return _answer(request, draft_id, act)


def _answer(request: HttpRequest, draft_id: UUID, act: Callable[[], str]) -> HttpResponse:
    row = _draft(draft_id)
    try:
        messages.success(request, act())
    except Problem as problem:
        if again.leads(problem):
            return again.lead(request, problem, back=reverse("approvals:policy_draft", args=[row.id]))
        return _show(request, _draft(draft_id), status=problem.status, error=problem.detail or problem.title)
    return redirect("approvals:policy_draft", row.id)
