"""What set a decision off, in one line under its title. It must not take what was near it for its cause, nor the agent's word for ours."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from approvals.queries import linked
from approvals.queries.linked import Link
from decisions import inert
from decisions.models import Decision
from decisions.vocab import Says

LENGTH = 180
_SENTENCE = re.compile(r"(?<=[.!?])\s")


def of(row: Decision, links: Sequence[Link], sources: Mapping[str, str], *, sees: bool) -> dict[str, Any] | None:
    """`lead` is ours; `quote` is in the words of who is named in it. None where nothing is known that may be shown."""
    if not sees:
        return _told_elsewhere(row, links, sources)
    named = [link for link in links if link.row.says == Says.TRIGGER and link.rule != linked.NEAR]
    if named:
        link = named[0]
        return {"lead": f"Set off by what {_source(link, sources)} told:", "quote": first(link.shown()["title"])}
    trigger = row.account.get("trigger") or {}
    what = " ".join(inert.name(str(trigger[part]), 80) for part in ("kind", "id") if trigger.get(part))
    if what or trigger.get("description"):
        words = [what, first(str(trigger.get("description", "")))]
        return {"lead": "The agent says that it was set off by:", "quote": ": ".join(filter(None, words))}
    said = first(str(row.account.get("rationale", "")))
    return {"lead": "The agent says:", "quote": said} if said else None


def _told_elsewhere(row: Decision, links: Sequence[Link], sources: Mapping[str, str]) -> dict[str, Any] | None:
    """That another system told of it, for who may not read the words of either: but not where it is the agent that names it."""
    stated = row.account.get("trigger") or {}
    own = linked.KEY_WORDS.get(str(stated.get("kind") or "alert"), "")
    found = [
        link
        for link in links
        if link.row.says == Says.TRIGGER and link.rule != linked.NEAR and not (stated.get("id") and link.rule == own)
    ]
    return {"lead": f"Set off by what {_source(found[0], sources)} told.", "quote": ""} if found else None


def _source(link: Link, sources: Mapping[str, str]) -> str:
    return sources.get(link.row.source, "a source that is gone")


def first(text: str) -> str:
    """The first sentence of `text`, cut to what one line or two hold."""
    begun = text.strip()[: LENGTH * 8]
    cut = inert.excerpt(begun, characters=LENGTH, lines=1)
    sentence = _SENTENCE.split(cut.text, maxsplit=1)[0]
    ends = sentence.endswith((".", "!", "?")) or not (cut.left_out or len(begun) < len(text.strip()))
    return sentence if ends or not sentence else f"{sentence} …"
