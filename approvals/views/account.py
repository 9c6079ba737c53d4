"""A person's own account: name, password, second factor, and where they are signed in. Nobody edits another's here."""

from allauth.account.internal.flows.password_change import finalize_password_change
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.views.signing_in import fresh
from decisions.auth import factors, links, sessions
from decisions.auth.forms import NewPasswordForm
from decisions.auth.people import signed_in

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = ("Windows", "iPhone", "iPad", "Android", "Mac OS", "Linux")


def named(agent: str) -> str:
    """What a person calls the browser that says `agent` of itself; the first 60 characters where it is none of those."""
    browser = next((name for mark, name in BROWSERS.items() if f"{mark}/" in agent), "")
    system = next((name for name in SYSTEMS if name in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return agent[:60] or "A browser that does not say its name"


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """Everything that a person can do about how they sign in."""
    person = signed_in(request)
    here = request.session.get(sessions.HANDLE)
    context = {
        "account": {"name": person.name, "username": person.username, "email": person.email},
        "enrolled": factors.enrolled(person),
        "codes_left": factors.codes_left(person),
        "must_enrol": factors.due(person),
        "sessions": [
            {
                "handle": row.handle,
                "browser": named(row.browser),
                "began_at": row.began_at,
                "seen_at": row.seen_at,
                "here": row.handle == here,
            }
            for row in sessions.of(person.id)
        ],
    }
    return render(request, "account/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
@fresh
def password(request: HttpRequest) -> HttpResponse:
    """Choose a new password; every other session ends."""
    person = signed_in(request)
    form = NewPasswordForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        person.set_password(form.cleaned_data["password"])
        person.save(update_fields=["password"])
        links.revoke(person.id)
        finalize_password_change(request, person)
        sessions.end(person.id, but=request.session[sessions.HANDLE])
        messages.success(request, "Your password is changed. Every other session of yours has ended.")
        return redirect("account")
    return render(request, "account/password_change.html", {"form": form})


@require_POST
def end_session(request: HttpRequest, handle: str) -> HttpResponse:
    """End one session of one's own; the one that asks is ended by signing out."""
    if handle == request.session.get(sessions.HANDLE):
        messages.error(request, "This is the session you are in. Sign out to end it.")
    elif sessions.end(signed_in(request).id, handle):
        messages.success(request, "The session has ended.")
    return redirect("account")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    ended = sessions.end(signed_in(request).id, but=request.session.get(sessions.HANDLE))
    messages.success(request, f"{ended} other session{'' if ended == 1 else 's'} ended.")
    return redirect("account")
