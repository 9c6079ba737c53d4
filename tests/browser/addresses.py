"""Pages that the demo does not name: made once for the run, by machines and people. It must not open a browser."""

import re
import time
from collections.abc import Callable

from tests import factories
from tests.browser.machines import Elsewhere, Machine, resource
from tests.browser.server import Demo


def prepared(demo: Demo, people: Callable[[str], Elsewhere]) -> dict[str, str]:
    """Where the pages are that the demo does not name: a hold with everything on it, an act beyond its level, a report."""
    machine = Machine(demo.url, demo.key("claude-code"))
    hold = machine.propose(
        action=factories.action(service="frontend", resource="deploy/booking-frontend"),
        rationale="The error rate is 7.2 % over five minutes.\n\nRevision 421 served for six days without an error.",
        evidence=[
            *(
                {
                    "kind": "metric",
                    "name": "http_5xx_ratio",
                    "value": value,
                    "limit": 0.02,
                    "at": f"2026-11-22T03:{minute}:50Z",
                }
                for minute, value in ((44, 0.012), (45, 0.041), (46, 0.072))
            ),
            {"kind": "metric", "name": "cpu", "value": 38, "limit": 85, "ref": "https://metrics.example/cpu?last=5m"},
            {"kind": "log", "name": "booking", "value": "connection refused", "ref": "javascript:alert(1)"},
        ],
        alternatives=[
            {"action": "do nothing", "score": 0.2, "rejected_because": "the error budget ends in 52 minutes"}
        ],
        estimate={"customers_affected_pct": 40, "outage_minutes": 120},
    )
    name = resource()
    act = factories.action(service="reservation", resource=name, kind="delete")
    machine.report(factories.event(action=act, outcome={"status": "failed", "detail": "forbidden"}))
    machine.client.close()
    manager = people("marta").client
    (beyond,) = manager.get("/api/v1/decisions", params={"q": name}).json()["items"]
    return {
        "hold": f"/decisions/{hold['id']}/",
        "beyond": beyond["links"]["page"],
        "report": report(people("helena")),
        "link": people("yuki").link("priya"),
        "draft": drafted(people("marta")),
    }


def drafted(manager: Elsewhere) -> str:
    """A draft that loosens one thing and tightens another."""
    document = manager.client.get("/api/v1/policy").json()["document"]
    document["matrix"] = [
        {"tier": 1, "kind": "traffic_routing", "environment": "prod", "level": "L4"},
        {
            "tier": [2, 3],
            "kind": ["restart", "rollout"],
            "environment": "prod",
            "level": "L2",
            "requirement": "one-approver",
        },
        *document["matrix"],
    ]
    document["freeze_windows"].append(
        {"name": "weekend", "weekly": {"from": "fri 16:00", "to": "mon 08:00"}, "zone": "Europe/Berlin", "cap": "L2"}
    )
    answer = manager.client.post(
        "/api/v1/policy/versions",
        json={"document": document, "reason": "Traffic may move alone; restarts of small services were vetoed often."},
        headers={
            "If-Match": '"v1"',
            "Idempotency-Key": "drafted",
            "X-CSRFToken": manager.client.cookies["csrftoken"],
        },
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["links"]["page"])


def report(reader: Elsewhere) -> str:
    """Last month's report, which the demo has built at its start."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = re.search(r"/reports/[0-9a-f-]{36}/", reader.client.get("/reports/").text)
        if found:
            return found[0]
        time.sleep(0.3)
    raise AssertionError("the demo's report was not built")
