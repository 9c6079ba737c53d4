"""What an entry changes of the head besides its growth: which configuration is newest, the ledger's name, whether it is halted."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from decisions import origins
from decisions.ledger import OpenHead
from decisions.vocab import Kind

CONFIGURES = frozenset({Kind.REGISTER_CHANGED, Kind.POLICY_ACTIVATED, Kind.FREEZE_SET, Kind.FREEZE_LIFTED})
"""What changes the snapshots that intake reads: they are cached under the id of the last of these."""
DISAGREEMENT = "ledger_disagreement"
"""The alarm that stops all writing for as long as it is open."""


def name_in(head: OpenHead, kind: Kind, facts: Mapping[str, Any]) -> str:
    """The ledger's name in the next entry: the one that retires a name is the first under the next."""
    return (kind is Kind.KEY_ROTATED and origins.renamed(facts)) or head.origin


def leave(head: OpenHead, kind: Kind, id_: UUID, facts: Mapping[str, Any]) -> None:
    """Leave the marks of one entry on `head`."""
    head.origin = name_in(head, kind, facts)
    if kind in CONFIGURES:
        head.config = str(id_)
    if kind in (Kind.ALARM_RAISED, Kind.ALARM_CLEARED) and facts["key"] == DISAGREEMENT:
        head.halted = kind is Kind.ALARM_RAISED
