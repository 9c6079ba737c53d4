"""Clients that others wrote, unmodified, against the real server on the loopback. What they send must come out as what it was."""

import asyncio
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cloudevents.core.bindings.http import to_structured_event
from cloudevents.core.v1.event import CloudEvent
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ProtobufExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from pydantic_ai import Agent as RunningAgent
from pydantic_ai import ModelResponse, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings
from standardwebhooks.webhooks import Webhook

from approvals.actions.change_register import change_register
from approvals.actions.handle_secret import make_secret
from approvals.organisation import Organisation, SourceRow
from decisions import clock as product_clock
from decisions.models import Agent, Decision, Evidence, Look
from decisions.vocab import Outcome, Scope
from oversight.asgi import application
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
    return port


@pytest.fixture
def served(data_dir: Path, organisation: factories.Register) -> Iterator[str]:
    # Others go by the time of day.
    product_clock.use(product_clock.system)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def key(organisation: factories.Register) -> str:
    return factories.AgentClient.of(Agent.objects.get(slug="remediator"), Scope.REPORT).key


def secret_of(system: str) -> str:
    change_register(Organisation(sources=[SourceRow(system, "", system, "", None)]), actor=None)
    return make_secret(system, actor=None)


def until(found: Callable[[], Any], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it never came")


# -- OpenTelemetry


@pytest.mark.parametrize("make", [ProtobufExporter, JsonExporter], ids=["protobuf", "json"])
@pytest.mark.parametrize("batched", [False, True])
def test_spans_of_the_opentelemetry_sdk(served: str, key: str, make: Any, batched: bool) -> None:
    exporter = make(endpoint=f"{served}/v1/traces", headers={"Authorization": f"Bearer {key}"})
    provider = TracerProvider(resource=Resource.create({"service.name": "runner"}))
    provider.add_span_processor((BatchSpanProcessor if batched else SimpleSpanProcessor)(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("invoke_agent") as run:
        run.set_attribute("gen_ai.operation.name", "invoke_agent")
        with tracer.start_as_current_span("execute_tool kubectl") as span:
            span.set_attribute("gen_ai.operation.name", "execute_tool")
            span.set_attribute("gen_ai.tool.name", "kubectl")
            span.set_attribute("gen_ai.tool.call.id", "call_1")
            command = json.dumps({"command": "kubectl scale deployment geo --replicas=3"})
            span.set_attribute("gen_ai.tool.call.arguments", command)
            span.set_attribute("gen_ai.tool.call.result", "deployment.apps/geo scaled")
    provider.shutdown()
    row = Decision.objects.get()
    assert (row.kind, row.service, row.resource, row.outcome) == ("scale", "geo", "deployment/geo", Outcome.SUCCEEDED)


def test_an_agent_of_a_framework_that_is_traced(served: str, key: str) -> None:
    """It thinks, looks, acts, and is refused: the framework's own instrumentation tells of it."""
    provider = TracerProvider()
    exporter = ProtobufExporter(endpoint=f"{served}/v1/traces", headers={"Authorization": f"Bearer {key}"})
    provider.add_span_processor(BatchSpanProcessor(exporter))
    turns: Iterator[list[Any]] = iter(
        [
            [ToolCallPart("kubectl", {"command": "kubectl get pods -n shop"})],
            [
                ThinkingPart("The new revision fails: back to the one before."),
                ToolCallPart("kubectl", {"command": "kubectl rollout undo deployment/geo -n shop"}),
            ],
            [TextPart("It could not be done.")],
        ]
    )

    def answer(messages: list[Any], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=next(turns))

    agent = RunningAgent(
        FunctionModel(answer),
        name="remediator",
        capabilities=[Instrumentation(settings=InstrumentationSettings(tracer_provider=provider))],
    )

    @agent.tool_plain
    def kubectl(command: str) -> str:
        return (
            "web-1 Running" if " get " in command else 'Error from server (NotFound): deployments.apps "geo" not found'
        )

    asyncio.run(agent.run("Repair geo"))
    provider.shutdown()
    row = Decision.objects.get()
    assert (row.kind, row.service, row.outcome) == ("rollback", "geo", Outcome.FAILED)
    assert "back to the one before" in row.account["rationale"]
    assert Look.objects.get().calls == 1


# -- others


def test_the_sdk_of_cloudevents(served: str, key: str) -> None:
    made = CloudEvent(
        attributes={
            "id": "1",
            "source": "/agents/remediator",
            "type": "oversight.decision.executed.v1",
            "specversion": "1.0",
            "time": datetime.now(UTC),
            "datacontenttype": "application/json",
        },
        data=factories.data(decision="d"),
    )
    message = to_structured_event(made)
    headers = {**message.headers, "Authorization": f"Bearer {key}"}
    answer = httpx.post(f"{served}/api/v1/events", content=message.body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert Decision.objects.get().agent_ref == "d"


def test_standard_webhooks(served: str) -> None:
    secret = secret_of("standard-webhooks")
    body = json.dumps({"type": "deployment.finished", "timestamp": "2026-11-22T03:47:00Z", "data": {"service": "geo"}})
    now = datetime.now(UTC)

    def post(signature: str) -> int:
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
            "content-type": "application/json",
        }
        return httpx.post(f"{served}/hooks/standard-webhooks", content=body, headers=headers).status_code

    signed = Webhook(secret).sign("msg_1", now, body)
    assert post(Webhook(another_secret()).sign("msg_1", now, body)) == 401
    assert (post(signed), post(signed)) == (200, 200)
    assert Evidence.objects.get().source == "standard-webhooks"


def another_secret() -> str:
    return "whsec_" + "A" * 32


@pytest.mark.skipif(ALERTMANAGER is None, reason="Alertmanager is not installed")
def test_alertmanager_itself(served: str, tmp_path: Path) -> None:
    secret = secret_of("alertmanager")
    port = free_port()
    config = tmp_path / "alertmanager.json"
    hook = {
        "url": f"{served}/hooks/alertmanager",
        "send_resolved": True,
        "http_config": {"authorization": {"credentials": secret}},
    }
    route = {"receiver": "oversight", "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
    config.write_text(json.dumps({"route": route, "receivers": [{"name": "oversight", "webhook_configs": [hook]}]}))
    assert ALERTMANAGER is not None
    command = [
        ALERTMANAGER,
        f"--config.file={config}",
        f"--storage.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _ready(f"{url}/-/ready"))
        alert = {
            "labels": {"alertname": "HighErrorRate", "service": "geo", "severity": "critical"},
            "annotations": {"summary": "7 of 100 requests fail"},
            "startsAt": datetime.now(UTC).isoformat(),
        }
        assert httpx.post(f"{url}/api/v2/alerts", json=[alert]).status_code == 200
        firing = until(Evidence.objects.first)
        assert (firing.says, firing.service, firing.told["title"]) == ("trigger", "geo", "7 of 100 requests fail")
        over = {**alert, "endsAt": datetime.now(UTC).isoformat()}
        assert httpx.post(f"{url}/api/v2/alerts", json=[over]).status_code == 200
        resolved = until(lambda: Evidence.objects.exclude(until=None).first())
        assert resolved.told["keys"] == firing.told["keys"]
    finally:
        running.terminate()
        running.wait(10)


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
