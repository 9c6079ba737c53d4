"""The page of one decision, and the two answers a person can give on it."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from approvals import access
from approvals.actions.break_glass import break_glass
from approvals.actions.call_next import call_next
from approvals.actions.comment import comment
from approvals.actions.cut_link import cut_link
from approvals.actions.extend_hold import extend_hold
from approvals.actions.give_verdict import give_verdict
from approvals.actions.review import review
from approvals.actions.sign_off import sign_off
from approvals.queries import as_text, next_hold, openings
from approvals.queries import decision as queries
from approvals.queries.shown import Shown
from approvals.views import again, desk
from approvals.views.said_once import said_once
from approvals.vocab import Finding, Judgement, VerdictWord
from decisions import clock, inert, register
from decisions.auth.people import reads, require_sign_in_for, signed_in
from decisions.errors import Problem, bad_request
from decisions.models import Decision
from decisions.vocab import Cause, Effect

REASON_LIMIT = 4000
TITLE = 100
Word = TypeVar("Word", bound=StrEnum)


@require_safe
@reads
def page(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The whole page, or the pane alone when htmx asks."""
    return show(request, decision_id)


def show(request: HttpRequest, decision_id: UUID, *, status: int = 200, **more: Any) -> HttpResponse:
    person = signed_in(request)
    now = clock.now()
    loaded = queries.load(decision_id, now)
    if loaded is None:
        raise Http404
    if request.method == "GET":
        desk.note_opened(request, loaded.row)
        openings.note(loaded.row, loaded.state, loaded.known, person.id, now)
    template = "approvals/_decision.html" if _wants_pane(request) else "approvals/decision.html"
    values = drawn(request, loaded, person.id) | _on_the_way(request, loaded) | again.context(request)
    values |= more
    response = render(request, template, values, status=status)
    response["ETag"] = f'"v{loaded.row.version}"'
    response["Cache-Control"] = "no-store"
    response["Vary"] = "HX-Request"
    return response


def _on_the_way(request: HttpRequest, loaded: queries.Page) -> dict[str, Any]:
    """For who goes through what needs people: where to go on, beside the result and before there is one."""
    came = again.came_from(request)
    if not came:
        return {}
    following = next_hold.after(loaded.row, signed_in(request).id, loaded.now, mine=came == again.MINE)
    return {"came_from": came, "next_hold": following}


def drawn(request: HttpRequest, loaded: queries.Page, viewer: UUID) -> dict[str, Any]:
    """The values of the page or pane of a decision, with what a reader takes along of it."""
    values = queries.context(loaded, viewer)
    address = request.build_absolute_uri(reverse("approvals:decision", args=[loaded.row.id]))
    return values | {"address": address, "as_text": as_text.summary(values, address), "key": uuid.uuid4()}


def _wants_pane(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


@require_POST
@reads
def verdict(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Approve or veto; the answer is the page with the result, or with what happened instead."""

    def act() -> str:
        word = _choice(VerdictWord, request, "verdict")
        if word is not VerdictWord.VETO:
            # Stopping must not fail for an old sign-in.
            _signed_in_for(request, decision_id, critical=word is VerdictWord.BREAK_GLASS)
        if word is VerdictWord.BREAK_GLASS:
            break_glass(decision_id, reason=_reason(request), shown=_shown(request), actor=signed_in(request).id)
            return "You have authorised it alone. Executives and auditors are told."
        give_verdict(
            decision_id,
            verdict=word,
            reason=_reason(request),
            shown=_shown(request),
            actor=signed_in(request).id,
        )
        return "Your approval is recorded." if word is VerdictWord.APPROVE else "Your veto is recorded."

    return _answer(request, decision_id, act)


@require_POST
@reads
def judge(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Sign off: accept or refuse, with effect and cause."""

    def act() -> str:
        _signed_in_for(request, decision_id)
        cause = request.POST.get("cause", "")
        sign_off(
            decision_id,
            judgement=_choice(Judgement, request, "judgement"),
            effect=_choice(Effect, request, "effect"),
            cause=_choice(Cause, request, "cause") if cause else None,
            reason=_reason(request),
            version=_whole(request, "version"),
            actor=signed_in(request).id,
        )
        return _signed(request, access.decision_of(decision_id))

    return _answer(request, decision_id, act)


@require_POST
@reads
def look(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Say what became of an act that only a person can end."""

    def act() -> str:
        _signed_in_for(request, decision_id)
        review(
            decision_id,
            finding=_choice(Finding, request, "finding"),
            reason=_reason(request),
            version=_whole(request, "version"),
            actor=signed_in(request).id,
        )
        return "What you found is recorded."

    return _answer(request, decision_id, act)


@require_POST
@reads
def extend(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """More time to answer."""

    def act() -> str:
        minutes = _whole(request, "minutes")
        by, actor = timedelta(minutes=min(minutes, 10_080)), signed_in(request).id
        said_once(request, str(minutes), lambda: {"seq": extend_hold(decision_id, by=by, actor=actor).first_seq})
        return f"People have {minutes} minutes more."

    return _answer(request, decision_id, act)


@require_POST
@reads
def call(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Call the next of the chain to it."""

    def act() -> str:
        asked, actor = request.POST.get("person", ""), signed_in(request).id

        def next_() -> dict[str, Any]:
            return {"called": str(call_next(decision_id, actor=actor, expected=_id(asked)))}

        called = UUID(said_once(request, asked, next_)["called"])
        name = register.names({called}).get(called) or "Somebody without a name"
        return f"{inert.name(name)} is called, and sees it on every page."

    return _answer(request, decision_id, act)


@require_POST
@reads
def remark(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """A comment."""

    def act() -> str:
        text = _reason(request)
        said_once(
            request, text, lambda: {"seq": comment(decision_id, text=text, actor=signed_in(request).id).first_seq}
        )
        return "Your comment is recorded."

    return _answer(request, decision_id, act)


@require_POST
@reads
def cut(request: HttpRequest, decision_id: UUID, seq: int) -> HttpResponse:
    """Say that a piece of evidence is not of this decision."""

    def act() -> str:
        cut_link(decision_id, evidence=seq, reason=_reason(request), actor=signed_in(request).id)
        return "The link is cut."

    return _answer(request, decision_id, act)


def _answer(request: HttpRequest, decision_id: UUID, act: Callable[[], str]) -> HttpResponse:
    try:
        done = act()
    except Problem as problem:
        if problem.status == 404:
            raise Http404 from None
        if again.leads(problem):
            return again.lead(request, problem, back=again.where(request))
        kept = {"typed": {name: value[:REASON_LIMIT] for name, value in request.POST.items()}}
        name = "conflict" if problem.status in (409, 412) else "error"
        text = f"{problem.title}. {problem.detail}" if problem.status != 409 else problem.detail
        return show(request, decision_id, status=problem.status, **{name: text}, **kept)
    following = request.POST.get("next", "")
    if not _wants_pane(request):
        messages.success(request, done)
        if following and url_has_allowed_host_and_scheme(following, allowed_hosts=None):
            return redirect(f"{following}#dec-h")
        return redirect(again.decision_page(request, decision_id))
    return show(request, decision_id, done=done)


def _signed_in_for(request: HttpRequest, decision_id: UUID, *, critical: bool = False) -> None:
    require_sign_in_for(request, 0 if critical else access.decision_of(decision_id).tier)


def _signed(request: HttpRequest, row: Decision) -> str:
    """What is said of a sign-off: in a queue, where the next is open already, with the decision that it was of."""
    desk.note_signed(request, row.seq)
    page = reverse("approvals:decision", kwargs={"decision_id": row.id})
    correct = format_html('<a href="{}?correct=1#dec-sign">Correct it</a>', page)
    if not request.POST.get("next"):
        return format_html("Your sign-off is recorded. {}", correct)
    return format_html(
        'Your sign-off is recorded. <a href="{}">{}</a> · {}', page, inert.name(row.title, TITLE), correct
    )


def _choice(words: type[Word], request: HttpRequest, name: str) -> Word:
    try:
        return words(request.POST.get(name, ""))
    except ValueError:
        raise bad_request(f"Choose one of: {', '.join(words)}.") from None


def _reason(request: HttpRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    if len(reason) > REASON_LIMIT:
        raise bad_request(f"A reason holds at most {REASON_LIMIT} characters.")
    return reason


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise bad_request("That is no person.") from None


def _whole(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise bad_request(f"{name} must be a whole number.")
    return int(text)


def _shown(request: HttpRequest) -> Shown:
    return Shown(
        action_hash=request.POST.get("action_hash", ""),
        display_hash=request.POST.get("display_hash", ""),
        version=_whole(request, "version"),
        ref_seq=_whole(request, "ref_seq"),
        ref_leaf=request.POST.get("ref_leaf", ""),
    )
