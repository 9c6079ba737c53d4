"""Formats: by which mapping each system is read, tried on a sample before it is saved."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals import access
from approvals.actions.change_format import change_format, drop_format
from approvals.views import again
from decisions import inert, register
from decisions.auth.people import reads, require_factor, signed_in
from decisions.errors import Problem
from decisions.intake import formats, in_force
from decisions.intake.mapping import Explained, check, explain, load
from decisions.intake.reading import Reading

SAMPLE_LIMIT = 1 << 20
HEADERS_LIMIT = 20
NEW = """\
system: {system}
version: 1
about: What {system} sends.
signature: bearer
fields:
  id: /id
  at: {{time: /time}}
  kind: {{text: change}}
  outcome: {{map: /result, to: {{ok: succeeded, error: failed}}}}
rules:
  - name: everything
    when: {{/id: {{present: true}}}}
    says: effect
"""


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """Every system that records are taken from."""
    own = register.latest().formats
    listed = [
        {"system": system, "document": mapping.document, "own": system in own, "ours": system in formats.names()}
        for system, mapping in in_force.all_of_them().items()
    ]
    return render(request, "approvals/formats.html", {"formats": listed, "can_edit": _may_edit(request)})


@require_http_methods(["GET", "HEAD", "POST"])
@reads
def one(request: HttpRequest, system: str) -> HttpResponse:
    """One mapping: read it, try one on a sample; administrators save it."""
    own = register.latest().formats.get(system)
    if own is None and system not in formats.names() and not _may_edit(request):
        raise Http404
    context: dict[str, Any] = {
        "system": system,
        "own": own,
        "ours": system in formats.names(),
        "can_edit": _may_edit(request),
        "text": _text(request, system),
        "sample": request.POST.get("sample", ""),
        "headers": request.POST.get("headers", "Content-Type: application/json"),
    }
    if request.method != "POST":
        return render(request, "approvals/format.html", context)
    do = request.POST.get("do", "try")
    if do in ("save", "drop"):
        answer = _change(request, system, do, context)
        if answer is not None:
            return answer
        return render(request, "approvals/format.html", context, status=400)
    return render(request, "approvals/format.html", context | _tried(context))


def _may_edit(request: HttpRequest) -> bool:
    return access.may(register.latest(), signed_in(request).id, access.ADMINISTERS)


def _text(request: HttpRequest, system: str) -> str:
    written = request.POST.get("text", "").replace("\r\n", "\n")
    if written:
        return written
    try:
        return in_force.text_of(system)
    except Problem:
        return NEW.format(system=system)


def _change(request: HttpRequest, system: str, do: str, context: dict[str, Any]) -> HttpResponse | None:
    """Save or drop it; None with the reason in `context` where it cannot be."""
    if not context["can_edit"]:
        raise PermissionDenied("Only an administrator changes a format.")
    actor = signed_in(request).id
    try:
        require_factor(request)
        if do == "save":
            change_format(system, context["text"], actor=actor)
        else:
            drop_format(system, actor=actor)
    except Problem as problem:
        if again.leads(problem):
            return again.lead(request, problem, back=reverse("approvals:format", args=[system]))
        context["error"] = f"{problem.title}. {problem.detail}"
        return None
    messages.success(request, "It is in force." if do == "save" else "It is read by our mapping again.")
    return redirect("approvals:format", system=system)


def _tried(context: dict[str, Any]) -> dict[str, Any]:
    """What the mapping makes of the sample, or what is wrong with one of them."""
    faults = check(context["text"])
    if faults:
        return {"faults": faults}
    if not context["sample"].strip():
        return {"checked": True}
    body = context["sample"].encode()[:SAMPLE_LIMIT]
    try:
        made = explain(load(context["text"]), _headers(context["headers"]), body)
    except Problem as problem:
        return {"error": f"{problem.title}. {problem.detail}"}
    return {"tried": [_shown(item) for item in made]}


def _headers(text: str) -> dict[str, str]:
    pairs = [line.partition(":") for line in text.splitlines() if ":" in line]
    return {name.strip().lower(): value.strip() for name, _, value in pairs[:HEADERS_LIMIT]}


def _shown(item: Explained) -> dict[str, Any]:
    return {
        "index": item.index,
        "rule": item.rule,
        "ignored": item.ignored,
        "problem": item.problem,
        "passed_over": item.passed_over,
        "says": str(item.reading.says) if item.reading else "",
        "fields": _fields(item.reading) if item.reading else [],
    }


def _fields(reading: Reading) -> list[tuple[str, str]]:
    """What the record says, in the order of a reading; what it does not say is left out."""
    found = {name: getattr(reading, name) for name in reading.__slots__ if name != "says"}
    return [
        (name, inert.excerpt(_words(value), characters=400, lines=6).text) for name, value in found.items() if value
    ]


def _words(value: Any) -> str:
    if isinstance(value, tuple | frozenset):
        return "\n".join(map(_words, value if isinstance(value, tuple) else sorted(value)))
    return json.dumps(dict(value), ensure_ascii=False, default=str) if hasattr(value, "items") else str(value)
