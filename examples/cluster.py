"""What the systems around the example agents send: an alert before they act, and the audit log of a cluster that saw them do it.

It must not import the product: it sends what Alertmanager and a Kubernetes API server send, with the secrets of two sources.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from examples.client import Client

Json = dict[str, Any]
ACCOUNT = "system:serviceaccount:agents:"
REFUSED = frozenset({"failed", "not_executed"})
"""Outcomes after which the cluster had refused the change."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Speaks as the alerting and as the API server of the example company."""

    alerts: Client
    audit: Client

    @classmethod
    def of(cls, url: str, secrets: Mapping[str, str]) -> "Cluster | None":
        """With the secret of each source by its system; None where one is missing."""
        needed = ("alertmanager", "kubernetes-audit")
        return cls(*(Client(url, secrets[name]) for name in needed)) if secrets.keys() >= set(needed) else None

    def alert(self, event: Json) -> Json:
        """The alert that the agent of `event` names as what set it off."""
        return self.alerts.call("POST", "/hooks/alertmanager", alert_of(event))

    def saw(self, agent: str, event: Json, status: str) -> Json:
        """What the API server writes down of the act of `event`, which ended so."""
        return self.audit.call("POST", "/hooks/kubernetes-audit", audit_of(agent, event, status))


def alert_of(event: Json) -> Json:
    trigger, target = event["data"]["trigger"], event["data"]["action"]["target"]
    at = _now()
    labels = {"alertname": "IncidentOpen", "service": target["service"], "environment": target["environment"]}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": trigger.get("description") or f"Incident {trigger['id']}"},
        "startsAt": at,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": event["data"]["episode"],
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{service="{target["service"]}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "oversight",
        "groupLabels": {},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": [alert],
    }


def audit_of(agent: str, event: Json, status: str) -> Json:
    action = event["data"]["action"]
    kind, _, name = action["target"].get("resource", f"deployment/{action['target']['service']}").partition("/")
    verb = "delete" if action["kind"] == "delete" else "patch"
    refused = status in REFUSED
    at = _now()
    made: Json = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Request",
        "auditID": str(uuid.uuid4()),
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": f"{ACCOUNT}{agent}", "groups": ["system:serviceaccounts"]},
        "sourceIPs": ["10.0.0.7"],
        "userAgent": "kubectl/v1.33.0",
        "requestURI": f"/apis/apps/v1/namespaces/hotel-reservation/{kind}s/{name}",
        "objectRef": {"resource": f"{kind}s", "namespace": "hotel-reservation", "name": name, "apiGroup": "apps"},
        "responseStatus": {"code": 422 if refused else 200},
        "requestReceivedTimestamp": at,
        "stageTimestamp": at,
    }
    if refused:
        made["responseStatus"]["message"] = "the change was not admitted"
    return made


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
