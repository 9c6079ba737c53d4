"""Erasures over the API: what was erased, and the command. No machine's credential gets as far as the action."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.actions.erase import Why, erase
from approvals.api.commands import kept_answer, said
from approvals.api.legal_holds import HEADERS, Reason
from approvals.api.representation import erasure
from approvals.api.shapes import ErasedEntry
from approvals.idempotency import checked_key, once
from approvals.models import Erasure
from approvals.queries.erasable import MOST
from approvals.vocab import ErasureBasis, ErasureOf
from decisions.api.base import ApiView, asked
from decisions.api.describing import LIMIT, WHOLE, Operation, describe
from decisions.api.parsing import command
from decisions.api.shapes import Id, Whole
from decisions.auth.api import ReadersAndPeople, person
from decisions.auth.people import require_strong_sign_in
from decisions.errors import bad_request
from decisions.queries import MAX_LIMIT, whole

Name = Annotated[str, Meta(pattern="^[a-z_]{1,32}$")]


class Reached(Struct, forbid_unknown_fields=True):
    """`id` is that of the decision or person; `entries` are numbers of entries."""

    kind: ErasureOf
    id: Id = ""
    entries: Annotated[list[Whole], Meta(max_length=MOST)] = []

    def value(self) -> str | list[int]:
        """What the action takes. Raises a 400 problem."""
        if self.kind is ErasureOf.ENTRIES:
            if self.id or not self.entries:
                raise bad_request("State the numbers of the entries, and no id.")
            return self.entries
        if self.entries:
            raise bad_request("State an id, and no numbers of entries.")
        try:
            return str(UUID(self.id))
        except ValueError:
            raise bad_request("The id is not a UUID.") from None


class ErasureCommand(Struct, forbid_unknown_fields=True):
    """`names` are those of disclosures, such as `account`; none means all. Of a person it is all that they said."""

    of: Reached
    basis: ErasureBasis
    authority: Reason
    reason: Reason
    names: Annotated[list[Name], Meta(max_length=20)] = []


class ErasureDone(Struct):
    """How many entries lost something, how many are left for another erasure, and the entries that say so."""

    entries: Whole
    left: Whole
    first_seq: Whole
    last_seq: Whole


class ErasurePage(Struct):
    items: list[ErasedEntry]
    next: str | None


class Erasures(ApiView):
    permission_classes = [ReadersAndPeople]

    @describe(
        Operation(
            "listErasures",
            "What was erased, the newest first",
            "both",
            ErasurePage,
            query={"cursor": WHOLE, "limit": LIMIT},
            problems=(400,),
        )
    )
    def get(self, request: Request) -> Response:
        given = asked(request, "cursor", "limit")
        size = whole(given.get("limit", "50"), "limit", least=1, most=MAX_LIMIT)
        rows = Erasure.objects.order_by("-seq")
        if "cursor" in given:
            rows = rows.filter(seq__lt=whole(given["cursor"], "cursor", least=0, most=2**53))
        found = list(rows[: size + 1])
        last = str(found[size - 1].seq) if len(found) > size else None
        return Response({"items": [erasure(row) for row in found[:size]], "next": last})

    @describe(
        Operation(
            "erase",
            "Erase what entries disclose",
            "people",
            ErasureDone,
            status=201,
            takes={"application/json": ErasureCommand},
            headers=HEADERS,
            problems=(400, 404, 409, 413, 415, 422, 503),
            detail=(
                f"At most {MOST} entries a call: `left` says whether to call again, under another key. Needs a sign-in within "
                "minutes. A legal hold on any of it refuses all of it. It cannot be taken back."
            ),
        )
    )
    def post(self, request: Request) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, ErasureCommand)
        actor, value = person(request).id, given.of.value()
        require_strong_sign_in(request._request)  # noqa: SLF001 - its documented name
        why = Why(given.basis, given.authority, given.reason)

        def act() -> dict[str, Any]:
            done = erase(given.of.kind, value, names=given.names, why=why, actor=actor)
            return {
                "entries": done.entries,
                "left": done.left,
                "first_seq": done.first_seq,
                "last_seq": done.last_seq,
            }

        return kept_answer(once(f"person:{actor}", key, said(request, given), act), 201)
