"""Other systems as tests need them: sources with secrets, what they send, and an agent that they know. It must not assert what becomes of it."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from approvals.actions.change_register import change_register
from approvals.actions.handle_secret import make_secret
from approvals.organisation import AgentRow, Organisation, SourceRow
from decisions import clock as product_clock
from decisions.models import (
    Agent,
    Decision,
)
from decisions.vocab import Scope
from tests import factories
from tests.api.conftest import Api

FORMATS = Path(__file__).parent.parent / "decisions" / "formats"
ALERTS = (FORMATS / "alertmanager" / "firing-group-of-2.json").read_bytes()
Json = dict[str, Any]
BEFORE = datetime(2026, 11, 20, 12, tzinfo=UTC)


def source(system: str, *, agent: str = "", slug: str = "", active: bool = True) -> str:
    """A source of `system`, and the secret that it shows."""
    row = SourceRow(slug or f"{system}-1", f"Our {system}", system, agent, None, active)
    change_register(Organisation(sources=[row]), actor=None)
    return make_secret(row.slug, actor=None)


def known_as(agent: str, *identities: str) -> Agent:
    """The agent `agent` of the example company, with who it is elsewhere."""
    held = Agent.objects.get(slug=agent)
    row = AgentRow(agent, held.name, held.vendor, held.model, held.version, "tomasz", identities=identities)
    change_register(Organisation(agents=[row]), actor=None)
    return held


def by(api: Api, secret: str) -> Api:
    return replace(api, headers={"Authorization": f"Bearer {secret}"})


def send(api: Api, system: str, body: Any, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.send("POST", f"/hooks/{system}", content=raw, headers={"Content-Type": "application/json", **headers})


def audit(**over: Any) -> Json:
    """A write of the remediator's service account to the deployment `search`, as the API server tells of it."""
    at = over.pop("at", None) or product_clock.now()
    name = over.pop("name", "search")
    event: Json = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Request",
        "auditID": str(uuid.uuid4()),
        "stage": "ResponseComplete",
        "verb": "patch",
        "user": {"username": "system:serviceaccount:ops:remediator", "groups": ["system:serviceaccounts"]},
        "objectRef": {"resource": "deployments", "namespace": "shop", "name": name, "apiGroup": "apps"},
        "requestObject": {"spec": {"replicas": 3}},
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": at.isoformat().replace("+00:00", "Z"),
        "stageTimestamp": at.isoformat().replace("+00:00", "Z"),
        "requestURI": f"/apis/apps/v1/namespaces/shop/deployments/{name}",
    }
    return event | over


REMEDIATOR = "kubernetes-audit:system:serviceaccount:ops:remediator"


def executed(agent: Agent, api: Api, **over: Any) -> Decision:
    """A scaling of the deployment `search` that its agent reports."""
    act = factories.action(resource="deployment/search", **over.pop("action", {}))
    made = {"action": act, "outcome": {"status": "succeeded"}, **over}
    answer = api.as_agent(agent, Scope.REPORT).event(factories.event(**made))
    assert answer.status_code == 200, answer.text
    return Decision.objects.order_by("-seq")[0]


def naming(row: Decision, **over: Any) -> Json:
    said = {"metadata": {"annotations": {"oversight/decision": str(row.id)}}, "spec": {"replicas": 3}}
    return audit(requestObject=said, user={"username": "system:serviceaccount:argo:controller"}, **over)


def stackstorm(name: str, *, decision: str = "") -> Json:
    body: Json = json.loads((FORMATS / "stackstorm" / f"written-{name}.json").read_bytes())
    told = json.dumps(body).replace('"rb-20261122-0347"', json.dumps(decision))
    return json.loads(told)  # type: ignore[no-any-return]
