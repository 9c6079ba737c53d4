"""What the name of a tool tells of it, where its arguments hold no command. Pure; a name that tells nothing is unclassified."""

import re
from collections.abc import Mapping
from typing import Any

from decisions.intake.commands.classified import READS, Classified, unclassified
from decisions.intake.commands.kubernetes import ALIASES, singular

MAX_NAME = 200

_OWN = frozenset(
    [
        "wait",
        "wait_tool",
        "sleep",
        "think",
        "submit",
        "submit_tool",
        "f_submit_tool",
        "r_submit_tool",
        "finish",
        "todowrite",
        "todoread",
        "write_todos",
        "update_plan",
        "update_topic",
        "exitplanmode",
        "enterplanmode",
        "report_intent",
        "toolsearch",
        "tool_search",
        "askuserquestion",
        "ask_user",
        "read",
        "view",
        "glob",
        "grep",
        "ls",
        "list",
        "webfetch",
        "web_fetch",
        "websearch",
        "google_web_search",
        "codesearch",
        "bashoutput",
        "read_bash",
        "list_bash",
        "taskoutput",
        "taskget",
        "tasklist",
        "tasklist_get",
        "read_file",
        "read_many_files",
        "list_directory",
        "search_file_content",
        "skill",
    ]
)
"""Tools with which an agent looks, waits, thinks, or keeps its own books."""
_LOOKS = frozenset(
    [
        "get",
        "list",
        "describe",
        "read",
        "search",
        "query",
        "find",
        "fetch",
        "show",
        "view",
        "check",
        "inspect",
        "explain",
        "lookup",
        "count",
        "diff",
        "top",
        "logs",
        "status",
        "history",
    ]
)
_ACTS = frozenset(
    [
        "delete",
        "remove",
        "create",
        "update",
        "patch",
        "restart",
        "rollback",
        "apply",
        "set",
        "run",
        "exec",
        "execute",
        "write",
        "kill",
        "stop",
        "start",
        "scale",
        "put",
        "post",
        "send",
        "add",
        "edit",
        "replace",
        "drain",
        "cordon",
        "uncordon",
        "evict",
        "terminate",
        "destroy",
        "deploy",
        "install",
        "upgrade",
        "undo",
        "rename",
        "move",
        "insert",
        "drop",
        "grant",
    ]
)
_THINGS = frozenset(ALIASES) | {"rollout", "resource", "resources", "release", "releases", "application", "app"}
_TARGETS = tuple(kind for kind in ALIASES if kind not in {"namespace", "event", "role"})
_PLACES = frozenset(["kubectl", "k8s", "kubernetes", "oc", "mcp", "tool", "tools", "cluster", "default", "server"])
_KINDS: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(words.split()), kind)
    for words, kind in (
        ("rollback", "rollback"),
        ("rollback command", "rollback"),
        ("rollout undo", "rollback"),
        ("undo rollout", "rollback"),
        ("rollback deployment", "rollback"),
        ("rollout restart", "restart"),
        ("restart deployment", "restart"),
        ("restart service", "restart"),
        ("restart pod", "restart"),
        ("restart", "restart"),
        ("scale", "scale"),
        ("scale deployment", "scale"),
        ("delete", "delete"),
        ("delete pod", "delete"),
        ("delete resource", "delete"),
        ("apply", "apply_manifest"),
        ("apply manifest", "apply_manifest"),
        ("create", "apply_manifest"),
        ("exec", "exec_in_workload"),
        ("exec pod", "exec_in_workload"),
        ("cordon", "node_scheduling"),
        ("uncordon", "node_scheduling"),
        ("drain", "drain_node"),
        ("run runbook", "run_runbook"),
        ("failover", "failover"),
    )
)
"""Words of a tool's name, in any order → kind."""


def by_name(tool: str, stated: Mapping[str, Any]) -> Classified:
    """What the tool called `tool` does, and to what by the arguments that it states."""
    name = tool.strip().lower().rpartition("__")[2]
    # To send nothing to a running program only asks what it has said.
    if name in _OWN or (name == "write_stdin" and not stated.get("chars")):
        return READS
    words = [word for word in _words(tool) if word not in _PLACES]
    for wanted, kind in _KINDS:
        if wanted == frozenset(words):
            return _placed(Classified(kind=kind), stated)
    if _ACTS.isdisjoint(words) and _looks(words):
        return READS
    return _placed(unclassified("we do not know the tool"), stated)


def _looks(words: list[str]) -> bool:
    """Whether the verb, before or after what it is about, only looks."""
    if not words:
        return False
    return words[0] in _LOOKS or (words[-1] in _LOOKS and all(singular(word) in _THINGS for word in words[:-1]))


def _words(name: str) -> list[str]:
    """`kubectl_rolloutUndo` as its words."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:MAX_NAME])
    return [word for word in re.split(r"[^a-z0-9]+", apart.lower()) if word]


def _placed(found: Classified, stated: Mapping[str, Any]) -> Classified:
    """`found` with the target that the arguments state by name."""
    texts = {key.lower(): value for key, value in stated.items() if isinstance(value, str) and value}
    resource = next((f"{kind}/{texts[kind]}" for kind in _TARGETS if kind in texts), "")
    kind = texts.get("kind") or texts.get("resource_type") or texts.get("resourcetype") or ""
    name = texts.get("name") or texts.get("resource_name") or texts.get("resourcename") or ""
    if not resource and kind and name:
        resource = f"{singular(kind)}/{name}"
    return Classified(
        kind=found.kind,
        why=found.why,
        resource=resource,
        resources=(resource,) if resource else (),
        namespace=texts.get("namespace", ""),
        cluster=texts.get("context") or texts.get("cluster") or "",
    )
