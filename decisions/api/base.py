"""What every ordinary view of the API has in common. It must not decide who may call: each view says so itself."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from decisions.api.describing import DescribedSchema
from decisions.auth.api import agent_of
from decisions.auth.limits import Limit, spend
from decisions.errors import Problem, bad_request


class FirstRenderer(BaseContentNegotiation):
    """JSON whatever Accept says: a client that cannot read JSON cannot read a problem document either."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class ApiView(APIView):
    """A view names its `permission_classes`, and each method its Operation."""

    content_negotiation_class = FirstRenderer
    http_method_names = ["get", "head", "post"]
    schema = DescribedSchema()

    def check_throttles(self, request: Request) -> None:
        """Count what an agent reads; people are not counted."""
        agent = agent_of(request)
        if agent is not None:
            spend(agent.agent_id, Limit.READ, self.headers)


def asked(request: Request, *known: str) -> dict[str, str]:
    """The query string as a mapping. Raises 400 for what is not `known`, and for what is said twice."""
    found = {}
    for name, values in request.query_params.lists():
        if known and name not in known:
            raise bad_request(
                f"The parameter {name[:40]!r} is not known; known are {', '.join(known)}.", "unknown-filter"
            )
        if len(values) > 1:
            raise bad_request(f"The parameter {name[:40]!r} is there twice.")
        found[name] = values[0]
    return found


def etag(version: int) -> str:
    return f'"v{version}"'


def version_of(header: str) -> int:
    """The version that an If-Match header names, weakened by compression or not. Raises a 400 problem."""
    text = header.strip().removeprefix("W/")
    if not (text.startswith('"v') and text.endswith('"') and text[2:-1].isascii() and text[2:-1].isdigit()):
        raise bad_request('If-Match must be the ETag of what was read, such as "v3".')
    if len(text) > 12:
        raise Problem(412, "stale-view", "There is no such version", "Look at it again; nothing was recorded.")
    return int(text[2:-1])
