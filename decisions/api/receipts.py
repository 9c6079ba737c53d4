"""GET /api/v1/entries/{seq}/receipt: the proof that an entry is in the ledger, at once or when it is signed."""

import asyncio
import time
from urllib.parse import parse_qs

from decisions import hints, proofs
from decisions.api.describing import Json, Operation
from decisions.api.hot import Answer, Request, Text
from decisions.auth.keys import AgentPrincipal, authenticate
from decisions.auth.people import has_a_role
from decisions.auth.session import person_of_cookies
from decisions.errors import Problem, bad_request, forbidden, not_found, unauthorized
from decisions.feed import in_reader
from decisions.vocab import Scope

MAX_WAIT = 55
POLL_SECONDS = 0.25
WAIT: Json = {"type": "integer", "minimum": 0, "maximum": MAX_WAIT}
GET_RECEIPT = Operation(
    "getReceipt",
    "The proof that an entry is in the signed ledger, as a tlog-proof",
    "both",
    media=("text/plain",),
    query={"wait": WAIT},
    problems=(400, 404, 405),
    detail=(
        "A C2SP tlog-proof: index, audit path and the newest checkpoint with all its signatures; its extra line holds the "
        "entry's bytes, so that it can be checked offline with nothing but the ledger's policy. 404 not-signed until a checkpoint "
        "covers the entry; with wait=<seconds> the checkpoint is made at once and waited for. A key without the scope read "
        "gets the receipts of its own agent's entries."
    ),
)


async def get_receipt(request: Request) -> Answer:
    """The receipt, or a 404 problem when `wait` seconds have brought no checkpoint that covers the entry."""
    actor = await in_reader(_allowed, request.headers)
    wait = _wait(request.scope["query_string"])
    seq = _seq(request.scope["path"])
    until = time.monotonic() + wait
    while True:
        left = until - time.monotonic()
        try:
            text = await in_reader(proofs.receipt, seq, actor=actor)
        except Problem as problem:
            if problem.slug != "not-signed" or left <= 0:
                raise
        else:
            name = f'attachment; filename="entry-{seq}.tlog-proof"'
            return 200, Text(text, {"Content-Disposition": name})
        await in_reader(hints.checkpoint_wanted)
        await asyncio.sleep(min(left, POLL_SECONDS))


def _wait(raw: bytes) -> int:
    query = parse_qs(raw.decode("latin-1"), keep_blank_values=True)
    if set(query) - {"wait"} or len(query.get("wait", ())) > 1:
        raise bad_request("The one known parameter is wait, once.", "unknown-filter")
    text = query.get("wait", ["0"])[0]
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > MAX_WAIT:
        raise bad_request(f"wait must be a whole number from 0 to {MAX_WAIT}.")
    return int(text)


def _seq(path: str) -> int:
    text = path.split("/")[-2]
    if len(text) > 16 or (len(text) > 1 and text[0] == "0"):
        raise not_found("entry")
    return int(text)


def _allowed(headers: dict[str, str]) -> str:
    """The actor whose entries alone the caller may have receipts of; empty for all."""
    if headers.get("authorization"):
        agent: AgentPrincipal = authenticate(headers["authorization"])
        return "" if Scope.READ in agent.scopes else agent.principal
    person = person_of_cookies(headers.get("cookie", ""))
    if person is None:
        raise unauthorized()
    if not has_a_role(person):
        raise forbidden("Your account has no role yet. Ask an administrator for one.", "role")
    return ""
