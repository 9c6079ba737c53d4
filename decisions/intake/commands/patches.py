"""What a patch of a cluster's object changes, and so which kind of action it is. Pure; it must not apply one."""

import re
from collections.abc import Iterator
from typing import Any

from decisions.canonical import NotStrictError, parse
from decisions.intake.commands import kubernetes
from decisions.intake.commands.classified import Classified, unclassified

Path = tuple[str, ...]

_EACH = "*"
_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_RESTARTED = ("metadata", "annotations", "kubectl.kubernetes.io/restartedAt")
_INDEX = re.compile(r"[0-9]+|-")
_UNREADABLE = "its patch cannot be read"


def of_patch(resource: str, text: str, *, subresource: str = "") -> Classified:
    """The kind of patching `resource`, as `deployment/checkout`, with `text`; namespace and resource are the caller's to add."""
    try:
        patch = parse(text.encode("utf-8", "surrogatepass"))
    except NotStrictError:
        return unclassified(_UNREADABLE)
    if not isinstance(patch, dict | list):
        return unclassified(_UNREADABLE)
    try:
        changes = list(_operations(patch) if isinstance(patch, list) else _leaves((), patch))
    except _NotAPatchError:
        return unclassified(_UNREADABLE)
    kind = resource.partition("/")[0]
    what = {_what(path, kind) for path, _ in changes}
    if "finalizers" in what:
        return unclassified("it changes what keeps an object from being deleted")
    only = what.pop() if len(what) == 1 else ""
    parameters: dict[str, Any] = {"patch": patch}
    if only == "replicas":
        replicas = changes[-1][1]
        parameters |= {"replicas": replicas} if isinstance(replicas, int) else {}
    if subresource:
        return Classified(kind="scale" if subresource == "scale" else "apply_manifest", parameters=parameters)
    return Classified(kind=_kind(kind, only), parameters=parameters)


def _kind(kind: str, only: str) -> str:
    if only == "metadata":
        return "metadata_change"
    if kind in kubernetes.RUNS:
        # Whoever scales by a patch scales: the same act must not have a second name.
        own = {"replicas": "scale", "resources": "resource_limits", "image": "rollout", "restart": "restart"}
        return own.get(only, "patch_workload")
    if kind in kubernetes.ROUTES:
        return "traffic_routing"
    if kind in {"configmap", "secret"}:
        return "config_change"
    if kind == "horizontalpodautoscaler":
        return "scale"
    if kind == "node" and only == "scheduling":
        return "node_scheduling"
    return "apply_manifest"


def _what(path: Path, kind: str) -> str:
    """Which part of an object a path belongs to."""
    if path[:2] in {("metadata", "labels"), ("metadata", "annotations")}:
        return "metadata"
    if path[:2] == ("metadata", "finalizers") or (path[:1] == ("metadata",) and len(path) == 1):
        return "finalizers"
    if path == ("spec", "replicas"):
        return "replicas"
    if kind == "node" and path[:2] in {("spec", "taints"), ("spec", "unschedulable")}:
        return "scheduling"
    template = path[2:] if path[:2] == ("spec", "template") else ()
    if template == _RESTARTED:
        return "restart"
    pod = template or path
    if len(pod) > 3 and pod[0] == "spec" and pod[1] in _CONTAINERS and pod[2] == _EACH:
        return {"resources": "resources", "image": "image"}.get(pod[3], "other")
    return "other"


class _NotAPatchError(Exception):
    pass


def _operations(patch: list[Any]) -> Iterator[tuple[Path, Any]]:
    """The changes of a JSON Patch (RFC 6902)."""
    for operation in patch:
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
            raise _NotAPatchError
        verb = operation.get("op")
        if verb == "test":
            continue
        if verb in {"add", "replace"}:
            yield from _leaves(_pointer(operation["path"]), operation.get("value"))
        elif verb == "remove":
            yield _pointer(operation["path"]), None
        elif verb in {"move", "copy"} and isinstance(operation.get("from"), str):
            yield _pointer(operation["from"]), None
            yield _pointer(operation["path"]), None
        else:
            raise _NotAPatchError


def _pointer(text: str) -> Path:
    if text and not text.startswith("/"):
        raise _NotAPatchError
    parts = [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]
    # An index stands for whichever entry is there; the first two parts of an object's path are never one.
    return tuple(_EACH if place > 1 and _INDEX.fullmatch(part) else part for place, part in enumerate(parts))


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    """Every value in `value` that holds no other, with its path; `*` stands for an entry of a list."""
    if isinstance(value, dict) and value:
        named = path[-1:] == (_EACH,) and len(value) > 1
        for key, part in value.items():
            # The name of an entry only says which one is meant.
            if not (named and key == "name"):
                yield from _leaves((*path, key), part)
    elif isinstance(value, list) and value:
        for part in value:
            yield from _leaves((*path, _EACH), part)
    else:
        yield path, value
