"""What a kubectl command does to a cluster. Pure; it must not run anything, nor take a word for known that is not."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from decisions.intake.commands import kubernetes
from decisions.intake.commands.classified import READS, Classified, unclassified
from decisions.intake.commands.options import Split, Strange, Table, split, table
from decisions.intake.commands.patches import of_patch
from decisions.intake.commands.words import Word

Inner = Callable[[Sequence[Word]], Classified]
"""How the command within a command is classified."""

_GLOBAL = (
    "-n,--namespace= --context= --cluster= --user= --kubeconfig= -s,--server= --token= --as= --as-group= --as-uid= "
    "--cache-dir= --certificate-authority= --client-certificate= --client-key= --tls-server-name= --request-timeout= "
    "--log-flush-frequency= --username= --password= --profile= --profile-output= -v,--v= --vmodule= "
    "--disable-compression --insecure-skip-tls-verify --match-server-version --warnings-as-errors "
)
_FILES = "-f,--filename= -k,--kustomize= -R,--recursive "
_PRINT = "-o,--output= --template= --allow-missing-template-keys --show-managed-fields --field-manager= --record "
_CHOICE = "-l,--selector= --all --field-selector= -A,--all-namespaces "
_MAKE = _GLOBAL + _FILES + _PRINT + "--dry-run --local --resource-version= --timeout= "
_CHANGE = _MAKE + _CHOICE
_CREATE = (
    _CHANGE
    + "--save-config --validate --edit --windows-line-endings --append-hash --image= --port= -r,--replicas= --from= "
    "--from-literal= --from-file= --from-env-file= --type= --tcp= --clusterip= --external-name= --node-port= --schedule= "
    "--restart= --class= --rule= --default-backend= --annotation= --hard= --scopes= --min-available= --max-unavailable= "
    "--value= --description= --preemption-policy= --global-default --cert= --key= --docker-server= --docker-username= "
    "--docker-password= --docker-email= "
)

_START = table(_GLOBAL, stops=True)
_READS = frozenset(
    {
        *(
            "get",
            "describe",
            "logs",
            "log",
            "top",
            "explain",
            "api-resources",
            "api-versions",
            "wait",
            "diff",
            "version",
        ),
        *("events", "completion", "options", "help", "kustomize"),
    }
)
_READS_OF = {
    "rollout": {"status", "history"},
    "auth": {"can-i", "whoami"},
    "config": {"view", "get-contexts", "current-context", "get-clusters", "get-users"},
    "plugin": {"list"},
}
_WRITES_A_FILE = ("--output-directory", "--enable-helm", "--enable-alpha-plugins")
_CHANGES = re.compile(r"[^=\s]+(=.*|-)", re.DOTALL)
"""`key=value` sets and `key-` removes, in label, annotate, taint and set."""


def kubectl(words: Sequence[Word], inner: Inner) -> Classified:
    """What the words after `kubectl` do."""
    try:
        start = split(words, _START)
        verb = start.operands[0] if start.operands else Word("help")
        rest = start.after or []
        if not verb.known:
            return unclassified("its verb is known only to who runs it")
        if verb.text in _READS or verb.text == "cluster-info":
            return _reads(rest)
        if verb.text in _READS_OF and _second(rest) in _READS_OF[verb.text]:
            return READS
        name = f"{verb.text} {_second(rest)}" if verb.text in {"rollout", "set"} else verb.text
        if verb.text == "exec":
            return _exec(start, rest, inner)
        if verb.text == "cp":
            return _copy(start, rest)
        if name not in _VERBS:
            return unclassified("its verb is not one that we know")
        options, kind = _VERBS[name]
        return _change(start, split(rest[1:] if " " in name else rest, options), kind)
    except Strange as strange:
        return unclassified(str(strange))


def _reads(rest: Sequence[Word]) -> Classified:
    for word in rest:
        certain = word.text if word.known else word.prefix
        # Where a whole word is unknown it may be any option of a reading verb, and these few are not harmless.
        if certain.startswith(_WRITES_A_FILE):
            return unclassified("it writes files or runs programs beside it")
    return READS


def _second(rest: Sequence[Word]) -> str:
    return rest[0].text if rest and rest[0].known else ""


def _change(start: Split, given: Split, kind: Callable[[Split, tuple[str, ...]], Classified]) -> Classified:
    if not all(operand.known for operand in [*given.operands, *(given.after or ())]):
        raise Strange("what it acts on is known only to who runs it")
    if given.has("local") or (given.has("dry-run") and _dry(given)):
        return READS
    operands = [operand.text for operand in [*given.operands, *(given.after or ())]]
    named = kubernetes.resources([text for text in operands if not _CHANGES.fullmatch(text)])
    return _placed(kind(given, named), named, start, given)


def _dry(given: Split) -> bool:
    """Whether it only tries: the option alone, or with any value but none and false."""
    values = given.values["dry-run"]
    last = values[-1]
    if last is None or last.text in {"client", "server", "true"}:
        return True
    if last.text in {"none", "false"}:
        return False
    raise Strange("it has an option that is not known")


def _placed(found: Classified, named: tuple[str, ...], start: Split, given: Split) -> Classified:
    """`found` with the resource, namespace and cluster that the command names."""
    named = found.resources or named
    places = [given.last(name) or start.last(name) for name in ("context", "cluster", "server", "kubeconfig")]
    extra: dict[str, Any] = {}
    if given.last("selector"):
        extra["selector"] = given.last("selector")
    if given.has("all"):
        extra["all"] = True
    if given.has("all-namespaces"):
        extra["all_namespaces"] = True
    return replace(
        found,
        resource=named[0] if named else "",
        resources=named,
        namespace=given.last("namespace") or start.last("namespace"),
        cluster=next(filter(None, places), ""),
        parameters={**found.parameters, **extra},
    )


def _changes(given: Split) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for operand in given.operands:
        if _CHANGES.fullmatch(operand.text):
            key, equals, value = operand.text.partition("=")
            found[key if equals else key[:-1]] = value if equals else None
    return found


def _simply(kind: str) -> Callable[[Split, tuple[str, ...]], Classified]:
    def of(given: Split, named: tuple[str, ...]) -> Classified:
        return Classified(kind=kind)

    return of


def _scale(given: Split, named: tuple[str, ...]) -> Classified:
    if not re.fullmatch(r"[0-9]{1,9}", given.last("replicas")):
        raise Strange("to how many it scales cannot be read")
    return Classified(kind="scale", parameters={"replicas": int(given.last("replicas"))})


def _undo(given: Split, named: tuple[str, ...]) -> Classified:
    revision = given.last("to-revision")
    return Classified(kind="rollback", parameters={"to_revision": revision} if revision else {})


def _set_resources(given: Split, named: tuple[str, ...]) -> Classified:
    stated = {name: given.last(name) for name in ("limits", "requests") if given.last(name)}
    return Classified(kind="resource_limits", parameters=stated)


def _labels(given: Split, named: tuple[str, ...]) -> Classified:
    changes = _changes(given)
    if given.has("list") and not changes:
        return READS
    return Classified(kind="metadata_change", parameters={"labels": changes})


def _set_env(given: Split, named: tuple[str, ...]) -> Classified:
    changes = _changes(given)
    if given.has("list") and not changes and not given.has("env") and not given.has("from"):
        return READS
    return Classified(kind="config_change", parameters={"values": changes})


def _set_image(given: Split, named: tuple[str, ...]) -> Classified:
    return Classified(kind="rollout", parameters={"images": _changes(given)})


def _taint(given: Split, named: tuple[str, ...]) -> Classified:
    # `key:effect-` removes and `key=value:effect` sets; neither is the name of a node.
    nodes = [
        text for text in (word.text for word in given.operands) if not _CHANGES.fullmatch(text) and ":" not in text
    ]
    return Classified(kind="node_scheduling", resources=kubernetes.resources(nodes))


def _nodes(kind: str) -> Callable[[Split, tuple[str, ...]], Classified]:
    def of(given: Split, named: tuple[str, ...]) -> Classified:
        names = [word.text.removeprefix("node/") for word in given.operands]
        return Classified(kind=kind, resources=tuple(f"node/{name}" for name in names) or ("node",))

    return of


def _delete(given: Split, named: tuple[str, ...]) -> Classified:
    if given.has("raw"):
        raise Strange("what it acts on is an address")
    # A replica comes back by itself. A pod whose name does not show that it is one may be gone for good.
    replicas = [kubernetes.owner_of_pod(one.partition("/")[2]) for one in named if one.startswith("pod/")]
    more = given.has("filename", "kustomize", "all", "all-namespaces", "selector", "field-selector")
    restarts = bool(named) and len(replicas) == len(named) and all(replicas) and not more
    return Classified(kind="restart" if restarts else "delete")


def _patch(given: Split, named: tuple[str, ...]) -> Classified:
    if given.has("patch-file") or not given.has("patch"):
        raise Strange("its patch stands elsewhere")
    found = of_patch(named[0] if named else "", given.last("patch"), subresource=given.last("subresource"))
    if found.why:
        raise Strange(found.why)
    return found


def _create(given: Split, named: tuple[str, ...]) -> Classified:
    operands = [word.text for word in given.operands]
    if given.has("raw") or operands[:1] == ["token"]:
        raise Strange("what it makes cannot be read")
    if operands[:1] in (["secret"], ["service"], ["svc"]) and len(operands) > 2:
        del operands[1]
    return Classified(kind="apply_manifest", resources=kubernetes.resources(operands[:2]))


def _run(given: Split, named: tuple[str, ...]) -> Classified:
    names = tuple(f"pod/{word.text}" for word in given.operands[:1])
    return Classified(kind="apply_manifest", resources=names, parameters={"image": given.last("image")})


_RUN = (
    _MAKE
    + "-l,--labels= --annotations= --attach --command --env= --expose --force --grace-period= --image= --image-pull-policy= "
    "--leave-stdin-open --override-type= --overrides= --pod-running-timeout= --port= --privileged -q,--quiet "
    "--restart= --rm --save-config -i,--stdin -t,--tty --wait --cascade "
)
_NODE = "--delete-emptydir-data --delete-local-data --disable-eviction --force --grace-period= --ignore-daemonsets "
_DRAIN = _CHANGE + _NODE + "--chunk-size= --pod-selector= --skip-wait-for-delete-timeout= "
_VERBS: dict[str, tuple[Table, Callable[[Split, tuple[str, ...]], Classified]]] = {
    name: (table(options), kind)
    for names, options, kind in (
        ("scale", _CHANGE + "--replicas= --current-replicas= ", _scale),
        ("autoscale", _CHANGE + "--min= --max= --cpu-percent= --name= --save-config ", _simply("scale")),
        ("rollout_undo", _CHANGE + "--to-revision= ", _undo),
        ("rollout_restart", _CHANGE, _simply("restart")),
        ("rollout_pause rollout_resume", _CHANGE, _simply("patch_workload")),
        ("set_image", _CHANGE, _set_image),
        ("set_resources", _CHANGE + "-c,--containers= --limits= --requests= ", _set_resources),
        (
            "set_env",
            _CHANGE + "-c,--containers= -e,--env= --from= --keys= --prefix= --list --overwrite --resolve ",
            _set_env,
        ),
        ("set_selector", _CHANGE, _simply("traffic_routing")),
        ("set_serviceaccount", _CHANGE, _simply("patch_workload")),
        ("patch", _CHANGE + "-p,--patch= --patch-file= --type= --subresource= ", _patch),
        ("label annotate", _CHANGE + "--list --overwrite ", _labels),
        (
            "delete",
            _CHANGE + "--cascade --force --grace-period= --ignore-not-found -i,--interactive --now --raw= --wait ",
            _delete,
        ),
        (
            "apply replace edit",
            _CREATE + "--cascade --force --force-conflicts --grace-period= --openapi-patch --overwrite --prune "
            "--prune-allowlist= --server-side --subresource= --wait --output-patch --raw= ",
            _simply("apply_manifest"),
        ),
        ("create", _CREATE + "--raw= ", _create),
        ("run", _RUN, _run),
        (
            "expose",
            _MAKE + "-l,--labels= --selector= --port= --target-port= --protocol= --name= --type= --external-ip= "
            "--load-balancer-ip= --cluster-ip= --session-affinity= --overrides= --override-type= --save-config ",
            _simply("traffic_routing"),
        ),
        ("taint", _CHANGE + "--overwrite --validate ", _taint),
        ("cordon uncordon", _CHANGE, _nodes("node_scheduling")),
        ("drain", _DRAIN, _nodes("drain_node")),
    )
    for name in (one.replace("_", " ") for one in names.split())
}

_EXEC = table(_GLOBAL + "-c,--container= -i,--stdin -t,--tty -q,--quiet --pod-running-timeout= -f,--filename= ")


def _exec(start: Split, rest: Sequence[Word], inner: Inner) -> Classified:
    given = split(rest, _EXEC)
    command = [*given.operands[1:], *(given.after or ())]
    if command and inner(command).reads:
        return READS
    if not given.operands or not given.operands[0].known:
        raise Strange("what it acts on is known only to who runs it")
    return _placed(Classified(kind="exec_in_workload"), _pods([given.operands[0].text]), start, given)


def _pods(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(kubernetes.resources([name])[0] if "/" in name else f"pod/{name}" for name in names)


_COPY = table(_GLOBAL + "-c,--container= --no-preserve --retries= ")


def _copy(start: Split, rest: Sequence[Word]) -> Classified:
    given = split(rest, _COPY)
    if len(given.operands) != 2 or not all(word.known for word in given.operands):
        raise Strange("what it copies cannot be read")
    pod, colon, _ = given.operands[1].text.partition(":")
    if not colon:
        raise Strange("it writes a file")
    namespace, _, name = pod.rpartition("/")
    found = _placed(Classified(kind="exec_in_workload"), _pods([name]), start, given)
    return replace(found, namespace=namespace or found.namespace)
