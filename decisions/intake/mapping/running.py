"""From the bytes of a request to Readings, by a mapping. Pure; no exception but a Problem leaves it, and nothing unknown is swallowed."""

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any

from decisions.canonical import NotStrictError
from decisions.errors import Problem, bad_request, too_large
from decisions.intake.mapping import foreign, places
from decisions.intake.mapping.checking import Mapping, ReadyRecords, ReadyRule
from decisions.intake.mapping.fields import build
from decisions.intake.mapping.places import Scope, Work
from decisions.intake.mapping.values import UnreadableError
from decisions.intake.reading import Reading

MOST_RECORDS = 5000
LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
JSON_TYPES = frozenset({"", "application/json", "text/json", "text/plain"})
"""Some systems send JSON as plain text or say nothing of its type."""


@dataclass(frozen=True, slots=True)
class Ignored:
    index: int
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything that one request said, in its order."""

    readings: tuple[Reading, ...]
    ignored: tuple[Ignored, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A body, parsed, with its records found."""

    body: Any
    headers: Table[str, str]
    records: list[Any]
    work: Work
    many: bool

    def scopes(self, mapping: Mapping) -> Iterator[Scope]:
        for record in self.records:
            yield Scope(record, self.body, self.headers, mapping.names, self.work)


def read(mapping: Mapping, headers: Table[str, str], body: bytes) -> list[Reading]:
    """The Readings of one request; `headers` in any case. Raises a Problem, with the index of the record that it is about."""
    return list(take(mapping, headers, body).readings)


def take(mapping: Mapping, headers: Table[str, str], body: bytes) -> Taken:
    """As `read`, together with what explicit rules ignored."""
    request = opened(mapping, headers, body)
    readings: list[Reading] = []
    ignored: list[Ignored] = []
    for index, scope in enumerate(request.scopes(mapping)):
        try:
            rule = rule_for(mapping, scope)
            if rule.says is None:
                ignored.append(Ignored(index, rule.name, rule.reason))
            else:
                readings.append(made(rule, scope))
        except Problem as problem:
            if request.many:
                problem.extra["index"] = index
            raise
    return Taken(tuple(readings), tuple(ignored))


def rule_for(mapping: Mapping, scope: Scope) -> ReadyRule:
    """The first rule whose conditions hold."""
    for rule in mapping.rules:
        if all(condition.holds(scope) for condition in rule.when):
            return rule
    detail = f"No rule of {mapping.document.system} knows a record of this form; nothing of the request was taken."
    raise bad_request(detail, "unknown-record")


def made(rule: ReadyRule, scope: Scope, left_out: list[str] | None = None) -> Reading:
    """What `rule` makes of the record. Raises a Problem; `left_out` learns what could not be read and is not essential."""
    assert rule.says is not None
    try:
        return build(rule.says, rule.fields, scope, [] if left_out is None else left_out)
    except UnreadableError as error:
        raise bad_request(f"{rule.name}: {error}.", "bad-event") from None


def opened(mapping: Mapping, headers: Table[str, str], body: bytes) -> Request:
    """The body parsed and its records found. Raises a Problem."""
    document = mapping.document
    if len(body) > document.body_limit:
        raise too_large(document.body_limit)
    # What cannot be printed stands in no header of an honest sender.
    lower = {name.lower(): value for name, value in headers.items() if value.isprintable()}
    media, _, parameters = lower.get("content-type", "").lower().partition(";")
    media = media.strip()
    if "charset=" in parameters and "utf-8" not in parameters and "utf8" not in parameters:
        raise Problem(415, "unsupported-charset", "The body must be UTF-8")
    lines = document.lines and media in LINES
    json = media in JSON_TYPES or media.endswith("+json")
    if not (lines or json) or body.lstrip()[:1] == b"<":
        detail = document.instead or "Send JSON, with Content-Type application/json."
        raise Problem(415, "unsupported-media-type", "The body is not JSON", detail)
    work = Work(len(body))
    if lines:
        kept = [line for line in body.split(b"\n") if line.strip()]
        if not kept:
            raise bad_request("The body holds no line.", "not-strict-json")
        _count(len(kept))
        return Request(None, lower, [_parsed(line, index) for index, line in enumerate(kept)], work, many=True)
    whole = _parsed(body)
    chosen = _chosen(mapping, whole, lower, work)
    return Request(whole, lower, _found(chosen, whole), work, many=chosen.many)


def _count(length: int) -> None:
    if length > MOST_RECORDS:
        raise Problem(413, "too-large", "The request is too large", f"A body holds at most {MOST_RECORDS} records.")


def _parsed(raw: bytes, index: int | None = None) -> Any:
    try:
        return foreign.parse(raw)
    except NotStrictError as error:
        extra = {} if index is None else {"index": index}
        raise bad_request(f"{error}.", "not-strict-json", **extra) from None


def _chosen(mapping: Mapping, body: Any, headers: Table[str, str], work: Work) -> ReadyRecords:
    scope = Scope(None, body, headers, {}, work)
    for records in mapping.records:
        if places.resolve(body, records.at) is not None and all(one.holds(scope) for one in records.when):
            return records
    detail = f"This is not a body of {mapping.document.system}; nothing of the request was taken."
    raise bad_request(detail, "unknown-record")


def _found(chosen: ReadyRecords, body: Any) -> list[Any]:
    found = places.resolve(body, chosen.at)
    if not chosen.many:
        return [_record(found, chosen)]
    if not isinstance(found, list):
        raise bad_request(f"A list of records was expected {chosen.said}.", "bad-event")
    _count(len(found))
    return [_record(item, chosen, index) for index, item in enumerate(found)]


def _record(value: Any, chosen: ReadyRecords, index: int | None = None) -> Any:
    extra = {} if index is None else {"index": index}
    found = places.resolve(value, chosen.take)
    if chosen.json:
        if not isinstance(found, str):
            raise bad_request(f"JSON in a text was expected {chosen.said}.", "bad-event", **extra)
        try:
            found = foreign.parse(found)
        except NotStrictError:
            raise bad_request(
                f"What stands {chosen.said} as a text is not strict JSON.", "bad-event", **extra
            ) from None
    if not isinstance(found, dict):
        raise bad_request(f"A record, an object, was expected {chosen.said}.", "bad-event", **extra)
    return found
