"""What the protocol answers: nothing where all was taken, how much was not, or why the request was refused. Pure; it must not say more."""

import json

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from decisions.errors import Problem
from decisions.intake.otlp.records import Rejected

JSON = "application/json"
PROTOBUF = "application/x-protobuf"

_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 413: 3, 415: 3, 429: 8, 503: 14}
"""The codes of google.rpc for the statuses that we answer with."""
_UNKNOWN = 2


def encoding_of(content_type: str) -> str:
    """The encoding that a request is in, and its answer. Raises a 415 problem for any other."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in {JSON, PROTOBUF}:
        return kind
    raise Problem(
        415,
        "unsupported-media-type",
        "The body's type is not one that we read",
        f"Send it as {PROTOBUF} or {JSON}.",
    )


def taken(encoding: str, rejected: Rejected, *, logs: bool = False) -> bytes:
    """The answer to a request that was taken, but for the records counted in `rejected`."""
    name = "rejectedLogRecords" if logs else "rejectedSpans"
    if encoding == JSON:
        if not rejected.count:
            return b"{}"
        # 64-bit integers are texts in the protocol's JSON.
        return json.dumps({"partialSuccess": {name: str(rejected.count), "errorMessage": rejected.why}}).encode()
    if logs:
        of_logs = ExportLogsServiceResponse()
        if rejected.count:
            of_logs.partial_success.rejected_log_records = rejected.count
            of_logs.partial_success.error_message = rejected.why
        return bytes(of_logs.SerializeToString())
    of_spans = ExportTraceServiceResponse()
    if rejected.count:
        of_spans.partial_success.rejected_spans = rejected.count
        of_spans.partial_success.error_message = rejected.why
    return bytes(of_spans.SerializeToString())


def refused(encoding: str, problem: Problem) -> bytes:
    """The answer to a request that was refused: a google.rpc.Status."""
    code = _CODES.get(problem.status, _UNKNOWN)
    message = f"{problem.title}. {problem.detail}".strip()
    if encoding != PROTOBUF:
        return json.dumps({"code": code, "message": message}).encode()
    text = message.encode()
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)
