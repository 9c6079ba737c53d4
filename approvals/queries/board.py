"""The board registers as pages draw them. It must not write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max
from msgspec import inspect

from approvals.board import REGISTERS, BoardRegister, FieldOf, fields_of
from approvals.board.shapes import CHOICE_WORDS
from decisions import inert, ledger, register
from decisions.models import Agent, BoardItem
from decisions.vocab import Board, Kind

SHOWN = 100
WITHDRAWN_BECAUSE = "withdrawn_because"


@dataclass(frozen=True, slots=True)
class Names:
    """The words of the register for what items name by id."""

    people: Mapping[UUID, str]
    agents: Mapping[UUID, str]

    @classmethod
    def of(cls, rows: Iterable[BoardItem]) -> "Names":
        named: dict[str, set[UUID]] = {"person": set(), "agent": set()}
        for row in rows:
            named["person"] |= {row.made_by, row.changed_by}
            for field in fields_of(REGISTERS[Board(row.register)].shape):
                if field.of in named and row.values.get(field.name):
                    named[field.of].add(UUID(row.values[field.name]))
        agents = Agent.objects.filter(id__in=named["agent"]).values_list("id", "name")
        return cls(register.names(named["person"]), dict(agents))

    def person(self, id_: UUID) -> str:
        return self.people.get(id_, "a person who was erased")


def overview() -> list[dict[str, Any]]:
    """Every register with how many items stand in it, and when one changed last."""
    counted = BoardItem.objects.filter(withdrawn=False).values_list("register")
    found = {name: (count, last) for name, count, last in counted.annotate(Count("id"), Max("changed_at"))}
    return [
        {"of": str(of), "title": one.title, "about": one.about, "count": count, "last": last}
        for of, one in REGISTERS.items()
        for count, last in [found.get(of, (0, None))]
    ]


def listed(of: BoardRegister, before: int | None) -> tuple[list[dict[str, Any]], int | None]:
    """(a page of items, the newest first; where the next begins)."""
    rows = BoardItem.objects.filter(register=of.of).order_by("-seq")
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows[: SHOWN + 1])
    names = Names.of(found)
    columns = [field for name in of.shown for field in fields_of(of.shape) if field.name == name]
    items = [
        {"id": row.id, "withdrawn": row.withdrawn, "cells": [cell(field, row, names) for field in columns]}
        for row in found[:SHOWN]
    ]
    return items, found[SHOWN - 1].seq if len(found) > SHOWN else None


def described(of: BoardRegister, row: BoardItem) -> dict[str, Any]:
    """One item: its fields that say something, who recorded it, and its entries."""
    names = Names.of([row])
    cells = [cell(field, row, names) for field in fields_of(of.shape)]
    return {
        "row": row,
        "cells": [one for one in cells if one["text"] != NOTHING or one["at"]],
        "made_by": names.person(row.made_by),
        "changed_by": names.person(row.changed_by),
        "withdrawn_because": row.words.get(WITHDRAWN_BECAUSE, ""),
        "entries": _entries(row),
    }


def _entries(row: BoardItem) -> Sequence[int]:
    """The numbers of its entries, the oldest first."""
    if row.seq == row.last_seq:
        return [row.seq]
    kinds = [Kind.REGISTER_CHANGED, Kind.DRILL_RUN]
    return [
        entry.seq
        for page in ledger.pages_of(kinds, row.seq, row.last_seq + 1)
        for entry in page
        if entry.facts.get("key") == str(row.id)
    ]


NOTHING = "–"


def cell(field: FieldOf, row: BoardItem, names: Names) -> dict[str, Any]:
    """A value in words; `at` instead where it is a moment."""
    value = (row.words if field.told else row.values).get(field.name)
    made: dict[str, Any] = {"title": field.title, "text": NOTHING, "at": None, "link": ""}
    if value is None or value == "":
        return made | {"text": "erased" if field.told and not row.words else NOTHING}
    if field.told:
        return made | {"text": inert.visible(str(value))}
    match field.type:
        case inspect.DateTimeType():
            return made | {"at": datetime.fromisoformat(value)}
        case inspect.DateType():
            return made | {"text": f"{date.fromisoformat(value):%-d %b %Y}"}
        case inspect.BoolType():
            return made | {"text": "yes" if value else "no"}
        case inspect.EnumType() | inspect.LiteralType():
            return made | {"text": CHOICE_WORDS[value]}
        case inspect.IntType():
            return made | {"text": f"{value:,}"}
    match field.of:
        case "person":
            return made | {"text": names.person(UUID(value))}
        case "agent":
            return made | {"text": names.agents.get(UUID(value), "an agent")}
        case "decision":
            return made | {"text": str(value), "link": str(value)}
    return made | {"text": str(value)}
