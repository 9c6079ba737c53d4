"""Ways to break a payload of any format, one fault at a time. It must not know what a format should say to it."""

import json
from collections.abc import Callable
from typing import Any

from decisions.intake.formats import mapping
from tests.decisions.formats.fixtures import Fixture

Request = tuple[dict[str, str], bytes]

IDS = {
    "alertmanager": ["/alerts/0/fingerprint"],
    "cdevents": ["/context/id", "/data/context/id", "/0/data/context/id"],
    "kubernetes-audit": ["/items/0/auditID", "/auditID"],
    "flux": [],
    "github": ["header:x-github-delivery"],
    "aws-eventbridge": ["/id"],
    "pagerduty": ["/event/id"],
    "datadog": ["/id"],
    "dynatrace": ["/pid"],
    "stackstorm": ["/execution_id", "/id", "/payload/id"],
    "rundeck": ["/execution/id"],
    "spinnaker": ["/eventId", "/payload/eventId"],
    "keptn": ["/id"],
    "standard-webhooks": ["header:webhook-id"],
    "argo": ["/app/uid", "/rollout/uid"],
    "kubernetes-events": ["/metadata/uid", "/items/0/metadata/uid"],
}
"""Where the body of each system holds what names its first record; a header where it begins with `header:`."""

TIMES = {
    "aws-eventbridge/written-command-inprogress.json": ["/detail/requested-date-time"],
    "aws-eventbridge/written-command-success.json": ["/detail/requested-date-time"],
    "aws-eventbridge/written-automation-in-progress.json": ["/detail/StartTime"],
    "aws-eventbridge/written-automation-success.json": ["/detail/StartTime"],
    "aws-eventbridge/written-sns-raw-alarm.json": ["/StateChangeTime"],
    "aws-eventbridge/written-investigation-completed.json": ["/detail/data/updated_at"],
    "aws-eventbridge/written-insight-open.json": ["/detail/startTime"],
    "github/check_run.requested_action.6.json": ["/check_run/started_at"],
    "alertmanager": ["/alerts/0/startsAt"],
    "cdevents": ["/context/timestamp", "/data/context/timestamp", "/0/data/context/timestamp"],
    "kubernetes-audit": ["/items/0/requestReceivedTimestamp", "/requestReceivedTimestamp"],
    "flux": ["/timestamp"],
    "github": [
        "/deployment_status/updated_at",
        "/deployment/created_at",
        "/since",
        "/check_run/completed_at",
        "/check_run/started_at",
        "/workflow_run/updated_at",
    ],
    "aws-eventbridge": ["/time"],
    "pagerduty": ["/event/data/created_at", "/event/occurred_at"],
    "datadog": ["/date"],
    "dynatrace": ["/details/startTime"],
    "stackstorm": ["/start_timestamp"],
    "rundeck": ["/execution/date-started/unixtime", "/execution/dateStartedUnixtime"],
    "spinnaker": ["/content/execution/startTime", "/payload/content/execution/startTime"],
    "keptn": ["/time"],
    "standard-webhooks": ["/timestamp"],
    "argo": ["/health_at", "/operation/finished_at", "/rollout/at"],
    "kubernetes-events": ["/series/lastObservedTime", "/lastTimestamp", "/items/0/lastTimestamp"],
}
"""Where each system says when its first record happened; empty for a system that states no time."""


def _inserted(fixture: Fixture, member: bytes) -> Request:
    body = fixture.body
    at = body.index(b"{") + 1
    return fixture.headers, body[:at] + member + b"," + body[at:]


def _value(fixture: Fixture) -> Any:
    return json.loads(fixture.body.splitlines()[0] if fixture.path.suffix == ".jsonl" else fixture.body)


def _whole(fixture: Fixture, value: Any) -> Request:
    return fixture.headers, json.dumps(value).encode()


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _parent(value: Any, parts: list[str]) -> Any:
    for part in parts[:-1]:
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(part)
        if isinstance(value, str) and value.startswith("{"):
            return None
    return value if isinstance(value, dict) else None


def changed(
    fixture: Fixture, places: dict[str, list[str]], change: Callable[[dict[str, Any], str], None]
) -> Request | str:
    """The payload with `change` made to the first of the `places` of its system that is there, or to one of its own."""
    for place in places.get(str(fixture), places[fixture.system]):
        if place.startswith("header:"):
            headers = {name.lower(): value for name, value in fixture.headers.items()}
            if place[7:] in headers:
                change(headers, place[7:])
                return {name: str(value) for name, value in headers.items()}, fixture.body
            continue
        value = _value(fixture)
        parts = _parts(place)
        parent = _parent(value, parts)
        if parent is not None and parts[-1] in parent:
            change(parent, parts[-1])
            return _whole(fixture, value)
    return "there is none"


def put(item: Any) -> Callable[[dict[str, Any], str], None]:
    return lambda parent, name: parent.__setitem__(name, item)


def without(parent: dict[str, Any], name: str) -> None:
    del parent[name]


def _typed(media: str) -> Callable[[Fixture], Request]:
    def broken(fixture: Fixture) -> Request:
        headers = {name: value for name, value in fixture.headers.items() if name.lower() != "content-type"}
        return headers | {"Content-Type": media}, fixture.body

    return broken


BREAKAGES: dict[str, Callable[[Fixture], Request | str]] = {
    "empty": lambda one: (one.headers, b""),
    "half of it": lambda one: (one.headers, one.body[: len(one.body) // 2]),
    "the last byte cut off": lambda one: (one.headers, one.body.rstrip()[:-1]),
    "followed by more": lambda one: (one.headers, one.body + b"}"),
    "no JSON": lambda one: (one.headers, b"status: firing"),
    "XML": lambda one: (one.headers, b'<?xml version="1.0"?><notification/>'),
    "not UTF-8": lambda one: _inserted(one, b'"x":"\xff\xfe"'),
    "UTF-16": lambda one: (one.headers, one.body.decode().encode("utf-16")),
    "a key twice": lambda one: _inserted(one, b'"x":1,"x":1'),
    "NaN": lambda one: _inserted(one, b'"x":NaN'),
    "Infinity": lambda one: _inserted(one, b'"x":-Infinity'),
    "a bottomless list": lambda one: _inserted(one, b'"x":' + b"[" * 100 + b"]" * 100),
    "a bottomless object": lambda one: _inserted(one, b'"x":' + b'{"a":' * 5000 + b"1" + b"}" * 5000),
    "a list around it": lambda one: _whole(one, [_value(one)]),
    "a text around it": lambda one: _whole(one, one.body.decode()),
    "an object around it": lambda one: _whole(one, {"wrapped": _value(one)}),
    "an empty object": lambda one: _whole(one, {}),
    "null": lambda one: _whole(one, None),
    "a number": lambda one: _whole(one, 42),
    "too many bytes": lambda one: (one.headers, one.body + b" " * mapping(one.system).document.body_limit),
    "sent as a form": _typed("application/x-www-form-urlencoded"),
    "sent in Latin-1": _typed("application/json; charset=iso-8859-1"),
    "no id": lambda one: changed(one, IDS, without),
    "an id that is null": lambda one: changed(one, IDS, put(None)),
    "an id that is a list": lambda one: changed(one, IDS, put(["a"])),
    "an id that is an object": lambda one: changed(one, IDS, put({"a": 1})),
    "an id that is too long": lambda one: changed(one, IDS, put("a" * 201)),
    "an id that cannot be seen": lambda one: changed(one, IDS, put("a\u202eb")),
    "a time that is none": lambda one: changed(one, TIMES, put("yesterday")),
    "a time that is a list": lambda one: changed(one, TIMES, put([2026])),
    "a time before all others": lambda one: changed(one, TIMES, put("1815-06-18T11:35:00Z")),
    "a time after all others": lambda one: changed(one, TIMES, put("9999-12-31T23:59:59Z")),
    "a time without a zone": lambda one: changed(one, TIMES, put("2026-11-22T03:47:12")),
}
