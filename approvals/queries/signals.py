"""What an agent observed, as a page draws it: each signal beside its limit, how old it was when it was used, and where it is from.

All of it is the agent's word. It must not load what the agent points to, nor draw what is no number.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from approvals.queries import spark
from decisions import inert

SHOWN = 40
"""How many signals a page shows."""
CELL, LINES = 400, 8
STALE = timedelta(minutes=5)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the agent says a signal is from: an address that a person may open, or words."""

    href: str = ""
    host: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    value: str
    left_out: str
    limit: str
    at: datetime | None
    stated_at: str
    """What it says of the time, where that is none."""
    age: str
    source: Source
    number: float | None = None
    bound: float | None = None


@dataclass(slots=True)
class Signal:
    """One piece of evidence, or several of one name at different times, the latest of which stands for them."""

    name: str
    kind: str
    items: list[Item] = field(default_factory=list)
    picture: "spark.Line | spark.Bar | None" = None

    @property
    def last(self) -> Item:
        return self.items[-1]


def of(evidence: Sequence[dict[str, Any]], used: datetime | None) -> dict[str, Any]:
    """The signals to show, and how many are left out. `used` is when the decision was made; None where times are not its own."""
    found: dict[Any, Signal] = {}
    for place, stated in enumerate(evidence):
        made = item(stated, used)
        name, kind = str(stated.get("name", "")), str(stated.get("kind", ""))
        # What has no number or no time of its own cannot stand in a row with others.
        key = (name, kind) if name and made.number is not None and made.at else place
        if key not in found:
            found[key] = Signal(inert.name(name), inert.name(kind, 60))
        found[key].items.append(made)
    shown = list(found.values())[:SHOWN]
    for signal in shown:
        signal.items.sort(key=lambda one: one.at or datetime.min.replace(tzinfo=UTC))
        signal.picture = _picture(signal.items, used)
    return {"evidence": shown, "evidence_more": len(found) - len(shown)}


def _picture(items: "list[Item]", used: datetime | None) -> "spark.Line | spark.Bar | None":
    points = [(one.at, one.number) for one in items if one.at and one.number is not None]
    bounds = {one.bound for one in items}
    bound = bounds.pop() if len(bounds) == 1 else None
    if len({at for at, _ in points}) > 1:
        return spark.line(points, bound, used)
    last = items[-1]
    return spark.bar(last.number, last.bound) if last.number is not None and last.bound is not None else None


def item(stated: dict[str, Any], used: datetime | None) -> Item:
    value, limit = stated.get("value"), stated.get("limit")
    cut = inert.excerpt(_text(value), characters=CELL, lines=LINES)
    at = instant(str(stated.get("at", "")))
    return Item(
        value=cut.text,
        left_out=cut.left_out,
        limit=inert.name(_text(limit)),
        at=at,
        stated_at="" if at else inert.name(str(stated.get("at", ""))),
        age=age(at, used) if at and used else "",
        source=source(str(stated.get("ref", ""))),
        number=_number(value),
        bound=_number(limit),
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def instant(text: str) -> datetime | None:
    """The moment that `text` names; None where it is none, or does not say in which zone."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def age(at: datetime, used: datetime) -> str:
    """What a reader must know of the time of a signal: that it was old, or came later."""
    if at > used:
        return "after the decision"
    passed = used - at
    return f"{_long(passed)} old when used" if passed > STALE else ""


def _long(passed: timedelta) -> str:
    seconds = int(passed.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds // 60} min"


def source(ref: str) -> Source:
    """A link for http and https to a host that can be read, with nobody's name and password in it; else words."""
    if not ref:
        return Source()
    words = Source(text=inert.name(ref, 200))
    # What a browser reads otherwise than we do is no link: it takes a backslash for a slash, and drops what cannot be seen.
    if not ref.isascii() or not ref.isprintable() or set(ref) & set('\\ "<>`'):
        return words
    try:
        parts = urlsplit(ref)
        port = parts.port
    except ValueError:
        return words
    host = parts.netloc.lower().removesuffix(f":{port}") if port is not None else parts.netloc.lower()
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return words
    return Source(href=ref, host=host if port is None else f"{host}:{port}")
