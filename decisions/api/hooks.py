"""POST /hooks/<system>: what vendors' systems send, unchanged. Thin; what it means is for the mappings and the assembly."""

from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from msgspec import Struct

from decisions import clock, register
from decisions.api.describing import Operation
from decisions.api.hot import SMALL, Answer, Request
from decisions.auth import keys, sources
from decisions.errors import Problem, unauthorized
from decisions.feed import in_parser, outcome_of
from decisions.intake import assembly, cloudevents, in_force, mapping, signatures, tally
from decisions.intake.assembly import OPENTELEMETRY, Assembled, Sender
from decisions.intake.receive import receive_assembled
from decisions.intake.signatures import Scheme
from decisions.vocab import Scope


class Received(Struct):
    """What became of the records of one request."""

    accepted: int
    duplicates: int
    ignored: int
    """Known, and of no interest here: a dry run, a heartbeat."""
    looks: int
    """Read-only calls, which are counted and not kept one by one."""
    first_seq: int | None
    last_seq: int | None


POST_HOOK = Operation(
    "postHook",
    "Hand in what another system sends, unchanged",
    "agents",
    Received,
    takes={"application/json": {}},
    headers={"Content-Encoding": False},
    problems=(400, 404, 405, 409, 413, 415, 429, 503),
    paths={"system": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"}},
    detail=(
        "`system` is a shipped format or one of your own. The sender shows the secret of a source (bearer, basic password "
        "or X-Api-Key), signs the raw body with it as the system does, or shows an agent's key. A request is all or "
        "nothing: a bad record names its index. A record that comes again is a duplicate, whatever else it says."
    ),
)


async def post_hook(request: Request) -> Answer:
    """Record what the body says, all or none. Answers when it is durable."""
    system = request.scope["path"].removeprefix("/hooks/")
    await refuse_strangers(request, system)
    body = await request.body(settings.EVENTS_BODY_LIMIT)
    took = await in_parser(_take, system, request.headers, body)
    return 200, await answer_of(took)


@dataclass(frozen=True, slots=True)
class Took:
    """What a request holds, and how much of it is of no interest."""

    assembled: Assembled
    ignored: int
    body: bytes


def _take(system: str, headers: Table[str, str], body: bytes) -> Took:
    form = in_force.mapping_of(system)
    sender = sender_of(system, headers, body, form.document.signature)
    try:
        plain = cloudevents.unpack(body, headers.get("content-encoding", "").strip().lower(), limit=limit_of(form))
        taken = mapping.take(form, headers, plain)
        return Took(assembly.prepare(sender, taken.readings, register.latest()), len(taken.ignored), plain)
    except Problem as problem:
        tally.refuse(sender.principal, problem, body)
        raise


def limit_of(form: mapping.Mapping) -> int:
    return min(form.document.body_limit, settings.EVENTS_BODY_LIMIT)


async def answer_of(took: Took) -> dict[str, Any]:
    """Record what was taken, count it for its source, and say what became of it. Raises what the spine raises."""
    assembled = took.assembled
    who = assembled.sender.principal
    lag = max(clock.local() - assembled.latest, timedelta()) if assembled.latest is not None else None
    ignored, looks = took.ignored, assembled.looks + assembled.nobody
    if not assembled.weight:
        tally.count(who, ignored=ignored, looks=looks)
        nothing = {"accepted": 0, "duplicates": 0, "first_seq": None, "last_seq": None}
        return nothing | {"ignored": ignored, "looks": looks}
    try:
        counts = await outcome_of(receive_assembled(assembled))
    except Problem as problem:
        tally.refuse(who, problem, took.body)
        raise
    accepted, again = counts["accepted"], counts["duplicates"]
    tally.count(who, lag=lag, records=accepted, duplicates=again, ignored=ignored, looks=looks)
    return {**counts, "ignored": ignored, "looks": looks}


# -- who sends


async def refuse_strangers(request: Request, system: str) -> None:
    """Raise 401 before a large body is read of a sender who shows nothing and has nothing to sign it with.

    What large bodies take of the room that everybody shares is for those who are known.
    """
    stated = request.headers.get("content-length", "")
    if not stated.isdigit() or int(stated) > SMALL:
        await in_parser(_expected, system, request.headers)


def _expected(system: str, headers: Table[str, str]) -> None:
    scheme = Scheme.BEARER if system == OPENTELEMETRY else in_force.mapping_of(system).document.signature
    if scheme is Scheme.BEARER or not sources.valid(system):
        sender_of(system, headers, b"", Scheme.BEARER)


def sender_of(system: str, headers: Table[str, str], body: bytes, scheme: Scheme) -> Sender:
    """The source or agent behind a request. Raises a 401 problem that says nothing of what was wrong."""
    header = headers.get("authorization", "")
    if header[:10].lower() == "bearer gk_":
        agent = keys.authenticate(header)
        agent.require(Scope.REPORT)
        return Sender(agent.principal, system, agent.agent_id)
    held = sources.valid(system)
    source = sources.holder(sources.shown(headers), held)
    if source is None and scheme is not Scheme.BEARER:
        now = clock.now()
        source = next((one.source for one in held if _signed(scheme, one.secret, headers, body, now)), None)
    if source is None:
        raise unauthorized("Show the secret of a source of this system, sign the body with it, or show an agent's key.")
    return Sender(f"source:{source.slug}", system, source.agent_id)


def _signed(scheme: Scheme, secret: str, headers: Table[str, str], body: bytes, now: Any) -> bool:
    try:
        signatures.verify(scheme, secret.encode(), headers, body, now)
    except Problem:
        return False
    return True
