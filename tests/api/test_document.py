"""The OpenAPI document and docs/api.md say what is served: every address, every shape, every type of problem."""

import ast
import json
import re
from collections import defaultdict
from typing import Any

import msgspec
import pytest
from django.urls import URLPattern, get_resolver
from drf_spectacular.validation import validate_schema
from rest_framework.permissions import BasePermission

from approvals.api import shapes
from approvals.api.decisions import FILTERS
from approvals.api.gate import ROUTES
from decisions import lists
from decisions.api.base import ApiView
from decisions.api.problem_types import PROBLEM_TYPES
from decisions.models import Agent, Person
from oversight import api_urls
from oversight.routing import _EXACT
from tests import factories
from tests.api.conftest import Api
from tests.contracts.tree import python_files, text

UNDOCUMENTED = {"/api/schema/", "/(?:api|problems|ledger/tile)/"}
OPERATIONS = {
    "acknowledgeAlarm": "POST /api/v1/alarms/{seq}/acknowledge",
    "acknowledgeRevert": "POST /api/v1/revert-orders/{decision_id}/ack",
    "activatePolicyDraft": "POST /api/v1/policy/drafts/{draft_id}/activate",
    "checkLedger": "POST /api/v1/ledger-checks",
    "callNext": "POST /api/v1/decisions/{decision_id}/calls/next",
    "claim": "POST /api/v1/decisions/{decision_id}/claim",
    "clearAlarm": "POST /api/v1/alarms/{seq}/clear",
    "comment": "POST /api/v1/decisions/{decision_id}/comments",
    "draftPolicy": "POST /api/v1/policy/versions",
    "erase": "POST /api/v1/erasures",
    "evaluatePolicy": "POST /api/v1/policy/evaluate",
    "exportDecisionsCsv": "GET /api/v1/decisions.csv",
    "exportDecisionsJsonLines": "GET /api/v1/decisions.jsonl",
    "extendHold": "POST /api/v1/decisions/{decision_id}/extend",
    "finishRevert": "POST /api/v1/revert-orders/{decision_id}/outcome",
    "getCheckpoint": "GET /ledger/checkpoint",
    "getEntry": "GET /api/v1/entries/{seq}",
    "getEntryBundle": "GET /ledger/tile/entries/{name}",
    "getLedgerCheck": "GET /api/v1/ledger-checks/{check_id}",
    "getLedgerPolicy": "GET /ledger/policy",
    "getDecision": "GET /api/v1/decisions/{decision_id}",
    "getPolicy": "GET /api/v1/policy",
    "getPolicyDraft": "GET /api/v1/policy/drafts/{draft_id}",
    "getPolicyVersion": "GET /api/v1/policy/versions/{version}",
    "getProblemType": "GET /problems/{slug}",
    "getReceipt": "GET /api/v1/entries/{seq}/receipt",
    "getReport": "GET /api/v1/reports/{report_id}",
    "getReportFile": "GET /api/v1/reports/{report_id}/report.{extension}",
    "getTile": "GET /ledger/tile/{level}/{name}",
    "getTimeline": "GET /api/v1/timeline",
    "getTimelineBins": "GET /api/v1/timeline/bins",
    "getTimelineLanes": "GET /api/v1/timeline/lanes",
    "getVerdictKeys": "GET /.well-known/jwks.json",
    "giveVerdict": "POST /api/v1/decisions/{decision_id}/verdicts",
    "heartbeat": "POST /api/v1/leases/{lease_id}/heartbeat",
    "liftFreeze": "POST /api/v1/freezes/{freeze_id}/lift",
    "liftLegalHold": "POST /api/v1/legal-holds/{hold_id}/lift",
    "listAgents": "GET /api/v1/agents",
    "handOver": "POST /api/v1/groups/{slug}/on-call",
    "listAlarms": "GET /api/v1/alarms",
    "listCalls": "GET /api/v1/decisions/{decision_id}/calls",
    "listDecisions": "GET /api/v1/decisions",
    "listEntries": "GET /api/v1/entries",
    "listErasures": "GET /api/v1/erasures",
    "listFreezes": "GET /api/v1/freezes",
    "listGroups": "GET /api/v1/groups",
    "listLedgerChecks": "GET /api/v1/ledger-checks",
    "listLegalHolds": "GET /api/v1/legal-holds",
    "listPolicyDrafts": "GET /api/v1/policy/drafts",
    "listPolicyVersions": "GET /api/v1/policy/versions",
    "attestReport": "POST /api/v1/reports/{report_id}/attestations",
    "issueReport": "POST /api/v1/reports/{report_id}/issue",
    "listReportDownloads": "GET /api/v1/reports/{report_id}/downloads",
    "listReports": "GET /api/v1/reports",
    "listRevertOrders": "GET /api/v1/revert-orders",
    "listServices": "GET /api/v1/services",
    "postEvents": "POST /api/v1/events",
    "postHook": "POST /hooks/{system}",
    "postLogs": "POST /v1/logs",
    "postTraces": "POST /v1/traces",
    "postProposal": "POST /api/v1/proposals",
    "replayPolicyDraft": "GET /api/v1/policy/drafts/{draft_id}/replay",
    "replayPolicyVersion": "GET /api/v1/policy/versions/{version}/replay",
    "reportOutcome": "POST /api/v1/leases/{lease_id}/outcome",
    "requestReport": "POST /api/v1/reports",
    "review": "POST /api/v1/decisions/{decision_id}/review",
    "setLegalHold": "POST /api/v1/legal-holds",
    "signOff": "POST /api/v1/decisions/{decision_id}/sign-off",
    "stop": "POST /api/v1/freezes",
    "vetoAll": "POST /api/v1/vetoes",
    "withdraw": "POST /api/v1/decisions/{decision_id}/withdraw",
    "withdrawPolicyDraft": "POST /api/v1/policy/drafts/{draft_id}/withdraw",
}
REGISTER_OPERATIONS = {
    "list{}": "GET /api/v1/board/{register}",
    "add{}": "POST /api/v1/board/{register}",
    "get{}Item": "GET /api/v1/board/{register}/{item_id}",
    "change{}Item": "POST /api/v1/board/{register}/{item_id}/change",
    "withdraw{}Item": "POST /api/v1/board/{register}/{item_id}/withdraw",
}
"""The same of each board register."""
STEMS = {
    "limits": "Limits",
    "mandates": "Mandates",
    "people-changes": "PeopleChanges",
    "incidents": "Incidents",
    "drills": "Drills",
    "restore-tests": "RestoreTests",
    "losses": "Losses",
    "duties": "Duties",
}
OF_REGISTERS = {
    name.format(stem): address.replace("{register}", register)
    for name, address in REGISTER_OPERATIONS.items()
    for register, stem in STEMS.items()
}
"""Names of operations are in clients that were generated from the document: one that is gone or renamed breaks them."""


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/api/schema/").json()
    return found


def operations(document: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        f"{method.upper()} {path}": (operation["operationId"], operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def served() -> set[str]:
    """Every path that Django's resolver has under /api/, and the rest of the API's own, as the document writes them."""
    found = (
        set(_EXACT) | {address for _, address, _, _ in ROUTES} | {"/api/v1/entries/{seq}/receipt", "/hooks/{system}"}
    )
    own = {pattern.pattern for pattern in api_urls.urlpatterns}
    for pattern in _patterns(get_resolver()):
        route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        route = "/" + route.removeprefix("^")
        if route.startswith("/api/") or pattern.pattern in own:
            found.add(route)
    return found


def _patterns(resolver: Any) -> list[URLPattern]:
    found: list[URLPattern] = []
    for item in resolver.url_patterns:
        found += [item] if isinstance(item, URLPattern) else _patterns(item)
    return found


def test_the_names_of_operations_are_stable(document: dict[str, Any]) -> None:
    assert {id_: address for address, (id_, _) in operations(document).items()} == OPERATIONS | OF_REGISTERS


def test_every_address_is_in_the_document_and_the_other_way_round(document: dict[str, Any]) -> None:
    assert served() - UNDOCUMENTED == set(document["paths"])


def test_each_method_of_a_view_is_in_the_document(document: dict[str, Any]) -> None:
    for pattern in api_urls.urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if path in document["paths"]:
            assert {name for name in ("get", "post") if hasattr(view, name)} == set(document["paths"][path])


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    """References lead somewhere, schemas are schemas, ids are unique, each operation says what may go wrong."""
    assert document["openapi"].startswith("3.1")
    validate_schema(document)
    components = document["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named <= set(components)
    assert set(components) <= named | {"ProblemDocument"}
    ids = [id_ for id_, _ in operations(document).values()]
    assert len(ids) == len(set(ids))
    for address, (_, operation) in operations(document).items():
        assert operation["summary"], address
        assert set(re.findall(r"{(\w+)}", address)) == {
            parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"
        }
        expected = {"401", "403"} if operation["security"] else set()
        assert expected <= set(operation["responses"]), address
        for status, answer in operation["responses"].items():
            assert answer["description"]
            if status >= "400":
                also = (
                    set()
                    if not address.endswith(("/v1/traces", "/v1/logs"))
                    else {"application/json", "application/x-protobuf"}
                )
                assert set(answer["content"]) == {"application/problem+json"} | also
    assert set(document["components"]["securitySchemes"]) == {"agentKey", "session"}


def test_every_filter_is_documented() -> None:
    assert set(FILTERS) == set(lists.FILTERS)


def test_every_view_says_who_may_call() -> None:
    """The framework's default is not relied on, and only what explains the API itself is open to all."""
    open_to_all = set()
    for pattern in api_urls.urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        if view is None or not issubclass(view, ApiView):
            continue
        rules = next(vars(cls)["permission_classes"] for cls in view.__mro__ if "permission_classes" in vars(cls))
        assert len(rules) == 1
        assert issubclass(rules[0], BasePermission)
        if rules[0].__name__ == "Anybody":
            open_to_all.add(view.__name__)
    assert open_to_all == {"ExplainProblem", "Unknown", "VerdictKeys"}


def test_what_is_answered_has_the_documented_shape(api: Api, agent: Agent, manager: Person) -> None:
    browser = api.as_person(manager)
    factories.send(agent, factories.event(decision="d", outcome={"status": "failed", "detail": "no quota"}))
    row = factories.propose(agent)
    factories.approve(row, manager)
    for path, shape in (
        ("/api/v1/decisions", shapes.DecisionPage),
        (f"/api/v1/decisions/{row.id}", shapes.Decision),
        (f"/api/v1/decisions/{factories.decision(agent, 'd').id}", shapes.Decision),
        (f"/api/v1/decisions/{row.id}?wait=0", shapes.Decision),
    ):
        body = browser.get(path).json()
        assert msgspec.to_builtins(msgspec.convert(body, shape, strict=True)) == body
    for line in browser.get("/api/v1/decisions.jsonl").text.splitlines():
        msgspec.json.decode(line, type=shapes.Decision)


DEFAULTS = {
    "bad_request": ("bad-request", 400),
    "too_large": ("too-large", 413),
    "unauthorized": ("unauthorized", 401),
    "forbidden": ("forbidden", 403),
    "not_found": ("not-found", 404),
    "changed_duplicate": ("changed-duplicate", 409),
    "not_stored": ("not-stored", 503),
    "ledger_disagreement": ("ledger-disagreement", 503),
}


def raised() -> dict[str, set[int]]:
    """slug → statuses of the problems that the code raises, read from the code."""
    found: dict[str, set[int]] = defaultdict(set)
    for path in python_files("decisions", "approvals", "oversight"):
        for node in ast.walk(ast.parse(text(path))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or path.name == "errors.py":
                continue
            name, given = node.func.id, node.args
            if name == "Problem" and len(given) > 1:
                for slug in _words(given[1]):
                    found[slug] |= set(_numbers(given[0]))
            elif name == "conflict":
                for slug in _words(given[0]):
                    found[slug].add(409)
            elif name in DEFAULTS:
                slug, status = DEFAULTS[name]
                for one in _words(given[1]) if name in ("bad_request", "forbidden") and len(given) > 1 else [slug]:
                    found[one].add(status)
    return found


def _numbers(node: ast.expr) -> list[int]:
    found = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return [value for value in found if isinstance(value, int)]


def _words(node: ast.expr) -> list[str]:
    """The texts that an argument may be: a constant, one of two, or a name that holds one of them."""
    if isinstance(node, ast.IfExp):
        return _words(node.body) + _words(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def test_every_type_of_problem_is_explained_and_no_other() -> None:
    code = raised() | {"unknown-field": {400}}
    assert {slug: set(meaning.statuses) for slug, meaning in PROBLEM_TYPES.items()} == code


def test_docs_list_every_endpoint() -> None:
    listed = re.findall(r"^\| `(GET|POST) (/[^`?]*)[^`]*` \|", text("docs/api.md"), re.MULTILINE)
    assert sorted(f"{method} {path}" for method, path in listed) == sorted(
        [*OPERATIONS.values(), *REGISTER_OPERATIONS.values()]
    )


def test_docs_list_every_type_of_problem() -> None:
    listed = re.findall(r"^\| `([a-z0-9-]+)` \| ([0-9, ]+) \| (.+) \|$", text("docs/api.md"), re.MULTILINE)
    assert [(slug, tuple(map(int, statuses.split(", "))), meaning) for slug, statuses, meaning in listed] == [
        (slug, meaning.statuses, meaning.meaning) for slug, meaning in PROBLEM_TYPES.items()
    ]
