"""Kinds of action that we know: the verb people read, and whether the act can be taken back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from decisions.vocab import Risk

LOOK = "look"
"""No action: a call that only reads."""
UNCLASSIFIED = "unclassified"
"""An action of which nobody can say what it does without doing it."""


@dataclass(frozen=True, slots=True)
class ActionKind:
    verb: str
    reversible: bool | None
    """None: not known; the action is then judged by the undo that we can see."""
    undone_by: str = ""
    """How it is taken back, for people; empty where that depends on what was done."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """JSON types of the parameters that we know how to read: name → type."""


def _kind(verb: str, reversible: bool | None, undone_by: str = "", **parameters: str) -> ActionKind:  # noqa: FBT001
    return ActionKind(verb, reversible, undone_by, MappingProxyType(parameters))


_REVISION = "Roll back to the revision before"
_BEFORE = "Set the values from before"

ACTION_KINDS = MappingProxyType(
    {
        "rollback": _kind("Roll back", True, "Roll out the revision that it replaced", to_revision="string"),
        "rollout": _kind("Roll out", True, _REVISION, images="object"),
        "restart": _kind("Restart", True, "Nothing to take back: the same things run again"),
        "scale": _kind("Scale", True, "Scale to the number from before", replicas="integer"),
        "patch_workload": _kind("Patch", True, _REVISION, patch="object"),
        "resource_limits": _kind("Change resource limits of", True, _REVISION, limits="string", requests="string"),
        "traffic_routing": _kind("Re-route traffic of", True, _BEFORE, patch="object"),
        "apply_manifest": _kind("Apply manifest to", None),
        "metadata_change": _kind("Change labels of", True, _BEFORE, labels="object"),
        "config_change": _kind("Change configuration of", True, _BEFORE, values="object"),
        "node_scheduling": _kind("Change what may be scheduled on", True, "Allow it again: uncordon, remove the taint"),
        "drain_node": _kind("Move all workloads off", None, "Uncordon; what was moved does not move back by itself"),
        "exec_in_workload": _kind("Run a command in", None),
        "run_runbook": _kind("Run runbook on", None),
        "failover": _kind("Fail over", None, "Fail over to where it was, if that is in step"),
        UNCLASSIFIED: _kind("Run an unclassified command on", None),
        "delete": _kind("Delete", False),
    }
)


def title(kind: str, resource: str, service: str) -> str:
    """The sentence that says what is done, drawn by us from the canonical action."""
    known = ACTION_KINDS.get(kind)
    verb = known.verb if known else f"Do “{kind[:60]}” to"
    if resource and resource.rpartition("/")[2] == service:
        what = resource[:160]
    else:
        what = f"{resource[:160]} of {service[:60]}" if resource else service[:60] or "an unnamed service"
    return f"{verb} {what}"[:300]


def reversible(kind: str) -> bool | None:
    known = ACTION_KINDS.get(kind)
    return known.reversible if known else None


def risk_of(tier: int | None, environment_class: str, *, reversible: bool | None) -> Risk:
    """High: irreversible, or tier 0-1 in production. Low: reversible and (tier 3 or not production). Else medium."""
    strict = 0 if tier is None else tier
    if reversible is False or (strict <= 1 and environment_class == "prod"):
        return Risk.HIGH
    if reversible and (strict == 3 or environment_class != "prod"):
        return Risk.LOW
    return Risk.MEDIUM
