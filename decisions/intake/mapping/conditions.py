"""Conditions on places of a request, all of which must hold. Pure; a condition never fails, it holds or does not."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from decisions.intake.mapping import places
from decisions.intake.mapping.places import Read, Scope, known
from decisions.intake.mapping.values import UnreadableError

Test = Callable[[Any], bool]
SCALARS = (str, int, float, bool)


def _same(found: Any, wanted: Any) -> bool:
    # In Python 1 == True; in JSON it is not.
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def _one_of(wanted: list[Any]) -> Test:
    return lambda found: isinstance(found, SCALARS) and any(_same(found, item) for item in wanted)


def _only(names: frozenset[str]) -> Test:
    return lambda found: found is None or (isinstance(found, dict) and names.issuperset(found))


def _at_end(method: Callable[[str, tuple[str, ...]], bool], wanted: str | list[str]) -> Test:
    ends = (wanted,) if isinstance(wanted, str) else tuple(map(str, wanted))
    return lambda found: isinstance(found, str) and method(found, ends)


def _number(found: Any) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)


TESTS: Mapping[str, tuple[type | tuple[type, ...], Callable[[Any], Test], str]] = {
    "equals": (SCALARS, lambda wanted: lambda found: _same(found, wanted), "is {0}"),
    "in": (list, _one_of, "is one of {0}"),
    "not_in": (list, lambda wanted: lambda found: not _one_of(wanted)(found), "is none of {0}"),
    "only": (list, lambda wanted: _only(frozenset(map(str, wanted))), "is an object of no more than {0}, or nothing"),
    "present": (bool, lambda wanted: lambda found: known(found) is wanted, "is there: {0}"),
    "starts_with": ((str, list), lambda wanted: _at_end(str.startswith, wanted), "starts with {0}"),
    "ends_with": ((str, list), lambda wanted: _at_end(str.endswith, wanted), "ends with {0}"),
    "at_least": ((int, float), lambda wanted: lambda found: _number(found) and found >= wanted, "is {0} or more"),
    "below": ((int, float), lambda wanted: lambda found: _number(found) and found < wanted, "is below {0}"),
}
"""Each with the type of what it compares with, and how it is said."""


@dataclass(frozen=True, slots=True)
class Condition:
    place: str
    read: Read
    test: Test
    said: str

    def holds(self, scope: Scope) -> bool:
        try:
            return self.test(self.read(scope))
        except UnreadableError:
            # A name of `let` that cannot be read here is not what the condition asks for.
            return False


def conditions(
    written: Any, names: Mapping[str, Any], where: str, faults: list[str], *, in_each: bool = False
) -> tuple[Condition, ...]:
    """The conditions of `{place: test}`. What is wrong with them is added to `faults`."""
    if not isinstance(written, dict):
        faults.append(f"{where}: conditions are written as places, each with its test.")
        return ()
    made: list[Condition] = []
    for place, test in written.items():
        at = f"{where}, {str(place)[:80]}"
        if not places.is_place(place):
            faults.append(f"{at}: this is no place; one begins with {', '.join(places.PREFIXES)}.")
            continue
        if fault := places.fault_of(place, names, in_each=in_each):
            faults.append(f"{at}: {fault}.")
            continue
        made += _tests(place, test, at, faults)
    return tuple(made)


def _tests(place: str, test: Any, at: str, faults: list[str]) -> Iterable[Condition]:
    if isinstance(test, SCALARS):
        test = {"equals": test}
    elif isinstance(test, list):
        test = {"in": test}
    if not isinstance(test, dict) or not test:
        faults.append(f"{at}: a test is a value, a list of values, or one of {', '.join(TESTS)}.")
        return
    for name, wanted in test.items():
        type_, make, said = TESTS.get(name, (object, None, ""))
        if make is None:
            faults.append(f"{at}: the test {str(name)[:60]!r} is not known; known are {', '.join(TESTS)}.")
        elif not isinstance(wanted, type_) or (type_ == (int, float) and isinstance(wanted, bool)):
            faults.append(f"{at}: {name} cannot compare with {str(wanted)[:60]!r}.")
        elif isinstance(wanted, list) and not (wanted and all(isinstance(item, SCALARS) for item in wanted)):
            faults.append(f"{at}: {name} takes a list of plain values.")
        else:
            yield Condition(place, places.reader(place), make(wanted), f"{place} {said.format(repr(wanted))}")
