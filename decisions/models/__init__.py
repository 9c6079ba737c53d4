"""The tables of what agents did. Ledger rows are left out of this list: only `decisions.ledger` reads and writes them."""

from decisions.models.alarm import Alarm
from decisions.models.board import BoardItem
from decisions.models.clocks import Heartbeat, ServedClock
from decisions.models.decision import Decision
from decisions.models.freeze import Freeze
from decisions.models.intake import (
    Evidence,
    EvidenceKey,
    Format,
    LinkCut,
    Look,
    Source,
    SourceMinute,
    SourceRefusal,
    SourceSecret,
)
from decisions.models.legal_hold import LegalHold
from decisions.models.people import Membership, Person, RegisterGroup, Standing
from decisions.models.register import Agent, AgentKey, Service
from decisions.models.sign_in import Counter, InvitationLink, Session
from decisions.models.source import SourceRun
from decisions.models.timeline import DecisionCount, LaneCount, Timeline

__all__ = [
    "Agent",
    "AgentKey",
    "Alarm",
    "BoardItem",
    "Counter",
    "Decision",
    "DecisionCount",
    "Evidence",
    "EvidenceKey",
    "Format",
    "Freeze",
    "Heartbeat",
    "InvitationLink",
    "LaneCount",
    "LegalHold",
    "LinkCut",
    "Look",
    "Membership",
    "Person",
    "RegisterGroup",
    "ServedClock",
    "Service",
    "Session",
    "Source",
    "SourceMinute",
    "SourceRefusal",
    "SourceRun",
    "SourceSecret",
    "Standing",
    "Timeline",
]
