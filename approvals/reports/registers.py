"""Facts from the board registers: what stands in them at the report's last entry. It must not judge or count."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from approvals.board.shapes import DrillOf
from approvals.reports.estate import Estate
from approvals.reports.facts import (
    ActualLoss,
    Duty,
    IncidentFact,
    Limits,
    Mandate,
    PeopleRate,
    RestoreTest,
    Stop,
)
from decisions import inert
from decisions.models import BoardItem
from decisions.vocab import Board

Values = Mapping[str, Any]


class BoardFacts(TypedDict):
    """The fields of `Facts` that rest on the registers."""

    limits: Limits
    policy_board_approved_at: datetime | None
    mandates: tuple[Mandate, ...]
    people: tuple[PeopleRate, ...]
    incidents: tuple[IncidentFact, ...]
    stops: tuple[Stop, ...]
    restores: tuple[RestoreTest, ...]
    actual_losses: tuple[ActualLoss, ...]
    duties: tuple[Duty, ...]


def board_facts(
    period_end: datetime,
    *,
    policy_version: int | None,
    person: Callable[[UUID], str],
    agents: Mapping[UUID, str],
    estate: Estate,
) -> BoardFacts:
    """What stands, in the order in which it was recorded; `person` and `agents` give the register's words for ids.

    What names a service or a decision is left out where that is not of `estate`; the rest is the whole organisation's.
    """
    rows: dict[str, list[BoardItem]] = {str(of): [] for of in Board}
    for row in BoardItem.objects.filter(withdrawn=False).order_by("seq"):
        if estate.has(row.values.get("service"), row.values.get("decision")) or row.register == Board.MANDATES:
            rows[row.register].append(row)
    approved = [row.values for row in rows[Board.LIMITS]]
    return {
        "limits": _limits(approved, period_end),
        "policy_board_approved_at": _policy_approved(approved, policy_version, period_end),
        "mandates": tuple(_mandate(row, agents, person) for row in rows[Board.MANDATES]),
        "people": tuple(
            PeopleRate(**{name: row.values[name] for name in ("month", "kind", "changes", "failed")})
            for row in rows[Board.PEOPLE]
        ),
        "incidents": tuple(_incident(row, person) for row in rows[Board.INCIDENTS]),
        "stops": tuple(_stop(row.values) for row in rows[Board.DRILLS] if row.values["of"] == DrillOf.STOP),
        "restores": tuple(_restore(row.values) for row in rows[Board.RESTORE_TESTS]),
        "actual_losses": tuple(_loss(row) for row in rows[Board.LOSSES]),
        "duties": tuple(_duty(row, person) for row in rows[Board.DUTIES]),
    }


def _limits(approved: list[Values], period_end: datetime) -> Limits:
    """Those in force on the last day of the period; of two that began on one day the later recorded."""
    begun = [values for values in approved if date.fromisoformat(values["starts_on"]) < period_end.date()]
    if not begun:
        return Limits()
    held = max(enumerate(begun), key=lambda pair: (pair[1]["starts_on"], pair[0]))[1]
    percents = ("failed_pct", "planted_pct", "objective_pct", "budget_pct", "replay_pct")
    return Limits(
        **{name: float(held[name]) for name in percents},
        stop_seconds=float(held["stop_seconds"]),
        log_days=held["log_days"],
        starts_on=held["starts_on"],
        approved_on=held["approved_on"],
        loss=held["loss"] or "",
        currency=held["currency"] or "",
    )


def _policy_approved(approved: list[Values], version: int | None, period_end: datetime) -> datetime | None:
    """When the board approved that version of the policy last, before the end of the period."""
    days = [values["approved_on"] for values in approved if version is not None and values["policy"] == version]
    known = [day for day in days if day < f"{period_end:%Y-%m-%d}"]
    return datetime.fromisoformat(max(known)).replace(tzinfo=period_end.tzinfo) if known else None


def _moment(values: Values, name: str) -> datetime | None:
    return datetime.fromisoformat(values[name]) if values[name] else None


def _at(values: Values, name: str) -> datetime:
    return datetime.fromisoformat(values[name])


def _mandate(row: BoardItem, agents: Mapping[UUID, str], person: Callable[[UUID], str]) -> Mandate:
    values = row.values
    return Mandate(
        level=values["level"],
        starts_on=date.fromisoformat(values["starts_on"]),
        ends_on=date.fromisoformat(values["ends_on"]),
        # An agent that the register does not know any more is no agent, and never all of them.
        agent=agents.get(UUID(values["agent"]), values["agent"]) if values["agent"] else "",
        service=values["service"] or "",
        kind=values["kind"] or "",
        signed_by=person(row.made_by),
        signed_at=row.made_at,
    )


def _incident(row: BoardItem, person: Callable[[UUID], str]) -> IncidentFact:
    values, accountable = row.values, row.values["accountable"]
    return IncidentFact(
        title=inert.visible(row.words.get("title", "")) or "(erased)",
        began_at=_at(values, "began_at"),
        severity=values["severity"],
        harmful=values["harmful"],
        accountable=person(UUID(accountable)),
        decision=values["decision"] or "",
        service=values["service"] or "",
        aware_at=_moment(values, "aware_at"),
        classified_at=_moment(values, "classified_at"),
        clock=values["clock"],
        report_due=_moment(values, "report_due"),
        reported_at=_moment(values, "reported_at"),
        restored_at=_moment(values, "restored_at"),
    )


def incidents_of() -> Mapping[str, tuple[datetime, bool]]:
    """Of each decision that an incident names, whosesoever it is: when the first began, and whether one did harm."""
    found: dict[str, tuple[datetime, bool]] = {}
    for values in BoardItem.objects.filter(register=Board.INCIDENTS, withdrawn=False).values_list("values", flat=True):
        if named := values["decision"]:
            at, harmful = _at(values, "began_at"), values["harmful"]
            first, before = found.get(named, (at, harmful))
            found[named] = min(first, at), before or harmful
    return found


def _stop(values: Values) -> Stop:
    safe = _moment(values, "safe_at")
    return Stop(_at(values, "ordered_at"), (safe - _at(values, "ordered_at")).total_seconds() if safe else None)


def _restore(values: Values) -> RestoreTest:
    return RestoreTest(values["service"], _at(values, "tested_at"), values["reachable_bytes"], values["restored_bytes"])


def _loss(row: BoardItem) -> ActualLoss:
    values = row.values
    return ActualLoss(
        _at(values, "at"),
        Decimal(values["amount"]),
        values["currency"],
        Decimal(values["recovered"] or 0),
        values["data"],
        inert.visible(row.words.get("what", "")) or "(erased)",
    )


def _duty(row: BoardItem, person: Callable[[UUID], str]) -> Duty:
    values, decided_by = row.values, row.values["decided_by"]
    told = {name: inert.visible(row.words.get(name, "")) for name in ("source", "needs", "evidence", "text_version")}
    return Duty(
        **{name: text or "(erased)" for name, text in told.items()},
        applies=values["applies"],
        starts_on=values["starts_on"] or "",
        decided_by=person(UUID(decided_by)) if decided_by else "",
        decided_on=values["decided_on"] or "",
        note=inert.visible(row.words.get("note", "")),
    )
