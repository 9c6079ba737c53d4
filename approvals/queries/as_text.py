"""A decision in plain text, to be pasted elsewhere. It must not hold more than its page shows the reader, nor lose whose words are whose."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from decisions import inert

SIGNALS, OTHERS = 10, 5
SAID = 600


def summary(shown: Mapping[str, Any], address: str) -> str:
    """Of the values that the page is drawn from; `address` is where the page is."""
    return "\n".join(_lines(shown, address))


def _lines(shown: Mapping[str, Any], address: str) -> Iterator[str]:
    row, agent, service = shown["d"], shown["agent"], shown["service"]
    yield inert.name(row.title, 300)
    yield f"{shown['state_word']} · {_time(row.occurred_at)} · {row.risk or 'no'} risk"
    yield f"Agent: {agent.name if agent else 'unknown'}"
    yield f"Service: {service.name if service else inert.name(row.service) or 'not known'}"
    yield f"Undo: {shown['undo_text'].splitlines()[0] if shown['undo_text'] else 'none was stated'}"
    yield f"Policy: {_policy(row)}"
    yield f"Accountable: {shown['owner'].name if shown['owner'] else 'nobody'}"
    for said in shown["let"]:
        yield f"{' '.join(filter(None, (said.text, said.who, _time(said.at))))}."
    if row.outcome:
        seen = "seen by another system" if row.outcome_observed else "as the agent claims"
        yield f"Outcome: {row.outcome.replace('_', ' ')}, {seen}"
    yield from _said(shown)
    yield f"Entry {row.seq}, leaf {shown['entry']['leaf']}"
    yield address


def _policy(row: Any) -> str:
    ruled = f"{row.level_ruled or 'no level'} allowed, {row.level_used or 'none'} used"
    named = f"version {row.policy_version}, {inert.visible(row.rule)}" if row.policy_version is not None else "none"
    return f"{named}; {ruled}{'; beyond permitted autonomy' if row.beyond else ''}"


def _said(shown: Mapping[str, Any]) -> Iterator[str]:
    """The agent's words, each line marked: nothing in them can pass for a line of ours."""
    if shown["redacted"]:
        return
    lines = [
        f"Why: {line}"
        for line in inert.excerpt(shown["rationale"]["text"], characters=SAID, lines=8).text.split("\n")
        if line
    ]
    for signal in shown["evidence"][:SIGNALS]:
        last = signal.last
        against = f", limit {last.limit}" if last.limit else ""
        at = f", {_time(last.at)}" if last.at else ""
        lines.append(
            f"Evidence: {signal.name}: {' '.join(last.value.split())}{against}{at}{f' ({last.age})' if last.age else ''}"
        )
    lines += [f"Alternative: {other['action']}" for other in shown["alternatives"][:OTHERS]]
    if shown["confidence_text"]:
        lines.append(f"Confidence: {shown['confidence_text']}")
    if lines:
        yield "The agent says (unverified):"
        yield from (f"> {line}" for line in lines)


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else ""
