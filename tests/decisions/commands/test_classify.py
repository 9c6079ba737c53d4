"""Commands are what their programs do with their arguments. What is not certain must never be read-only."""

import shlex
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.intake.commands import classify, classify_argv
from decisions.intake.commands.kubernetes import names_of, owner_of_pod, singular
from decisions.kinds import ACTION_KINDS, LOOK, UNCLASSIFIED
from tests.decisions.commands.command_lines import ACTS, NOT_CLASSIFIED, READS


@pytest.mark.parametrize("line", READS)
def test_a_line_that_only_reads_is_a_look(line: str) -> None:
    found = classify(line)
    assert found.kind == LOOK, found.why


@pytest.mark.parametrize(("line", "kind", "resource", "namespace"), ACTS)
def test_a_known_act_has_its_kind_and_its_target(line: str, kind: str, resource: str, namespace: str) -> None:
    found = classify(line)
    assert (found.kind, found.resource, found.namespace) == (kind, resource, namespace), found.why
    assert kind in ACTION_KINDS


@pytest.mark.parametrize("line", NOT_CLASSIFIED)
def test_what_only_running_it_would_tell_is_not_classified(line: str) -> None:
    found = classify(line)
    assert found.kind == UNCLASSIFIED, found
    assert found.why


POD_TEMPLATE = '{"spec":{"template":{"spec":{"containers":[{"name":"a",%s}]}}}}'


@pytest.mark.parametrize(
    ("resource", "patch", "kind"),
    [
        ("deploy/x", '{"spec":{"replicas":0}}', "scale"),
        ("deploy/x", '[{"op":"replace","path":"/spec/replicas","value":0}]', "scale"),
        ("deploy/x", POD_TEMPLATE % '"image":"b"', "rollout"),
        ("deploy/x", POD_TEMPLATE % '"resources":{"limits":{"cpu":1}}', "resource_limits"),
        ("deploy/x", POD_TEMPLATE % '"image":"b","command":["c"]', "patch_workload"),
        (
            "deploy/x",
            '[{"op":"add","path":"/spec/template/spec/containers/0/resources","value":{"limits":{"cpu":1}}}]',
            "resource_limits",
        ),
        ("deploy/x", '{"metadata":{"labels":{"a":"b"}}}', "metadata_change"),
        ("deploy/x", '{"metadata":{"labels":{"a":"b"}},"spec":{"replicas":0}}', "patch_workload"),
        (
            "deploy/x",
            '{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"x"}}}}}',
            "restart",
        ),
        ("deploy/x", '{"spec":{"template":{"metadata":{"annotations":{"other":"x"}}}}}', "patch_workload"),
        ("deploy/x", "{}", "patch_workload"),
        ("svc/x", '{"spec":{"selector":{"a":"b"}}}', "traffic_routing"),
        ("svc/x", '{"metadata":{"annotations":{"a":"b"}}}', "metadata_change"),
        ("virtualservices.networking.istio.io/x", '{"spec":{"http":[]}}', "traffic_routing"),
        ("netpol/x", '{"spec":{"ingress":[]}}', "traffic_routing"),
        ("cm/x", '{"data":{"a":"b"}}', "config_change"),
        ("hpa/x", '{"spec":{"maxReplicas":9}}', "scale"),
        ("no/x", '{"spec":{"unschedulable":true}}', "node_scheduling"),
        ("pv/x", '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}', "apply_manifest"),
        ("services.serving.knative.dev/x", '{"spec":{}}', "apply_manifest"),
        (
            "deploy/x",
            '[{"op":"test","path":"/spec/replicas","value":1},{"op":"remove","path":"/spec/replicas"}]',
            "scale",
        ),
        ("deploy/x", '[{"op":"move","from":"/metadata/labels/a","path":"/metadata/labels/b"}]', "metadata_change"),
        ("deploy/x", '[{"op":"copy","from":"/metadata/labels/a","path":"/spec/paused"}]', "patch_workload"),
        ("deploy/x", '[{"op":"replace","path":"/metadata/annotations/a~1b","value":"c"}]', "metadata_change"),
        ("deploy/x", '[{"op":"replace","path":"","value":{"spec":{"replicas":0}}}]', "scale"),
        ("deploy/x", '[{"op":"remove","path":"/metadata"}]', "unclassified"),
        ("deploy/x", '[{"op":"explode","path":"/spec"}]', "unclassified"),
        ("deploy/x", '[{"path":7}]', "unclassified"),
        ("deploy/x", '[{"op":"add","path":"spec"}]', "unclassified"),
        ("deploy/x", "[7]", "unclassified"),
        ("deploy/x", "7", "unclassified"),
        ("deploy/x", '{"a":1,"a":2}', "unclassified"),
    ],
)
def test_what_a_patch_changes_decides_its_kind(resource: str, patch: str, kind: str) -> None:
    found = classify_argv(["kubectl", "patch", resource, "-p", patch])
    assert found.kind == kind, found.why


def test_a_patch_of_a_part_is_what_the_part_is() -> None:
    patch = ["-p", '{"spec":{"replicas":0}}']
    assert classify_argv(["kubectl", "patch", "cm/x", "--subresource=scale", *patch]).kind == "scale"
    assert classify_argv(["kubectl", "patch", "deploy/x", "--subresource", "status", *patch]).kind == "apply_manifest"


def test_what_a_command_states_is_kept() -> None:
    assert classify("kubectl scale deploy x --replicas=3").parameters == {"replicas": 3}
    assert classify("kubectl rollout undo deploy x --to-revision=4").parameters == {"to_revision": "4"}
    assert classify("kubectl set image deploy/x a=b:1").parameters == {"images": {"a": "b:1"}}
    assert classify("kubectl label po x a=b c-").parameters == {"labels": {"a": "b", "c": None}}
    assert classify("kubectl delete po -l a=b --all").parameters == {"selector": "a=b", "all": True}
    assert classify('kubectl patch deploy x -p \'{"spec":{"replicas":0}}\'').parameters["replicas"] == 0
    assert classify("kubectl --context c delete job x").cluster == "c"
    assert classify("kubectl -n a delete job x -n b").namespace == "b"
    assert classify("kubectl delete deploy/a svc/b").resources == ("deployment/a", "service/b")


def test_an_unknown_command_comes_before_a_known_one() -> None:
    assert classify("kubectl delete job x; mystery").kind == UNCLASSIFIED
    assert classify("kubectl rollout restart deploy x; kubectl delete job y").kind == "delete"
    assert classify("kubectl apply -f x; kubectl rollout restart deploy x").kind == "apply_manifest"


def test_arguments_are_not_a_line() -> None:
    assert classify_argv(["cat", "; mystery"]).kind == LOOK
    assert classify_argv(["bash", "-lc", "cat x; mystery"]).kind == UNCLASSIFIED
    assert classify_argv([]).kind == LOOK


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("deploy", "deployment"),
        ("Deployment", "deployment"),
        ("deployments.apps", "deployment"),
        ("deployments.v1.apps", "deployment"),
        ("po", "pod"),
        ("svc", "service"),
        ("sts", "statefulset"),
        ("netpol", "networkpolicy"),
        ("networkpolicies", "networkpolicy"),
        ("ingresses", "ingress"),
        ("storageclasses", "storageclass"),
        ("services.serving.knative.dev", "services.serving.knative.dev"),
        ("widgets", "widgets"),
    ],
)
def test_a_kind_has_one_name(written: str, name: str) -> None:
    assert singular(written) == name


def test_only_a_name_that_a_cluster_made_shows_whose_replica_a_pod_is() -> None:
    assert owner_of_pod("checkout-api-6b98cbcd6d-67496") == "checkout-api"
    assert owner_of_pod("checkout-api") == ""
    assert owner_of_pod("my-debug-shell") == ""
    assert names_of("pod/checkout-api-6b98cbcd6d-67496") == ("checkout-api-6b98cbcd6d-67496", "checkout-api")
    assert names_of("pod/db-0") == ("db-0", "db")
    assert names_of("deployment/web") == ("web",)
    assert names_of("pod") == ()


PROGRAMS = st.sampled_from(
    [
        "kubectl",
        "helm",
        "curl",
        "find",
        "sed",
        "awk",
        "xargs",
        "bash",
        "sudo",
        "docker",
        "aws",
        "terraform",
        "git",
        "env",
    ]
)
ARGUMENT = st.sampled_from(
    [
        "get",
        "delete",
        "-n",
        "--namespace=",
        "--",
        "-",
        "-o",
        "x",
        "-c",
        "--help",
        "''",
        "$X",
        "|",
        ";",
        "-I{}",
        "{}",
        "-p",
        "exec",
        "patch",
        "--dry-run=client",
    ]
)
ARGUMENTS = st.lists(ARGUMENT | st.text(max_size=6), max_size=8)


@given(PROGRAMS, ARGUMENTS)
def test_no_arguments_make_it_stumble(program: str, arguments: list[str]) -> None:
    assert classify_argv([program, *arguments]).kind in {LOOK, *ACTION_KINDS}
    assert classify(" ".join([program, *arguments])).kind in {LOOK, *ACTION_KINDS}


@given(st.sampled_from(NOT_CLASSIFIED), st.sampled_from(READS), st.sampled_from([" && ", "; ", " || ", "\n"]))
def test_nothing_beside_it_makes_an_unknown_command_harmless(unknown: str, harmless: str, between: str) -> None:
    between = "\n" if "<<" in harmless or "#" in harmless else between
    assert classify(harmless + between + unknown).kind == UNCLASSIFIED


@given(
    # An option that is cut in two may truly be another one.
    st.sampled_from([act[0] for act in ACTS if " delete " in act[0] and "--dry-run" not in act[0]]),
    st.integers(0, 60),
    st.text("\"'\\$`;&|(){}<>", min_size=1, max_size=3),
)
def test_noise_in_a_deletion_never_makes_it_a_look(line: str, at: int, noise: str) -> None:
    cut = line[:at] + noise + line[at:]
    # Where the words themselves are cut apart, or stand in quotes, it may truly be another command.
    if "kubectl delete " in cut and not {'"', "'", "`"} & set(noise) and "#" not in line:
        assert classify(cut).kind != LOOK, cut


WRAPPINGS: list[Callable[[str], str]] = [
    lambda line: f"kubectl get po && {line}",
    lambda line: f"{line} | cat",
    lambda line: f"cat x | ( {line} )",
    lambda line: f"( {line} )",
    lambda line: f"{{ {line}; }}",
    lambda line: f"if true; then {line}; else ls; fi",
    lambda line: f"for x in a b; do {line}; done",
    lambda line: f"while true; do {line}; done",
    lambda line: f'echo "$({line})"',
    lambda line: f"echo $({line}) >/dev/null",
    lambda line: f"X=$({line}) ls",
    lambda line: f"cat <({line})",
    lambda line: f"! {line}",
    lambda line: f"ls # nothing\n{line} 2>&1",
    lambda line: f"cat <<EOF\n$({line})\nEOF",
    lambda line: f"bash -c {shlex.quote(line)}",
    lambda line: f"sudo -n timeout 5 sh -lc {shlex.quote(line)}",
    lambda line: f"env A=b nohup bash -c {shlex.quote(line)} &",
    lambda line: f"kubectl get po -o name | xargs -n1 sh -c {shlex.quote(line)}",
    lambda line: f"true || {line}",
    lambda line: f"\\\n {line}",
]
"""Ways to put a line into another one that runs it, or may."""


@given(st.sampled_from(WRAPPINGS), st.lists(st.sampled_from(WRAPPINGS), max_size=3))
def test_an_act_is_found_wherever_it_stands(outer: Callable[[str], str], inner: list[Callable[[str], str]]) -> None:
    line = "kubectl delete pvc x -n y"
    for wrap in [*inner, outer]:
        line = wrap(line)
    found = classify(line)
    assert found.kind in {"delete", UNCLASSIFIED}, line
    if not found.why:
        assert (found.resource, found.namespace) == ("persistentvolumeclaim/x", "y")


def test_what_some_shells_run_where_others_reckon_is_not_a_look() -> None:
    assert classify('echo "$((kubectl delete pvc x -n y))"').kind == UNCLASSIFIED
    assert classify("sleep $(( n + 2 * 3 ))").kind == LOOK


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_what_only_reads_stays_a_look_wherever_it_stands(wrap: Callable[[str], str]) -> None:
    assert classify(wrap("kubectl get pvc x -n y")).kind == LOOK


@pytest.mark.parametrize(
    "words",
    [
        ["sed", "1" + " " * 60_000 + "x", "f"],
        ["sed", " " * 60_000 + "x", "f"],
        ["sed", "s/" + "a/" * 30_000, "f"],
        ["sed", "p;" * 30_000, "f"],
        ["curl", ":" * 60_000],
        ["kubectl", "delete", "pod", "a-" * 30_000],
        ["kubectl", "delete", "pod", "b" * 60_000 + "-bbbbb-bbbbb-"],
        ["kubectl", "label", "pod", "x", "=" * 60_000],
        ["kubectl", "patch", "deploy", "x", "-p", "[" * 60_000],
        ["kubectl", "patch", "deploy", "x", "-p", '{"a":' + "[1]," * 10_000 + "1}"],
        ["env", *["A=b"] * 10_000, "ls"],
        ["sudo"] * 5_000,
        ["xargs"] * 5_000,
        ["awk", ">" * 60_000],
    ],
)
def test_long_words_are_read_in_reasonable_time(words: list[str]) -> None:
    start = time.perf_counter()
    classify_argv(words)
    assert time.perf_counter() - start < 2
