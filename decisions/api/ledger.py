"""GET /ledger/…: the ledger as static resources (C2SP tlog-tiles), for those who check or keep it elsewhere."""

import hashlib
from collections.abc import Callable

from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from rest_framework.request import Request

from decisions import published, queries
from decisions.api.base import ApiView
from decisions.api.describing import Json, Operation, describe
from decisions.auth.api import Readers
from decisions.errors import not_found
from decisions.tiles import LEVELS, Tile, named

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
FOR_EVER = "public, max-age=31536000, immutable"
NAME: Json = {"type": "string", "pattern": r"^(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?$", "maxLength": 40}
LEVEL: Json = {"type": "integer", "minimum": 0, "maximum": LEVELS - 1}


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
        return HttpResponse(stored.note, content_type=TEXT, headers={"Cache-Control": "no-cache"})


class Policy(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getLedgerPolicy",
            "Whose signatures a checkpoint must carry, as a tlog-policy",
            "both",
            media=("text/plain",),
            problems=(404,),
        )
    )
    def get(self, request: Request) -> HttpResponse:
        policy = published.policy()
        if policy is None:
            raise not_found("policy before the first checkpoint")
        return HttpResponse(policy, content_type=TEXT, headers={"Cache-Control": "no-cache"})


class Hashes(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getTile",
            "Up to 256 consecutive hashes of one level of the tree",
            "both",
            media=(BYTES,),
            also=(304,),
            problems=(404,),
            paths={"level": LEVEL, "name": NAME},
            detail=(
                "A tile of C2SP tlog-tiles. A full tile is there when a checkpoint covers it, a partial one (.p/<width>) for "
                "the size of each checkpoint. It never changes: keep it as long as you like."
            ),
        )
    )
    def get(self, request: Request, level: str, name: str) -> HttpResponse:
        # A level is one digit: there are no more.
        one = level.isascii() and level.isdigit() and len(level) == 1
        return _immutable(request, named(int(level), name) if one else None, published.hashes)


class Bundle(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getEntryBundle",
            "Up to 256 consecutive entries, each as its length in two bytes and the bytes that are hashed",
            "both",
            media=(BYTES,),
            also=(304,),
            problems=(404,),
            paths={"name": NAME},
            detail=(
                "An entry bundle of C2SP tlog-tiles: its entries have the hashes of the tile of level 0 of the same name. "
                "Entries hold no personal data; what is disclosed of them is not served here."
            ),
        )
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        return _immutable(request, named(0, name), lambda tile: published.as_bundle(published.entries(tile)))


def _immutable(request: Request, tile: Tile | None, read: Callable[[Tile], bytes]) -> HttpResponse:
    if tile is None or not published.published(tile):
        raise not_found("tile, or no checkpoint covers it yet")
    content = read(tile)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type=BYTES, headers={"Cache-Control": FOR_EVER, "ETag": tag})
    # A shared cache keeps one for each that was let in, so that it lets nobody in by itself.
    patch_vary_headers(response, ("Authorization", "Cookie"))
    found = get_conditional_response(request._request, etag=tag, response=response)  # noqa: SLF001 - Django's own request
    assert isinstance(found, HttpResponse)
    return found
