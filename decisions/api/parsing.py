"""Bodies of commands: strict JSON in a closed shape, at most 64 KiB."""

from collections.abc import Mapping
from typing import IO, Any, TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from decisions.canonical import NotStrictError, parse
from decisions.errors import Problem, bad_request, too_large

Shape = TypeVar("Shape")


def strict(body: bytes) -> Any:
    """The value of `body`. Raises 400 for what is not strict JSON, 413 over the limit."""
    if len(body) > settings.COMMAND_LIMIT:
        raise too_large(settings.COMMAND_LIMIT)
    try:
        return parse(body)
    except NotStrictError as error:
        raise bad_request(f"{error}.", "not-strict-json") from None


def json_only(content_type: str) -> None:
    """Raise 415 unless `content_type` is that of JSON."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "unsupported-media-type", "The Content-Type is not taken here", "Send application/json.")


def command(request: Request, shape: type[Shape]) -> Shape:
    """The body of `request` as `shape`. Raises a 400, 413 or 415 problem.

    It is read past the framework, whose parser takes a body without Content-Length for none.
    """
    under: HttpRequest = request._request  # noqa: SLF001 - the framework's documented name for it
    json_only(under.headers.get("Content-Type", ""))
    if under.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "unsupported-encoding", "The Content-Encoding is not taken here", "Send it as it is.")
    return shaped(strict(under.read(settings.COMMAND_LIMIT + 1)), shape)


def shaped(value: Any, shape: type[Shape]) -> Shape:
    """`value` as `shape`: closed, and without conversions. Raises a 400 problem."""
    try:
        return msgspec.convert(value, shape, strict=True)
    except msgspec.ValidationError as error:
        slug = "unknown-field" if str(error).startswith("Object contains unknown field") else "bad-request"
        raise bad_request(f"{error}.", slug) from None


class StrictJSONParser(BaseParser):
    """JSON without duplicate keys, NaN, oversized integers, lone surrogates or excessive depth."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return strict(stream.read(settings.COMMAND_LIMIT + 1))
