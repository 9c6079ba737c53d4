"""Alarms: all of them, and the two things a person can do about one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from approvals.actions.handle_alarm import handle_alarm
from decisions.auth.people import reads, signed_in
from decisions.errors import Problem
from decisions.models import Alarm


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "approvals/alarms.html", {"alarms": Alarm.objects.order_by("-seq")[:200]})


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
    return redirect("approvals:alarms")
