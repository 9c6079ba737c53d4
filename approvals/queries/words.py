"""What an agent named and said, as a page draws it: visible, cut to size, with what is doubtful about it in words.

It must not be what is hashed, exported or sent to machines.
"""

import json
from typing import Any

from approvals.queries import calibration, signals
from decisions import inert
from decisions.intake import screening
from decisions.models import Agent, Decision
from decisions.vocab import Level, State

SHORT = 480
SHORT_LINES = 8
CELL = 400
KEY = 120


def parameters(row: Decision) -> list[tuple[str, str]]:
    """All of every parameter: what is left out here could be what matters."""
    held = (row.action or {}).get("parameters", {})
    return [(inert.name(key, KEY), inert.folded(_as_text(value))) for key, value in held.items()]


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value and isinstance(value, list) and all(isinstance(word, str) for word in value):
        # A command, most often: its words apart, since joined they may read as another.
        return "\n".join(json.dumps(word, ensure_ascii=False) for word in value)
    return json.dumps(value, ensure_ascii=False)


def undo(row: Decision) -> str:
    stated = (row.action or {}).get("undo")
    if not stated:
        return ""
    listed = ", ".join(f"{key} {_as_text(value)}" for key, value in stated.get("parameters", {}).items())
    return inert.folded(f"{stated['kind'].replace('_', ' ')} {listed}".strip())


def action_flags(row: Decision) -> list[str]:
    """What a person must know to read the action rightly."""
    flags = ["Contains hidden characters, shown as ⟦U+…⟧."] if inert.hides(row.action) else []
    named = (("service", row.service), ("environment", row.environment), ("resource", row.resource))
    flags += [f"The name of the {what} {doubt}." for what, text in named for doubt in inert.doubts(text)]
    keys = (row.action or {}).get("parameters", {})
    flags += [f"The name of a parameter {doubt}." for key in keys for doubt in inert.doubts(key)]
    return list(dict.fromkeys(flags))


def risk_flags(row: Decision) -> list[str]:
    """What makes the action riskier than it looks, found by us."""
    flags = []
    if row.reversible is False:
        flags.append("It cannot be taken back.")
    elif row.reversible is None and row.complete:
        flags.append("Whether it can be taken back is not known.")
    if row.tier is None and row.complete:
        flags.append("The service was not registered, so it counts as tier 0.")
    if screening.uninspectable(row.kind, (row.action or {}).get("parameters", {})):
        flags.append("It runs a command whose effect cannot be read from it.")
    if inert.hides(row.account) or inert.hides(row.outcome_detail):
        flags.append("The agent's own text contains hidden characters, shown as ⟦U+…⟧.")
    return flags


def said(row: Decision, agent: Agent | None, *, sees: bool) -> dict[str, Any]:
    """The agent's account for the template; empty but for its model where the reader may not see it."""
    account = row.account if sees else {}
    trigger = account.get("trigger") or {}
    return {
        "rationale": passage(account.get("rationale", "")),
        # What was recorded elsewhere and is shown at another time than its own says nothing of how old a signal was.
        **signals.of(account.get("evidence", []), None if row.replayed else row.occurred_at),
        "alternatives": _alternatives(account.get("alternatives", [])),
        "confidence_text": confidence(account.get("confidence")),
        "estimates": _estimates(account.get("estimate") or {}),
        "trigger": {
            "what": " ".join(inert.name(trigger[part]) for part in ("kind", "id") if trigger.get(part)),
            "description": inert.excerpt(trigger.get("description", "")),
        },
        "model_text": inert.name(_model(account, agent)),
        "outcome_words": passage(row.outcome_detail if sees else ""),
    }


def passage(text: str) -> dict[str, Any]:
    """A text of any length: its beginning, and as much of the rest as a page shows."""
    shown = inert.excerpt(text)
    beginning = inert.excerpt(text, characters=SHORT, lines=SHORT_LINES)
    return {"text": shown.text, "left_out": shown.left_out, "length": shown.length, "beginning": beginning.text}


def confidence(stated: Any) -> str:
    """As exact as it was stated: rounded, it could stand in a band that it is not counted in."""
    sure = calibration.number(stated)
    return "" if sure is None else f"{100 * sure:.6g} %"


def _alternatives(stated: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The best first; those without a score in the order in which they were told, after the others."""
    made = [_alternative(item) for item in stated]
    return sorted(made, key=lambda one: -one["score"] if isinstance(one["score"], int | float) else 1)


def _alternative(item: dict[str, Any]) -> dict[str, Any]:
    because = inert.excerpt(item.get("rejected_because", ""), characters=CELL, lines=SHORT_LINES)
    return {
        "action": inert.name(item.get("action", "")),
        "score": item.get("score"),
        "rejected_because": because.text,
        "left_out": because.left_out,
    }


def _estimates(stated: dict[str, Any]) -> list[tuple[str, str]]:
    known = (("customers_affected_pct", "Customers affected", "%"), ("outage_minutes", "Outage", "min"))
    return [(label, f"{stated[part]:g} {unit}") for part, label, unit in known if part in stated]


def _model(account: dict[str, Any], agent: Agent | None) -> str:
    stated = account.get("model")
    if stated:
        return " ".join(filter(None, (stated.get("name"), stated.get("version"))))
    return " ".join(filter(None, (agent.model, agent.version))) if agent else ""


HELD_BACK = {
    Level.L0: "At this level nothing may be done: it may only look.",
    Level.L1: "At this level it may only suggest; people must make it their own before it is done.",
    Level.L2: "One veto, no approval in time, or a freeze.",
    Level.L3: "One veto before it began, or a freeze; and with nobody there who can veto it does not run.",
    Level.L4: "A freeze, a freeze window or an exception that tightens, in force before it began.",
}


def blocks(row: Decision) -> str:
    """What would have held it back, by what the policy ruled of it."""
    if not row.level_ruled:
        return ""
    if row.state == State.DENIED:
        return "It was blocked by this rule."
    if row.beyond:
        if row.lease_seq is not None:
            return "Nothing: people let it go further than the policy does."
        return "The gate, which gives no right to act at this level without people. It acted without that right."
    return HELD_BACK[Level(row.level_ruled)]
