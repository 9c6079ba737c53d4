"""The OpenAPI document's parts that no ordinary view carries: hot routes, components, security. It must not serve anything."""

from typing import Any

from approvals.api.gate import ROUTES
from approvals.api.hot import PROPOSE
from decisions.api.describing import Json, components
from decisions.api.events import POST_EVENTS
from decisions.api.hooks import POST_HOOK
from decisions.api.otlp import POST_LOGS, POST_TRACES
from decisions.api.receipts import GET_RECEIPT
from decisions.api.shapes import ProblemDocument

HOT = (
    ("POST", "/api/v1/events", POST_EVENTS),
    ("POST", "/api/v1/proposals", PROPOSE),
    ("POST", "/hooks/{system}", POST_HOOK),
    ("POST", "/v1/traces", POST_TRACES),
    ("POST", "/v1/logs", POST_LOGS),
    ("GET", "/api/v1/entries/{seq}/receipt", GET_RECEIPT),
    *((method, address, operation) for method, address, _, operation in ROUTES),
)
"""The long poll is the hot half of `getDecision`, which documents both."""
SECURITY_SCHEMES: Json = {
    "agentKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "gk_live_…",
        "description": "An agent's key. What it may do depends on its scopes: report, propose, claim, read.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "oversight",
        "description": (
            "A person's session. Unsafe methods also need the CSRF token in X-CSRFToken, and over HTTPS a Referer of the "
            "same origin. Over HTTPS the cookie is named __Host-oversight."
        ),
    },
}
ABOUT = (
    "Where people hold AI operations to account. 2xx means committed. Errors are problem documents (RFC 9457) whose types are "
    "explained at their own address. Bodies are strict JSON in closed shapes. Lists are paged by cursor. Times are RFC 3339 UTC."
)


def add_hot_routes(result: Json, generator: Any, request: Any, public: bool) -> Json:  # noqa: FBT001 - a hook's signature
    """drf-spectacular's post-processing hook: `result` with everything that is not an ordinary view's."""
    for method, path, operation in HOT:
        result["paths"].setdefault(path, {})[method.lower()] = operation.document(path)
    result["paths"] = dict(sorted(result["paths"].items()))
    result["info"] |= {"description": ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}
    result["components"] = {"schemas": components(ProblemDocument), "securitySchemes": SECURITY_SCHEMES}
    return result
