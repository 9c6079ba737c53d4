"""Programs beside kubectl that act on what runs: releases, meshes, units, containers, clouds. Pure; unknown verbs are not classified."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from decisions.intake.commands.classified import READS, Classified, unclassified
from decisions.intake.commands.options import Split, Strange, Table, split, table
from decisions.intake.commands.words import Word

Inner = Callable[[Sequence[Word]], Classified]
Judge = Callable[[Sequence[Word], Inner], Classified]

_UNKNOWN_VERB = "its verb is not one that we know"


def _texts(words: Sequence[Word]) -> list[str]:
    """Words up to the first that is not known: what follows cannot be told apart from it."""
    found: list[str] = []
    for word in words:
        if not word.known:
            break
        found.append(word.text)
    return found


def _verb(given: Split) -> str:
    return given.operands[0].text if given.operands and given.operands[0].known else ""


def _known(given: Split) -> list[str]:
    operands = [*given.operands, *(given.after or ())]
    if not all(operand.known for operand in operands):
        raise Strange("what it acts on is known only to who runs it")
    return [operand.text for operand in operands]


_HELM = table(
    "-n,--namespace= --kube-context= --kubeconfig= --kube-apiserver= --kube-token= --debug -f,--values= --set= --set-string= "
    "--set-json= --set-file= --set-literal= --version= --repo= --timeout= --description= -i,--install --atomic --wait "
    "--wait-for-jobs --force --dry-run --reuse-values --reset-values --reset-then-reuse-values --create-namespace "
    "--cleanup-on-fail --history-max= --no-hooks --skip-crds --devel --keep-history --cascade= --recreate-pods "
    "--ignore-not-found -o,--output= -l,--labels= --max= --revision= -a,--all -A,--all-namespaces -q,--short "
    "--deployed --failed --pending --filter= --dependency-update --render-subchart-notes --hide-notes"
)
_HELM_READS = frozenset(
    {"list", "ls", "get", "status", "history", "hist", "search", "show", "version", "env", "lint", "verify"}
)
_HELM_ACTS = {
    **dict.fromkeys(("install", "upgrade"), "rollout"),
    "rollback": "rollback",
    **dict.fromkeys(("uninstall", "delete", "del", "un"), "delete"),
}


def _helm(words: Sequence[Word], inner: Inner) -> Classified:
    given = split(words, _HELM)
    verb = _verb(given)
    if verb in _HELM_READS or (
        verb in {"repo", "plugin", "dependency", "dep"} and _texts(given.operands)[1:] == ["list"]
    ):
        return READS
    if verb not in _HELM_ACTS:
        return unclassified(_UNKNOWN_VERB)
    operands = _known(given)
    if given.has("dry-run"):
        tries = given.values["dry-run"][-1]
        if tries is None or tries.text in {"client", "server", "true"}:
            return READS
    parameters = {"to_revision": operands[2]} if verb == "rollback" and len(operands) > 2 else {}
    return Classified(
        kind=_HELM_ACTS[verb],
        resource=f"release/{operands[1]}" if len(operands) > 1 else "",
        resources=tuple(f"release/{name}" for name in operands[1:2]),
        namespace=given.last("namespace"),
        cluster=given.last("kube-context"),
        parameters=parameters,
    )


def _leading(reads: Mapping[str, frozenset[str]], acts: Mapping[str, tuple[str, str]], skip: Table) -> Judge:
    """A program with a verb of one or two words: `reads` and `acts` by the first, the second where that has one."""

    def judge(words: Sequence[Word], inner: Inner) -> Classified:
        given = split(words, skip)
        rest = given.after or []
        verb, second = _verb(given), (rest[0].text if rest and rest[0].known else "")
        if verb in reads and (not reads[verb] or second in reads[verb]):
            return READS
        for name, names in ((verb, rest), (f"{verb} {second}", rest[1:])):
            if name in acts:
                kind, of = acts[name]
                found = [text for text in _texts(names) if not text.startswith("-")]
                return Classified(
                    kind=kind,
                    resource=f"{of}/{found[0]}" if found else "",
                    resources=tuple(f"{of}/{text}" for text in found),
                )
        return unclassified(_UNKNOWN_VERB)

    return judge


def _all(words: str) -> dict[str, frozenset[str]]:
    return {word: frozenset() for word in words.split()}


_PROXY_PARTS = frozenset(
    {
        "all",
        "bootstrap",
        "cluster",
        "clusters",
        "endpoint",
        "endpoints",
        "listener",
        "listeners",
        "route",
        "routes",
        "secret",
    }
)
"""What may be shown of a proxy; its `log` is not among them, for it sets levels."""
_ISTIOCTL = _leading(
    _all("proxy-status ps analyze version describe validate")
    | dict.fromkeys(("proxy-config", "pc"), _PROXY_PARTS)
    | {"experimental": frozenset({"describe", "authz", "metrics"}), "x": frozenset({"describe", "authz", "metrics"})},
    {},
    table("-n,--namespace= -i,--istioNamespace= --context= -c,--kubeconfig=", stops=True),
)
_ARGOCD = _leading(
    {
        "app": frozenset({"get", "list", "diff", "history", "logs", "resources", "manifests", "wait"}),
        "version": frozenset(),
    }
    | {name: frozenset({"get", "list"}) for name in ("proj", "cluster", "repo")},
    {
        "app sync": ("rollout", "application"),
        "app rollback": ("rollback", "application"),
        "app delete": ("delete", "application"),
        "app set": ("config_change", "application"),
    },
    table("--server= --auth-token= --grpc-web --insecure --plaintext --core", stops=True),
)
_SYSTEMCTL = _leading(
    _all(
        "status show is-active is-enabled is-failed list-units list-unit-files list-timers list-sockets list-jobs cat "
        "get-default list-dependencies is-system-running"
    ),
    dict.fromkeys(("restart", "try-restart", "reload-or-restart", "try-reload-or-restart"), ("restart", "unit")),
    table("--no-pager -q,--quiet -l,--full --user --system --now --no-block -a,--all --type= -t= --state=", stops=True),
)


def _service(words: Sequence[Word], inner: Inner) -> Classified:
    texts = _texts(words)
    if texts == ["--status-all"] or (len(texts) == 2 and texts[1] == "status"):
        return READS
    if len(texts) == len(words) == 2 and texts[1] in {"restart", "force-reload"}:
        return Classified(kind="restart", resource=f"unit/{texts[0]}", resources=(f"unit/{texts[0]}",))
    return unclassified(_UNKNOWN_VERB)


_DOCKER_READS = _all("ps images inspect logs stats top version info port diff history search events") | {
    "compose": frozenset({"ps", "logs", "images", "top", "ls", "version"}),
    "container": frozenset({"ls", "list", "ps", "inspect", "logs", "stats", "top", "port", "diff"}),
    "system": frozenset({"df", "info", "events"}),
    **{
        name: frozenset({"ls", "list", "inspect", "ps", "history"})
        for name in ("image", "network", "volume", "service")
    },
    **{
        name: frozenset({"ls", "list", "inspect", "show", "ps"})
        for name in ("node", "stack", "context", "secret", "config")
    },
}
_DOCKER_TABLE = table("-H,--host= --context= -D,--debug -l,--log-level= --config= --tls --tlsverify", stops=True)
_DOCKER = _leading(
    _DOCKER_READS,
    {
        "restart": ("restart", "container"),
        "container restart": ("restart", "container"),
        "rm": ("delete", "container"),
        "container rm": ("delete", "container"),
        "volume rm": ("delete", "volume"),
    },
    _DOCKER_TABLE,
)
_DOCKER_EXEC = table(
    "-i,--interactive -t,--tty -u,--user= -w,--workdir= -e,--env= --privileged -d,--detach", stops=True
)


def _docker(words: Sequence[Word], inner: Inner) -> Classified:
    given = split(words, _DOCKER_TABLE)
    if _verb(given) != "exec":
        return _DOCKER(words, inner)
    given = split(given.after or [], _DOCKER_EXEC)
    if given.after and inner(given.after).reads:
        return READS
    names = tuple(f"container/{name}" for name in _texts(given.operands))
    if not names:
        raise Strange("what it acts on is known only to who runs it")
    return Classified(kind="exec_in_workload", resource=names[0], resources=names)


_AWS = table(
    "--profile= --region= --output= --query= --endpoint-url= --no-cli-pager --no-paginate --debug --no-verify-ssl "
    "--cli-read-timeout= --cli-connect-timeout= --color= --no-sign-request",
    stops=True,
)
_AWS_READS = (
    "describe-",
    "list-",
    "get-",
    "search-",
    "batch-get-",
    "lookup-",
    "filter-log-events",
    "start-query",
    "scan",
    "query",
    "wait",
    "tail",
)
_AWS_WRITES_FILES = frozenset(
    {"get-object", "get-object-torrent", "get-job-output", "get-export", "get-sdk", "get-media"}
)


def _aws(words: Sequence[Word], inner: Inner) -> Classified:
    given = split(words, _AWS)
    rest = _texts(given.after or [])
    operation = rest[0] if rest else ""
    if _verb(given) == "s3" and operation == "ls":
        return READS
    if operation.startswith(_AWS_READS) and operation not in _AWS_WRITES_FILES and _verb(given):
        return READS
    return unclassified("it changes what a cloud holds, or its verb is not one that we know")


_GCLOUD_GROUPS = _all(
    "alpha beta compute instances instance-groups managed disks images snapshots networks subnets firewall-rules addresses "
    "forwarding-rules backend-services target-pools url-maps routers routes regions zones machine-types container clusters "
    "node-pools operations run services revisions jobs executions sql databases backups logging logs metrics sinks "
    "monitoring policies dashboards projects functions iam roles service-accounts keys storage buckets objects pubsub "
    "topics subscriptions dns managed-zones record-sets config configurations auth app versions artifacts repositories "
    "builds redis spanner dataproc secrets"
).keys()
_AZ_GROUPS = _all(
    "vm vmss aks nodepool webapp functionapp network vnet nsg rule lb nic public-ip monitor metrics activity-log alert "
    "log-analytics group acr repository storage account container blob resource sql server db keyvault secret cosmosdb "
    "redis disk snapshot image deployment role assignment ad sp appservice plan config containerapp revision"
).keys()


def _grouped(groups: AbstractSet[str], reads: frozenset[str]) -> Judge:
    """A cloud's program: its verb is the first word that is no group of verbs."""

    def judge(words: Sequence[Word], inner: Inner) -> Classified:
        verb = next((text for text in _texts(words) if text not in groups), "")
        if verb in reads:
            return READS
        return unclassified("it changes what a cloud holds, or its verb is not one that we know")

    return judge


_TERRAFORM_READS = _all("validate output version graph show") | {
    "providers": frozenset({"", "schema"}),
    "state": frozenset({"list", "show"}),
    "workspace": frozenset({"list", "show"}),
}


def _terraform(words: Sequence[Word], inner: Inner) -> Classified:
    texts = [text for text in _texts(words) if not text.startswith("-chdir=")]
    verb, second = ([*texts, "", ""])[:2]
    if verb == "plan":
        writes = any(text.lstrip("-").startswith(("out", "generate-config-out")) for text in texts[1:])
        return unclassified("it writes a file") if writes or len(_texts(words)) < len(words) else READS
    if verb in _TERRAFORM_READS and (not _TERRAFORM_READS[verb] or second in _TERRAFORM_READS[verb]):
        return READS
    if verb == "apply":
        destroys = any(text.lstrip("-").startswith("destroy") for text in texts[1:])
        return Classified(kind="delete" if destroys else "apply_manifest")
    return Classified(kind="delete") if verb == "destroy" else unclassified(_UNKNOWN_VERB)


PROGRAMS: Mapping[str, Judge] = {
    "helm": _helm,
    "istioctl": _ISTIOCTL,
    "argocd": _ARGOCD,
    "systemctl": _SYSTEMCTL,
    "service": _service,
    **dict.fromkeys(("docker", "podman", "nerdctl"), _docker),
    "aws": _aws,
    "gcloud": _grouped(
        _GCLOUD_GROUPS, frozenset({"list", "describe", "read", "get-value", "get-iam-policy", "list-tags"})
    ),
    "az": _grouped(_AZ_GROUPS, frozenset({"list", "show", "get-instance-view", "list-usage", "list-ip-addresses"})),
    **dict.fromkeys(("terraform", "tofu"), _terraform),
}
"""By name; each is given the words after the program, and may raise `Strange`."""
