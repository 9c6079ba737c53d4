"""The board registers: read, recorded, changed and withdrawn with forms. It works without scripts."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals import access
from approvals.actions.keep_item import add_item, change_item, withdraw_item
from approvals.board import REGISTERS, BoardRegister, fields_of
from approvals.item_form import form_of, initial_of
from approvals.queries import board as queries
from approvals.views import again
from decisions import register
from decisions.auth.people import reads, require_recent_sign_in, signed_in
from decisions.errors import Problem
from decisions.models import BoardItem
from decisions.queries import whole
from decisions.vocab import Board

REASON_LIMIT = 4000


def _register(name: str) -> BoardRegister:
    try:
        return REGISTERS[Board(name)]
    except ValueError:
        raise Http404 from None


def _item(kept: BoardRegister, item_id: UUID) -> BoardItem:
    return get_object_or_404(BoardItem, id=item_id, register=kept.of)


def _may_read(request: HttpRequest) -> None:
    if not access.may(register.latest(), signed_in(request).id, access.READS_ACCOUNT):
        raise PermissionDenied(f"Board registers are for these roles: {', '.join(access.READS_ACCOUNT)}.")


def _keeps(request: HttpRequest, kept: BoardRegister) -> bool:
    return access.may(register.latest(), signed_in(request).id, kept.roles)


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """Every register."""
    _may_read(request)
    return render(request, "approvals/board.html", {"registers": queries.overview()})


@require_safe
@reads
def items(request: HttpRequest, name: str) -> HttpResponse:
    """The items of one register, the newest first."""
    _may_read(request)
    kept, before = _register(name), request.GET.get("before", "")
    found, older = queries.listed(kept, whole(before, "before", least=0, most=2**53) if before else None)
    titles = {field.name: field.title for field in fields_of(kept.shape)}
    context = {
        "kept": kept,
        "columns": [titles[column] for column in kept.shown],
        "items": found,
        "older": older,
        "can_keep": _keeps(request, kept),
    }
    return render(request, "approvals/board_items.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@reads
def new(request: HttpRequest, name: str) -> HttpResponse:
    """Record an item."""
    kept = _register(name)
    _must_keep(request, kept)
    led_back = again.context(request)
    form = form_of(kept)(request.POST or None, initial=led_back.get("typed"))
    if request.method == "POST" and form.is_valid() and (item := form.item()) is not None:
        try:
            require_recent_sign_in(request)
            row = add_item(kept.of, item, actor=signed_in(request).id)
        except Problem as problem:
            if again.leads(problem):
                return again.lead(request, problem, back=request.path)
            form.add_error(None, problem.detail or problem.title)
        else:
            messages.success(request, "Recorded.")
            return redirect("approvals:board_item", name=name, item_id=row.id)
    return _form(request, kept, form, title=f"Record {kept.one}", **led_back)


@require_http_methods(["GET", "HEAD", "POST"])
@reads
def change(request: HttpRequest, name: str, item_id: UUID) -> HttpResponse:
    """Change an item; its register must be one whose items are changed."""
    kept = _register(name)
    _must_keep(request, kept)
    row = _item(kept, item_id)
    led_back = again.context(request)
    form = form_of(kept)(request.POST or None, initial=initial_of(row, kept) | led_back.get("typed", {}))
    if request.method == "POST" and form.is_valid() and (item := form.item()) is not None:
        try:
            require_recent_sign_in(request)
            version = whole(request.POST.get("version", ""), "version", least=1, most=2**31)
            change_item(kept.of, item_id, item, version=version, actor=signed_in(request).id)
        except Problem as problem:
            if again.leads(problem):
                return again.lead(request, problem, back=request.path)
            form.add_error(None, problem.detail or problem.title)
        else:
            messages.success(request, "Recorded.")
            return redirect("approvals:board_item", name=name, item_id=item_id)
    return _form(request, kept, form, title=f"Change {kept.one}", row=row, **led_back)


@require_safe
@reads
def one(request: HttpRequest, name: str, item_id: UUID) -> HttpResponse:
    """One item."""
    _may_read(request)
    return _show(request, _register(name), item_id)


@require_POST
@reads
def withdraw(request: HttpRequest, name: str, item_id: UUID) -> HttpResponse:
    """Say that an item counts no more."""
    kept = _register(name)
    _item(kept, item_id)
    reason = request.POST.get("reason", "").strip()[:REASON_LIMIT]
    try:
        require_recent_sign_in(request)
        version = whole(request.POST.get("version", ""), "version", least=1, most=2**31)
        withdraw_item(kept.of, item_id, reason=reason, version=version, actor=signed_in(request).id)
    except Problem as problem:
        back = reverse("approvals:board_item", kwargs={"name": name, "item_id": item_id})
        if again.leads(problem):
            return again.lead(request, problem, back=back)
        return _show(
            request,
            kept,
            item_id,
            status=problem.status,
            error=problem.detail or problem.title,
            typed={"reason": reason},
        )
    messages.success(request, "Withdrawn. It counts no more, and stays to be read.")
    return redirect("approvals:board_item", name=name, item_id=item_id)


def _must_keep(request: HttpRequest, kept: BoardRegister) -> None:
    if not _keeps(request, kept):
        raise PermissionDenied(f"To record {kept.one} takes one of these roles: {', '.join(kept.roles)}.")


def _form(
    request: HttpRequest, kept: BoardRegister, form: Any, *, row: BoardItem | None = None, **more: Any
) -> HttpResponse:
    context = {"kept": kept, "form": form, "row": row, **more}
    return render(request, "approvals/board_form.html", context, status=400 if form.errors else 200)


def _show(request: HttpRequest, kept: BoardRegister, item_id: UUID, *, status: int = 200, **more: Any) -> HttpResponse:
    row = _item(kept, item_id)
    may = _keeps(request, kept) and not row.withdrawn
    context = {
        "kept": kept,
        **queries.described(kept, row),
        "can_change": may and not kept.fixed,
        "can_withdraw": may,
        **again.context(request),
        **more,
    }
    return render(request, "approvals/board_item.html", context, status=status)
