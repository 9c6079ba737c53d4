"""Which addresses are hot, and which are sockets."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.urls import path

from approvals.api.gate import ROUTES
from approvals.api.hot import post_proposal
from approvals.api.polls import get_decision_waiting
from decisions.api.events import post_events
from decisions.api.hooks import post_hook
from decisions.api.hot import hot, refuse_large
from decisions.api.otlp import post_logs, post_traces
from decisions.api.receipts import get_receipt
from decisions.consumers import TimelineConsumer

websocket_routes = [path("ws/timeline", TimelineConsumer.as_asgi())]

_EXACT: dict[str, Callable[..., Any]] = {
    "/api/v1/events": hot("POST", post_events),
    "/api/v1/proposals": hot("POST", post_proposal),
    "/v1/traces": hot("POST", post_traces),
    "/v1/logs": hot("POST", post_logs),
}
UUID_PART = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GATE = [
    (re.compile(re.sub(r"\{\w+\}", UUID_PART, address.replace(".", r"\."))), hot(method, route))
    for method, address, route, _ in ROUTES
]
_DECISION = re.compile(f"/api/v1/decisions/{UUID_PART}")
_waiting = hot("GET", get_decision_waiting)
_RECEIPT = re.compile("/api/v1/entries/[0-9]{1,20}/receipt")
_receipt = hot("GET", get_receipt)
_hook = hot("POST", post_hook)


def hot_routes(scope: Any) -> Callable[..., Any] | None:
    """The hot application for `scope`; None for Django. A long poll is a read of a decision that says `wait`."""
    found = _EXACT.get(scope["path"])
    if found is not None:
        return found
    for address, application in _GATE:
        if address.fullmatch(scope["path"]):
            return application
    if _RECEIPT.fullmatch(scope["path"]):
        return _receipt
    if scope["path"].startswith("/hooks/"):
        return _hook
    if (
        scope["method"] == "GET"
        and _DECISION.fullmatch(scope["path"])
        and "wait" in parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    ):
        return _waiting
    if scope["path"].startswith("/api/") and _stated_length(scope) > settings.COMMAND_LIMIT:
        # Django would first write the whole body to a file.
        return refuse_large(settings.COMMAND_LIMIT)
    return None


def _stated_length(scope: Any) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:19])
    return 0
