"""Full checks of the ledger over the API: ask for one, see how far it is, read what came of those before."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import reverse
from msgspec import Meta, Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import access
from approvals.actions.request_check import request_check
from approvals.api.representation import time
from approvals.api.shapes import Nothing
from approvals.queries import checks
from decisions import clock
from decisions.api.base import ApiView, asked
from decisions.api.describing import LIMIT, WHOLE, Operation, describe
from decisions.api.parsing import command
from decisions.api.shapes import Id, Moment, Whole
from decisions.auth.api import Readers, ReadersAndPeople, person
from decisions.errors import not_found
from decisions.queries import MAX_LIMIT, whole


class LedgerFault(Struct):
    """What is wrong, and the entries of which at least one is concerned; `last` null: all from `first` on."""

    what: str
    first: Whole | None
    last: Whole | None


class LedgerCheck(Struct):
    """A full check. What it found is null until it is over; `seq` is its entry, null where the ledger could not take one."""

    id: Id
    state: Literal["queued", "running", "clean", "faulty", "interrupted"]
    requested_by: Id
    requested_at: Moment
    begun_at: Moment | None
    ended_at: Moment | None
    done: Whole
    total: Whole
    ms: Whole | None
    size: Whole | None
    root: str | None
    checkpoints: Whole | None
    tiles: Whole | None
    erased: Whole | None
    lost: Whole | None
    faults: Annotated[list[LedgerFault], Meta(max_length=100)]
    seq: Whole | None
    url: str


class LedgerCheckPage(Struct):
    """`current` is the check that is not over, or whose result the ledger could not take."""

    items: list[LedgerCheck]
    current: LedgerCheck | None
    next: str | None


class LedgerChecks(ApiView):
    permission_classes = [ReadersAndPeople]

    @describe(
        Operation(
            "listLedgerChecks",
            "What came of full checks, the newest first, and the one under way",
            "both",
            LedgerCheckPage,
            query={"cursor": WHOLE, "limit": LIMIT},
            problems=(400,),
        )
    )
    def get(self, request: Request) -> Response:
        given = asked(request, "cursor", "limit")
        size = whole(given.get("limit", "50"), "limit", least=1, most=MAX_LIMIT)
        before = whole(given["cursor"], "cursor", least=0, most=2**53) if "cursor" in given else None
        found = checks.recorded(size + 1, before)
        current = checks.open_now(clock.now())
        return Response(
            {
                "items": [shown(check) for check in found[:size]],
                "current": shown(current) if current else None,
                "next": str(found[size - 1].seq) if len(found) > size else None,
            }
        )

    @describe(
        Operation(
            "checkLedger",
            "Have the whole ledger checked",
            "people",
            LedgerCheck,
            status=202,
            takes={"application/json": Nothing},
            headers={"X-CSRFToken": True},
            problems=(400, 413, 415, 503),
            detail=(
                f"For these roles: {', '.join(access.CHECKS_LEDGER)}. Takes an empty object. While a check is under way, asking "
                "again answers with the same one."
            ),
        )
    )
    def post(self, request: Request) -> Response:
        command(request, Nothing)
        made = request_check(actor=person(request).id)
        body = shown(checks.of_row(made, clock.now()))
        return Response(body, status=202, headers={"Location": body["url"]})


class OneLedgerCheck(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getLedgerCheck", "A full check: how far it is, or what it found", "both", LedgerCheck, problems=(404,)
        )
    )
    def get(self, request: Request, check_id: UUID) -> Response:
        found = checks.one(check_id, clock.now())
        if found is None:
            raise not_found("check")
        return Response(shown(found))


def shown(check: checks.Check) -> dict[str, Any]:
    facts = check.facts or {}
    found = {name: facts.get(name) for name in ("ms", "size", "root", "checkpoints", "tiles", "erased", "lost")}
    return {
        "id": str(check.id),
        "state": check.state,
        "requested_by": str(check.by),
        "requested_at": time(check.requested_at),
        "begun_at": time(check.begun_at),
        "ended_at": time(check.ended_at),
        "done": check.done,
        "total": check.total,
        **found,
        "faults": [{"what": fault.what, "first": fault.first, "last": fault.last} for fault in check.faults],
        "seq": check.seq,
        "url": reverse("api:ledger_check", args=[check.id]),
    }
