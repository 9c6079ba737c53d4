"""Traces and logs of OpenTelemetry, over HTTP: what becomes of them, and how the protocol is answered."""

import gzip
import json
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from approvals.actions.change_register import change_register
from approvals.actions.handle_secret import make_secret
from approvals.organisation import AgentRow, Organisation, SourceRow
from decisions import ledger
from decisions.api import hot
from decisions.kinds import UNCLASSIFIED
from decisions.models import Agent, Decision, Evidence, Look
from decisions.rebuild import rebuild
from decisions.vocab import Outcome, Scope
from tests.api.conftest import Api
from tests.recorded.as_otlp import as_otlp, as_protobuf, request_of, spans_of
from tests.recorded.reading import RUNS, unpacked

JSON, PROTOBUF = "application/json", "application/x-protobuf"


@pytest.fixture
def exporter(api: Api) -> Api:
    """The remediator, which has its traces exported under its own key."""
    return api.as_agent(Agent.objects.get(slug="remediator"), Scope.REPORT)


def send(api: Api, body: bytes, media: str = JSON, *, path: str = "/v1/traces", **headers: str) -> Any:
    return api.send("POST", path, content=body, headers={"Content-Type": media, **headers})


def test_the_recorded_runs_come_out_as_what_agents_did(exporter: Api) -> None:
    for at, run in enumerate(RUNS):
        body = as_otlp(run) if at % 2 else as_protobuf(request_of(spans_of(run)))
        answer = send(exporter, gzip.compress(body), JSON if at % 2 else PROTOBUF, **{"Content-Encoding": "gzip"})
        assert answer.status_code == 200, answer.text
    acts = Decision.objects.exclude(kind=UNCLASSIFIED)
    assert (acts.count(), len(set(acts.values_list("episode", flat=True)))) == (129, 23)
    # One more is a sentence that was given to a tool for commands, and refused.
    [sentence] = Decision.objects.filter(kind=UNCLASSIFIED)
    assert sentence.outcome == Outcome.NOT_EXECUTED
    assert sum(look.calls for look in Look.objects.all()) == 593
    assert all(row.account["rationale"] and row.action for row in acts)
    refused = acts.filter(outcome__in=[Outcome.FAILED, Outcome.NOT_EXECUTED]).count()
    assert (refused, acts.filter(outcome=Outcome.UNKNOWN).count()) == (27, 6)
    size = ledger.size()
    for run in RUNS[:5]:
        assert send(exporter, as_otlp(run)).status_code == 200
    assert ledger.size() == size
    assert rebuild(check=True).differences == ()


def test_reasons_that_come_later_or_earlier_are_the_decisions(exporter: Api) -> None:
    run = RUNS[0]
    spans = spans_of(run)
    said = [one for one in spans if one["name"] == "chat"]
    done = [one for one in spans if one["name"] != "chat"]
    for parts in ((said, done), (done, said)):
        for part in parts:
            assert send(exporter, json.dumps(request_of(part)).encode()).status_code == 200
    for row in Decision.objects.all():
        assert row.account["rationale"]
        assert row.outcome
        assert row.level_used == "L4"
    assert rebuild(check=True).differences == ()


@pytest.mark.parametrize(("file", "media"), [("otlp/agent-run.json", JSON), ("otlp/agent-run.protobuf.gz", PROTOBUF)])
def test_a_recorded_request_of_a_real_exporter_is_taken(exporter: Api, file: str, media: str) -> None:
    answer = send(exporter, unpacked(file), media)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert Decision.objects.exists() or Look.objects.exists()


def test_an_agent_speaks_for_itself_alone(exporter: Api) -> None:
    """What it says it is called is not who it is, whatever the register says of that name."""
    row = AgentRow("autoscaler", "", "", "", "", "marta", identities=("opentelemetry:stratus",))
    change_register(Organisation(agents=[row]), actor=None)
    send(exporter, as_otlp(RUNS[0]))
    assert set(Decision.objects.values_list("agent_id", flat=True)) <= {Agent.objects.get(slug="remediator").id}


def test_a_collector_speaks_for_the_agents_that_the_register_knows(api: Api) -> None:
    agent = AgentRow("autoscaler", "", "", "", "", "marta", identities=("opentelemetry:stratus",))
    source = SourceRow("collector", "Collector", "opentelemetry", "", None)
    change_register(Organisation(agents=[agent], sources=[source]), actor=None)
    secret = make_secret("collector", actor=None)
    run = next(run for run in RUNS if any("delete" in str(call["arguments"]) for call in run["tool_calls"]))
    answer = send(api, as_otlp(run), Authorization=f"Bearer {secret}")
    assert answer.status_code == 200, answer.text
    assert set(Decision.objects.values_list("agent_id", flat=True)) == {Agent.objects.get(slug="autoscaler").id}


def test_an_agent_bears_no_witness_to_itself(api: Api) -> None:
    """Under its own key an audit log proves nothing."""
    row = AgentRow("remediator", "", "", "", "", "tomasz", identities=("kubernetes-audit:rem",))
    change_register(Organisation(agents=[row]), actor=None)
    own = api.as_agent(Agent.objects.get(slug="remediator"), Scope.REPORT)
    event = {
        "kind": "Event",
        "auditID": "a",
        "stage": "ResponseComplete",
        "verb": "patch",
        "user": {"username": "rem"},
        "objectRef": {"resource": "deployments", "name": "search"},
        "requestReceivedTimestamp": "2026-11-22T03:47:00Z",
        "responseStatus": {"code": 200},
    }
    answer = own.post("/hooks/kubernetes-audit", event)
    assert answer.status_code == 200, answer.text
    assert (Evidence.objects.get().agent_id, Evidence.objects.get().decision_seq) == (None, None)


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs"])
def test_nothing_is_answered_with_nothing(exporter: Api, path: str) -> None:
    answer = send(exporter, b"", PROTOBUF, path=path)
    parsed = ExportTraceServiceResponse() if path == "/v1/traces" else ExportLogsServiceResponse()
    parsed.ParseFromString(answer.content)
    assert (answer.status_code, answer.content) == (200, b"")
    assert send(exporter, b"{}", JSON, path=path).json() == {}


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs"])
@pytest.mark.parametrize(
    ("body", "media", "headers", "status"),
    [
        (b"{", JSON, {}, 400),
        (b"\xff\xff\xff", PROTOBUF, {}, 400),
        (b"[]", JSON, {}, 400),
        (b"{}", "text/plain", {}, 415),
        (b"{}", "", {}, 415),
        (b"{}", JSON, {"Content-Encoding": "br"}, 415),
        (b"{}", JSON, {"Content-Encoding": "gzip"}, 400),
        (b" " * (17 << 20), JSON, {}, 413),
        (gzip.compress(b" " * (65 << 20), mtime=0), JSON, {"Content-Encoding": "gzip"}, 413),
    ],
    ids=[
        "cut off",
        "not protobuf",
        "a list",
        "text",
        "no type",
        "another packing",
        "not packed",
        "too large",
        "a bomb",
    ],
)
def test_what_cannot_be_read_is_refused_in_the_protocols_words(
    exporter: Api, path: str, body: bytes, media: str, headers: dict[str, str], status: int
) -> None:
    size = ledger.size()
    answer = send(exporter, body, media, path=path, **headers)
    assert (answer.status_code, ledger.size()) == (status, size)
    if media == PROTOBUF:
        assert answer.headers["content-type"] == PROTOBUF
        assert answer.content.startswith(b"\x08")
    else:
        assert set(answer.json()) == {"code", "message"}


def test_nobody_else_may(api: Api) -> None:
    answer = send(api, as_otlp(RUNS[0]))
    assert (answer.status_code, answer.json()["code"]) == (401, 16)


def test_more_than_a_process_can_hold_is_sent_away_with_a_time(exporter: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot, "_large", hot.Budget(20_000))
    body = as_otlp(RUNS[0])
    assert len(body) > 20_000
    for _ in range(2):
        answer = send(exporter, body)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert hot._large.held == 0
    assert send(exporter, b"{}").status_code == 200
