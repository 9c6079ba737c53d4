"""What one call of an agent's tool is: an act with kind, target and parameters, or a look. Pure; what it cannot read is unclassified.

The command in its arguments decides, then the tool's own name: what the agent says of the call must not.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from decisions.canonical import NotStrictError, check, parse, stable
from decisions.intake.commands import Classified, classify, classify_argv, outcome_of
from decisions.intake.commands.classified import READS, unclassified
from decisions.intake.commands.kubernetes import names_of
from decisions.intake.reading import NOTHING, Reading, Says
from decisions.intake.tool_names import by_name
from decisions.kinds import ACTION_KINDS, UNCLASSIFIED
from decisions.redaction import beginning
from decisions.vocab import Outcome

MAX_TEXT = 16_000
"""Of a longer parameter the beginning is kept, with its length and its hash."""
MAX_PARAMETERS = 40_000
"""Bytes of all of them together."""
MAX_ITEMS = 64
MAX_DEPTH = 8
MAX_RATIONALE = 20_000
MAX_ANSWER = 4_000
MAX_NAME = 200

_COMMANDS = ("command", "cmd", "command_line", "shell_command", "kubectl_command", "bash_command")
_SHELLS = frozenset(
    {"bash", "shell", "sh", "exec_command", "run_shell_command", "run_command", "terminal", "execute_command"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a tool, as a format tells of it."""

    tool: str
    arguments: Any = None
    """As they were sent: a mapping, a list, or JSON or plain text."""
    answer: str | None = None
    """None where no answer is told."""
    exit_code: int | None = None
    errored: bool = False
    broken: bool = False
    """Whether the way to it broke, so that nobody knows what it did."""
    refused: bool = False
    """Whether people or a rule kept it from being called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What a record tells of one call beside the call itself."""

    id: str
    decision: str
    episode: str
    at: datetime | None = None
    actor: str = ""
    environment: str = ""
    rationale: str = ""
    model: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    trigger: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    keys: frozenset[str] = frozenset()
    targets: tuple[str, ...] = ()
    """Names that the record gives beside the call; they count where the call itself names nothing."""


def reading_of(call: Call, where: Where) -> Reading:
    """The reading of one call: a look, or an act with the outcome that its answer shows."""
    arguments = arguments_of(call.arguments)
    found = understood(call.tool, arguments)
    tool = _name(call.tool)
    if found.reads:
        return Reading(
            says=Says.LOOK,
            id=_name(where.id),
            at=where.at,
            actor=_name(where.actor),
            decision=_name(where.decision),
            episode=_name(where.episode),
            kind=tool,
            keys=where.keys,
        )
    answer = clean(call.answer or "")
    return Reading(
        says=Says.ACTION,
        id=_name(where.id),
        at=where.at,
        actor=_name(where.actor),
        decision=_name(where.decision),
        episode=_name(where.episode),
        kind=found.kind,
        # Whatever else tells of this call must come to the same target, and the call is all that they share.
        targets=_targets(found, arguments) or _distinct(where.targets),
        environment=_name(where.environment),
        resource=found.resource[:300],
        parameters=_parameters(tool, arguments, found),
        outcome=_outcome(call, answer),
        detail=_cut(answer, MAX_ANSWER),
        rationale=_cut(clean(where.rationale), MAX_RATIONALE),
        model=where.model,
        trigger=where.trigger,
        keys=where.keys,
    )


def _outcome(call: Call, answer: str) -> Outcome | None:
    """What the answer shows; None where it is not told that the call ended."""
    if call.refused:
        return Outcome.NOT_EXECUTED
    if call.answer is None and call.exit_code is None and not call.errored:
        return None
    return outcome_of(answer, call.exit_code, errored=call.errored and not call.broken)


def arguments_of(sent: Any) -> Any:
    """Arguments as a value: JSON in a text is read, any other text stays one. What no store keeps is replaced."""
    if isinstance(sent, str):
        try:
            value = parse(sent.encode("utf-8", "surrogatepass"))
        except NotStrictError:
            return clean(sent)
        return value if isinstance(value, dict | list) else clean(sent)
    try:
        check(sent)
    except NotStrictError:
        return clean(repr(sent)[: 4 * MAX_TEXT])
    except RecursionError:
        return ""
    return sent


def understood(tool: str, arguments: Any) -> Classified:
    """What calling `tool` with `arguments` does."""
    name = tool.strip().lower().rpartition("__")[2]
    command = _command(name, arguments)
    if isinstance(command, list):
        return classify_argv(command)
    if command is not None:
        return _line(name, command)
    return by_name(tool, arguments if isinstance(arguments, Mapping) else {})


def _command(name: str, arguments: Any) -> str | list[str] | None:
    """The command in a call, where it has one."""
    if isinstance(arguments, str):
        return arguments if name in _SHELLS or "kubectl" in name else None
    if isinstance(arguments, Mapping):
        for key in _COMMANDS:
            value = arguments.get(key)
            if isinstance(value, str):
                return value
            if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
                return value
    return None


def _line(name: str, command: str) -> Classified:
    if "edit" in name:
        # An editor's `command` is a verb of its own.
        return READS if command == "view" else unclassified("it writes a file")
    found = classify(command)
    if found.kind == UNCLASSIFIED and "kubectl" in name and "kubectl" not in command:
        # A tool for one program may be given that program's words alone.
        shorter = classify(f"kubectl {command}")
        return found if shorter.kind == UNCLASSIFIED else shorter
    return found


def _targets(found: Classified, arguments: Any) -> tuple[str, ...]:
    """Names by which the register may know what was acted on, most exact first."""
    names = [name for resource in found.resources[:10] for name in names_of(resource)]
    if isinstance(arguments, Mapping):
        names += [
            str(arguments[key]) for key in ("service", "service_name", "app") if isinstance(arguments.get(key), str)
        ]
    # What changes a whole namespace acts on it; for all else it is the least exact name there is.
    return _distinct([*names, found.namespace])


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_name(name) for name in names if name.strip()))[:12]


def _parameters(tool: str, arguments: Any, found: Classified) -> dict[str, Any]:
    """What the action's parameters are: what the command states, the tool, and what it was given."""
    made: dict[str, Any] = {**found.parameters, "tool": tool}
    if found.namespace:
        made["namespace"] = found.namespace
    if found.cluster:
        made["cluster"] = found.cluster
    if len(found.resources) > 1:
        made["resources"] = list(found.resources)
    if isinstance(arguments, Mapping):
        rest = dict(arguments)
        for key in _COMMANDS:
            if isinstance(rest.get(key), str | list):
                made["command"] = rest.pop(key)
                break
        if rest:
            made["arguments"] = rest
        made |= _stated(found.kind, rest, made)
    elif isinstance(arguments, list) or arguments:
        made["arguments"] = arguments
    bounded = {key: _bounded(value) for key, value in made.items()}
    for key in ("patch", "arguments"):
        # What was sent stays whole in the command; the rest is kept as far as there is room for it.
        if key in bounded and len(stable(bounded)) > MAX_PARAMETERS:
            bounded[key] = _cut(stable(bounded[key]).decode(), MAX_PARAMETERS // 8)
    return bounded


def _stated(kind: str, arguments: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that the kind is known by, where the arguments state them under the same name."""
    known = ACTION_KINDS[kind].parameters if kind in ACTION_KINDS else {}
    found: dict[str, Any] = {}
    for name, type_ in known.items():
        value = arguments.get(name)
        if name in made or isinstance(value, bool):
            continue
        if type_ == "integer" and isinstance(value, int):
            found[name] = value
        elif type_ == "string" and isinstance(value, str | int):
            found[name] = str(value)
    return found


def _bounded(value: Any, depth: int = MAX_DEPTH) -> Any:
    """`value` with long texts and lists cut, and what is nested too deep as a text; what is cut says so."""
    if isinstance(value, str):
        return _cut(value, MAX_TEXT)
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return _cut(stable(value).decode(), MAX_TEXT // 16)
    more = len(value) - MAX_ITEMS
    if isinstance(value, dict):
        kept = {str(key)[:MAX_NAME]: _bounded(part, depth - 1) for key, part in list(value.items())[:MAX_ITEMS]}
        return kept | ({"…": f"{more} more"} if more > 0 else {})
    listed = [_bounded(part, depth - 1) for part in value[:MAX_ITEMS]]
    return listed + ([f"… {more} more"] if more > 0 else [])


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{beginning(text, most)}… [{len(text)} characters, SHA-256 {digest}]"


def _name(text: str, most: int = MAX_NAME) -> str:
    """A name on one line; one that is too long keeps what makes it another than its neighbours."""
    one_line = " ".join(clean(text).split())
    if len(one_line) <= most:
        return one_line
    return f"{one_line[: most - 33]}-{hashlib.sha256(one_line.encode()).hexdigest()[:32]}"


def clean(text: str) -> str:
    """`text` without what no store keeps: U+0000 and lone surrogates."""
    if text.isascii():
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
