"""Every ordinary and hot operation as a request that is good in itself, for tests that send it as somebody who may not."""

from dataclasses import dataclass, field
from typing import Any

from decisions.vocab import Board, Scope
from tests import factories
from tests.approvals.board import items

ANY = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    scope: Scope | None = Scope.READ
    """The scope that opens it to an agent; None where no key does."""
    people: bool = True
    roles: tuple[str, ...] = ("viewer", "responder", "manager", "executive", "auditor", "admin")

    def __str__(self) -> str:
        return f"{self.method} {self.path.replace(ANY, '…')}"


KEY = {"Idempotency-Key": "k", "If-Match": '"v1"'}
SEEN = {
    "action_hash": "sha256:" + "0" * 64,
    "display_hash": "sha256:" + "0" * 64,
    "ref": {"seq": 1, "leaf": "0" * 64},
    "version": 1,
}
APPROVERS, SIGNERS = ("responder", "manager"), ("manager", "executive")
DRAFTERS = ("manager", "admin")
KEEPERS = ("executive", "auditor")
STOPPERS = ("responder", "manager", "executive", "admin")
BOARD, HANDLERS = ("manager", "executive", "auditor"), ("responder", "manager", "admin")
JUDGEMENT = {"judgement": "accept", "effect": "helped", "reason": "It was right to do so.", "version": 1}

READS = [
    Endpoint("GET", path)
    for path in (
        "/api/v1/decisions",
        "/api/v1/decisions.csv",
        "/api/v1/decisions.jsonl",
        "/api/v1/timeline",
        "/api/v1/timeline/bins",
        "/api/v1/timeline/lanes",
        "/api/v1/services",
        "/api/v1/agents",
        "/api/v1/groups",
        "/api/v1/policy",
        "/api/v1/policy/versions",
        "/api/v1/policy/versions/1",
        "/api/v1/policy/versions/1/replay",
        "/api/v1/policy/drafts",
        f"/api/v1/policy/drafts/{ANY}",
        f"/api/v1/policy/drafts/{ANY}/replay",
        "/api/v1/alarms",
        "/api/v1/freezes",
        "/api/v1/erasures",
        "/api/v1/legal-holds",
        "/api/v1/entries",
        "/api/v1/entries?q=0",
        "/api/v1/entries/0",
        "/api/v1/ledger-checks",
        f"/api/v1/ledger-checks/{ANY}",
        "/ledger/checkpoint",
        "/ledger/policy",
        "/ledger/tile/0/000.p/1",
        "/ledger/tile/entries/000.p/1",
    )
]


def _board_registers() -> list[Endpoint]:
    found = []
    for of in Board:
        body, base, roles = items.bodies()[of], f"/api/v1/board/{of}", items.KEEPERS[of]
        found += [
            Endpoint("POST", base, body, {"Idempotency-Key": f"add-{of}"}, None, roles=roles),
            Endpoint(
                "POST", f"{base}/{ANY}/change", body, KEY | {"Idempotency-Key": f"change-{of}"}, None, roles=roles
            ),
            Endpoint(
                "POST",
                f"{base}/{ANY}/withdraw",
                {"reason": "It was recorded twice."},
                KEY | {"Idempotency-Key": f"back-{of}"},
                None,
                roles=roles,
            ),
        ]
    return found


PEOPLES = [
    Endpoint(
        "POST", f"/api/v1/decisions/{ANY}/verdicts", {"verdict": "approve", **SEEN}, KEY, scope=None, roles=APPROVERS
    ),
    Endpoint("POST", f"/api/v1/decisions/{ANY}/sign-off", JUDGEMENT, KEY, scope=None, roles=SIGNERS),
    Endpoint(
        "POST", f"/api/v1/decisions/{ANY}/extend", {"minutes": 5}, {"Idempotency-Key": "extend"}, None, roles=APPROVERS
    ),
    Endpoint(
        "POST",
        f"/api/v1/decisions/{ANY}/comments",
        {"text": "Hm."},
        {"Idempotency-Key": "comment"},
        None,
        roles=("responder", "manager", "executive", "auditor"),
    ),
    Endpoint(
        "POST",
        f"/api/v1/decisions/{ANY}/review",
        {"finding": "closed", "reason": "Looked at it.", "version": 1},
        KEY | {"Idempotency-Key": "review"},
        None,
        roles=APPROVERS,
    ),
    Endpoint(
        "POST",
        "/api/v1/vetoes",
        {"episode": "inc-1", "until": 1},
        {"Idempotency-Key": "vetoes"},
        None,
        roles=APPROVERS,
    ),
    Endpoint(
        "POST",
        "/api/v1/freezes",
        {"scope": {"kind": "everything"}},
        {"Idempotency-Key": "stop"},
        None,
        roles=STOPPERS,
    ),
    Endpoint("POST", f"/api/v1/freezes/{ANY}/lift", {}, {"Idempotency-Key": "lift"}, None, roles=SIGNERS),
    Endpoint(
        "POST",
        "/api/v1/policy/versions",
        {"document": factories.policy(name="Next"), "reason": "Another line is better."},
        KEY | {"Idempotency-Key": "draft"},
        None,
        roles=DRAFTERS,
    ),
    Endpoint(
        "POST",
        f"/api/v1/policy/drafts/{ANY}/activate",
        {},
        KEY | {"Idempotency-Key": "activate"},
        None,
        roles=("executive",),
    ),
    Endpoint(
        "POST",
        f"/api/v1/policy/drafts/{ANY}/withdraw",
        {},
        KEY | {"Idempotency-Key": "draft-back"},
        None,
        roles=("manager", "executive", "admin"),
    ),
    Endpoint(
        "POST",
        "/api/v1/erasures",
        {
            "of": {"kind": "decision", "id": ANY},
            "basis": "subject_request",
            "authority": "Letter of 21 November",
            "reason": "They asked for it.",
        },
        {"Idempotency-Key": "erase"},
        None,
        roles=("admin",),
    ),
    Endpoint(
        "POST",
        "/api/v1/legal-holds",
        {"scope": {"kind": "everything"}, "reason": "A court asks for it."},
        {"Idempotency-Key": "keep"},
        None,
        roles=KEEPERS,
    ),
    Endpoint(
        "POST",
        f"/api/v1/legal-holds/{ANY}/lift",
        {"reason": "The court has closed it."},
        {"Idempotency-Key": "let-go"},
        None,
        roles=KEEPERS,
    ),
    *_board_registers(),
    Endpoint("POST", f"/api/v1/decisions/{ANY}/calls/next", {}, {"Idempotency-Key": "call"}, None, roles=APPROVERS),
    Endpoint("POST", "/api/v1/groups/approvers/on-call", {"people": []}, scope=None, roles=HANDLERS),
    Endpoint("POST", "/api/v1/alarms/0/acknowledge", {}, scope=None, roles=HANDLERS),
    Endpoint("POST", "/api/v1/alarms/0/clear", {}, scope=None, roles=HANDLERS),
    Endpoint("POST", "/api/v1/ledger-checks", {}, scope=None, roles=("auditor", "admin")),
    Endpoint("GET", "/api/v1/reports", scope=None, roles=BOARD),
    Endpoint("POST", "/api/v1/reports", {"period": "2026-01"}, scope=None, roles=BOARD),
    Endpoint("GET", f"/api/v1/reports/{ANY}", scope=None, roles=BOARD),
    Endpoint("GET", f"/api/v1/reports/{ANY}/report.pdf", scope=None, roles=BOARD),
    Endpoint("GET", f"/api/v1/reports/{ANY}/downloads", scope=None, roles=BOARD),
    Endpoint(
        "POST", f"/api/v1/reports/{ANY}/attestations", {"page": 1, "attests": True}, KEY, scope=None, roles=("manager",)
    ),
    Endpoint(
        "POST", f"/api/v1/reports/{ANY}/issue", {}, KEY | {"Idempotency-Key": "i"}, scope=None, roles=("executive",)
    ),
]
READERS = ("responder", "manager", "executive", "auditor")
OTHERS = [
    *(Endpoint("GET", f"/api/v1/board/{of}{rest}", roles=READERS) for of in Board for rest in ("", f"/{ANY}")),
    Endpoint("GET", "/api/v1/entries/0/receipt?wait=0"),
    Endpoint("GET", f"/api/v1/decisions/{ANY}"),
    Endpoint("GET", f"/api/v1/decisions/{ANY}/calls"),
    Endpoint("GET", f"/api/v1/decisions/{ANY}?wait=0"),
    Endpoint("POST", "/api/v1/policy/evaluate", {"action": factories.action()}, scope=Scope.PROPOSE),
    Endpoint("POST", "/api/v1/events", factories.event(id="e", decision="d"), scope=Scope.REPORT, people=False),
    Endpoint(
        "POST", "/api/v1/proposals", factories.data(decision="p"), {"Idempotency-Key": "k"}, Scope.PROPOSE, people=False
    ),
]
COMMAND = {"Idempotency-Key": "k"}
AGENTS = [
    Endpoint(method, path, body, COMMAND if method == "POST" else {}, scope, people=False)
    for method, path, body, scope in (
        (
            "POST",
            f"/api/v1/decisions/{ANY}/claim",
            {"claim_key": "c", "action_hash": "sha256:" + "0" * 64, "executor": "here"},
            Scope.CLAIM,
        ),
        ("POST", f"/api/v1/decisions/{ANY}/withdraw", {}, Scope.PROPOSE),
        ("POST", f"/api/v1/leases/{ANY}/heartbeat", {"fencing": 1}, Scope.CLAIM),
        ("POST", f"/api/v1/leases/{ANY}/outcome", {"fencing": 1, "status": "succeeded"}, Scope.CLAIM),
        ("GET", "/api/v1/revert-orders", None, Scope.CLAIM),
        ("POST", f"/api/v1/revert-orders/{ANY}/ack", {"fencing": 1}, Scope.CLAIM),
        ("POST", f"/api/v1/revert-orders/{ANY}/outcome", {"fencing": 1, "status": "failed"}, Scope.CLAIM),
    )
]
ENDPOINTS = [*READS, *PEOPLES, *OTHERS, *AGENTS]
TAKE_A_BODY = [endpoint for endpoint in ENDPOINTS if endpoint.method == "POST"]
