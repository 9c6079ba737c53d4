"""What each operation of the API takes and answers, for the OpenAPI document. It must not change what a view does.

A view's method carries its Operation; hot routes have theirs beside the route. Shapes are msgspec structs, so that
what is documented is what is read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import msgspec
from drf_spectacular.openapi import AutoSchema

Json = dict[str, Any]
Method = TypeVar("Method", bound=Callable[..., Any])
Callers = Literal["people", "agents", "both", "anybody"]

PROBLEM = "application/problem+json"
SECURITY: Mapping[Callers, list[Json]] = MappingProxyType(
    {
        "people": [{"session": []}],
        "agents": [{"agentKey": []}],
        "both": [{"agentKey": []}, {"session": []}],
        "anybody": [],
    }
)
STATUS_WORDS = MappingProxyType(
    {
        200: "The answer",
        201: "It was recorded",
        202: "It will be done",
        304: "What you have is what there is",
        400: "The request cannot be read",
        401: "Authentication is needed",
        403: "Not permitted",
        404: "Not found",
        405: "The method is not allowed here",
        409: "The state has moved on",
        410: "The time for it is over",
        412: "The view is stale, or what was agreed no longer holds",
        413: "The request is too large",
        415: "The Content-Type or Content-Encoding is not taken here",
        422: "The request contradicts what is known",
        423: "People have stopped it",
        425: "It is too early",
        428: "If-Match is missing",
        429: "Too much at once",
        503: "Nothing was stored; send it again",
    }
)
PATH_SCHEMAS: Mapping[str, Json] = MappingProxyType(
    {
        "check_id": {"type": "string", "format": "uuid"},
        "decision_id": {"type": "string", "format": "uuid"},
        "lease_id": {"type": "string", "format": "uuid"},
        "draft_id": {"type": "string", "format": "uuid"},
        "freeze_id": {"type": "string", "format": "uuid"},
        "hold_id": {"type": "string", "format": "uuid"},
        "item_id": {"type": "string", "format": "uuid"},
        "report_id": {"type": "string", "format": "uuid"},
        "seq": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1},
        "slug": {"type": "string"},
        "version": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    }
)
WHOLE: Json = {"type": "integer", "minimum": 0, "maximum": 2**53}
LIMIT: Json = {"type": "integer", "minimum": 1, "maximum": 200}
MOMENT: Json = {"type": "string", "format": "date-time"}


def words(values: Iterable[object]) -> Json:
    return {"type": "string", "enum": [str(value) for value in values]}


def several(values: Iterable[object]) -> Json:
    """One or more of `values`, joined by commas."""
    one = "|".join(str(value) for value in values)
    return {"type": "string", "pattern": f"^({one})(,({one}))*$"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    id: str
    summary: str
    callers: Callers
    answer: Any = None
    """A struct; None where `media` says what is answered."""
    status: int = 200
    also: tuple[int, ...] = ()
    """Other statuses with the same answer."""
    media: tuple[str, ...] = ()
    """Media types of an answer that is not a JSON document of ours."""
    takes: Mapping[str, Any] = field(default_factory=dict)
    """Media type → struct or schema of the body."""
    query: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, bool] = field(default_factory=dict)
    """Request headers, and whether each is required."""
    problems: tuple[int, ...] = ()
    refused: tuple[str, ...] = ()
    """Media types in which it may also be refused, where another protocol says how."""
    detail: str = ""
    paths: Mapping[str, Json] = field(default_factory=dict)

    def document(self, path: str) -> Json:
        """The operation object for `path`."""
        tag = path.removeprefix("/api/v1/").strip("/").split("/")[0].split(".")[0]
        made: Json = {
            "operationId": self.id,
            "summary": self.summary,
            "tags": [tag],
            "security": list(SECURITY[self.callers]),
            "parameters": self._parameters(path),
            "responses": self._responses(),
        }
        if self.detail:
            made["description"] = self.detail
        if self.takes:
            content = {media: {"schema": schema_of(shape)} for media, shape in self.takes.items()}
            made["requestBody"] = {"required": True, "content": content}
        return made

    def _parameters(self, path: str) -> list[Json]:
        names = [part.split("}")[0] for part in path.split("{")[1:]]
        found: list[Json] = [
            {"name": name, "in": "path", "required": True, "schema": self.paths.get(name) or PATH_SCHEMAS[name]}
            for name in names
        ]
        found += [
            {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in self.query.items()
        ]
        for name, required in self.headers.items():
            found.append({"name": name, "in": "header", "required": required, "schema": HEADER_SCHEMAS[name]})
        return found

    def _responses(self) -> Json:
        if self.media:
            content = {media: {"schema": {} if "json" in media else {"type": "string"}} for media in self.media}
        else:
            content = {"application/json": {"schema": schema_of(self.answer)}}
        made: Json = {
            str(status): {"description": STATUS_WORDS[status], "content": content}
            for status in (self.status, *self.also)
            if status != 304
        }
        if 304 in self.also:
            made["304"] = {"description": STATUS_WORDS[304]}
        problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
        problem |= {media: {"schema": {} if "json" in media else {"type": "string"}} for media in self.refused}
        for status in sorted({*self.problems, *ALWAYS[self.callers]}):
            made[str(status)] = {"description": STATUS_WORDS[status], "content": problem}
        return made


ALWAYS: Mapping[Callers, tuple[int, ...]] = MappingProxyType(
    {"people": (401, 403), "agents": (401, 403, 429), "both": (401, 403, 429), "anybody": ()}
)
HEADER_SCHEMAS: Mapping[str, Json] = MappingProxyType(
    {
        "Idempotency-Key": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "If-Match": {"type": "string", "pattern": '^"v[0-9]{1,9}"$'},
        "If-None-Match": {"type": "string", "pattern": '^"v[0-9]{1,9}"$'},
        "X-CSRFToken": {"type": "string"},
        "Content-Encoding": {"type": "string", "enum": ["gzip", "identity"]},
    }
)
_named: set[Any] = set()


def schema_of(shape: Any) -> Json:
    """A reference to the component of `shape`, which the document then holds; a schema as it is."""
    if isinstance(shape, dict):
        return shape
    _named.add(shape)
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def components(*more: Any) -> Json:
    """The schemas of every struct that has been referred to, and of `more`."""
    shapes = sorted(_named | set(more), key=lambda shape: str(shape.__name__))
    _, made = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    return dict(sorted(made.items()))


def describe(operation: Operation) -> Callable[[Method], Method]:
    """Let a view's method be documented as `operation`."""

    def marked(method: Method) -> Method:
        method.operation = operation  # type: ignore[attr-defined]
        return method

    return marked


class DescribedSchema(AutoSchema):  # type: ignore[no-untyped-call, misc, unused-ignore]
    """Documents a view by the Operation that its method carries."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Json | None:
        found: Operation = getattr(self.view, method.lower()).operation
        return found.document(path)
