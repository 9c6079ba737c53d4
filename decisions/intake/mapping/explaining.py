"""What a mapping makes of a sample, record by record, for the person who writes it. Pure; it stores nothing and believes nothing."""

from collections.abc import Mapping as Table
from dataclasses import dataclass

from decisions.errors import Problem
from decisions.intake.mapping.checking import Mapping
from decisions.intake.mapping.places import Scope
from decisions.intake.mapping.running import made, opened
from decisions.intake.reading import Reading

MOST_EXPLAINED = 100


@dataclass(frozen=True, slots=True)
class Explained:
    index: int
    rule: str
    """The rule that matched; empty where none did."""
    reading: Reading | None
    ignored: str
    """Why it is ignored, by the rule that says so."""
    problem: str
    """Why it cannot be read although a rule matched, or that none did."""
    left_out: tuple[str, ...]
    """Fields of the reading that could not be read, each with why."""
    passed_over: tuple[str, ...]
    """Of each rule before the one that matched, the first condition that does not hold."""


def explain(mapping: Mapping, headers: Table[str, str], body: bytes) -> list[Explained]:
    """One explanation a record, of the first hundred. Raises the Problem of a body whose records cannot even be found."""
    request = opened(mapping, headers, body)
    scopes = list(request.scopes(mapping))[:MOST_EXPLAINED]
    return [_explained(mapping, index, scope) for index, scope in enumerate(scopes)]


def _explained(mapping: Mapping, index: int, scope: Scope) -> Explained:
    passed_over: list[str] = []
    for rule in mapping.rules:
        failing = next((one for one in rule.when if not one.holds(scope)), None)
        if failing is not None:
            passed_over.append(f"{rule.name}: it does not hold that {failing.said}")
            continue
        if rule.says is None:
            return Explained(index, rule.name, None, rule.reason, "", (), tuple(passed_over))
        left_out: list[str] = []
        try:
            reading = made(rule, scope, left_out)
        except Problem as problem:
            return Explained(index, rule.name, None, "", problem.detail, (), tuple(passed_over))
        return Explained(index, rule.name, reading, "", "", tuple(left_out), tuple(passed_over))
    return Explained(index, "", None, "", "No rule matches.", (), tuple(passed_over))
