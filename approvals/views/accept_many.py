"""Several decisions of the queue accepted with the same words. It must not choose any: what is signed was ticked."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from approvals.actions.accept_many import Judged, accept_many
from approvals.queries import together
from approvals.views import again, desk, queue, sign_off_queue
from decisions import inert
from decisions.auth.people import reads, require_sign_in_for, signed_in
from decisions.errors import Problem, bad_request
from decisions.models import Decision
from decisions.vocab import Effect, SignOff

TITLE = 100


@require_POST
@reads
def accept(request: HttpRequest) -> HttpResponse:
    """Accept what was ticked, and say of each what became of it. The address holds the filters of the queue."""
    back = queue.address(request, reverse("approvals:sign_off_queue"))
    ticked: list[int] = []
    try:
        chosen = _chosen(request)
        rows = together.named(chosen)
        ticked = [row.seq for row in rows]
        # As for the most critical of them; where nobody knows the tier of one, it is 0.
        require_sign_in_for(request, min((row.tier or 0 for row in rows), default=0))
        judged = accept_many(
            chosen,
            effect=_effect(request),
            reason=request.POST.get("all_reason", ""),
            opened=desk.opened(request),
            actor=signed_in(request).id,
        )
    except Problem as problem:
        desk.choose(request, ticked)
        if again.leads(problem):
            return again.lead(request, problem, back=back)
        typed = {name: request.POST.get(name, "") for name in ("all_effect", "all_reason")}
        return sign_off_queue.show(request, status=problem.status, many_error=problem.detail, typed=typed)
    for row in judged.accepted:
        desk.note_signed(request, row.seq)
    _tell(request, judged)
    return redirect(f"{back}#dec-h")


def _chosen(request: HttpRequest) -> dict[UUID, int]:
    """What was ticked: id → version, as the row had it."""
    ticked = request.POST.getlist("chosen")
    if not ticked:
        raise bad_request("Choose at least one decision. Nothing was recorded.")
    if len(ticked) > together.MOST:
        raise bad_request(f"At most {together.MOST} decisions are accepted at once. Nothing was recorded.")
    try:
        return {UUID(id_): int(version) for id_, _, version in (text.partition(":") for text in ticked)}
    except ValueError:
        raise bad_request("What was chosen cannot be read. Nothing was recorded.") from None


def _effect(request: HttpRequest) -> Effect:
    try:
        return Effect(request.POST.get("all_effect", ""))
    except ValueError:
        raise bad_request("Say what their effect was. Nothing was recorded.") from None


def _tell(request: HttpRequest, judged: Judged) -> None:
    """Exactly how many were signed, and each that was not, with the reason."""
    signed = f"{len(judged.accepted)} signed"
    seqs = [row.seq for row in judged.accepted]
    second = Decision.rows.filter(seq__in=seqs, sign_off=SignOff.REQUIRED).count()
    if second:
        signed += f" ({second} still owed by a second person)"
    reasons: dict[str, list[str]] = {}
    for row, why in judged.left:
        reasons.setdefault(why.rstrip("."), []).append(inert.name(row.title, TITLE))
    left = [f"{len(titles)} {why}: {'; '.join(titles)}" for why, titles in reasons.items()]
    message = messages.warning if left else messages.success
    message(request, f"{', '.join([signed, *left])}.")
