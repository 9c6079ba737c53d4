"""Alarms: all of them, and the two things a person can do about one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from approvals import access
from approvals.actions.handle_alarm import handle_alarm
from decisions import register
from decisions.auth.people import reads, signed_in
from decisions.errors import Problem
from decisions.models import Alarm


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    known, viewer = register.latest(), signed_in(request).id
    rows = list(Alarm.objects.order_by("-seq")[:200])
    called = register.names({row.person for row in rows if row.person})
    alarms = [
        {
            "row": row,
            "called": called.get(row.person, "") if row.person else "",
            "may_handle": access.why_not_handle(known, viewer, row, "see") is None,
        }
        for row in rows
    ]
    return render(request, "approvals/alarms.html", {"alarms": alarms})


@require_safe
@reads
def bar(request: HttpRequest) -> HttpResponse:
    """The bar of every page, as it is now: pages ask for it when they hear that it has changed."""
    response = render(request, "_alarm_bar.html")
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@reads
def acknowledge(request: HttpRequest, seq: int) -> HttpResponse:
    return _handle(request, seq, "acknowledge")


@require_POST
@reads
def clear(request: HttpRequest, seq: int) -> HttpResponse:
    return _handle(request, seq, "clear")


def _handle(request: HttpRequest, seq: int, verb: str) -> HttpResponse:
    try:
        handle_alarm(seq, verb="clear" if verb == "clear" else "acknowledge", actor=signed_in(request).id)
    except Problem as problem:
        messages.error(request, f"{problem.title}. {problem.detail}")
    alarm = Alarm.objects.filter(seq=seq).first()
    if alarm is not None and alarm.decision is not None:
        return redirect("approvals:decision", decision_id=alarm.decision)
    return redirect("approvals:alarms")
