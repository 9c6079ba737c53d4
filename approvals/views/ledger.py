"""The ledger page for auditors: size, root, checkpoints, checks, gaps, entries; and the button that has everything checked."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from approvals import access
from approvals.actions.request_check import request_check
from approvals.queries import checks
from decisions import clock, notes, published, queries, register, timestamps
from decisions.auth.people import reads, signed_in
from decisions.errors import Problem

SHOWN = 50
CHECKS = 12


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """The newest entries, or those before `?before=<seq>`."""
    head = queries.head()
    before = request.GET.get("before", "")
    last = (queries.whole(before, "before", least=0, most=2**53) if before else head.size) - 1
    last = min(last, head.size - 1)
    entries = queries.leaves(max(0, last - SHOWN + 1), last)
    context = {
        "size": head.size,
        "root": bytes(head.root).hex(),
        "checkpoint": queries.last_checkpoint(),
        "confirmed_at": notes.confirmed_at(),
        "keys": notes.ring().keys,
        "witnesses": published.witnesses(clock.now()),
        "timestamp": timestamps.last(),
        "entries": entries,
        "gaps": queries.gaps(),
        "older": entries[-1]["seq"] if entries and entries[-1]["seq"] else None,
        **checked(signed_in(request).id),
    }
    return render(request, "approvals/ledger.html", context)


@require_POST
@reads
def check(request: HttpRequest) -> HttpResponse:
    """Have everything checked now; while a check runs, show that one."""
    try:
        asked = request_check(actor=signed_in(request).id)
    except Problem as problem:
        messages.error(request, f"{problem.title}. {problem.detail}")
        return redirect("approvals:ledger")
    if asked.requested_by != signed_in(request).id:
        messages.info(request, "A check is under way already. Here is how far it is.")
    return redirect("approvals:ledger")


def checked(viewer: UUID) -> dict[str, Any]:
    """The check that runs, and what came of those before it."""
    now = clock.now()
    current, before = checks.open_now(now), checks.recorded(CHECKS)
    people = {one.by for one in (*before, *([current] if current else []))}
    # Down to the newest that has a result: what was interrupted since does not take its place.
    shown = next((index for index, one in enumerate(before, 1) if one.state != "interrupted"), len(before))
    return {
        "check": current,
        "checks": before[:shown],
        "older_checks": before[shown:],
        "checked_by": register.names(people),
        "may_check": access.may(register.latest(), viewer, access.CHECKS_LEDGER),
    }
