"""Commands of people over the API: the version that they looked at, and one answer for one key. It must not know a command."""

from collections.abc import Callable
from typing import Any

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.idempotency import once
from decisions.api.base import version_of
from decisions.auth.api import person
from decisions.errors import Problem


def seen(request: Request) -> int:
    """The version that If-Match names. Raises a 428 problem without it."""
    header = request.headers.get("If-Match", "")
    if not header:
        raise Problem(
            428, "precondition-required", "If-Match is missing", 'Send the ETag of what you looked at, such as "v3".'
        )
    return version_of(header)


def answered(request: Request, key: str, given: Any, act: Callable[[], dict[str, Any]], status: int) -> Response:
    """What `act` answers, or what it answered to the same command with the same key before."""
    said = b"\n".join([str(request.method).encode(), request.path.encode(), msgspec.json.encode(given)])
    kept = once(f"person:{person(request).id}", key, said, act)
    headers = {"Cache-Control": "no-store"} | ({"Idempotent-Replayed": "true"} if kept.replayed else {})
    return Response(kept.body, status=status, headers=headers)
