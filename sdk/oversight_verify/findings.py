"""What a check found, in words for an auditor, and the verdict that follows from it. It must not check anything itself."""

import json
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """The exit codes."""

    PROVEN = 0
    REFUTED = 1
    UNREADABLE = 2
    UNPROVEN = 3


VERDICTS = {
    Exit.PROVEN: "PROVEN: everything above under “Proven”, by keys that the policy trusts.",
    Exit.REFUTED: "REFUTED: what was given contradicts itself or the policy. Do not rely on any of it.",
    Exit.UNREADABLE: "CANNOT BE READ: nothing was proven or refuted.",
    Exit.UNPROVEN: "NOT PROVEN as the policy asks: nothing contradicts it, but what is marked “!” is missing.",
}


@dataclass(slots=True)
class Findings:
    """Sentences under what they are worth. `missing` was asked for and is not there; `open` no ledger can show, or nobody asked."""

    subject: str = ""
    proven: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    refuted: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    """Numbers and hashes for programs."""

    @property
    def exit(self) -> Exit:
        if self.refuted:
            return Exit.REFUTED
        if self.unreadable:
            return Exit.UNREADABLE
        return Exit.UNPROVEN if self.missing or not self.proven else Exit.PROVEN

    def as_text(self) -> str:
        sections = [
            # What was proven on the way to a contradiction is no comfort, and is not printed beside it.
            ("Proven", "+", [] if self.exit in {Exit.REFUTED, Exit.UNREADABLE} else self.proven),
            ("Refuted", "x", self.refuted),
            ("Cannot be read", "x", self.unreadable),
            ("Not proven", "!", self.missing),
            ("Not proven" if not self.missing else "", "-", self.open),
            ("Noted", "-", self.noted),
        ]
        lines = [self.subject, ""] if self.subject else []
        for title, mark, sentences in sections:
            if sentences and title:
                lines.append(title)
            lines += [f"  {mark} {sentence}" for sentence in sentences]
        return "\n".join([*lines, "", VERDICTS[self.exit], ""])

    def as_json(self) -> str:
        return json.dumps(
            {
                "verdict": self.exit.name.lower(),
                "exit": int(self.exit),
                "subject": self.subject,
                "proven": self.proven,
                "missing": self.missing,
                "open": self.open,
                "refuted": self.refuted,
                "unreadable": self.unreadable,
                "noted": self.noted,
                "facts": self.facts,
            }
        )
