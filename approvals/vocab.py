"""Words of what people say, and the durations in which policy states them. Pure."""

import re
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from decisions.vocab import Cause, Effect


class VerdictWord(StrEnum):
    APPROVE = "approve"
    VETO = "veto"
    BREAK_GLASS = "break_glass"
    """One person's approval in place of a quorum, in an emergency."""


VERDICT_WORDS = MappingProxyType(
    {VerdictWord.APPROVE: "approval", VerdictWord.VETO: "veto", VerdictWord.BREAK_GLASS: "emergency approval"}
)


class DraftState(StrEnum):
    """What has become of a draft of the policy."""

    OPEN = "open"
    ACTIVATED = "activated"
    WITHDRAWN = "withdrawn"


class Finding(StrEnum):
    """What a person found who looked at a decision that needs one."""

    CLOSED = "closed"
    REVERT = "revert"
    REVERTED = "reverted"
    TAKEN_OVER = "taken_over"


FINDING_WORDS = MappingProxyType(
    {
        Finding.CLOSED: "It is in order as it is; nothing is to be undone",
        Finding.REVERT: "It is to be undone",
        Finding.REVERTED: "I saw that it is undone",
        Finding.TAKEN_OVER: "It cannot be undone by the agent; people take over",
    }
)


class CheckResult(StrEnum):
    """What a full check of the ledger came to."""

    CLEAN = "clean"
    FAULTY = "faulty"
    INTERRUPTED = "interrupted"


class ReportState(StrEnum):
    """How far an edition of a report has come."""

    DRAFT = "draft"
    ATTESTED = "attested"
    ISSUED = "issued"


REPORT_PAGES = MappingProxyType(
    {
        1: "Is our AI under human control?",
        2: "Who is accountable, and where is the line?",
        3: "Is the human review real?",
        4: "Did the AI do harm?",
        5: "What could it cost us?",
        6: "Can we prove it?",
    }
)
"""The pages of a report by their questions; a manager attests each."""


MEASURES = MappingProxyType(
    {
        "M1": "Actions with a named owner",
        "M2": "Actions beyond permitted autonomy",
        "M3": "High-risk decided by a person first",
        "M4": "Proposals people refused",
        "M5": "Planted faults caught",
        "M6": "Slowest safe stop",
        "M7": "AI changes that failed",
        "M8": "Error budget left",
        "M9": "Loss in a 1-in-20 year",
        "M10": "Decisions an auditor could replay",
        "M11": "Days of complete logs",
    }
)


class Judgement(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"


class ErasureBasis(StrEnum):
    """What an erasure rests on."""

    SUBJECT_REQUEST = "subject_request"
    SECRET_BY_MISTAKE = "secret_by_mistake"  # noqa: S105 - a word, no secret
    RECORDED_BY_MISTAKE = "recorded_by_mistake"
    RETENTION_OVER = "retention_over"
    LEGAL_ORDER = "legal_order"


BASIS_WORDS = MappingProxyType(
    {
        ErasureBasis.SUBJECT_REQUEST: "Request of the person concerned",
        ErasureBasis.SECRET_BY_MISTAKE: "A secret was recorded by mistake",
        ErasureBasis.RECORDED_BY_MISTAKE: "It should not have been recorded",
        ErasureBasis.RETENTION_OVER: "The time to keep it is over",
        ErasureBasis.LEGAL_ORDER: "Order of a court or an authority",
    }
)


class ErasureOf(StrEnum):
    """What an erasure reaches: entries by number, a decision, or a person."""

    ENTRIES = "entries"
    DECISION = "decision"
    PERSON = "person"


EFFECT_WORDS = MappingProxyType(
    {
        Effect.PREVENTED_HARM: "Prevented harm",
        Effect.HELPED: "Helped",
        Effect.NO_EFFECT: "No effect",
        Effect.HARMED: "Harmed",
        Effect.UNKNOWN: "Unknown",
    }
)
CAUSE_WORDS = MappingProxyType(
    {
        Cause.VENDOR_DEFECT: "Vendor defect",
        Cause.AGENT_ERROR: "Agent error",
        Cause.OVERSIGHT_FAILURE: "Human oversight failure",
        Cause.POLICY_GAP: "Policy gap",
        Cause.BAD_DATA: "Bad data",
        Cause.ENVIRONMENT: "Environment",
    }
)
NEEDS_CAUSE = frozenset({Effect.HARMED})

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `24h` or `7d`. Raises ValueError."""
    found = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if not found:
        raise ValueError(f"{text!r} is not a duration such as 90s, 15m, 24h or 7d")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
