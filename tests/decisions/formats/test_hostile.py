"""An agent that asks for odd things cannot spoil the record of what it did. It must not look at how things are read."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decisions.canonical import MAX_DEPTH, check, encode
from decisions.errors import Problem
from decisions.intake import shape
from decisions.intake.formats import mapping
from decisions.intake.mapping import Taken, take
from decisions.intake.reading import Says
from tests.decisions.formats.fixtures import Fixture, answer, as_data, fixtures, understood

BATCH = json.loads(next(one.body for one in fixtures() if str(one) == "kubernetes-audit/written-event-list.json"))
ODD = st.sampled_from(
    ["", "\0", "\ud800", "\u202e", "a\nb", "x" * 5000, "%00%ff?", "/exec?command=%00&" * 600, "-1", "9" * 400]
)
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | ODD, inner, max_size=3),
    max_leaves=8,
)
ASKED = ("requestObject", "responseObject")
"""Whatever a client sends, before anybody has looked whether it makes sense."""
LABELLED = st.dictionaries(
    st.sampled_from(["app", "app.kubernetes.io/name", "oversight/decision", "kubectl.kubernetes.io/restartedAt"]), ANY
)
OBJECT = ANY | st.fixed_dictionaries(
    {},
    optional={
        "metadata": ANY
        | st.fixed_dictionaries({}, optional={"name": ANY, "labels": LABELLED, "annotations": LABELLED}),
        "spec": ANY | st.fixed_dictionaries({}, optional={"replicas": ANY, "template": ANY}),
        "dryRun": ANY,
    },
)


def can_be_stored(taken: Taken) -> None:
    """Whatever was asked for, an event that says the same is one that we take."""
    for reading in taken.readings:
        data = as_data(reading)
        shape.read(data)
        check(data, depth=MAX_DEPTH - 1)
        encode(data)


def batch_is_taken(index: int, asked: Any, answered: Any, uri: str, agent: str) -> None:
    batch = json.loads(json.dumps(BATCH))
    event = batch["items"][index]
    event |= {"requestObject": asked, "responseObject": answered, "requestURI": uri, "userAgent": agent}
    event["impersonatedUser"] = {"username": agent}
    taken = answer("kubernetes-audit", {}, json.dumps(batch).encode())
    assert isinstance(taken, Taken), taken
    assert len(taken.readings) + len(taken.ignored) == len(BATCH["items"])
    can_be_stored(taken)


def deletion(**changes: Any) -> dict[str, Any]:
    return {**BATCH["items"][10], **changes}


def read_all(*events: dict[str, Any]) -> Taken:
    body = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": list(events)}
    return take(mapping("kubernetes-audit"), {}, json.dumps(body).encode())


def test_an_act_cannot_hide_behind_the_id_of_another():
    """A client chooses the id of its request, by a header."""
    other = {**BATCH["items"][0], "auditID": BATCH["items"][10]["auditID"]}
    first, second = read_all(deletion(), other).readings
    assert first.id != second.id
    assert read_all(deletion()).readings[0].id == first.id


OPTIONS: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1"}
ASKS = "/api/v1/namespaces/shop/pods/x?dryRun=All"


def patch(**changes: Any) -> dict[str, Any]:
    return {**BATCH["items"][0], **changes}


def opened(sub: str, **changes: Any) -> dict[str, Any]:
    return {**BATCH["items"][13], "objectRef": {**BATCH["items"][13]["objectRef"], "subresource": sub}, **changes}


@pytest.mark.parametrize(
    "event",
    [
        deletion(requestURI="/api/v1/pods/x?fieldManager=dryRun%3DAll", requestObject=None),
        deletion(requestURI="/api/v1/pods/x%3FdryRun=All", requestObject=None),
        deletion(requestURI=ASKS, requestObject=OPTIONS),
        deletion(requestURI=ASKS, requestObject=None, level="Metadata"),
        deletion(requestURI=ASKS + "&dryRun=", requestObject=None),
        deletion(requestObject={**OPTIONS, "dryRun": "All"}),
        deletion(requestObject={**OPTIONS, "dryRun": ["None"]}),
        deletion(userAgent="kubectl dryRun=All"),
        patch(requestObject={"dryRun": ["All"], "spec": {"replicas": 0}}),
        opened("exec", requestURI=ASKS, verb="create"),
        opened("proxy", requestURI=ASKS, verb="create"),
        opened("proxy", requestURI=ASKS, verb="get"),
        opened("restart", requestURI=ASKS, verb="update"),
    ],
)
def test_what_only_looks_like_a_dry_run_is_an_effect(event: dict[str, Any]):
    """The server looks into the body of a deletion before its address, and nowhere where a connection is opened."""
    assert [one.says for one in read_all(event).readings] == [Says.EFFECT]


@pytest.mark.parametrize(
    "event",
    [
        deletion(requestURI=ASKS, requestObject=None),
        deletion(requestObject={**OPTIONS, "dryRun": ["All"]}),
        patch(requestURI=ASKS),
        {**BATCH["items"][4], "requestURI": ASKS},
    ],
)
def test_a_dry_run_is_ignored(event: dict[str, Any]):
    assert [one.rule for one in read_all(event).ignored] == ["dry run"]


def template(**parts: Any) -> dict[str, Any]:
    return {"spec": {"template": parts}}


RESTARTED = {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-22T03:47:02Z"}}
LIMITS = {"name": "app", "resources": {"limits": {"memory": "512Mi"}}}


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"spec": {"replicas": 0}}, "scale"),
        ({"spec": {"replicas": 0, "template": {}}}, "patch_workload"),
        ({"spec": {"replicas": 0, "paused": True}}, "patch_workload"),
        ([{"op": "replace", "path": "/spec/replicas", "value": 0}], "scale"),
        ([{"op": "replace", "path": "/spec/replicas", "value": 3}, {"op": "remove", "path": "/spec/template"}], "patch_workload"),
        (template(metadata=RESTARTED), "restart"),
        (template(metadata={**RESTARTED, "labels": {"app": "other"}}), "patch_workload"),
        (template(metadata=RESTARTED, spec={"containers": [{"name": "app", "image": "evil"}]}), "patch_workload"),
        (template(spec={"containers": [LIMITS]}), "resource_limits"),
        (template(spec={"containers": [LIMITS], "$setElementOrder/containers": [{"name": "app"}]}), "resource_limits"),
        (template(spec={"containers": [LIMITS, {"name": "b", "image": "evil"}]}), "patch_workload"),
        (template(spec={"containers": [{**LIMITS, "command": ["sh"]}]}), "patch_workload"),
        (template(spec={"containers": [LIMITS], "hostNetwork": True}), "patch_workload"),
        ({"metadata": {"labels": {"a": "b"}}}, "metadata_change"),
        ({"metadata": {"labels": {"a": "b"}}, "subjects": []}, "patch_workload"),
        ({"metadata": {"finalizers": None}}, "patch_workload"),
        ({"metadata": {"ownerReferences": []}, "spec": {"replicas": 3}}, "patch_workload"),
        ({"metadata": {"labels": {"a": "b"}}, "spec": {"replicas": 3}}, "scale"),
    ],
)  # fmt: skip
def test_a_patch_is_called_by_what_it_changes_only_where_it_changes_nothing_else(asked: Any, kind: str):
    assert read_all(patch(requestObject=asked)).readings[0].kind == kind


@pytest.mark.parametrize(
    ("resource", "group", "kind"),
    [
        ("services", "core", "traffic_routing"),
        ("services", "serving.knative.dev", "apply_manifest"),
        ("configmaps", "core", "config_change"),
        ("secrets", "acme.example", "apply_manifest"),
        ("deployments", "apps", "patch_workload"),
        ("deployments", "acme.example", "apply_manifest"),
        ("virtualservices", "networking.istio.io", "traffic_routing"),
    ],
)
def test_a_resource_is_what_its_group_says(resource: str, group: str, kind: str):
    of = {"resource": resource, "name": "x", **({} if group == "core" else {"apiGroup": group})}
    assert read_all(patch(objectRef=of, requestObject={"spec": {"x": 1}})).readings[0].kind == kind


def by(event: dict[str, Any], user: str, **of: str) -> dict[str, Any]:
    return {**event, "user": {"username": user}, "objectRef": {**event["objectRef"], **of}, "verb": "update"}


AGENT = "system:serviceaccount:aiops:remediator"


@pytest.mark.parametrize(
    "event",
    [
        by(patch(), AGENT, resource="endpoints"),
        by(patch(), AGENT, resource="endpointslices"),
        by(patch(), AGENT, resource="leases", namespace="kube-node-lease"),
        by(patch(), AGENT, resource="leases", namespace="kube-system"),
        by(patch(), AGENT, resource="nodes", subresource="status", apiGroup=""),
        by(patch(), AGENT, resource="services", subresource="status", apiGroup=""),
        by(patch(), AGENT, resource="deployments", subresource="status"),
        by(patch(), AGENT, resource="namespaces", subresource="finalize"),
        by(patch(), AGENT, resource="pods", subresource="binding"),
        {**by(patch(), AGENT, resource="events"), "verb": "delete"},
        {**by(patch(), AGENT, resource="tokenreviews", apiGroup="acme.example"), "verb": "create"},
        by(patch(), "remediator", resource="leases", apiGroup="coordination.k8s.io", namespace="aiops"),
        by(patch(), AGENT, resource="leases", apiGroup="acme.example", namespace="aiops"),
        by(patch(), AGENT, resource="events", apiGroup="acme.example"),
        by(patch(), AGENT, resource="certificatesigningrequests", subresource="status", apiGroup="certificates.k8s.io"),
        by(patch(), "system:serviceaccount:aiops:kube-system:x", resource="endpoints"),
    ],
)
def test_an_agent_is_no_component_of_the_cluster(event: dict[str, Any]):
    """Its service account is called system:serviceaccount:… like all of them."""
    event["objectRef"] = {name: value for name, value in event["objectRef"].items() if value}
    assert [one.says for one in read_all(event).readings] == [Says.EFFECT]


@pytest.mark.parametrize(
    "event",
    [
        by(patch(), "system:serviceaccount:kube-system:endpoint-controller", resource="endpoints"),
        by(patch(), "system:node:worker-1", resource="leases", namespace="kube-node-lease"),
        by(patch(), "system:kube-scheduler", resource="pods", subresource="binding"),
        by(patch(), AGENT, resource="leases", apiGroup="coordination.k8s.io", namespace="aiops"),
        by(patch(), AGENT, resource="runs", subresource="status", apiGroup="aiops.example"),
        by(patch(), AGENT, resource="events", apiGroup="events.k8s.io"),
    ],
)
def test_what_keeps_a_cluster_going_is_ignored(event: dict[str, Any]):
    taken = read_all(event)
    assert (len(taken.readings), len(taken.ignored)) == (0, 1)


def test_what_a_secret_holds_is_never_taken():
    for asked in (
        {"data": {"password": "aHVudGVyMg=="}},
        [{"op": "replace", "path": "/data/password", "value": "aHVudGVyMg=="}],
        {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "aHVudGVyMg=="}}},
    ):
        secret = {**BATCH["items"][8], "requestObject": asked, "responseObject": {"data": {"x": "aHVudGVyMg=="}}}
        assert "aHVudGVyMg" not in repr(read_all(secret))


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"a":1,"a":1}]}',
        b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[' + b"[" * 200 + b"]" * 200 + b"]}",
    ],
)
def test_what_no_honest_server_sends_is_refused(body: bytes):
    with pytest.raises(Problem):
        take(mapping("kubernetes-audit"), {}, body)


HASHED = frozenset({"flux"})
"""Formats whose records have no id, so that their content names them."""
CHOSEN = frozenset(
    {
        "parameters",
        "result",
        "options",
        "option",
        "argstring",
        "payload",
        "description",
        "comment",
        "annotations",
        "labels",
        "customData",
        "values",
        "detail_message",
        "message",
        "note",
        "title",
        "text",
    }
)
RECORD = frozenset({"details", "id", "event", "alertname", "route"})


def run_is_seen(fixture: Fixture, data: st.DataObject) -> None:
    value = json.loads(fixture.body)
    before = answer(fixture.system, fixture.headers, fixture.body)
    spots = _chosen_by_agents(value)
    for parent, name in data.draw(st.lists(st.sampled_from(spots), min_size=1, max_size=4)):
        parent[name] = data.draw(ANY)
    after = answer(fixture.system, fixture.headers, json.dumps(value).encode())
    assert isinstance(before, Taken)
    assert isinstance(after, Taken), after
    assert [one.says for one in after.readings] == [one.says for one in before.readings]
    can_be_stored(after)
    if fixture.system not in HASHED:
        assert [one.id for one in after.readings] == [one.id for one in before.readings]


def _chosen_by_agents(value: Any) -> list[tuple[Any, str]]:
    """Where, in any format, stands what whoever started a run chose."""
    found: list[tuple[Any, str]] = []
    if isinstance(value, dict):
        for name, item in value.items():
            # An alert of Alertmanager is its labels; and these hold whole records.
            if name in CHOSEN and not (isinstance(item, dict) and RECORD & set(item)):
                found.append((value, name))
            else:
                found += _chosen_by_agents(item)
    elif isinstance(value, list):
        for item in value:
            found += _chosen_by_agents(item)
    return found


CHANGEABLE = tuple(
    one for one in understood() if one.path.suffix == ".json" and _chosen_by_agents(json.loads(one.body))
)
FEW = settings(max_examples=60, deadline=None)
MANY = settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXT = st.text(max_size=30) | ODD
BATCHES = given(st.integers(0, len(BATCH["items"]) - 1), OBJECT, OBJECT, TEXT, TEXT)
RUNS = given(st.sampled_from(CHANGEABLE), st.data())

test_a_batch_of_the_audit_log_is_taken_whatever_a_client_asked_for = FEW(BATCHES(batch_is_taken))
test_what_a_run_is_given_cannot_hide_the_run = settings(FEW, max_examples=200)(RUNS(run_is_seen))
test_many_batches_are_taken_whatever_a_client_asked_for = pytest.mark.deep(MANY(BATCHES(batch_is_taken)))
test_much_that_a_run_is_given_cannot_hide_it = pytest.mark.deep(MANY(RUNS(run_is_seen)))
