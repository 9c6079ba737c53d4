"""Entries of the ledger over the API: found by what names them, and one with what proves it."""

from typing import Any, Literal

from django.urls import reverse
from msgspec import Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api.representation import time
from approvals.queries import entry as entries
from approvals.queries.find import LIMIT as TEXT_LIMIT
from approvals.queries.find import find
from decisions import queries
from decisions.api.base import ApiView, asked
from decisions.api.describing import LIMIT, WHOLE, Operation, describe
from decisions.api.shapes import Id, Moment, Whole
from decisions.auth.api import Readers, agent_of, person
from decisions.errors import not_found
from decisions.proofs import Proof
from decisions.queries import MAX_LIMIT, whole


class EntryRow(Struct):
    seq: Whole
    kind: str
    at: Moment
    leaf: str
    url: str


class EntryList(Struct):
    """`next` is the cursor of what comes after: older entries, or for a hash those among which it was not looked for."""

    items: list[EntryRow]
    next: str | None


class PathStep(Struct):
    """A hash of the audit path, on which side it stands, and the entries under it: `first` up to but not including `end`."""

    hash: str
    side: Literal["left", "right"]
    first: Whole
    end: Whole


class InclusionProof(Struct):
    """The path from the leaf to the root of the newest checkpoint."""

    size: Whole
    root: str
    path: list[PathStep]


class CoveringCheckpoint(Struct):
    """The first checkpoint that covers the entry."""

    size: Whole
    at: Moment


class EntryLinks(Struct):
    page: str
    receipt: str
    decision: str | None


class LedgerEntry(Struct):
    """`body` is what is hashed. `withheld` names what the caller does not see; `missing` counts what nobody erased and is gone."""

    seq: Whole
    id: Id
    kind: str
    at: Moment
    actor: str
    leaf: str
    hashed: bool
    body: str
    disclosed: dict[str, Any]
    withheld: list[str]
    erased: list[str]
    missing: Whole
    decision: Id | None
    checkpoint: CoveringCheckpoint | None
    proof: InclusionProof | None
    fault: str | None
    links: EntryLinks


class Entries(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "listEntries",
            "Entries, the newest first, or those that `q` names",
            "both",
            EntryList,
            query={"q": {"type": "string", "maxLength": TEXT_LIMIT}, "cursor": WHOLE, "limit": LIMIT},
            problems=(400,),
            detail=(
                "`q` is a number, an id, a leaf hash in hexadecimal or base64, or the id or the agent's name of a decision, which leads "
                "to its first entry. A hash is looked for among four million entries at a time, the newest first: where none "
                "is found, `next` goes on with older ones."
            ),
        )
    )
    def get(self, request: Request) -> Response:
        given = asked(request, "q", "cursor", "limit")
        size = whole(given.get("limit", "50"), "limit", least=1, most=MAX_LIMIT)
        before = whole(given["cursor"], "cursor", least=0, most=2**53) if "cursor" in given else None
        if "q" in given:
            matches = find(given["q"], before)
            seqs = list(dict.fromkeys(match.seq for match in matches.found))
            rows = [row for seq in seqs for row in queries.leaves(seq, seq)]
            following = matches.before
        else:
            end = queries.head().size if before is None else min(before, queries.head().size)
            following = max(0, end - size)
            rows = queries.leaves(following, end - 1)
        return Response({"items": [listed(row) for row in rows], "next": str(following) if following else None})


class OneEntry(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getEntry",
            "An entry with what it discloses and what proves it",
            "both",
            LedgerEntry,
            problems=(404,),
            detail=(
                "The row as it lies there: `hashed` and `fault` say where it is not what it was. Values are for people who see "
                "them on a decision's page; keys get none."
            ),
        )
    )
    def get(self, request: Request, seq: int) -> Response:
        viewer = None if agent_of(request) else person(request).id
        found = entries.load(seq, viewer)
        if found is None:
            raise not_found("entry")
        return Response(shown(found), headers={"Cache-Control": "no-store"})


def listed(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "seq": row["seq"],
        "kind": row["kind"],
        "at": time(row["ts"]),
        "leaf": row["leaf"].hex(),
        "url": reverse("api:entry", args=[row["seq"]]),
    }


def shown(page: entries.EntryPage) -> dict[str, Any]:
    row, decision = page.row, page.decision
    return {
        "seq": row.seq,
        "id": str(row.id),
        "kind": row.kind,
        "at": time(row.at),
        "actor": str(page.envelope.get("actor", "")),
        "leaf": row.leaf.hex(),
        "hashed": page.hashed,
        "body": row.body.decode(errors="replace"),
        "disclosed": {value.name: value.value for value in page.values if value.text is not None},
        "withheld": [value.name for value in page.values if value.text is None],
        "erased": sorted({name for item in page.erased for name in item["names"]}),
        "missing": page.missing,
        "decision": str(decision.id) if decision else None,
        "checkpoint": {"size": page.covered.size, "at": time(page.covered.at)} if page.covered else None,
        "proof": _proof(page.proof) if page.proof else None,
        "fault": page.fault or None,
        "links": {
            "page": reverse("approvals:entry", args=[row.seq]),
            "receipt": f"/api/v1/entries/{row.seq}/receipt",
            "decision": reverse("api:decision", args=[decision.id]) if decision else None,
        },
    }


def _proof(proof: Proof) -> dict[str, Any]:
    path = [
        {
            "hash": step.sibling.hex(),
            "side": "left" if step.left else "right",
            "first": step.first,
            "end": step.end,
        }
        for step in proof.steps
    ]
    return {"size": proof.checkpoint.size, "root": proof.checkpoint.root.hex(), "path": path}
