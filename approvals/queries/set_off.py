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
    # What the same agent handed in of it is its own word once more.
    named = [link for link in _named(links) if link.row.source != str(row.agent_id)]
    if named:
        return {"lead": f"{_told(named[0], sources)}:", "quote": first(named[0].shown()["title"])}
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
    kind = str(stated.get("kind") or "alert")
    own = linked.KEY_WORDS.get(kind, f"It has the same {kind}") if stated.get("id") else ""
    found = [link for link in _named(links) if link.rule != own and link.row.source != str(row.agent_id)]
    return {"lead": f"{_told(found[0], sources)}.", "quote": ""} if found else None


def _named(links: Sequence[Link]) -> list[Link]:
    """The triggers that a name joins to the decision."""
    return [link for link in links if link.row.says == Says.TRIGGER and link.rule != linked.NEAR]


def _told(link: Link, sources: Mapping[str, str]) -> str:
    """With the rule by which it counts as what set it off."""
    source = sources.get(link.row.source, "a source that is gone")
    return f"Set off by what {source} told ({link.rule[:1].lower()}{link.rule[1:]})"


def first(text: str) -> str:
    """The first sentence of `text`, cut to what one line or two hold."""
    begun = text.strip()[: LENGTH * 8]
    cut = inert.excerpt(begun, characters=LENGTH, lines=1)
    sentence = _SENTENCE.split(cut.text, maxsplit=1)[0]
    ends = sentence.endswith((".", "!", "?")) or not (cut.left_out or len(begun) < len(text.strip()))
    return sentence if ends or not sentence else f"{sentence} …"
