"""The public keys of verdict tokens (RFC 7517)."""

from typing import Any

from msgspec import Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import token, verdict_keys
from decisions.api.base import ApiView
from decisions.api.describing import Operation, describe
from decisions.auth.api import Anybody


class KeySet(Struct):
    keys: list[dict[str, Any]]


class VerdictKeys(ApiView):
    permission_classes = [Anybody]
    authentication_classes = ()

    @describe(
        Operation(
            "getVerdictKeys",
            "The public keys of verdict tokens",
            "anybody",
            KeySet,
            detail="A new key is here ten minutes before it signs. Keep the set for five minutes at most.",
        )
    )
    def get(self, request: Request) -> Response:
        keys = [token.jwk(key.public_key()) for key in verdict_keys.published()]
        return Response({"keys": keys}, headers={"Cache-Control": f"public, max-age={verdict_keys.CACHE_SECONDS}"})
