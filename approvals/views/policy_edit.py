"""Writes a draft of the policy: its document as text, a single cell by a form, and what both would change. It works without scripts."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from approvals import access
from approvals.actions.draft_policy import draft_policy
from approvals.policy import text
from approvals.policy.cells import OTHER, Cell, kinds_of, with_cell
from approvals.queries import policies
from approvals.views.policy import may_draft
from approvals.views.policy_shown import placed, shown_difference
from approvals.vocab import DraftState
from decisions import clock, kinds, register
from decisions.auth.people import reads, require_recent_sign_in, signed_in
from decisions.errors import Problem, bad_request
from decisions.vocab import ENVIRONMENTS, TIERS, Level

REASON_LIMIT = 4000
TEXT_LIMIT = 64 * 1024
FIRST: dict[str, Any] = {
    "name": "Policy",
    "defaults": {"level": "L1"},
    "requirements": {},
    "matrix": [{"tier": "*", "kind": "*", "environment": "*", "level": "L1"}],
}
"""Where nothing is in force yet: agents may only suggest."""


@require_http_methods(["GET", "HEAD", "POST"])
@reads
def write(request: HttpRequest) -> HttpResponse:
    """The document as text, a single cell by a form, and what both would change; saved as a draft, or only looked at."""
    if not may_draft(request):
        raise PermissionDenied(f"To draft the policy takes one of these roles: {', '.join(access.DRAFTS_POLICY)}.")
    if request.method != "POST":
        return _start(request)
    typed = request.POST.get("document", "")[:TEXT_LIMIT]
    given = {name: request.POST.get(name, "") for name in ("reason", "based_on", "replaces")}
    document: dict[str, Any] | None = None
    try:
        document = text.read(typed)
        if request.POST.get("do") == "cell":
            document = _with_cell(request, document)
        if request.POST.get("do") == "save":
            return _saved(request, document, given)
    except text.UnreadableError as error:
        return _edit(request, None, given, typed=typed, status=400, error=f"The document cannot be read: {error}.")
    except Problem as problem:
        # The faults of a document are listed with their lines anyway.
        said = "" if problem.slug == "bad-policy" else problem.detail or problem.title
        return _edit(request, document, given, status=problem.status, error=said)
    return _edit(request, document, given, checked=True)


def _start(request: HttpRequest) -> HttpResponse:
    """The version in force, another one, or an open draft, to be changed."""
    latest = policies.in_force()
    given = {"reason": "", "based_on": str(latest.version if latest else 0), "replaces": ""}
    document = latest.document if latest else FIRST
    try:
        if request.GET.get("version", "").isdigit():
            document = policies.version(int(request.GET["version"])).document
        elif "draft" in request.GET:
            row = policies.draft(UUID(request.GET["draft"]))
            document, given["reason"] = row.document, row.reason
            given["replaces"] = str(row.id) if row.state == DraftState.OPEN else ""
    except (Problem, ValueError):
        raise Http404 from None
    return _edit(request, document, given)


def _saved(request: HttpRequest, document: dict[str, Any], given: dict[str, str]) -> HttpResponse:
    require_recent_sign_in(request)
    try:
        based_on, replaces = int(given["based_on"]), UUID(given["replaces"]) if given["replaces"] else None
    except ValueError:
        raise bad_request("Open the page again; nothing was recorded.") from None
    row = draft_policy(
        document,
        reason=given["reason"][:REASON_LIMIT],
        based_on=based_on,
        replaces=replaces,
        actor=signed_in(request).id,
    )
    messages.success(request, "The draft is recorded. A second person puts it in force.")
    return redirect("approvals:policy_draft", row.id)


def _with_cell(request: HttpRequest, document: dict[str, Any]) -> dict[str, Any]:
    """`document` with the cell of the form. Raises a 400 problem for what is not on the form."""
    tier, kind, environment = (request.POST.get(name, "") for name in ("tier", "kind", "environment"))
    level, requirement = request.POST.get("level", ""), request.POST.get("requirement", "")
    known = tier in map(str, TIERS) and kind and environment in ENVIRONMENTS and level in set(Level)
    if not known or (requirement and requirement not in _requirements(document)):
        raise bad_request("Choose tier, kind, environment and level. Nothing was changed.")
    return with_cell(document, Cell(int(tier), kind, environment), level, requirement)


def _edit(
    request: HttpRequest,
    document: dict[str, Any] | None,
    given: dict[str, str],
    *,
    typed: str = "",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    known, now, latest = register.latest(), clock.now(), policies.in_force()
    number = latest.version if latest else 0
    values: dict[str, Any] = {
        **given,
        "document": typed,
        "latest": number,
        "tiers": TIERS,
        "environments": ENVIRONMENTS,
        "levels": list(Level),
        "kinds": sorted(kinds.ACTION_KINDS),
        "requirements": _requirements(document or {}),
        "cell": {name: request.POST.get(name, "") for name in ("tier", "kind", "environment", "level", "requirement")},
    }
    if document is not None:
        written, places = text.write(document)
        found, faults = policies.checked(document, as_version=number + 1, known=known, now=now)
        values |= {"document": written, "faults": placed(faults, places)}
        if found is not None:
            values["kinds"] = [kind for kind in kinds_of(found) if kind != OTHER]
            if latest is not None:
                values |= shown_difference(policies.compiled(latest), latest.document, found, document)
    response = render(request, "approvals/policy_edit.html", values | more, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _requirements(document: dict[str, Any]) -> list[str]:
    stated = document.get("requirements")
    return sorted(map(str, stated)) if isinstance(stated, dict) else []
