"""Names of what a Kubernetes cluster holds, and which of them a command speaks of. Pure; it must not guess a kind that it does not know."""

import re
from collections.abc import Sequence

ALIASES = {
    "persistentvolumeclaim": "pvc",
    "persistentvolume": "pv",
    "pod": "po",
    "service": "svc",
    "deployment": "deploy",
    "statefulset": "sts",
    "daemonset": "ds",
    "replicaset": "rs",
    "replicationcontroller": "rc",
    "job": "",
    "cronjob": "cj",
    "configmap": "cm",
    "secret": "",
    "namespace": "ns",
    "node": "no",
    "ingress": "ing",
    "networkpolicy": "netpol",
    "horizontalpodautoscaler": "hpa",
    "poddisruptionbudget": "pdb",
    "serviceaccount": "sa",
    "storageclass": "sc",
    "endpoints": "ep",
    "endpointslice": "",
    "event": "ev",
    "resourcequota": "quota",
    "limitrange": "limits",
    "customresourcedefinition": "crd crds",
    "priorityclass": "pc",
    "certificatesigningrequest": "csr",
    "role": "",
    "rolebinding": "",
    "clusterrole": "",
    "clusterrolebinding": "",
    "ingressclass": "",
    "virtualservice": "vs",
    "destinationrule": "dr",
    "gateway": "gw",
    "serviceentry": "se",
    "httproute": "",
    "rollout": "ro",
}
"""Singular name → short names; the plural is the singular with `s`, `es` or `ies`."""

WORKLOADS = frozenset({"deployment", "statefulset", "daemonset", "replicaset", "replicationcontroller", "rollout"})
RUNS = WORKLOADS | {"pod", "job", "cronjob"}
ROUTES = frozenset(
    {
        *("service", "ingress", "networkpolicy", "virtualservice", "destinationrule", "gateway"),
        *("serviceentry", "httproute", "endpoints", "endpointslice"),
    }
)
CLUSTER_WIDE = frozenset({"namespace", "node", "persistentvolume", "storageclass", "clusterrole", "clusterrolebinding"})

_PLURALS = {"ingress": "ingresses", "networkpolicy": "networkpolicies", "endpoints": "endpoints"} | {
    name: f"{name}es" for name in ("storageclass", "priorityclass", "ingressclass")
}
_NAMES = {
    short: name for name, shorts in ALIASES.items() for short in (name, *shorts.split(), _PLURALS.get(name, f"{name}s"))
}
_VERSION = re.compile(r"v[0-9][a-z0-9]*(?:\.|\Z)")
_GROUPS = frozenset(
    {
        *("", "apps", "batch", "policy", "autoscaling", "extensions", "events.k8s.io", "argoproj.io"),
        *("networking.k8s.io", "gateway.networking.k8s.io", "networking.istio.io", "discovery.k8s.io"),
        *("storage.k8s.io", "rbac.authorization.k8s.io", "apiextensions.k8s.io", "scheduling.k8s.io"),
        "certificates.k8s.io",
    }
)
"""API groups whose kinds the table above means: another group's `service` is another thing."""
_SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""The letters that a cluster makes names of; they form no words."""
_REPLICA_POD = re.compile(rf"(?P<owner>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)-[{_SAFE}]{{5,10}}-[{_SAFE}]{{5}}")
_NUMBERED_POD = re.compile(r"(?P<owner>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)-[0-9]{1,4}")


def singular(kind: str) -> str:
    """`deploy`, `deployments.v1.apps` and `Deployment` as `deployment`; an unknown kind in small letters, whole."""
    lower = kind.lower()
    name, _, group = lower.partition(".")
    if not group or _VERSION.sub("", group) in _GROUPS:
        return _NAMES.get(name, lower)
    return lower


def resources(operands: Sequence[str]) -> tuple[str, ...]:
    """`TYPE/NAME …`, `TYPE NAME …` or `TYPE,TYPE NAME …` as `type/name`; `type` alone where no name is given."""
    if not operands:
        return ()
    if "/" in operands[0]:
        return tuple(_pair(operand) for operand in operands if "/" in operand)
    kinds = [singular(kind) for kind in operands[0].split(",") if kind]
    names = [name for name in operands[1:] if "/" not in name]
    return tuple(f"{kind}/{name}" for kind in kinds for name in names) if names else tuple(kinds)


def _pair(operand: str) -> str:
    kind, _, name = operand.partition("/")
    return f"{singular(kind)}/{name}"


def owner_of_pod(name: str) -> str:
    """The deployment that a pod's name shows it to be a replica of; empty where the name does not show it."""
    match = _REPLICA_POD.fullmatch(name)
    return match["owner"] if match else ""


def names_of(resource: str) -> tuple[str, ...]:
    """What a resource is called by people, most exact first: its name, and for a replica the name of what it belongs to."""
    kind, _, name = resource.rpartition("/")
    if not kind or not name:
        return ()
    if kind != "pod":
        return (name,)
    numbered = _NUMBERED_POD.fullmatch(name)
    owner = owner_of_pod(name) or (numbered["owner"] if numbered else "")
    return (name, owner) if owner else (name,)
