"""The shapes of what is sent about decisions and of what people command. The commands' are what reads them."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from approvals.vocab import ErasureBasis, Judgement, VerdictWord
from decisions.api.shapes import Id, Moment, Whole
from decisions.intake import shape
from decisions.vocab import Cause, Effect, Level, Outcome, Risk, SignOff, State

Version = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Hash = Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$")]
Leaf = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Reason = Annotated[str, Meta(max_length=4000)]


class Ref(Struct, forbid_unknown_fields=True):
    """An entry of the ledger: its seq and the hash of its leaf."""

    seq: Seq
    leaf: Leaf


class VerdictCommand(Struct, forbid_unknown_fields=True):
    """An approval states what was seen; a veto may, and needs no more than the word."""

    verdict: VerdictWord
    reason: Reason = ""
    action_hash: Hash | UnsetType = UNSET
    display_hash: Hash | UnsetType = UNSET
    ref: Ref | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class SignOffCommand(Struct, forbid_unknown_fields=True):
    """`cause` is needed with a refusal and with a harmful effect."""

    judgement: Judgement
    effect: Effect
    reason: Annotated[str, Meta(min_length=10, max_length=4000)]
    version: Version
    cause: Cause | None = None


class Nothing(Struct, forbid_unknown_fields=True):
    """An empty object."""


class EvaluateCommand(Struct, forbid_unknown_fields=True):
    """An action, and the agent (by slug) that would take it; an agent asks for itself."""

    action: shape.Action
    agent: Annotated[str, Meta(max_length=64)] | None = None


class Proposal(shape.Account, forbid_unknown_fields=True, kw_only=True):
    """The data of an event that proposes: an action, the agent's reasons, and no outcome."""

    decision: shape.Name
    action: shape.Action
    episode: Annotated[str, Meta(max_length=200)] = ""


class Required(Struct):
    group: str
    n: int


class DecisionTarget(Struct):
    service: str
    environment: str
    resource: str | None


class DecisionOutcome(Struct):
    status: Outcome
    observed: bool
    detail: str | UnsetType = UNSET


class SignOffState(Struct):
    status: SignOff
    due: Moment | None


class Links(Struct):
    self: str
    page: str


class Past(Struct):
    """One entry that made or changed the decision."""

    seq: Whole
    kind: str
    state: State
    actor: str
    at: Moment


class VerdictGiven(Struct):
    seq: Whole
    person: Id
    verdict: VerdictWord
    reason: str
    at: Moment


class SignOffGiven(Struct):
    seq: Whole
    person: Id
    judgement: Judgement
    effect: Effect
    cause: Cause | None
    reason: str
    at: Moment


class ErasedEntry(Struct):
    """One entry of which something was erased. `seq` is the entry that says so, `entry` the one that lost it."""

    seq: Whole
    entry: Whole
    names: list[str]
    basis: ErasureBasis
    by: Id | None
    at: Moment


class Decision(Struct):
    """One action that an agent decided on.

    `action` and `account` (the agent's own words, unverified) are left out for those who may not read them, and in
    lists; `ref`, `history`, `verdicts` and `sign_offs` are in the answer for one decision asked for without `wait`.
    """

    id: Id
    version: Whole
    seq: Whole
    state: State
    agent: str | None
    agent_ref: str
    episode: str | None
    title: str
    kind: str
    target: DecisionTarget
    tier: int | None
    environment_class: str
    risk: Risk | None
    reversible: bool | None
    level_ruled: Level | None
    level_used: Level | None
    beyond: bool
    rule: str | None
    policy_version: int | None
    requirements: list[Required]
    hold_until: Moment | None
    claim_until: Moment | None
    action_hash: str | None
    display_hash: str | None
    owner: Id | None
    deputy: Id | None
    decided_by: Id | None
    decided_at: Moment | None
    outcome: DecisionOutcome | None
    occurred_at: Moment | None
    received_at: Moment | None
    ended_at: Moment | None
    sign_off: SignOffState
    effect: Effect | None
    cause: Cause | None
    proposed: bool
    replayed: bool
    links: Links
    action: dict[str, Any] | UnsetType | None = UNSET
    account: dict[str, Any] | UnsetType = UNSET
    ref: Ref | UnsetType = UNSET
    history: list[Past] | UnsetType = UNSET
    erased: list[ErasedEntry] | UnsetType = UNSET
    verdicts: list[VerdictGiven] | UnsetType = UNSET
    sign_offs: list[SignOffGiven] | UnsetType = UNSET


class DecisionPage(Struct):
    """`seq`: the newest entry when the page was made. `next`: the cursor of the following page, null for none."""

    seq: int
    items: list[Decision]
    next: str | None


class Service(Struct):
    slug: str
    name: str
    tier: int
    environments: list[dict[str, str]]
    owner: Id | None
    deputy: Id | None
    accountable: Id | None
    on_call_group: str | None
    on_call: list[Id]
    team: str
    data_class: str
    cost_per_minute: str | None
    currency: str | None
    retired: bool


class ServicePage(Struct):
    items: list[Service]
    next: str | None


class Agent(Struct):
    id: Id
    slug: str
    name: str
    vendor: str
    model: str
    version: str
    owner: Id | None
    active: bool


class AgentPage(Struct):
    items: list[Agent]
    next: str | None


class Group(Struct):
    slug: str
    name: str
    members: list[Id]
    on_call: list[Id]


class Rota(Struct):
    """A group, and who is called in it, in that order."""

    slug: str
    on_call: list[Id]


class GroupPage(Struct):
    items: list[Group]
    next: str | None


class Ruling(Struct):
    """What the policy would say of the action now, and the rule that fires. Nothing is recorded."""

    level: Level
    rule: str
    state: State
    risk: Risk
    policy_version: int | None
    requirements: list[Required]
    hold_seconds: Whole | None
    claim_seconds: Whole
    sign_off_seconds: Whole | None
    tier: int | None
    environment_class: str
    registered: bool
    reversible: bool | None
    accountable: Id | None
    action_hash: Hash


class Alarm(Struct):
    seq: Whole
    kind: str
    subject: str
    state: Literal["open", "acknowledged", "cleared"]
    raised_at: Moment
    acknowledged_at: Moment | None
    acknowledged_by: Id | None
    person: Id | None
    decision: Id | None
    raised_by: str
    cleared_at: Moment | None


class Called(Struct):
    """One of the chain: what they are called as, and when they were, if they were."""

    person: Id
    what: str
    called_at: Moment | None
    called_by: Id | None
    seen_at: Moment | None


class Calls(Struct):
    """Who can be called to a decision, in the order in which they are; empty where it needs nobody and nobody was called."""

    items: list[Called]


class AlarmPage(Struct):
    items: list[Alarm]
    next: str | None
