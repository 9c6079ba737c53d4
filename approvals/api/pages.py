"""Pages of what has a number: the newest first."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from decisions.api.base import asked
from decisions.api.describing import LIMIT, WHOLE
from decisions.queries import MAX_LIMIT, whole

PAGED = {"cursor": WHOLE, "limit": LIMIT}


def newest_first(request: Request, rows: "QuerySet[Any]", key: str, made: Callable[[Any], dict[str, Any]]) -> Response:
    """One keyset page, by the descending number `key`."""
    given = asked(request, *PAGED)
    size = whole(given.get("limit", "50"), "limit", least=1, most=MAX_LIMIT)
    rows = rows.order_by(f"-{key}")
    if "cursor" in given:
        rows = rows.filter(**{f"{key}__lt": whole(given["cursor"], "cursor", least=0, most=2**53)})
    found = list(rows[: size + 1])
    last = str(getattr(found[size - 1], key)) if len(found) > size else None
    return Response({"items": [made(row) for row in found[:size]], "next": last})
