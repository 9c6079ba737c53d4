"""The line as a picture, with what ran this month on each side of it. The picture must be whole without the counts."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals.periods import iso
from approvals.policy import Policy
from approvals.policy.cells import OTHER
from approvals.policy.line import Line, Square, alone, drawn
from approvals.queries import line as queries
from approvals.queries import policies
from approvals.queries.line import Counts, Tally
from approvals.views.listed import decisions_where
from decisions import clock
from decisions.auth.people import reads
from decisions.vocab import ENVIRONMENTS, LEVEL_MEANING

NONE = Tally()


@require_safe
@reads
def fragment(request: HttpRequest) -> HttpResponse:
    """The picture with its counts, to be put in place of the one without."""
    current = policies.in_force()
    if current is None:
        raise Http404
    response = render(
        request, "approvals/_policy_line.html", context(request, policies.compiled(current), counted=True)
    )
    response["Cache-Control"] = "no-store"
    return response


def context(request: HttpRequest, policy: Policy, *, counted: bool) -> dict[str, Any]:
    """What the template draws: of the environment that `request` asks for. Raises Http404 for one that there is none of."""
    environment = request.GET.get("environment", ENVIRONMENTS[0])
    if environment not in ENVIRONMENTS:
        raise Http404
    line = drawn(policy, environment, queries.kinds_lately())
    counts = queries.this_month(clock.now()) if counted else None
    shown = _Shown(line, counts)
    return {
        "line": line,
        "environments": ENVIRONMENTS,
        "environment": environment,
        "columns": [kind or "any other kind" for kind in line.kinds],
        "tiers": [shown.tier(tier, squares) for tier, squares in line.rows],
        "counts": counts,
        "most": queries.MOST,
        **shown.around(),
    }


class _Shown:
    """The squares of a line with the counts and addresses that belong to them."""

    def __init__(self, line: Line, counts: Counts | None) -> None:
        self.line, self.counts = line, counts
        self.own = frozenset(line.kinds) - {OTHER}
        self.by = {
            (tier, kind): tally
            for (tier, kind, where), tally in (counts.by if counts else {}).items()
            if where == line.environment
        }

    def tier(self, tier: int, squares: Iterable[Square]) -> dict[str, Any]:
        total = _sum(tally for (of, _), tally in self.by.items() if of == tier)
        return {
            "tier": tier,
            "squares": [self.square(square) for square in squares],
            "total": self.linked(total, tier=f"{tier}"),
        }

    def square(self, square: Square) -> dict[str, Any]:
        others = {kind for tier, kind in self.by if tier == square.tier and kind not in self.own}
        kinds = {square.kind} if square.kind else others
        tally = _sum(self.by.get((square.tier, kind), NONE) for kind in kinds)
        # A list can be of one kind or of all.
        linked = (
            self.linked(tally, tier=f"{square.tier}", kind=next(iter(kinds))) if len(kinds) == 1 else {"tally": tally}
        )
        return {
            "kind": square.kind or "any other kind",
            "level": square.level,
            "meaning": LEVEL_MEANING[square.level],
            "alone": alone(square.level),
            "right": square.turns_right,
            "below": square.turns_below,
            **linked,
        }

    def linked(self, tally: Tally, **filters: str) -> dict[str, Any]:
        """`tally` with the addresses of the decisions that it counts."""
        if self.counts is None or not tally.acts:
            return {"tally": tally}
        where = {
            **filters,
            "environment_class": self.line.environment,
            "level": ",".join(queries.ACTED),
            "from": self.counts.since.isoformat() if self.counts.since else iso(self.counts.period.start),
            "to": iso(self.counts.period.end),
        }
        return {
            "tally": tally,
            "href": decisions_where(where),
            "beyond_href": decisions_where(where | {"beyond": "true"}) if tally.beyond else "",
        }

    def around(self) -> Mapping[str, Any]:
        """What stands beside the squares: the folded kinds, what has no tier, and the sum of it all."""
        others = {kind: _sum(tally for (_, of), tally in self.by.items() if of == kind) for _, kind in self.by}
        return {
            "folded": [
                {"kind": kind, **self.linked(others.get(kind, NONE), kind=kind)}
                for kind in sorted({*self.line.folded, *others} - self.own - {OTHER})
            ],
            "unregistered": _sum(tally for (tier, _), tally in self.by.items() if tier is None),
            "all": self.linked(_sum(self.by.values())),
        }


def _sum(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, NONE)
