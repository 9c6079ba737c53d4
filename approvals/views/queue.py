"""A page of a queue: what is shown one by one, what is shown as crowds, and where it goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest

from approvals.queries import crowds
from decisions import register
from decisions.models import Decision

SHOWN = crowds.SHOWN
LEFT_OUT = ("selected", "correct")


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of a queue: what is shown one by one, what is shown as crowds, the crowd that was asked for."""

    found: list[Decision]
    alike: list[crowds.Crowd]
    crowd: dict[str, str] | None
    more_url: str
    """The next page; empty where there is none."""


def of(
    request: HttpRequest,
    rows: "QuerySet[Decision]",
    due: str,
    known: register.Register,
    *,
    path: str,
    without: frozenset[int] = frozenset(),
) -> Queue:
    """The page that `request` asks for. `without` are not shown one by one; every count is with them."""
    begin, asked = crowds.after(request.GET.dict()), crowds.asked(request.GET.dict())
    if asked is not None:
        rows = crowds.within(rows, asked, known)
    elif rows.order_by()[: crowds.FEW + 1].count() > crowds.FEW:
        lines, rest = crowds.of(rows, due, begin)
        alone = [one.first for one in lines if one.count == 1 and one.first not in without]
        alike = [one for one in lines if one.count > 1]
        return Queue(list(rows.filter(seq__in=alone)), alike, None, address(request, path, after=rest) if rest else "")
    if without:
        rows = rows.exclude(seq__in=without)
    if begin is not None:
        rows = rows.filter(begin.beyond(due, "seq"))
    found = list(rows[: SHOWN + 1])
    last = found[SHOWN - 1] if len(found) > SHOWN else None
    more_url = address(request, path, after=crowds.After(getattr(last, due), last.seq)) if last else ""
    return Queue(found[:SHOWN], [], asked, more_url)


def address(request: HttpRequest, path: str, **values: object) -> str:
    """The queue at `path` with the filters of `request` and those values, and nothing else selected."""
    query = request.GET.copy()
    for name in LEFT_OUT:
        query.pop(name, None)
    for name, value in values.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"{path}?{query.urlencode()}" if query else path


def kept(request: HttpRequest, names: Sequence[str]) -> str:
    """The filters called `names`, for an address within the queue: a crowd is counted under them, and opened under them."""
    return urlencode({name: request.GET[name] for name in names if request.GET.get(name)})
