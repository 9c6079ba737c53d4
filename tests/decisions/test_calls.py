"""One call of a tool: what it did, to what, and with what; bounded, clean, and never more than the call says."""

from typing import Any

import pytest

from decisions.canonical import MAX_DEPTH, action_hash, check
from decisions.intake.calls import MAX_PARAMETERS, Call, Where, reading_of, understood
from decisions.intake.reading import Reading, Says
from decisions.kinds import ACTION_KINDS, LOOK, UNCLASSIFIED
from decisions.vocab import Outcome


def reading(tool: str, arguments: Any = None, **more: Any) -> Reading:
    return reading_of(Call(tool=tool, arguments=arguments, **more), Where(id="i", decision="d", episode="e"))


@pytest.mark.parametrize(
    ("tool", "arguments", "kind"),
    [
        ("Bash", {"command": "kubectl get pods"}, LOOK),
        ("Bash", {"command": "kubectl delete pvc x"}, "delete"),
        ("bash", "kubectl delete pvc x", "delete"),
        ("shell", {"command": ["bash", "-lc", "kubectl delete pvc x"]}, "delete"),
        ("exec_command", {"cmd": "kubectl get pods"}, LOOK),
        ("kubectl", {"command": "rollout undo deploy/x"}, "rollback"),
        ("run_kubectl", "get pods", LOOK),
        ("exec_kubectl_cmd_safely", {"command": "Please delete the pod"}, UNCLASSIFIED),
        ("get_services", {}, LOOK),
        ("getServices", {}, LOOK),
        ("mcp__cluster__list_pods", {}, LOOK),
        ("kubectl_rollout_history", {}, LOOK),
        ("pods_log", {}, UNCLASSIFIED),
        ("pods_list", {}, LOOK),
        ("rollback_command", {}, "rollback"),
        ("kubectl_rollout_undo", {"deployment": "x"}, "rollback"),
        ("k8s.restartDeployment", {"deployment": "x"}, "restart"),
        ("get_and_delete", {}, UNCLASSIFIED),
        ("reset_status", {}, UNCLASSIFIED),
        ("search_and_replace", {}, UNCLASSIFIED),
        ("mystery", {}, UNCLASSIFIED),
        ("", {}, UNCLASSIFIED),
        ("Write", {"file_path": "/x", "content": "y"}, UNCLASSIFIED),
        ("Read", {"file_path": "/x"}, LOOK),
        ("str_replace_editor", {"command": "view", "path": "/x"}, LOOK),
        ("str_replace_editor", {"command": "create", "path": "/x"}, UNCLASSIFIED),
        ("write_stdin", {"session_id": 1}, LOOK),
        ("write_stdin", {"session_id": 1, "chars": "rm x"}, UNCLASSIFIED),
        ("wait_tool", {"seconds": 5}, LOOK),
        ("wait_tool", {"command": "kubectl delete pvc x"}, "delete"),
    ],
)
def test_the_command_decides_and_then_the_name(tool: str, arguments: Any, kind: str):
    assert understood(tool, arguments).kind == kind
    found = reading(tool, arguments)
    assert (found.says is Says.LOOK) == (kind == LOOK)


@pytest.mark.parametrize(
    ("arguments", "resource", "targets"),
    [
        ({"deployment": "checkout", "namespace": "shop"}, "deployment/checkout", ("checkout", "shop")),
        ({"kind": "Deployment", "name": "checkout"}, "deployment/checkout", ("checkout",)),
        ({"resourceType": "sts", "name": "db-0"}, "statefulset/db-0", ("db-0",)),
        ({"service": "pay"}, "service/pay", ("pay",)),
        ({"app": "pay"}, "", ("pay",)),
        ({"pod": "web-6b98cbcd6d-67496"}, "pod/web-6b98cbcd6d-67496", ("web-6b98cbcd6d-67496", "web")),
        ({"deployment": 7, "namespace": ["x"]}, "", ()),
        ({"name": "x"}, "", ()),
        ([], "", ()),
    ],
)
def test_the_target_is_what_the_arguments_name(arguments: Any, resource: str, targets: tuple[str, ...]):
    found = reading("restart", arguments)
    assert found.resource == resource
    assert found.targets == targets


def test_names_beside_the_call_come_after_its_own():
    where = Where(id="i", decision="d", episode="e", targets=("other", "web"))
    found = reading_of(Call(tool="bash", arguments={"command": "kubectl delete svc web -n shop"}), where)
    assert found.targets == ("web", "shop", "other")


def test_parameters_are_what_was_sent_and_what_it_states():
    found = reading("bash", {"command": "kubectl --context c scale deploy/x --replicas=0 -n n", "timeout": 5})
    assert found.parameters == {
        "replicas": 0,
        "tool": "bash",
        "namespace": "n",
        "cluster": "c",
        "command": "kubectl --context c scale deploy/x --replicas=0 -n n",
        "arguments": {"timeout": 5},
    }
    assert reading("scale_deployment", {"deployment": "x", "replicas": 3}).parameters["replicas"] == 3
    assert "replicas" not in reading("scale_deployment", {"deployment": "x", "replicas": True}).parameters
    assert reading("rollback", {"to_revision": 4}).parameters["to_revision"] == "4"
    assert reading("mystery", ["a"]).parameters == {"tool": "mystery", "arguments": ["a"]}


def test_a_line_that_acts_on_several_things_names_them_all():
    found = reading("bash", {"command": "kubectl get po; kubectl scale deploy/a --replicas=0; kubectl delete svc/b"})
    assert (found.kind, found.resource) == ("delete", "service/b")
    assert found.targets == ("b", "a")
    assert found.parameters["resources"] == ["service/b", "deployment/a"]
    assert "resources" not in reading("bash", {"command": "kubectl delete svc/b"}).parameters


DEEP: Any = "x"
for _ in range(30):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "arguments",
    [
        {"x": "y" * 1_000_000},
        {f"k{at}": "v" * 1000 for at in range(1000)},
        {"x": list(range(100_000))},
        {"x": DEEP},
        {"x": {"y": [{"z": "w" * 20_000} for _ in range(50)]}},
        {"command": "kubectl delete pvc x " + "y" * 60_000},
        {"command": "x" * 1_000_000},
        {"a": "\0", "b\0": "\ud800", "c": float("nan"), "d": 2**70},
        "{" * 100_000,
        '{"a":' * 100 + "1" + "}" * 100,
        '{"a": 1, "a": 2}',
        "[NaN]",
    ],
)
def test_parameters_are_bounded_and_fit_to_be_hashed(arguments: Any):
    found = reading("bash", arguments, answer="z" * 1_000_000)
    parameters = dict(found.parameters)
    check(parameters, depth=MAX_DEPTH - 2)
    assert action_hash({"parameters": parameters}).startswith("sha256:")
    assert len(str(parameters)) < 2 * MAX_PARAMETERS
    assert len(found.detail) < 5000


def test_what_is_cut_says_so_and_two_long_names_stay_two():
    cut = reading("mystery", {"x": "y" * 20_000}).parameters["arguments"]["x"]
    assert "20000 characters, SHA-256" in cut
    one, other = (
        reading_of(Call(tool="x"), Where(id="i" * 500 + end, decision="d", episode="e")) for end in ("1", "2")
    )
    assert one.id != other.id
    assert len(one.id) == 200


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        ({}, None),
        ({"answer": ""}, Outcome.UNKNOWN),
        ({"answer": "deployment.apps/x patched"}, Outcome.SUCCEEDED),
        ({"exit_code": 0}, Outcome.SUCCEEDED),
        ({"exit_code": 3}, Outcome.FAILED),
        ({"errored": True}, Outcome.FAILED),
        ({"errored": True, "broken": True}, Outcome.UNKNOWN),
        ({"refused": True}, Outcome.NOT_EXECUTED),
    ],
)
def test_without_an_answer_there_is_no_outcome(call: dict[str, Any], outcome: Outcome | None):
    assert reading("mystery", {}, **call).outcome == outcome


def test_every_kind_that_is_known_says_how_it_reads():
    for kind, known in ACTION_KINDS.items():
        assert known.verb[0].isupper()
        assert known.reversible is None or known.undone_by or known.reversible is False, kind
        assert set(known.parameters.values()) <= {"string", "integer", "object"}
    assert ACTION_KINDS[UNCLASSIFIED].reversible is None
    assert LOOK not in ACTION_KINDS
