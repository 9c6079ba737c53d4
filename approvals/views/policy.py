"""The policy pages that only show: the line as it is, and each version of it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals import access
from approvals.models import PolicyVersion
from approvals.queries import policies
from approvals.views import policy_line
from approvals.views.policy_shown import backtest, by, differs
from decisions import clock, register
from decisions.auth.people import reads, signed_in
from decisions.errors import Problem

LISTED = 50


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """The version in force with its line, table, exceptions and debts; open drafts; and the versions before it."""
    versions = list(PolicyVersion.objects.order_by("-version")[:LISTED])
    current = versions[0] if versions else None
    drafts, compiled = policies.open_drafts(), policies.compiled(current) if current else None
    counted = request.GET.get("acts") == "counted"
    context = {
        "version": current,
        "policy": compiled,
        **(policy_line.context(request, compiled, counted=counted) if compiled else {}),
        "versions": versions[1:],
        "activated_by": by(current.activated_by)[0] if current else "",
        "drafts": list(zip(drafts, by(*(draft.drafted_by for draft in drafts)), strict=True)),
        "may_draft": may_draft(request),
    }
    return render(request, "approvals/policy.html", context)


@require_safe
@reads
def version(request: HttpRequest, version: int) -> HttpResponse:
    """One version, what it changed, and what it would have said of the days that somebody asks for."""
    try:
        row = policies.version(version)
    except Problem:
        raise Http404 from None
    latest, now = policies.in_force(), clock.now()
    current = latest is not None and latest.version == row.version
    other = PolicyVersion.objects.filter(version=row.version - 1).first() if current else latest
    compiled, draft = policies.compiled(row), policies.draft(row.draft_id) if row.draft_id else None
    context = {
        "version": row,
        "policy": compiled,
        "current": current,
        "other": other,
        "activated_by": by(row.activated_by)[0],
        "draft": draft,
        "drafted_by": by(draft.drafted_by)[0] if draft else "",
        "may_draft": may_draft(request),
        **(differs(other, row) if current else differs(row, other) if other else {}),
        **backtest(request, compiled, None, now, unasked=False),
    }
    return render(request, "approvals/policy_version.html", context)


def may_draft(request: HttpRequest) -> bool:
    return access.may(register.latest(), signed_in(request).id, access.DRAFTS_POLICY)
