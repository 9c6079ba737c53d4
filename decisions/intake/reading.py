"""What one record of a foreign format says, in our words: what every reader of a format yields. Pure; nothing in it is believed yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from decisions.vocab import Outcome, Says

__all__ = ["NOTHING", "Reading", "Says"]

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One record, read. What it does not say stays empty: nothing is made up.

    `id` names the record within its source for ever: sent again, it has the same. Names are as the format has them.
    """

    says: Says
    id: str
    at: datetime | None = None
    """When it happened; None where the record states no time."""
    until: datetime | None = None
    """When what a trigger tells of was over; None while it goes on."""
    title: str = ""
    """The source's own sentence."""

    actor: str = ""
    """Who did it, as the system names them: a service account, a login."""
    decision: str = ""
    """An action's own name; records of one action carry the same."""
    episode: str = ""
    """What joins the actions of one run: a session, an incident, a chain."""

    kind: str = ""
    targets: tuple[str, ...] = ()
    """Names of what is acted on, most exact first: the first that the register knows says which service it is."""
    environment: str = ""
    resource: str = ""
    """The thing itself, as `deployment/checkout`."""
    parameters: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    undo: Mapping[str, Any] | None = None

    outcome: Outcome | None = None
    detail: str = ""

    rationale: str = ""
    evidence: tuple[Mapping[str, Any], ...] = ()
    """Each with the keys of an event's evidence: kind, name, value, limit, at, ref."""
    model: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """`name`, `version`."""
    trigger: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """`kind`, `id`, `description` of what made an agent act."""
    keys: frozenset[str] = field(default_factory=frozenset)
    """`trace:…`, `alert:…`, `run:…`: whatever else carries one of them speaks of the same affair."""
