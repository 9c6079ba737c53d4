"""What one version of the policy says otherwise than another: cell by cell, and part by part. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from approvals.policy.cells import Cell, cells
from approvals.policy.table import Policy, rule
from decisions.vocab import Level

LOOSER, TIGHTER, OTHERWISE = "looser", "tighter", "otherwise"
_ORDER = (LOOSER, TIGHTER, OTHERWISE)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_NAMED_BY = {"exceptions": ("id",), "freeze_windows": ("name",), "sign_off": ("tier", "risk")}
"""List of a document → the keys that name an item of it."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """Kinds of action for which the table says the same new thing, in one tier and class of environment."""

    tier: int
    environment: str
    kinds: tuple[str, ...]
    before: Level
    after: Level
    asked_before: str
    asked_after: str

    @property
    def direction(self) -> str:
        if self.before == self.after:
            return OTHERWISE
        return LOOSER if self.after > self.before else TIGHTER


@dataclass(frozen=True, slots=True)
class PartChange:
    """An exception, a requirement or another part of the document that was added, removed or changed."""

    part: str
    word: str
    before: str
    after: str


def cells_changed(before: Policy, after: Policy) -> list[CellChange]:
    """The cells of the table that `after` rules otherwise, looser ones first; exceptions and freeze windows left aside."""
    plain = [replace(policy, exceptions=(), windows=()) for policy in (before, after)]
    found: dict[tuple[Any, ...], list[str]] = {}
    for cell in cells(before, after):
        levels, asked = zip(*(_says(policy, cell) for policy in plain), strict=True)
        if levels[0] != levels[1] or asked[0] != asked[1]:
            found.setdefault((cell.tier, cell.environment, *levels, *asked), []).append(cell.kind_words)
    changes = [
        CellChange(tier, environment, tuple(kinds), *said) for (tier, environment, *said), kinds in found.items()
    ]
    return sorted(changes, key=lambda change: (_ORDER.index(change.direction), change.tier, change.environment))


def _says(policy: Policy, cell: Cell) -> tuple[Level, str]:
    """The level of a cell, and whom or what it asks."""
    ruling = rule(policy, cell.action, _LONG_AGO)
    if ruling.level is Level.L3 and ruling.window is not None:
        return ruling.level, f"{int(ruling.window.total_seconds()) // 60} min to veto"
    if ruling.level in (Level.L1, Level.L2):
        parts = [f"{part['n']} of {part['group']}" for part in ruling.requirement]
        return ruling.level, " and ".join(parts) or "1 manager"
    return ruling.level, "nobody"


def parts_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[PartChange]:
    """What differs between two documents besides the table itself, in the order of the document."""
    found = []
    for part in ("name", "defaults", "irreversible", "requirements", "exceptions", "freeze_windows", "sign_off"):
        old, new = dict(_items(part, before.get(part))), dict(_items(part, after.get(part)))
        names = [*old, *(name for name in new if name not in old)]
        found += [_change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]
        if part == "exceptions" and set(old) == set(new) and [*old] != [*new]:
            found.append(PartChange("exceptions", "reordered", ", ".join(old), ", ".join(new)))
    return found


def _change(name: str, old: Any, new: Any) -> PartChange:
    word = "added" if old is None else "removed" if new is None else "changed"
    return PartChange(name, word, _text(old), _text(new))


def _items(part: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The items of a part, each under the name that a reader knows it by."""
    if part == "requirements" and isinstance(value, Mapping):
        yield from ((f"requirement {name}", item) for name, item in value.items())
    elif part in _NAMED_BY and isinstance(value, Sequence):
        for item in value:
            words = " ".join(str(item.get(key)) for key in _NAMED_BY[part])
            yield f"{part.removesuffix('s').replace('_', ' ')} {words}", item
    elif value is not None:
        yield part, value


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
