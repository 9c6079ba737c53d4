"""The shapes of what agents send to the gate and get from it. The commands' are what reads them."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from approvals.api.shapes import Hash, Seq
from decisions.api.shapes import Id, Moment, Whole

Key = Annotated[str, Meta(min_length=1, max_length=255)]
Detail = Annotated[str, Meta(max_length=4000)]


class Observed(Struct, forbid_unknown_fields=True):
    """What the executor saw of the target before and after: its word, until something independent confirms it."""

    before: Any = None
    after: Any = None


class ClaimCommand(Struct, forbid_unknown_fields=True):
    """`executor` names the one point that will act; the token is good there alone."""

    claim_key: Key
    action_hash: Hash
    executor: Annotated[str, Meta(min_length=1, max_length=200)]


class HeartbeatCommand(Struct, forbid_unknown_fields=True):
    fencing: Seq
    progress: Annotated[str, Meta(max_length=200)] = ""


class OutcomeCommand(Struct, forbid_unknown_fields=True):
    fencing: Seq
    status: Literal["succeeded", "no_change", "partial", "failed", "not_executed", "unknown"]
    detail: Detail = ""
    observed: Observed | UnsetType = UNSET


class RevertCommand(Struct, forbid_unknown_fields=True):
    fencing: Seq
    status: Literal["succeeded", "failed"]
    detail: Detail = ""
    observed: Observed | UnsetType = UNSET


class WithdrawCommand(Struct, forbid_unknown_fields=True):
    reason: Detail = ""


class Granted(Struct):
    """A lease. `action` is the canonical action, base64: what may be done is exactly that."""

    lease_id: Id
    fencing: Whole
    expires_at: Moment
    heartbeat_s: Whole
    action: str
    action_hash: Hash
    verdict_token: str


class LeaseKept(Struct, rename={"continue_": "continue"}):
    continue_: bool
    stop_reason: Literal["vetoed", "frozen"] | None
    expires_at: Moment


class UndoOrdered(Struct):
    kind: str
    parameters: dict[str, Any]


class RevertOrder(Struct):
    """The id is that of the decision: at most one order of it is open."""

    id: Id
    decision_id: Id
    state: str
    fencing: Whole
    ordered_at: Moment | None
    action: dict[str, Any]
    undo: UndoOrdered | None


class RevertOrders(Struct):
    items: list[RevertOrder]
