"""Decisions: the list, its exports, and one of them. It must not change any."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import access
from approvals.api import exports
from approvals.api.representation import represent, represent_whole
from approvals.api.shapes import Decision as DecisionShape
from approvals.api.shapes import DecisionPage
from approvals.queries.decision import load
from decisions import clock, feed, lists, register
from decisions.api.base import ApiView, asked, etag
from decisions.api.describing import LIMIT, MOMENT, WHOLE, Json, Operation, describe, several, words
from decisions.api.streaming import streamed
from decisions.auth.api import Callers, Readers, agent_of, caller
from decisions.auth.keys import AgentPrincipal
from decisions.errors import not_found
from decisions.vocab import ENVIRONMENTS, TIERS, Basis, Level, Outcome, Risk, SignOff, State

TEXT: Json = {"type": "string", "maxLength": 200}
FLAG = words(["true", "false"])
FILTERS: dict[str, Json] = {
    "service": TEXT,
    "environment": TEXT,
    "environment_class": several(ENVIRONMENTS),
    "kind": TEXT,
    "episode": TEXT,
    "agent": TEXT,
    "tier": several(TIERS),
    "state": several(State),
    "level": several(Level),
    "ruled": several(Level),
    "risk": several(Risk),
    "outcome": several(Outcome),
    "basis": several(Basis),
    "sign_off": several(SignOff),
    "proposed": FLAG,
    "beyond": FLAG,
    "replayed": FLAG,
    "from": MOMENT,
    "to": MOMENT,
    "q": TEXT,
}
FILTERED = "Filters are joined by and; where one takes several values, by commas. `q` looks for its words in title, service, episode and the agent's own name for the decision."


def reads_account(request: Request) -> bool:
    """Whether who calls may read the agents' words and the parameters. Keys have been asked for their scope before."""
    who = caller(request)
    return isinstance(who, AgentPrincipal) or access.may(register.latest(), who.id, access.READS_ACCOUNT)


class Decisions(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "listDecisions",
            "Decisions, newest first",
            "both",
            DecisionPage,
            query={**FILTERS, "cursor": WHOLE, "limit": LIMIT},
            problems=(400,),
            detail=(
                f"{FILTERED} A page looks through so many decisions at most: it may hold fewer than `limit`, or none, while "
                "`next` says how to go on. Without the agents' words: ask for one decision, or export them."
            ),
        )
    )
    def get(self, request: Request) -> Response:
        given, now, seq = asked(request), clock.now(), feed.head_seq()
        page = lists.page(lists.asked_for(given, now), given.get("cursor", ""), given.get("limit", ""))
        known = register.latest()
        items = [represent(row, now, account=False, known=known) for row in page.rows]
        return Response({"seq": seq, "items": items, "next": page.next_cursor})


class DecisionsFile(ApiView):
    """Every decision that the filters let through, in one file, sent as it is read."""

    permission_classes = [Readers]
    form: exports.Form

    def get(self, request: Request) -> HttpResponseBase:
        given, now = asked(request, *FILTERS), clock.now()
        chunks = self.form.write(lists.asked_for(given, now), now, account=reads_account(request))
        name = f"decisions-{now:%Y%m%dT%H%M%SZ}.{self.form.suffix}"
        return streamed(request._request, chunks, media=self.form.media, filename=name)  # noqa: SLF001


def _file(id_: str, summary: str, media: str) -> Operation:
    return Operation(id_, summary, "both", media=(media,), query=FILTERS, problems=(400,), detail=FILTERED)


class DecisionsCsv(DecisionsFile):
    form = exports.CSV

    @describe(_file("exportDecisionsCsv", "Decisions as CSV, for a spreadsheet", "text/csv"))
    def get(self, request: Request) -> HttpResponseBase:
        return super().get(request)


class DecisionsJsonLines(DecisionsFile):
    form = exports.JSON_LINES

    @describe(_file("exportDecisionsJsonLines", "Decisions as JSON, one a line", "application/jsonl"))
    def get(self, request: Request) -> HttpResponseBase:
        return super().get(request)


class OneDecision(ApiView):
    permission_classes = [Callers]

    @describe(
        Operation(
            "getDecision",
            "One decision; with `wait`, as soon as it changes",
            "both",
            DecisionShape,
            also=(304,),
            query={"wait": {"type": "integer", "minimum": 0, "maximum": 55}, "after": WHOLE},
            headers={"If-None-Match": False},
            problems=(400, 404),
            detail=(
                "An agent reads its own decisions, with any key. With `wait` (seconds) it is answered when the version "
                "is above `after`, else when the time is over; history, verdicts and sign-offs are then left out."
            ),
        )
    )
    def get(self, request: Request, decision_id: UUID) -> HttpResponseBase:
        asked(request, "wait", "after")
        agent = agent_of(request)
        page = load(decision_id, clock.now())
        if page is None or (agent is not None and page.row.agent_id != agent.agent_id):
            raise not_found("decision")
        tag = etag(page.row.version)
        headers = {"ETag": tag, "Cache-Control": "no-store"}
        if request.headers.get("If-None-Match", "").strip().removeprefix("W/") == tag:
            return HttpResponse(status=304, headers=headers)
        body: dict[str, Any] = represent_whole(page, account=reads_account(request))
        return Response(body, headers=headers)
