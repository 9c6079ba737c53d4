"""What a command line is: its kind, its target, its file operands. What is not understood must be said to be raw."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from oversight_sdk.errors import ConfigError

RAW = "exec.raw"
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "rbash"})
INTERPRETERS = re.compile(r"(?:python|perl|ruby|node|php|lua|awk|gawk|mawk|tclsh|deno|bun|osascript)[\d.]*")
WRAPPERS = frozenset(
    {"env", "sudo", "doas", "su", "nohup", "timeout", "nice", "ionice", "setsid", "xargs", "busybox", "stdbuf", "time"}
    | {
        "ssh",
        "chroot",
        "unshare",
        "nsenter",
        "script",
        "watch",
        "flock",
        "parallel",
        "find",
        "toybox",
        "strace",
        "exec",
    }
)
FILE_FLAGS = {
    "kubectl": ("-f", "--filename", "--patch-file"),
    "oc": ("-f", "--filename", "--patch-file"),
    "helm": ("-f", "--values"),
    "psql": ("-f", "--file"),
}
READS_KUBECONFIG = frozenset({"kubectl", "oc", "helm"})
SECRETS = frozenset({"--token", "--password"})
KUBECTL_KINDS = {
    ("rollout", "undo"): "rollback",
    ("rollout", "restart"): "restart",
    ("scale",): "scale",
    ("delete",): "delete",
    ("apply",): "apply_manifest",
    ("patch",): "patch_workload",
    ("exec",): "exec_in_workload",
}
_VALUES = (
    "-n --namespace --context --cluster --user --kubeconfig -s --server --as --as-group --as-uid --request-timeout "
    "--cache-dir --certificate-authority --client-certificate --client-key --tls-server-name -v --v "
    "-f --filename --patch-file -l --selector --field-selector -o --output --field-manager --timeout --type "
    "--to-revision --replicas --current-replicas --resource-version --grace-period -p --patch --subresource "
    "-c --container --pod-running-timeout"
)
_SWITCHES = (
    "--insecure-skip-tls-verify --match-server-version --warnings-as-errors --disable-compression --all --force --now "
    "--wait --server-side --force-conflicts --overwrite --validate --ignore-not-found --cascade --dry-run "
    "--show-managed-fields --record -A --all-namespaces -i --stdin -t --tty -it -ti -q --quiet"
)
TAKES_VALUE = frozenset(_VALUES.split())
SWITCHES = frozenset(_SWITCHES.split())
FIELDS = {
    "--to-revision": "to_revision",
    "--replicas": "replicas",
    "-n": "namespace",
    "--namespace": "namespace",
    "--context": "context",
    "-l": "selector",
    "--selector": "selector",
    "-c": "container",
    "--container": "container",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where file operands stand in the command line: `prefix` and then the paths, with commas between."""

    index: int
    prefix: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    argv: tuple[str, ...]
    kind: str = RAW
    service: str = ""
    resource: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    uninspectable: bool = False
    kubeconfig: str | None = None
    """The file that the command names itself; empty where it takes the usual ones, None where it reads none."""


def understand(argv: Sequence[str]) -> Command:
    """The command line as an action's parts. Raises ConfigError for operands that cannot be held still."""
    tool = PurePath(argv[0]).name
    own = argv[: argv.index("--")] if "--" in argv and tool in FILE_FLAGS else argv
    if tool in FILE_FLAGS and any(token.partition("=")[0] in SECRETS for token in own):
        raise ConfigError("a command line is recorded: give credentials in a file or the environment, not as arguments")
    places, doubtful = _places(tool, own)
    made = _kubectl(argv) if tool in {"kubectl", "oc"} else None
    kind, typed, resource = made or (RAW, {}, "")
    return Command(
        argv=tuple(argv),
        kind=kind,
        service=resource.partition("/")[2].partition(",")[0] or tool,
        resource=resource,
        typed=typed,
        places=places,
        uninspectable=doubtful or _uninspectable(tool, argv) or (made is None and tool in WRAPPERS),
        kubeconfig=_value(own, "--kubeconfig") if tool in READS_KUBECONFIG else None,
    )


def _kubectl(argv: Sequence[str]) -> tuple[str, dict[str, Any], str] | None:
    """(kind, parameters, resource) where every word is understood, else None."""
    words: list[str] = []
    flags: list[tuple[str, str]] = []
    tokens = list(argv[1:])
    command: list[str] = []
    while tokens:
        token = tokens.pop(0)
        if token == "--":  # noqa: S105 - the mark between options and operands
            command, tokens = tokens, []
        elif not token.startswith("-") or token == "-":  # noqa: S105 - a lone dash is an operand
            words.append(token)
        else:
            name, equals, value = token.partition("=")
            if name in TAKES_VALUE:
                if not equals and not tokens:
                    return None
                flags.append((name, value if equals else tokens.pop(0)))
            elif name not in SWITCHES:
                return None
    verb = next((verb for verb in KUBECTL_KINDS if tuple(words[: len(verb)]) == verb), None)
    if verb is None or bool(command) != (verb == ("exec",)):
        return None
    operands = words[len(verb) :]
    if verb == ("exec",) and len(operands) != 1:
        return None
    typed: dict[str, Any] = {FIELDS[name]: value for name, value in flags if name in FIELDS}
    if verb == ("exec",):
        typed["command"] = command
    if "replicas" in typed:
        if not (typed["replicas"].isascii() and typed["replicas"].isdigit() and len(typed["replicas"]) < 7):
            return None
        typed["replicas"] = int(typed["replicas"])
    return KUBECTL_KINDS[verb], typed, _resource(operands, pod=verb == ("exec",))


def _resource(operands: list[str], *, pod: bool) -> str:
    if pod and operands and "/" not in operands[0]:
        return f"pod/{operands[0]}"[:300]
    if len(operands) > 1 and not any("/" in word for word in operands):
        return ",".join(f"{operands[0]}/{name}" for name in operands[1:])[:300]
    return ",".join(operands)[:300]


def _value(argv: Sequence[str], flag: str) -> str:
    for index, token in enumerate(argv):
        name, equals, value = token.partition("=")
        if name == flag:
            return value if equals else "".join(argv[index + 1 : index + 2])
    return ""


def _places(tool: str, argv: Sequence[str]) -> tuple[tuple[Place, ...], bool]:
    """(file operands that are replaced by copies, whether there may be more of them that we cannot see)."""
    if tool in SHELLS:
        script = _script(argv)
        return ((Place(script, "", (argv[script],)),) if script else ()), False
    flags = FILE_FLAGS.get(tool, ())
    found: list[Place] = []
    doubtful = False
    index = 1
    while flags and index < len(argv):
        token = argv[index]
        name, equals, value = token.partition("=")
        if tool in {"kubectl", "oc"} and (name in {"-k", "--kustomize", "-R", "--recursive"} or token.startswith("-k")):
            raise ConfigError("folders cannot be held still between grant and run: name the files with -f")
        if name in flags and equals:
            found.append(_place(index, name + "=", value))
        elif token in flags:
            index += 1
            if index < len(argv):
                found.append(_place(index, "", argv[index]))
        elif token.startswith("-f") and "-f" in flags:
            found.append(_place(index, "-f", token[2:]))
        elif re.fullmatch(r"-[A-Za-z]{2,}.*", token) and set("fkR") & set(token) and token[:2] not in TAKES_VALUE:
            # Short options written together may hide a file: kubectl reads -Rf as two.
            doubtful = True
        index += 1
    return tuple(found), doubtful


def _place(index: int, prefix: str, value: str) -> Place:
    paths = tuple(value.split(","))
    if any(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) for path in paths):
        raise ConfigError("what an address serves cannot be held still between grant and run: fetch it into a file")
    if '"' in value or not all(paths):
        raise ConfigError("the name of a file operand cannot be read")
    return Place(index, prefix, paths)


def _script(argv: Sequence[str]) -> int:
    """The index of a shell's script, 0 where there is none."""
    index = 1
    while index < len(argv):
        token = argv[index]
        if token in {"-o", "+o", "-O", "+O", "--rcfile", "--init-file"}:
            index += 1
        elif re.fullmatch(r"-[A-Za-z]*[cs][A-Za-z]*", token):
            return 0
        elif token == "--":  # noqa: S105 - the mark between options and operands
            return index + 1 if index + 1 < len(argv) else 0
        elif not token.startswith(("-", "+")):
            return index
        index += 1
    return 0


def _uninspectable(tool: str, argv: Sequence[str]) -> bool:
    """Whether a program is given as text, or inside another program, so that people cannot see what it does."""
    if tool == "eval" or (tool in SHELLS and not _script(argv)):
        return True
    if INTERPRETERS.fullmatch(tool):
        return len(argv) < 2 or argv[1].startswith("-") or "awk" in tool
    inner = argv[argv.index("--") + 1 :] if "--" in argv else ()
    return bool(inner) and _uninspectable(PurePath(inner[0]).name, inner)
