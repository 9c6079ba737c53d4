"""POST /v1/traces and /v1/logs: what OpenTelemetry exporters send, in both encodings, answered as the protocol has it."""

from collections.abc import Callable, Mapping
from functools import partial

from django.conf import settings

from decisions import register
from decisions.api.describing import Operation
from decisions.api.hooks import Took, answer_of, refuse_strangers, sender_of
from decisions.api.hot import Answer, Raw, Request
from decisions.api.problems import as_problem, headers_of
from decisions.errors import Problem
from decisions.feed import in_parser
from decisions.intake import assembly, cloudevents, otlp, tally
from decisions.intake.assembly import OPENTELEMETRY
from decisions.intake.otlp import Batch
from decisions.intake.signatures import Scheme

Read = Callable[[str, bytes], Batch]
MEDIA = ("application/x-protobuf", "application/json")
SAMPLE = 1000


def _operation(id_: str, what: str) -> Operation:
    return Operation(
        id_,
        f"Hand in {what} of OpenTelemetry, as exporters send them",
        "agents",
        media=MEDIA,
        takes={"application/x-protobuf": {"type": "string", "format": "binary"}, "application/json": {}},
        headers={"Content-Encoding": False},
        problems=(400, 405, 409, 413, 415, 429, 503),
        refused=MEDIA,
        detail=(
            "OTLP/HTTP, binary or JSON, packed by gzip or not; at most 16 MiB packed and 64 MiB unpacked. Calls of tools "
            "become decisions, with what the model said before them; read-only calls are counted; other records are "
            "ignored. A refusal is a google.rpc.Status in the encoding of the request. Takes an agent's key with the "
            "scope report, or the secret of a source."
        ),
    )


POST_TRACES = _operation("postTraces", "traces")
POST_LOGS = _operation("postLogs", "logs")


async def post_traces(request: Request) -> Answer:
    return await _post(request, otlp.read_traces, logs=False)


async def post_logs(request: Request) -> Answer:
    return await _post(request, otlp.read_logs, logs=True)


async def _post(request: Request, read: Read, *, logs: bool) -> Answer:
    """Record what is ours, all or none, and say in the protocol's words what was not taken."""
    media = request.headers.get("content-type", "")
    # What cannot be told is answered in the encoding that people can read.
    encoding = MEDIA[1]
    try:
        encoding = otlp.encoding_of(media)
        await refuse_strangers(request, OPENTELEMETRY)
        body = await request.body(settings.EVENTS_BODY_LIMIT)
        took, rejected = await in_parser(partial(_take, request.headers, body, media, read))
        await answer_of(took)
    except Exception as error:
        problem = as_problem(error)
        if problem is None:
            raise
        request.answered |= headers_of(problem)
        return problem.status, Raw(otlp.refused(encoding, problem), encoding)
    return 200, Raw(otlp.taken(encoding, rejected, logs=logs), encoding)


def _take(headers: Mapping[str, str], body: bytes, media: str, read: Read) -> tuple[Took, otlp.Rejected]:
    sender = sender_of(OPENTELEMETRY, headers, body, Scheme.BEARER)
    try:
        encoding = headers.get("content-encoding", "").strip().lower()
        plain = cloudevents.unpack(body, encoding, limit=settings.OTLP_UNPACKED_LIMIT)
        batch = read(media, plain)
        assembled = assembly.prepare(sender, batch.readings, register.latest())
    except Problem as problem:
        tally.refuse(sender.principal, problem, body)
        raise
    return Took(assembled, batch.ignored, plain[:SAMPLE]), batch.rejected
