"""The board registers over the API: the same four operations for each. People alone record."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.urls import URLPattern, path
from msgspec import Meta, Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import access
from approvals.actions.keep_item import add_item, change_item, withdraw_item
from approvals.api.commands import kept_answer, said
from approvals.api.pages import PAGED, newest_first
from approvals.api.representation import identity, time
from approvals.board import REGISTERS, BoardRegister
from approvals.idempotency import checked_key, once
from decisions import register
from decisions.api.base import ApiView, etag, version_of
from decisions.api.describing import Operation, describe
from decisions.api.parsing import command
from decisions.api.shapes import Id, Moment, Whole
from decisions.auth.api import People, ReadersAndPeople, agent_of, person
from decisions.auth.people import require_recent_sign_in
from decisions.errors import Problem, forbidden, not_found
from decisions.models import BoardItem

HEADERS = {"Idempotency-Key": True, "X-CSRFToken": True}
CHANGES = {**HEADERS, "If-Match": True}
CHANGE_PROBLEMS = (400, 404, 409, 412, 413, 415, 422, 428, 503)


class Keepers(ReadersAndPeople):
    """To read, those who read what agents and people wrote, and keys with the scope `read`; to command, people alone."""

    def has_permission(self, request: Request, view: Any) -> bool:
        super().has_permission(request, view)
        if agent_of(request) is None and not access.may(register.latest(), person(request).id, access.READS_ACCOUNT):
            raise forbidden(f"Board registers are for these roles: {', '.join(access.READS_ACCOUNT)}.", "role")
        return True


class WithdrawItem(Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=10, max_length=4000)]


class BoardItemState(Struct):
    """`values` are the fields of the register; what somebody wrote is missing where it was erased."""

    id: Id
    register: str
    version: Whole
    seq: Whole
    last_seq: Whole
    withdrawn: bool
    values: dict[str, Any]
    made_by: Id | None
    made_at: Moment
    changed_by: Id | None
    changed_at: Moment


class BoardItemPage(Struct):
    items: list[BoardItemState]
    next: str | None


def represent(row: BoardItem) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "register": row.register,
        "version": row.version,
        "seq": row.seq,
        "last_seq": row.last_seq,
        "withdrawn": row.withdrawn,
        "values": {**row.values, **row.words},
        "made_by": identity(row.made_by),
        "made_at": time(row.made_at),
        "changed_by": identity(row.changed_by),
        "changed_at": time(row.changed_at),
    }


def _one(kept: BoardRegister, item_id: UUID) -> BoardItem:
    row = BoardItem.objects.filter(id=item_id, register=kept.of).first()
    if row is None:
        raise not_found("item")
    return row


def _seen(request: Request) -> int:
    """The version that If-Match names. Raises 428 without it."""
    header = request.headers.get("If-Match", "")
    if not header:
        raise Problem(428, "precondition-required", "If-Match is missing", 'Send the ETag of the item, such as "v1".')
    return version_of(header)


def _answered(
    request: Request, given: Any, act: Callable[[], BoardItem], status: int, *, version: int | None = None
) -> Response:
    key, actor = checked_key(request.headers.get("Idempotency-Key", "")), person(request).id
    require_recent_sign_in(request._request)  # noqa: SLF001 - the framework's documented name for it
    asked = said(request, given) if version is None else said(request, [version, msgspec.to_builtins(given)])
    return kept_answer(once(f"person:{actor}", key, asked, lambda: represent(act())), status)


def routes() -> list[URLPattern]:
    """The routes of every register, each with operations of its own: what an item holds is part of their description."""
    return [
        route
        for kept in REGISTERS.values()
        for base in [f"api/v1/board/{kept.of}"]
        for route in (
            path(base, _items(kept).as_view(), name=f"board_{kept.of}"),
            path(f"{base}/<uuid:item_id>", _item(kept).as_view(), name=f"board_{kept.of}_item"),
            path(f"{base}/<uuid:item_id>/change", _change(kept).as_view(), name=f"board_{kept.of}_change"),
            path(f"{base}/<uuid:item_id>/withdraw", _withdrawal(kept).as_view(), name=f"board_{kept.of}_withdraw"),
        )
    ]


def _stem(kept: BoardRegister) -> str:
    """How the names of its operations end."""
    return "".join(part.title() for part in kept.of.split("-"))


def _items(kept: BoardRegister) -> type[ApiView]:
    class Items(ApiView):
        permission_classes = [Keepers]

        @describe(
            Operation(
                f"list{_stem(kept)}",
                f"Board register: {kept.title.lower()}, the newest first",
                "both",
                BoardItemPage,
                query=PAGED,
                problems=(400,),
            )
        )
        def get(self, request: Request) -> Response:
            return newest_first(request, BoardItem.objects.filter(register=kept.of), "seq", represent)

        @describe(
            Operation(
                f"add{_stem(kept)}",
                f"Record {kept.one}",
                "people",
                BoardItemState,
                status=201,
                takes={"application/json": kept.shape},
                headers=HEADERS,
                problems=(400, 413, 415, 422, 503),
                detail=f"{kept.about} Needs a recent sign-in and one of the roles {', '.join(kept.roles)}.",
            )
        )
        def post(self, request: Request) -> Response:
            given = command(request, kept.shape)
            return _answered(request, given, lambda: add_item(kept.of, given, actor=person(request).id), 201)

    return Items


def _item(kept: BoardRegister) -> type[ApiView]:
    class Item(ApiView):
        permission_classes = [Keepers]

        @describe(
            Operation(
                f"get{_stem(kept)}Item",
                f"One item of the register: {kept.title.lower()}",
                "both",
                BoardItemState,
                problems=(404,),
            )
        )
        def get(self, request: Request, item_id: UUID) -> Response:
            row = _one(kept, item_id)
            return Response(represent(row), headers={"ETag": etag(row.version)})

    return Item


def _change(kept: BoardRegister) -> type[ApiView]:
    class Change(ApiView):
        permission_classes = [People]

        @describe(
            Operation(
                f"change{_stem(kept)}Item",
                f"Change {kept.one}",
                "people",
                BoardItemState,
                takes={"application/json": kept.shape},
                headers=CHANGES,
                problems=CHANGE_PROBLEMS,
                detail="The whole item as it is from now on. What it said before stays in its earlier entries.",
            )
        )
        def post(self, request: Request, item_id: UUID) -> Response:
            given, version = command(request, kept.shape), _seen(request)

            def act() -> BoardItem:
                return change_item(kept.of, item_id, given, version=version, actor=person(request).id)

            return _answered(request, given, act, 200, version=version)

    return Change


def _withdrawal(kept: BoardRegister) -> type[ApiView]:
    class Withdrawal(ApiView):
        permission_classes = [People]

        @describe(
            Operation(
                f"withdraw{_stem(kept)}Item",
                f"Withdraw {kept.one}: it counts no more, and stays to be read",
                "people",
                BoardItemState,
                takes={"application/json": WithdrawItem},
                headers=CHANGES,
                problems=CHANGE_PROBLEMS,
            )
        )
        def post(self, request: Request, item_id: UUID) -> Response:
            given, version = command(request, WithdrawItem), _seen(request)

            def act() -> BoardItem:
                return withdraw_item(kept.of, item_id, reason=given.reason, version=version, actor=person(request).id)

            return _answered(request, given, act, 200, version=version)

    return Withdrawal
