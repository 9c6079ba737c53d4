"""What the product is for, once through, by HTTP alone: proposed, held, approved, done, signed off, reported."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.test import Client

from approvals.models import Report, ReportBuild
from decisions import rebuild, verify
from decisions.models import Decision, Person
from oversight.asgi import application
from tests import factories


def machine(agent: factories.AgentClient, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    """A request of the agent through the whole ASGI application."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            given = {"Authorization": f"Bearer {agent.key}", "Content-Type": "application/json", **headers}
            return await client.request(method, path, content=json.dumps(body) if body else None, headers=given)

    return asyncio.run(send())


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the page's forms."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def act(agent: factories.AgentClient, decision: Any) -> None:
    """Claim the right to act, and say that it went well."""
    key = {"Idempotency-Key": "k-2"}
    wanted = {"claim_key": "k-2", "action_hash": decision["action_hash"], "executor": "test"}
    lease = machine(agent, "POST", f"/api/v1/decisions/{decision['id']}/claim", wanted, **key).json()
    done = {"fencing": lease["fencing"], "status": "succeeded", "detail": "done"}
    told = machine(agent, "POST", f"/api/v1/leases/{lease['lease_id']}/outcome", done, **key)
    assert told.json()["state"] == "succeeded", told.text


@pytest.mark.django_db(transaction=True)
def test_a_decision_from_proposal_to_board_report(
    agent_client: factories.AgentClient,
    manager: Person,
    second_manager: Person,
    executive: Person,
    client_for: Callable[[Person], Client],
    data_dir: Path,
):
    proposal = factories.data(decision="rb-1")
    asked = machine(agent_client, "POST", "/api/v1/proposals", proposal, **{"Idempotency-Key": "k-1"})
    assert asked.status_code == 201, asked.text
    assert asked.json()["state"] == "pending"
    path = f"/decisions/{asked.json()['id']}/"

    approver = client_for(second_manager)
    page = approver.get(path).content.decode()
    answer = approver.post(
        f"{path}verdict", {**fields(page), "verdict": "approve", "reason": "Looks right."}, follow=True
    )
    assert "Your approval is recorded." in answer.content.decode()

    learnt = machine(
        agent_client, "GET", f"/api/v1/decisions/{asked.json()['id']}?wait=5&after={asked.json()['version']}"
    )
    assert learnt.json()["state"] == "authorized", learnt.text

    act(agent_client, learnt.json())
    row = Decision.objects.get()
    assert (row.state, row.level_used, row.beyond, row.sign_off) == ("succeeded", row.level_ruled, False, "required")

    judge = client_for(manager)
    queue = judge.get("/sign-off/").content.decode()
    assert path in queue
    given = {
        "judgement": "accept",
        "effect": "helped",
        "reason": "It worked and nobody noticed.",
        "version": row.version,
    }
    assert "Your sign-off is recorded." in judge.post(f"{path}sign-off", given, follow=True).content.decode()
    assert Decision.objects.get().sign_off == "accepted"

    reports = client_for(executive)
    period = f"{row.received_at:%Y-%m}"
    started = reports.post("/reports/", {"period": period})
    build = ReportBuild.objects.get()
    assert started.headers["Location"] == f"/reports/{build.id}/"
    call_command("build_report", build=str(build.id))
    report = Report.objects.get()
    pdf = b"".join(reports.get(f"/reports/{report.id}/report.pdf").streaming_content)  # type: ignore[attr-defined]
    assert pdf.startswith(b"%PDF-")
    dataset = json.loads(b"".join(reports.get(f"/reports/{report.id}/report.json").streaming_content))  # type: ignore[attr-defined]
    assert dataset["meta"]["ledger_seq"] == report.seq_limit

    assert verify.verify_ledger().clean
    assert not rebuild.rebuild(check=True).differences
