"""What a person saw, hashed: a verdict binds the action, its drawing and the entry that was on screen."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from approvals.access import requirement_words
from decisions import ledger
from decisions.canonical import encode
from decisions.errors import Problem
from decisions.models import Decision, Timeline


@dataclass(frozen=True, slots=True)
class Shown:
    """The binding that a verdict carries: hashes of the action and of its panel, version, and the entry seen."""

    action_hash: str
    display_hash: str
    version: int
    ref_seq: int
    ref_leaf: str


def panel(row: Decision) -> dict[str, Any]:
    """The action panel as drawn: verb, target, parameters, undo, risk, requirement; not deadline or evidence."""
    action = row.action or {}
    return {
        "v": 1,
        "title": row.title,
        "kind": row.kind,
        "target": action.get("target", {}),
        "parameters": action.get("parameters", {}),
        "undo": action.get("undo"),
        "risk": row.risk,
        "requirement": requirement_words(row.requirement),
    }


def display_hash(row: Decision) -> str:
    return "sha256:" + hashlib.sha256(b"oversight-display-v1\0" + encode(panel(row))).hexdigest()


def check(shown: Shown, row: Decision) -> None:
    """Raise 412 where the person saw an older version, 422 where what they saw is not this action."""
    if shown.version != row.version:
        raise Problem(
            412,
            "stale-view",
            "The decision has changed since you opened it",
            "Look at it again; nothing was recorded.",
            {"version": row.version, "state": row.state},
        )
    same = _equal(shown.action_hash, row.action_hash) and _equal(shown.display_hash, display_hash(row))
    if not same or seen_entry(shown, row) is None:
        raise Problem(422, "hash-mismatch", "What you saw is not this action", "Reload the page; nothing was recorded.")


def seen_entry(shown: Shown, row: Decision) -> dict[str, Any] | None:
    """The entry that the person saw, as an entry refers to it; None if that is none of this decision's entries."""
    if not Timeline.objects.filter(seq=shown.ref_seq, decision_seq=row.seq).exists():
        return None
    found = ledger.entry(shown.ref_seq)
    leaf = found[2].hex() if found else ""
    return {"seq": shown.ref_seq, "leaf": leaf} if _equal(shown.ref_leaf, leaf) else None


def as_of_version(row: Decision) -> dict[str, Any]:
    """The newest entry about `row`, as an entry refers to it: what a person saw who states the present version."""
    found = ledger.entry(row.last_seq)
    assert found is not None
    return {"seq": row.last_seq, "leaf": found[2].hex()}


def _equal(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())
