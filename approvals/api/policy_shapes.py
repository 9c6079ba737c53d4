"""The shapes of versions, drafts and replays of the policy."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from approvals.actions.draft_policy import LEAST_REASON
from approvals.api.shapes import Links
from approvals.vocab import DraftState
from decisions.api.shapes import Id, Moment, Whole
from decisions.vocab import Level


class DraftCommand(Struct, forbid_unknown_fields=True):
    """`replaces` is an open draft that is withdrawn with this one."""

    document: dict[str, Any]
    reason: Annotated[str, Meta(min_length=LEAST_REASON, max_length=4000)]
    replaces: Annotated[str, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | None = None


class Policy(Struct):
    """A version of the policy. `draft` is null where an operator loaded it; `document` is left out in lists."""

    version: Whole
    sha256: str
    seq: Whole
    activated_at: Moment
    activated_by: Id | None
    draft: Id | None
    document: dict[str, Any] | UnsetType = UNSET


class PolicyPage(Struct):
    items: list[Policy]
    next: str | None


class PolicyDraft(Struct):
    """A document that somebody wants in force. `overtaken`: another version came in force since, so that this one cannot.

    `document`, and what forbids it to come in force as the register stands, are in the answer for one draft alone.
    """

    id: Id
    revision: Whole
    state: DraftState
    based_on: Whole
    overtaken: bool
    sha256: str
    seq: Whole
    reason: str
    drafted_by: Id
    drafted_at: Moment
    ended_by: Id | None
    ended_at: Moment | None
    became: Whole | None
    links: Links
    document: dict[str, Any] | UnsetType = UNSET
    faults: list[str] | UnsetType = UNSET


class PolicyDraftPage(Struct):
    items: list[PolicyDraft]
    next: str | None


class PolicyChange(Struct):
    """A decision that would have been ruled at another level."""

    decision: Id
    seq: Whole
    at: Moment
    title: str
    before: Level
    before_rule: str
    after: Level
    after_rule: str


class PolicyForecast(Struct):
    """Approvals that a group is asked for a week, before and after; `managers` stands for where no group is named."""

    group: str
    before: float
    after: float
    added: float


class PolicyReplay(Struct, rename={"start": "from", "end": "to"}):
    """`against` is the version that it is compared with; null for what was ruled then. `looser` and `tighter` name the newest 100.

    `whole` is false where the period held more decisions than one replay takes: they are then those since `from`.
    """

    start: Moment
    end: Moment
    whole: bool
    against: Whole | None
    decisions: Whole
    erased: Whole
    loosened: Whole
    tightened: Whole
    looser: list[PolicyChange]
    tighter: list[PolicyChange]
    forecast: list[PolicyForecast]
    unsatisfiable: list[str]
