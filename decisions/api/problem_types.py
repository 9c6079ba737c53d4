"""Every type of problem document, by its stable name. It must not know which view raises it: a test looks that up."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rest_framework.request import Request
from rest_framework.response import Response

from decisions.api.base import ApiView
from decisions.api.describing import Operation, describe
from decisions.api.shapes import ProblemType
from decisions.auth.api import Anybody
from decisions.errors import not_found


@dataclass(frozen=True, slots=True)
class Meaning:
    statuses: tuple[int, ...]
    meaning: str


PROBLEM_TYPES: Mapping[str, Meaning] = MappingProxyType({})


class ExplainProblem(ApiView):
    """What `type` of a problem document points to."""

    authentication_classes = []
    permission_classes = [Anybody]

    @describe(
        Operation("getProblemType", "What a problem type means", "anybody", ProblemType, problems=(404,))
    )
    def get(self, request: Request, slug: str) -> Response:
        found = PROBLEM_TYPES.get(slug)
        if found is None:
            raise not_found("problem type")
        return Response({"type": f"/problems/{slug}", "statuses": list(found.statuses), "meaning": found.meaning})


class Unknown(ApiView):
    """An address under /api/ that nobody serves: a problem document, not a page."""

    authentication_classes = []
    permission_classes = [Anybody]
    http_method_names = ["get", "head", "post", "put", "patch", "delete", "options"]

    def get(self, request: Request, rest: str = "") -> Response:
        raise not_found("address")

    post = put = patch = delete = options = get
