"""Bodies of commands: strict JSON, at most 64 KiB."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from decisions.canonical import NotStrictError, parse
from decisions.errors import bad_request, too_large


class StrictJSONParser(BaseParser):
    """JSON without duplicate keys, NaN, oversized integers, lone surrogates or excessive depth."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None  # noqa: ARG002
    ) -> Any:
        body = stream.read(settings.COMMAND_LIMIT + 1)
        if len(body) > settings.COMMAND_LIMIT:
            raise too_large(settings.COMMAND_LIMIT)
        try:
            return parse(body)
        except NotStrictError as error:
            raise bad_request(f"{error}.", "not-strict-json") from None
