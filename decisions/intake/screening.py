"""What reading an action shows before anybody rules on it: hidden characters, unreadable commands, raw secrets.

It must not repeat a secret in what it says, nor refuse the report of something that has happened.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from decisions import inert
from decisions.errors import Problem, bad_request
from decisions.intake import shape
from decisions.redaction import Remover, may_hold


@dataclass(frozen=True, slots=True)
class Found:
    hidden: bool = False
    """The action, or what its agent says of it, holds characters that nobody can see."""
    uninspectable: bool = False
    """It runs a command whose effect cannot be read from it."""


def screen(action: shape.Action | None, account: Mapping[str, Any]) -> Found:
    """What a person must see before `action` is done."""
    if action is None:
        return Found()
    undo = action.undo.parameters if action.undo else {}
    return Found(
        hidden=inert.hides(action.parameters) or inert.hides(undo) or inert.hides(account),
        uninspectable=uninspectable(action.kind, action.parameters),
    )


def screen_stored(canonical: Mapping[str, Any], account: Mapping[str, Any]) -> Found:
    """As `screen`, of an action that was taken in before."""
    undo = canonical.get("undo") or {}
    return Found(
        hidden=inert.hides(canonical.get("parameters", {})) or inert.hides(undo) or inert.hides(account),
        uninspectable=uninspectable(str(canonical.get("kind", "")), canonical.get("parameters", {})),
    )


def check_proposal(data: shape.Data) -> None:
    """Raise a 400 problem for what a proposal may not hold: an outcome, or a secret where a reference to it belongs."""
    if data.outcome is not None:
        raise bad_request("A proposal has no outcome.", "bad-event")
    assert data.action is not None
    undo = data.action.undo.parameters if data.action.undo else {}
    remover = Remover(settings.KEY_PEPPER.encode())
    for start, given in (("parameters", data.action.parameters), ("undo.parameters", undo)):
        remover.clean(given, start, by_name=True)
    if remover.places:
        where = inert.name(remover.places[0], 200)
        raise Problem(
            400,
            "raw-secret",
            "A parameter holds a secret",
            f'{where} looks like a secret itself. Send a reference, such as {{"$secret": "vault:path#version"}}.',
            {"path": where},
        )


def without_secrets(data: shape.Data, event: dict[str, str]) -> list[str]:
    """Take the secrets out of a report, which is never refused for them; where they stood."""
    if not may_hold((data, event)):
        return []
    remover = Remover(settings.KEY_PEPPER.encode())
    remover.clean(data, "", by_name=False)
    event |= remover.clean(event, "event", by_name=False)
    if remover.places:
        # The hash of a body of which everything but the secret is known would tell the secret.
        event["sha256"] = remover.keyed(event["sha256"])
    return remover.places


# Commands

COMMANDS = frozenset({"command", "cmd", "script", "shell", "run", "argv", "args", "exec"})
"""Parameters that are commands, whatever the kind of action."""
SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ash", "ksh", "csh", "tcsh", "fish", "pwsh", "powershell"})
RUNS_TEXT = SHELLS | {"eval", "source", "xargs", "base64", "cmd.exe", "powershell.exe"}
"""Words that run, or unpack, what stands elsewhere."""
INTERPRETERS = re.compile(r"(?:python|perl|ruby|node|php|lua|deno)[\d.]*")
CODE_FLAGS = frozenset({"-c", "-e", "-r", "--eval", "--command", "--exec"})
_QUOTED = re.compile(r"""'[^']*'|"(?:[^"\\`$]|\\.)*"|\\.""", re.DOTALL)
_NO_NOISE = re.compile(r"\s+2>(?:&1|\s*/dev/null)\s*\Z")
"""Where messages go changes nothing of what is done."""
_SHELL_SYNTAX = re.compile(r"""[|&;<>`$()\n'"\\]""")


def uninspectable(kind: str, parameters: dict[str, Any]) -> bool:
    """Whether the action runs a command that a reader cannot follow: shell syntax, a shell, code as an argument."""
    return kind == "exec.raw" or parameters.get("uninspectable") is True or any(map(_unreadable, _commands(parameters)))


def _commands(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key.lower() in COMMANDS and isinstance(part, str | list):
                yield part
            elif isinstance(part, dict | list):
                yield from _commands(part)
    else:
        for part in value:
            if isinstance(part, dict | list):
                yield from _commands(part)


def _unreadable(command: str | list[Any]) -> bool:
    if isinstance(command, list):
        words = [word for word in command if isinstance(word, str)]
    else:
        # What is left without its quoted parts must be plain words: a quote that is not closed is none.
        command = _NO_NOISE.sub("", command).strip()
        if _SHELL_SYNTAX.search(_QUOTED.sub("", command)):
            return True
        words = shlex.split(command)
    names = [word.rpartition("/")[2] for word in words]
    if not RUNS_TEXT.isdisjoint(names) or "--eval" in words:
        return True
    return any(map(INTERPRETERS.fullmatch, names)) and not CODE_FLAGS.isdisjoint(words)
