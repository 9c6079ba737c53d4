"""Kinds of action that we know: the verb people read, and whether the act can be taken back. Pure."""

from dataclasses import dataclass
from types import MappingProxyType

from decisions.vocab import Risk


@dataclass(frozen=True, slots=True)
class ActionKind:
    verb: str
    reversible: bool | None
    """None: not known; the action is then judged by the undo that we can see."""


ACTION_KINDS = MappingProxyType(
    {
        "rollback": ActionKind("Roll back", reversible=True),
        "rollout": ActionKind("Roll out", reversible=True),
        "restart": ActionKind("Restart", reversible=True),
        "scale": ActionKind("Scale", reversible=True),
        "patch_workload": ActionKind("Patch", reversible=True),
        "resource_limits": ActionKind("Change resource limits of", reversible=True),
        "traffic_routing": ActionKind("Re-route traffic of", reversible=True),
        "apply_manifest": ActionKind("Apply manifest to", reversible=None),
        "metadata_change": ActionKind("Change labels of", reversible=True),
        "config_change": ActionKind("Change configuration of", reversible=True),
        "exec_in_workload": ActionKind("Run a command in", reversible=None),
        "run_runbook": ActionKind("Run runbook on", reversible=None),
        "failover": ActionKind("Fail over", reversible=None),
        "delete": ActionKind("Delete", reversible=False),
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
