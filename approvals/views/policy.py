"""The policy page: where the line is, in words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals import policy
from approvals.models import PolicyVersion
from decisions.auth.people import reads


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """The version in force with its table, exceptions and debts; and the versions before it."""
    versions = list(PolicyVersion.objects.order_by("-version")[:50])
    current = policy.read(versions[0].document, version=versions[0].version) if versions else None
    context = {"version": versions[0] if versions else None, "policy": current, "versions": versions}
    return render(request, "approvals/policy.html", context)
