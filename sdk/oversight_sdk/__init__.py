"""An agent asks Oversight before it acts, and runs exactly what was granted. It must not act on a gate that does not answer."""

from oversight_sdk.client import AsyncClient, Client
from oversight_sdk.errors import (
    AlreadyClaimed,
    BadAnswer,
    BadKey,
    ConfigError,
    Denied,
    Expired,
    Frozen,
    GateError,
    GateStop,
    GateUnavailable,
    IntegrityError,
    NotExecuted,
    OutcomeUnknown,
    PolicyChanged,
    Refused,
    StillPending,
    TokenRefused,
    Vetoed,
    Withdrawn,
)
from oversight_sdk.grants import Wanted
from oversight_sdk.guard import Gate, call_id
from oversight_sdk.reverts import Reverts
from oversight_sdk.steps import Patience

__all__ = [
    "AlreadyClaimed",
    "AsyncClient",
    "BadAnswer",
    "BadKey",
    "Client",
    "ConfigError",
    "Denied",
    "Expired",
    "Frozen",
    "Gate",
    "GateError",
    "GateStop",
    "GateUnavailable",
    "IntegrityError",
    "NotExecuted",
    "OutcomeUnknown",
    "Patience",
    "PolicyChanged",
    "Refused",
    "Reverts",
    "StillPending",
    "TokenRefused",
    "Vetoed",
    "Wanted",
    "Withdrawn",
    "call_id",
]
