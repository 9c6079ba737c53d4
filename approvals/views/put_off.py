"""What a person puts off in the sign-off queue: set aside, taken back, sent back with a question. It must not judge anything."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from approvals import access
from approvals.actions.comment import comment
from approvals.views import desk
from approvals.views.said_once import said_once
from decisions import clock
from decisions.auth.people import reads, signed_in
from decisions.errors import Problem, bad_request

QUESTION_LIMIT = 4000


@require_POST
@reads
def aside(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Out of this person's list for an hour to a day. It is owed all the same, and counted."""

    def act() -> str:
        row = access.decision_of(decision_id)
        desk.set_aside(request, row.seq, desk.until(request.POST.get("until", ""), clock.now()))
        return "It is set aside for you. It is still owed."

    return _answer(request, act)


@require_POST
@reads
def back(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    def act() -> str:
        desk.bring_back(request, access.decision_of(decision_id).seq)
        return "It is back in the queue."

    return _answer(request, act)


@require_POST
@reads
def ask(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Record a question as a comment, and set the decision aside until somebody else says something, a day at most."""

    def act() -> str:
        question = request.POST.get("question", "").strip()
        if not question or len(question) > QUESTION_LIMIT:
            raise bad_request(f"A question has from 1 to {QUESTION_LIMIT} characters. Nothing was recorded.")
        row = access.decision_of(decision_id)
        asker = signed_in(request).id
        asked = said_once(
            request, question, lambda: {"seq": comment(decision_id, text=question, actor=asker).first_seq}
        )
        desk.set_aside(request, row.seq, clock.now() + desk.LONGEST, question=asked["seq"])
        return (
            "Your question is recorded as a comment. The decision is set aside until somebody answers, a day at most."
        )

    return _answer(request, act)


def _answer(request: HttpRequest, act: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, act())
    except Problem as problem:
        if problem.status == 404:
            raise Http404 from None
        messages.error(request, problem.detail or problem.title)
    following = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(following, allowed_hosts=None):
        following = reverse("approvals:sign_off_queue")
    return redirect(f"{following}#dec-h")
