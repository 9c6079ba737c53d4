"""GET /ledger/checkpoint: the newest signed head, for those who keep it elsewhere."""

from django.http import HttpResponse
from rest_framework.request import Request

from decisions import queries
from decisions.api.base import ApiView
from decisions.api.describing import Operation, describe
from decisions.auth.api import Readers
from decisions.errors import not_found


class Checkpoint(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getCheckpoint",
            "The newest published checkpoint, a signed note",
            "both",
            media=("text/plain",),
            problems=(404,),
        )
    )
    def get(self, request: Request) -> HttpResponse:
        stored = queries.last_checkpoint()
        if stored is None:
            raise not_found("checkpoint yet")
        return HttpResponse(
            stored.note, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"}
        )
