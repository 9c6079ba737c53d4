"""Finds the entries that a person means: by number, id, leaf hash, or the decision that they are about. It must not write."""

import re
from dataclasses import dataclass
from uuid import UUID

from decisions import ledger, lookup
from decisions.intake.told import ref_key
from decisions.models import Agent, Decision
from decisions.models.bulk import chunks

LIMIT = 200
MOST = 50
NUMBER = re.compile(r"#?(\d{1,3}(?:,\d{3})+|\d{1,16})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Match:
    """An entry, and as what it was found."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found. `before`: a hash was looked for down to this entry, and may be further down."""

    found: tuple[Match, ...] = ()
    before: int = 0


def find(text: str, before: int | None = None) -> Matches:
    """The entries that `text` names. For a hash, of those before `before`: see `lookup.of_leaf`."""
    sought = text.strip()
    if not sought or len(sought) > LIMIT or "\0" in sought:
        return Matches()
    found, further = [*_by_number(sought), *_by_id(sought)], 0
    if (leaf := lookup.read_hash(sought)) is not None:
        of_leaf = lookup.of_leaf(leaf, before)
        if of_leaf.seq is not None:
            found.append(Match(of_leaf.seq, "the entry with this leaf hash"))
        else:
            further = of_leaf.before
    found += _by_name(sought)
    return Matches(tuple(found), further)


def _by_number(sought: str) -> list[Match]:
    number = NUMBER.fullmatch(sought)
    seq = int(number[1].replace(",", "")) if number else -1
    return [Match(seq, "the entry of this number")] if 0 <= seq < ledger.size() else []


def _by_id(sought: str) -> list[Match]:
    try:
        id_ = UUID(sought)
    except ValueError:
        return []
    seq = lookup.of_id(id_)
    found = [] if seq is None else [Match(seq, "the entry of this id")]
    decisions = Decision.objects.filter(id=id_).values_list("seq", flat=True)
    return found + [Match(seq, "the first entry of the decision of this id") for seq in decisions]


def _by_name(sought: str) -> list[Match]:
    """A decision goes by the hash of its agent and the agent's name for it, so each agent is tried."""
    found: list[Match] = []
    for some in chunks(ref_key(id_, sought) for id_ in Agent.objects.values_list("id", flat=True)):
        rows = Decision.objects.filter(ref_key__in=some).order_by("seq").values_list("seq", flat=True)
        found += [Match(seq, "the first entry of the decision that an agent names so") for seq in rows]
    return found[:MOST]
