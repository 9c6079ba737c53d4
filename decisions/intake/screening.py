"""What reading an action shows before anybody rules on it: hidden characters, unreadable commands, raw secrets.

It must not repeat a secret in what it says, nor refuse the report of something that has happened.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from decisions import inert
from decisions.errors import Problem, bad_request
from decisions.intake import shape


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
    for start, given in (("parameters", data.action.parameters), ("undo.parameters", undo)):
        place = next(_secrets(given, start), None)
        if place is not None:
            where = inert.name(place, 200)
            raise Problem(
                400,
                "raw-secret",
                "A parameter holds a secret",
                f'{where} looks like a secret itself. Send a reference, such as {{"$secret": "vault:path#version"}}.',
                {"path": where},
            )


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


# Secrets

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_SECRET_NAME = re.compile(r"(?:^|_)(?:password|passwd|token|secret|api_?key|private_?key)(?:_|$)")
POINTERS = ("_name", "_ref", "_reference", "_file", "_path", "_arn", "_version", "_policy", "_type")
"""A field whose name ends so says where a secret is or what it is like, not what it is."""
_REFERENCE = re.compile(
    r"(?:\$?secret|vault|op|env|file|ssm|awssm|gcpsm|akv|sops):.*"  # a scheme and a place
    r"|arn:aws[\w-]*:secretsmanager:.*"
    r"|\$\w+|\$?\{\{?[^{}]*\}?\}"  # a variable or the field of a template
    r"|\*+|<[^<>]*>|\[?redacted\]?",  # what somebody took out before
    re.DOTALL | re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}"
    r"|-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----"
    r"|(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"
    r"|\bgk_(?:live|test)_\w+",
    re.ASCII,
)


def _secrets(value: Any, place: str, *, named: bool = False) -> Iterator[str]:
    """The places of raw secrets in a JSON value. `named`: its field's name says that it is one."""
    if isinstance(value, str):
        if _SECRET_VALUE.search(value) or (named and value and not _REFERENCE.fullmatch(value)):
            yield place
    elif isinstance(value, Mapping):
        called = value.get("name")
        pair = isinstance(called, str) and _names_secret(called)
        for key, part in value.items():
            # `$secret` is how a reference is written, so what stands there is one.
            secret = key != "$secret" and (_names_secret(key) or (pair and key == "value"))
            yield from _secrets(part, f"{place}.{key}", named=secret)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _secrets(part, f"{place}[{index}]", named=named)


def _names_secret(key: str) -> bool:
    words = _WORD_STARTS.sub("_", key).lower().strip("_")
    return bool(_SECRET_NAME.search(words)) and not words.endswith(POINTERS)
