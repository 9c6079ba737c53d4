"""A command line is what its words say, or raw. A guess must never make it look milder than it is."""

from collections.abc import Sequence
from typing import Any

import pytest

from oversight_sdk.commands import Command, Place, understand
from oversight_sdk.errors import ConfigError


def of(line: str | Sequence[str]) -> Command:
    return understand(line.split() if isinstance(line, str) else line)


@pytest.mark.parametrize(
    ("line", "kind", "resource", "typed"),
    [
        ("kubectl -n pay rollout undo deploy/api", "rollback", "deploy/api", {"namespace": "pay"}),
        ("kubectl rollout undo deploy/api --to-revision=421", "rollback", "deploy/api", {"to_revision": "421"}),
        ("/usr/bin/kubectl rollout restart deploy api", "restart", "deploy/api", {}),
        ("kubectl scale --replicas 3 deploy/api", "scale", "deploy/api", {"replicas": 3}),
        ("kubectl delete pod a b --now", "delete", "pod/a,pod/b", {}),
        ("kubectl delete pod/a svc/b", "delete", "pod/a,svc/b", {}),
        ("kubectl apply --server-side -f x.yaml", "apply_manifest", "", {}),
        ("kubectl --context prod patch deploy/api -p {}", "patch_workload", "deploy/api", {"context": "prod"}),
        ("kubectl exec -it api-1 -c web -- ls /", "exec_in_workload", "pod/api-1", {"container": "web", "command": ["ls", "/"]}),
        ("oc scale --replicas=1 dc/api", "scale", "dc/api", {"replicas": 1}),
    ],
)  # fmt: skip
def test_well_known_commands_have_a_kind(line: str, kind: str, resource: str, typed: dict[str, Any]):
    command = of(line)
    assert (command.kind, command.resource, command.typed) == (kind, resource, typed)
    assert command.argv == tuple(line.split())
    assert not command.uninspectable


@pytest.mark.parametrize(
    "line",
    [
        "ls -l",
        "kubectl get pods",
        "kubectl rollout status deploy/api",
        "kubectl --plugin-flag scale delete pod a",
        "kubectl scale --replicas=-1 deploy/api",
        "kubectl scale --replicas many deploy/api",
        "kubectl scale deploy/api --raw /apis",
        "kubectl delete pod a -- b",
        "kubectl exec pod ls",
        "kubectl exec a b -- ls",
        "kubectl delete -n",
        "kubectlx delete pod a",
    ],
)
def test_what_is_not_understood_is_raw(line: str):
    assert of(line).kind == "exec.raw"


def test_the_service_is_named_after_the_resource_or_the_tool():
    assert of("kubectl rollout undo deploy/api").service == "api"
    assert of("/bin/ls -l").service == "ls"


@pytest.mark.parametrize(
    "line",
    [
        ["sh", "-c", "rm -rf /"],
        ["bash", "-lc", "true"],
        ["bash", "-xec", "true"],
        ["bash"],
        ["bash", "-s", "x"],
        ["eval", "true"],
        ["env", "sh", "-c", "true"],
        ["sudo", "ls"],
        ["xargs", "rm"],
        ["ssh", "host", "reboot"],
        ["python3", "-c", "pass"],
        ["python3.11", "-m", "http.server"],
        ["perl", "-e", "1"],
        ["node"],
        ["kubectl", "exec", "api-1", "--", "sh", "-c", "true"],
        ["kubectl", "exec", "api-1", "--", "/bin/bash"],
        ["kubectl", "apply", "-Rf", "x"],
    ],
    ids=" ".join,
)
def test_a_program_given_as_text_is_uninspectable(line: list[str]):
    assert of(line).uninspectable


@pytest.mark.parametrize("line", ["ls -c", "bash fix.sh -c", "python3 fix.py", "kubectl exec api-1 -- ls -c"])
def test_a_program_in_a_file_is_inspectable(line: str):
    assert not of(line).uninspectable


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("kubectl apply -f a.yaml", [Place(3, "", ("a.yaml",))]),
        ("kubectl apply -fa.yaml", [Place(2, "-f", ("a.yaml",))]),
        ("kubectl apply -f=a.yaml", [Place(2, "-f=", ("a.yaml",))]),
        ("kubectl apply --filename=a.yaml,b.yaml", [Place(2, "--filename=", ("a.yaml", "b.yaml"))]),
        ("kubectl apply -f - --filename b", [Place(3, "", ("-",)), Place(5, "", ("b",))]),
        ("kubectl patch deploy/a --patch-file p.json", [Place(4, "", ("p.json",))]),
        ("kubectl exec a -- tool -f x", []),
        ("helm upgrade api ./chart -f values.yaml", [Place(5, "", ("values.yaml",))]),
        ("psql -f fix.sql", [Place(2, "", ("fix.sql",))]),
        ("bash -x fix.sh now", [Place(2, "", ("fix.sh",))]),
        ("bash -o pipefail -- fix.sh", [Place(4, "", ("fix.sh",))]),
        ("rm -f a", []),
    ],
)
def test_file_operands_are_found(line: str, places: list[Place]):
    assert list(of(line).places) == places


@pytest.mark.parametrize(
    "line",
    [
        "kubectl apply -k overlay",
        "kubectl apply -R -f folder",
        "kubectl apply -f https://example.org/a.yaml",
        "kubectl apply -f a.yaml,http://example.org/b",
        'kubectl apply -f "a"',
        "kubectl apply -f a,,b",
        "kubectl --token abc delete pod a",
        "kubectl delete pod a --token=abc",
    ],
)
def test_what_cannot_be_held_still_or_must_not_be_recorded_is_refused(line: str):
    with pytest.raises(ConfigError):
        of(line)


def test_the_cluster_is_that_of_the_command_or_the_usual_one():
    assert of("kubectl --kubeconfig=/k get pods").kubeconfig == "/k"
    assert of("kubectl --kubeconfig /k get pods").kubeconfig == "/k"
    assert of("kubectl get pods").kubeconfig == ""
    assert of("ls").kubeconfig is None
