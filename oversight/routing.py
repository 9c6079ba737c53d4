"""Which addresses are hot, and which are sockets."""

import re
from collections.abc import Callable
from typing import Any

from django.urls import path

from approvals.api.hot import get_decision_waiting, post_proposal
from decisions.api.events import post_events
from decisions.api.hot import hot
from decisions.consumers import TimelineConsumer

websocket_routes = [path("ws/timeline", TimelineConsumer.as_asgi())]

_EXACT: dict[str, Callable[..., Any]] = {
    "/api/v1/events": hot("POST", post_events),
    "/api/v1/proposals": hot("POST", post_proposal),
}
_DECISION = re.compile(r"/api/v1/decisions/[0-9a-fA-F-]{36}")
_waiting = hot("GET", get_decision_waiting)


def hot_routes(scope: Any) -> Callable[..., Any] | None:
    """The hot application for `scope`; None for Django. A long poll is a read of a decision that says `wait`."""
    found = _EXACT.get(scope["path"])
    if found is not None:
        return found
    if scope["method"] == "GET" and b"wait=" in scope["query_string"] and _DECISION.fullmatch(scope["path"]):
        return _waiting
    return None
