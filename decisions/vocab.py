"""The product's closed vocabulary: entry kinds, states, badges, levels, outcomes. Pure; it must not import a framework."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What an entry records; the past tense of a thing that happened."""

    ACTION_PROPOSED = "action.proposed"
    ACTION_REPORTED = "action.reported"
    OUTCOME_REPORTED = "outcome.reported"
    OUTCOME_OBSERVED = "outcome.observed"
    SIGNAL_RECEIVED = "signal.received"
    DECISION_HELD = "decision.held"
    DECISION_EXPIRED = "decision.expired"
    DECISION_WITHDRAWN = "decision.withdrawn"
    DECISION_REVIEWED = "decision.reviewed"
    HOLD_EXTENDED = "hold.extended"
    VERDICT_GIVEN = "verdict.given"
    COMMENT_MADE = "comment.made"
    CLAIM_GRANTED = "claim.granted"
    LEASE_EXPIRED = "lease.expired"
    REVERT_ORDERED = "revert.ordered"
    REVERT_ACKNOWLEDGED = "revert.acknowledged"
    REVERT_FINISHED = "revert.finished"
    SIGN_OFF_GIVEN = "sign_off.given"
    FREEZE_SET = "freeze.set"
    FREEZE_LIFTED = "freeze.lifted"
    POLICY_DRAFTED = "policy.drafted"
    POLICY_ACTIVATED = "policy.activated"
    REGISTER_CHANGED = "register.changed"
    ATTEMPT_REFUSED = "attempt.refused"
    ALARM_RAISED = "alarm.raised"
    ALARM_ACKNOWLEDGED = "alarm.acknowledged"
    ALARM_CLEARED = "alarm.cleared"
    REPORT_BUILT = "report.built"
    REPORT_ATTESTED = "report.attested"
    REPORT_ISSUED = "report.issued"
    DRILL_RUN = "drill.run"
    LEDGER_CHECKED = "ledger.checked"
    DISCLOSURE_ERASED = "disclosure.erased"
    KEY_ROTATED = "key.rotated"
    IMPORT_MADE = "import.made"
    LINK_CUT = "link.cut"


class State(StrEnum):
    """The state of a decision."""

    SUGGESTED = "suggested"
    PENDING = "pending"
    WINDOW = "window"
    AUTHORIZED = "authorized"
    EXECUTING = "executing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REVIEW = "review"
    REPORTED = "reported"
    REVERT_ORDERED = "revert_ordered"
    REVERTING = "reverting"
    REVERT_FAILED = "revert_failed"
    REVERTED = "reverted"
    REVERT_FAILED_ACK = "revert_failed_ack"
    DENIED = "denied"
    VETOED = "vetoed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


HOLDING = frozenset({State.SUGGESTED, State.PENDING, State.WINDOW})
"""The states in which a decision waits for people and has a deadline."""

TURNED = frozenset(
    {State.REVERT_ORDERED, State.REVERTING, State.REVERT_FAILED, State.REVERTED, State.REVERT_FAILED_ACK}
)
"""The states of what was undone, or is to be."""

CLAIMABLE = frozenset({State.WINDOW, State.AUTHORIZED})
"""The states that a claim may start from, where its guards hold."""

UNDER_WAY = HOLDING | {State.AUTHORIZED, State.EXECUTING}
"""The states before an act is over: nobody can judge it yet."""

ACTED = frozenset({State.SUCCEEDED, State.FAILED, State.UNKNOWN, State.REVIEW, State.REPORTED})
"""The states after an act in which a veto orders its revert."""

TERMINAL = frozenset(
    {
        State.DENIED,
        State.VETOED,
        State.EXPIRED,
        State.WITHDRAWN,
        State.CLOSED,
        State.REVERTED,
        State.REVERT_FAILED_ACK,
    }
)


@dataclass(frozen=True, slots=True)
class Badge:
    """How a state is shown: always a word, a shape and a colour together."""

    slug: str
    word: str
    shape: str
    light: str
    dark: str
    attention: int
    """Drawing order on the lanes: 0 is routine and drawn first, larger is drawn later and kept when marks crowd."""


_EXECUTED = Badge("executed", "Executed", "disc", "#0364d0", "#688bf3", 0)
_RUNNING = Badge("running", "Running", "ring", "#0364d0", "#688bf3", 0)
_AWAITING = Badge("awaiting", "Awaiting you", "bars", "#8d6304", "#d4ae42", 3)
_APPROVED = Badge("approved", "Approved", "check", "#057b49", "#63f6b6", 0)
_VETOED = Badge("vetoed", "Vetoed", "cross", "#952396", "#d2a8f0", 2)
_FAILED = Badge("failed", "Failed", "triangle-up", "#bc2c38", "#ef646c", 4)
_REVERTED = Badge("reverted", "Reverted", "triangle-left", "#075767", "#a6f0ef", 1)
_BLOCKED = Badge("blocked", "Blocked by policy", "dash", "#5d6672", "#a0abb8", 1)
_EXPIRED = Badge("expired", "Expired", "diamond", "#1a212b", "#e6ebf2", 1)

BADGES = (_EXECUTED, _AWAITING, _APPROVED, _VETOED, _FAILED, _REVERTED, _BLOCKED, _RUNNING, _EXPIRED)
"""Every badge once, in the order of the legend."""

BADGE_OF = MappingProxyType(
    {
        State.SUGGESTED: _AWAITING,
        State.PENDING: _AWAITING,
        State.WINDOW: _AWAITING,
        State.REVIEW: _AWAITING,
        State.REVERT_FAILED: _AWAITING,
        State.AUTHORIZED: _APPROVED,
        State.EXECUTING: _RUNNING,
        State.REVERT_ORDERED: _RUNNING,
        State.REVERTING: _RUNNING,
        State.SUCCEEDED: _EXECUTED,
        State.REPORTED: _EXECUTED,
        State.CLOSED: _EXECUTED,
        State.FAILED: _FAILED,
        State.UNKNOWN: _FAILED,
        State.REVERT_FAILED_ACK: _FAILED,
        State.VETOED: _VETOED,
        State.REVERTED: _REVERTED,
        State.DENIED: _BLOCKED,
        State.EXPIRED: _EXPIRED,
        State.WITHDRAWN: _EXPIRED,
    }
)

OWN_WORD = MappingProxyType(
    {
        State.UNKNOWN: "Outcome unknown",
        State.WITHDRAWN: "Withdrawn",
        State.REVIEW: "Needs review",
        State.REVERT_FAILED: "Revert failed",
        State.REVERT_FAILED_ACK: "Revert failed, taken over",
    }
)
"""States that say more than their badge's word."""


def word(state: State) -> str:
    """The word that people read for `state`."""
    return OWN_WORD.get(state, BADGE_OF[state].word)


class Level(StrEnum):
    """How far an agent may go alone."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"


LEVEL_MEANING = MappingProxyType(
    {
        Level.L0: "observe",
        Level.L1: "suggest",
        Level.L2: "approve to act",
        Level.L3: "act unless vetoed",
        Level.L4: "act alone",
    }
)


class Basis(StrEnum):
    """What permission to act rests on."""

    QUORUM = "quorum"
    WINDOW = "window"
    AUTONOMY = "autonomy"
    BREAK_GLASS = "break_glass"


LEVEL_OF = MappingProxyType(
    {Basis.QUORUM: Level.L2, Basis.WINDOW: Level.L3, Basis.AUTONOMY: Level.L4, Basis.BREAK_GLASS: Level.L2}
)
"""The level that an act is taken at, by the basis of its claim."""


class FreezeScope(StrEnum):
    """What a freeze covers."""

    EVERYTHING = "everything"
    ENVIRONMENT = "environment"
    SERVICE = "service"
    AGENT = "agent"


class FreezeMode(StrEnum):
    """What a freeze stops: what agents may do without a person, or every act."""

    AUTONOMY = "autonomy"
    ALL = "all"


class LegalHoldScope(StrEnum):
    """What must be kept as it is."""

    EVERYTHING = "everything"
    SERVICE = "service"
    AGENT = "agent"
    PERSON = "person"


class Board(StrEnum):
    """The small registers that a board's report rests on."""

    LIMITS = "limits"
    MANDATES = "mandates"
    PEOPLE = "people-changes"
    INCIDENTS = "incidents"
    DRILLS = "drills"
    RESTORE_TESTS = "restore-tests"
    LOSSES = "losses"
    DUTIES = "duties"


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Outcome(StrEnum):
    """What an agent claims of its action."""

    SUCCEEDED = "succeeded"
    NO_CHANGE = "no_change"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_EXECUTED = "not_executed"
    UNKNOWN = "unknown"


STATE_AFTER = MappingProxyType(
    {
        Outcome.SUCCEEDED: State.REPORTED,
        Outcome.NO_CHANGE: State.REPORTED,
        Outcome.PARTIAL: State.FAILED,
        Outcome.FAILED: State.FAILED,
        Outcome.NOT_EXECUTED: State.FAILED,
        Outcome.UNKNOWN: State.UNKNOWN,
    }
)
"""The state of an action taken outside the gate, by the outcome that its agent claims."""


CONTRADICTED_BY = MappingProxyType(
    {
        State.SUCCEEDED: frozenset({Outcome.PARTIAL, Outcome.FAILED, Outcome.NOT_EXECUTED, Outcome.UNKNOWN}),
        State.FAILED: frozenset({Outcome.SUCCEEDED, Outcome.NO_CHANGE, Outcome.UNKNOWN}),
    }
)
"""By the state that the holder of a lease told, the observed outcomes that do not bear its word out."""


LEASE_SECONDS = 60
"""How long a lease lives without a heartbeat, and how long a heartbeat keeps it."""
BEYOND_OWES_SECONDS = 24 * 3600
"""What went beyond its level owes a sign-off within this time, even where the policy asks for none."""


class Says(StrEnum):
    """What a record of another system is to us."""

    TRIGGER = "trigger"
    """Something went wrong or changed that an agent may act upon: an alert, an incident."""
    ACTION = "action"
    """An act of an agent, by its own word or by that of the platform it runs on."""
    EFFECT = "effect"
    """A change that a system saw which is not the agent: audit log, rollout, deployment."""
    LOOK = "look"
    """A read-only call of a tool: counted, and not shown one by one."""


class SignOff(StrEnum):
    """The obligation to judge a decision after the fact. Overdue is derived from the clock, never stored."""

    NONE = "none"
    REQUIRED = "required"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Effect(StrEnum):
    PREVENTED_HARM = "prevented_harm"
    HELPED = "helped"
    NO_EFFECT = "no_effect"
    HARMED = "harmed"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    VENDOR_DEFECT = "vendor_defect"
    AGENT_ERROR = "agent_error"
    OVERSIGHT_FAILURE = "oversight_failure"
    POLICY_GAP = "policy_gap"
    BAD_DATA = "bad_data"
    ENVIRONMENT = "environment"


class Role(StrEnum):
    VIEWER = "viewer"
    RESPONDER = "responder"
    MANAGER = "manager"
    EXECUTIVE = "executive"
    AUDITOR = "auditor"
    ADMIN = "admin"


VETOES = (Role.RESPONDER, Role.MANAGER)
"""Who can stop an act: a veto window runs while one of them is reachable."""


class Scope(StrEnum):
    """What an agent's key may be used for. No scope can vote, sign off or change policy."""

    REPORT = "report"
    PROPOSE = "propose"
    CLAIM = "claim"
    READ = "read"


ENVIRONMENTS = ("prod", "staging", "dev")
"""Classes of environment; an unknown name counts as prod, the strictest."""

TIERS = (0, 1, 2, 3)
