"""The register as read: services, agents, groups. It is changed on its pages; who is on call can be said here as well."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Model, QuerySet
from msgspec import Meta, Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.actions.hand_over import hand_over
from approvals.api.representation import identity
from approvals.api.shapes import AgentPage, GroupPage, Rota, ServicePage
from approvals.organisation import MOST_ON_CALL
from decisions import register
from decisions.api.base import ApiView, asked
from decisions.api.describing import LIMIT, Operation, describe
from decisions.api.parsing import command
from decisions.auth.api import People, Readers, person
from decisions.errors import bad_request
from decisions.models import Agent, Membership, RegisterGroup, Service
from decisions.queries import MAX_LIMIT, TEXT_LIMIT, whole

PAGED = {"cursor": {"type": "string", "maxLength": TEXT_LIMIT}, "limit": LIMIT}
Json = dict[str, Any]


def page(request: Request, rows: "QuerySet[Any]", make: Callable[[Any], Json]) -> Response:
    """One keyset page of `rows`, in the order of their slugs."""
    given = asked(request, "cursor", "limit")
    size, cursor = whole(given.get("limit", "200"), "limit", least=1, most=MAX_LIMIT), given.get("cursor", "")
    if len(cursor) > TEXT_LIMIT or "\0" in cursor:
        raise bad_request("The cursor is not one of ours.")
    found: list[Model] = list(rows.filter(slug__gt=cursor).order_by("slug")[: size + 1])
    last: Any = found[size - 1] if len(found) > size else None
    return Response({"items": [make(row) for row in found[:size]], "next": last.slug if last else None})


class Services(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "listServices",
            "Services and who answers for them",
            "both",
            ServicePage,
            query=PAGED,
            problems=(400,),
            detail=(
                "`accountable` is who answers now: the owner, or the deputy where the owner may not act. `on_call` is who "
                "is called now, in that order."
            ),
        )
    )
    def get(self, request: Request) -> Response:
        known = register.latest()

        def made(row: Service) -> Json:
            return {
                "slug": row.slug,
                "name": row.name,
                "tier": row.tier,
                "environments": row.environments,
                "owner": identity(row.owner),
                "deputy": identity(row.deputy),
                "accountable": identity(known.answerable(row.slug)[0]),
                "on_call_group": row.on_call or None,
                "on_call": [str(one) for one in known.on_call(row.slug)],
                "team": row.team,
                "data_class": row.data_class,
                "cost_per_minute": row.cost_per_minute or None,
                "currency": row.currency or None,
                "retired": row.retired,
            }

        return page(request, Service.objects.all(), made)


class Agents(ApiView):
    permission_classes = [Readers]

    @describe(Operation("listAgents", "Agents and their owners", "both", AgentPage, query=PAGED, problems=(400,)))
    def get(self, request: Request) -> Response:
        def made(row: Agent) -> Json:
            return {
                "id": str(row.id),
                "slug": row.slug,
                "name": row.name,
                "vendor": row.vendor,
                "model": row.model,
                "version": row.version,
                "owner": identity(row.owner),
                "active": row.active,
            }

        return page(request, Agent.objects.all(), made)


class Groups(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation("listGroups", "Groups that a requirement can name", "both", GroupPage, query=PAGED, problems=(400,))
    )
    def get(self, request: Request) -> Response:
        known, members = register.latest(), dict[str, list[str]]()
        for slug, member in Membership.objects.values_list("group_slug", "person_id"):
            members.setdefault(slug, []).append(str(member))

        def made(row: RegisterGroup) -> Json:
            return {
                "slug": row.slug,
                "name": row.name,
                "members": sorted(members.get(row.slug, [])),
                "on_call": [str(one) for one in known.rota(row.slug)],
            }

        return page(request, RegisterGroup.objects.all(), made)


class RotaCommand(Struct, forbid_unknown_fields=True):
    """Members of the group, in the order in which they are called; none leaves nobody on call."""

    people: Annotated[list[UUID], Meta(max_length=MOST_ON_CALL)]


class OnCall(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "handOver",
            "Say who is on call in a group",
            "people",
            Rota,
            takes={"application/json": RotaCommand},
            headers={"X-CSRFToken": True},
            problems=(400, 404, 413, 415, 503),
            detail=(
                "By a member of the group, or an administrator. It says all there is to say, so that saying it twice "
                "records it once and no Idempotency-Key is needed."
            ),
        )
    )
    def post(self, request: Request, slug: str) -> Response:
        given = command(request, RotaCommand)
        hand_over(slug, given.people, actor=person(request).id)
        return Response({"slug": slug, "on_call": [str(one) for one in register.latest().rota(slug)]})
