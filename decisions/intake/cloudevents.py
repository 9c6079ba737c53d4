"""CloudEvents 1.0 over HTTP: structured, binary and batch. It must not interpret `data`."""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from decisions.canonical import MAX_DEPTH, NotStrictError, parse, stable
from decisions.errors import Problem, bad_request, too_large

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
ATTRIBUTES = frozenset(
    {
        "specversion",
        "id",
        "source",
        "type",
        "time",
        "subject",
        "datacontenttype",
        "dataschema",
        "data",
        "data_base64",
        "sequence",
        "sequencetype",
        "traceparent",
        "tracestate",
        "partitionkey",
    }
)
NULLABLE = ATTRIBUTES - {"data"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_QUOTED_PAIR = re.compile(r"\\(.)")
_FIRST_YEAR = 1970
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent: its attributes checked, its data parsed but not read."""

    id: str
    source: str
    type: str
    time: datetime | None
    subject: str
    sequence: int | None
    data: Any
    sha256: str
    """Hash of everything in the event: the same event sent again has the same."""


def unpack(body: bytes, encoding: str, *, limit: int) -> bytes:
    """`body` after its Content-Encoding. Raises 413 over `limit`, 415 for what we do not know."""
    if encoding in ("", "identity"):
        if len(body) > limit:
            raise too_large(limit)
        return body
    if encoding != "gzip":
        raise Problem(415, "unsupported-encoding", "The Content-Encoding is not known", "Send gzip or nothing.")
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, limit + 1)
    except zlib.error:
        raise bad_request("The body is not valid gzip.") from None
    if len(plain) > limit:
        raise too_large(limit, "unpacked body")
    if not stream.eof or stream.unused_data:
        raise bad_request("The gzip body is cut off or followed by other bytes.")
    return plain


def read_request(headers: Mapping[str, str], body: bytes, *, event_limit: int) -> list[Event]:
    """The events of one request; `headers` have lower-case names. Raises a Problem that names the bad event's index."""
    media, _, parameters = headers.get("content-type", "").partition(";")
    media = media.strip().lower()
    if "charset=" in parameters.lower() and "utf-8" not in parameters.lower():
        raise Problem(415, "unsupported-charset", "The body must be UTF-8")
    binary = "ce-specversion" in headers or "ce-id" in headers
    if media == BATCH or (media == "application/json" and not binary and body.lstrip()[:1] == b"["):
        # An event may be as deep in a batch as it may be alone.
        value = _parse(body, depth=MAX_DEPTH + 1)
        if not isinstance(value, list):
            raise bad_request("A batch is a JSON array of events.", "bad-event")
        return [_indexed(item, index, event_limit) for index, item in enumerate(value)]
    if media == STRUCTURED or (media == "application/json" and not binary):
        return [read_event(_parse(body), event_limit)]
    if binary:
        return [read_event(_from_headers(headers, media, body), event_limit)]
    raise Problem(
        415,
        "unsupported-media-type",
        "The Content-Type is not that of an event",
        f"Send {STRUCTURED}, {BATCH}, or the event's data with its attributes as ce- headers.",
    )


def _parse(body: bytes, *, depth: int = MAX_DEPTH) -> Any:
    try:
        return parse(body, depth=depth)
    except NotStrictError as error:
        raise bad_request(f"{error}.", "not-strict-json") from None


def _indexed(value: Any, index: int, limit: int) -> Event:
    try:
        return read_event(value, limit)
    except Problem as problem:
        problem.extra["index"] = index
        raise


def _from_headers(headers: Mapping[str, str], media: str, body: bytes) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in headers.items():
        if name.startswith("ce-"):
            made[name[3:]] = _header_text(name, value)
    if media:
        made["datacontenttype"] = media
    if body:
        made["data"] = _parse(body)
    return made


def _header_text(name: str, value: str) -> str:
    """An attribute from its header: quoted strings undone, then one round of percent-decoding (HTTP binding §3.1.3.2)."""
    if not value.isascii():
        raise bad_request(f"The header {name} must be ASCII; percent-encode the rest.", "bad-event")
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = _QUOTED_PAIR.sub(r"\1", value[1:-1])
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise bad_request(f"The header {name} is not UTF-8.", "bad-event") from None


def read_event(value: Any, limit: int) -> Event:
    """One decoded CloudEvent of at most `limit` bytes. Raises a Problem."""
    if not isinstance(value, dict):
        raise bad_request("An event is a JSON object.", "bad-event")
    whole = stable(value)
    if len(whole) > limit:
        raise too_large(limit, "event")
    found = {name: item for name, item in value.items() if item is not None or name not in NULLABLE}
    unknown = sorted(set(found) - ATTRIBUTES)
    if unknown:
        raise bad_request(f"The attribute {unknown[0][:60]!r} is not known.", "unknown-field")
    if found.get("specversion") != "1.0":
        raise bad_request('specversion must be "1.0".', "bad-event")
    for name in ("id", "source", "type", "subject", "time", "datacontenttype"):
        required = name in ("id", "source", "type")
        item = found.get(name, None if required else "")
        if not isinstance(item, str) or len(item) > 400 or (required and not item):
            raise bad_request(f"The attribute {name} must be a text of 1 to 400 characters.", "bad-event")
        if _CONTROL.search(item):
            # CloudEvents forbids them, and identities are joined by one.
            raise bad_request(f"The attribute {name} holds a control character.", "bad-event")
    return Event(
        id=found["id"],
        source=found["source"],
        type=found["type"],
        time=_time(found["time"]) if found.get("time") else None,
        subject=found.get("subject", ""),
        sequence=_sequence(found.get("sequence")),
        data=_data(found),
        sha256=hashlib.sha256(whole).hexdigest(),
    )


def _time(text: str) -> datetime:
    if _TIME.fullmatch(text):
        try:
            at = datetime.fromisoformat(text.upper()).astimezone(UTC)
            if at.year >= _FIRST_YEAR:
                return at
        except (ValueError, OverflowError):
            pass
    raise bad_request("The attribute time must be an RFC 3339 time with an offset, of 1970 or later.", "bad-event")


def _sequence(value: Any) -> int | None:
    if value is None or value == "":
        return None
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 15:
        raise bad_request("The attribute sequence must be a whole number.", "bad-event")
    return int(text)


def _data(found: Mapping[str, Any]) -> Any:
    media = str(found.get("datacontenttype", "")).partition(";")[0].strip().lower()
    if media and media != "application/json" and not media.endswith("+json"):
        raise bad_request("datacontenttype must be a JSON type.", "bad-event")
    if "data_base64" in found:
        if "data" in found:
            raise bad_request("An event has data or data_base64, not both.", "bad-event")
        try:
            return _parse(base64.b64decode(found["data_base64"], validate=True))
        except (binascii.Error, TypeError, ValueError):
            raise bad_request("data_base64 is not base64.", "bad-event") from None
    return found.get("data")
