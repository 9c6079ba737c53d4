"""Expressions: what a field of a Reading is made of, as data, turned into functions once. Pure; no code of a mapping is ever run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from decisions.intake.mapping import places, values
from decisions.intake.mapping.conditions import conditions
from decisions.intake.mapping.functions import FUNCTIONS
from decisions.intake.mapping.places import Read, Scope, known
from decisions.intake.mapping.values import UnreadableError

MOST_ITEMS = 100
MOST_DEPTH = 12
Expression = Read


def _nothing(_: Scope) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Maker:
    """Turns what is written into expressions; what is wrong with it is added to `faults`, each with where it stands."""

    names: Mapping[str, Any]
    faults: list[str]
    where: str
    in_each: bool = False
    depth: int = 0

    def fault(self, said: str) -> Expression:
        self.faults.append(f"{self.where}: {said}")
        return _nothing

    def at(self, part: str, *, in_each: bool = False) -> "Maker":
        return replace(self, where=f"{self.where}, {part}", depth=self.depth + 1, in_each=self.in_each or in_each)

    def make(self, written: Any) -> Expression:
        """The expression of a place, a plain value, or `{operator: …}`."""
        if self.depth > MOST_DEPTH:
            return self.fault(f"it is nested deeper than {MOST_DEPTH}.")
        if places.is_place(written):
            if said := places.fault_of(written, self.names, in_each=self.in_each):
                return self.fault(f"{said}.")
            return _place(written)
        if isinstance(written, str | int | float):
            return lambda _: written
        if isinstance(written, list):
            return _list([self.at(f"item {index}").make(item) for index, item in enumerate(written, 1)])
        if not isinstance(written, dict):
            return self.fault("an expression is a place, a plain value, a list, or an operator with what it takes.")
        found = [name for name in written if name in OPERATORS or name in FUNCTIONS]
        if len(found) != 1:
            known_ones = ", ".join([*OPERATORS, *FUNCTIONS])
            said = f"{' and '.join(found)} stand side by side" if found else "no operator or function that is known"
            return self.fault(f"{said}: {str(list(written))[:80]}; known are {known_ones}.")
        name = found[0]
        if more := sorted(str(key) for key in set(written) - takes(name) - {name}):
            return self.fault(f"{name} takes no {more[0][:60]!r}.")
        here = self.at(name)
        return OPERATORS[name].make(here, written) if name in OPERATORS else _function(here, name, written)


def _tried(part: Expression, scope: Scope) -> Any:
    """What `part` gives; nothing where it cannot be read, since there are others beside it."""
    try:
        return part(scope)
    except UnreadableError:
        return None


def _place(written: str) -> Expression:
    read = places.reader(written)

    def evaluate(scope: Scope) -> Any:
        try:
            return read(scope)
        except UnreadableError as error:
            raise places.placed(error, written) from None

    return evaluate


def _list(parts: list[Expression]) -> Expression:
    return lambda scope: [found for part in parts if known(found := _tried(part, scope))]


def _function(here: Maker, name: str, written: dict[str, Any]) -> Expression:
    function = FUNCTIONS[name]
    if not function.word:
        argument = here.make(written[name])
        said, call = str(written[name])[:80], function.call
    else:
        word = written[name]
        if not isinstance(word, str) or not word or "of" not in written:
            return here.fault(f"it is written {{{name}: word, of: value}}.")
        argument = here.make(written["of"])
        said = str(written["of"])[:80]

        def call(value: Any) -> Any:
            return function.call(word, value)

    def evaluate(scope: Scope) -> Any:
        value = argument(scope)
        scope.work.spend(len(value) if isinstance(value, str | list) else 1)
        try:
            return call(value)
        except UnreadableError as error:
            raise places.placed(error, said) from None

    return evaluate


def _as_text(part: Expression, said: str) -> Callable[[Scope], str]:
    def evaluate(scope: Scope) -> str:
        try:
            return values.text(part(scope))
        except UnreadableError as error:
            raise places.placed(error, said) from None

    return evaluate


def _text(here: Maker, written: dict[str, Any]) -> Expression:
    plain = written["text"]
    return (lambda _: plain) if isinstance(plain, str) else here.fault("it takes a text as it is.")


def _first(here: Maker, written: dict[str, Any]) -> Expression:
    if not isinstance(written["first"], list) or not written["first"]:
        return here.fault("it takes a list of expressions.")
    parts = [here.make(part) for part in written["first"]]

    def evaluate(scope: Scope) -> Any:
        return next((found for part in parts if known(found := _tried(part, scope))), None)

    return evaluate


def _join(here: Maker, written: dict[str, Any]) -> Expression:
    by, skip = written.get("by", ""), written.get("skip", False)
    if not isinstance(written["join"], list) or not isinstance(by, str) or not isinstance(skip, bool):
        return here.fault("it takes a list of expressions, `by` a text, and `skip` true or false.")
    parts = [_as_text(here.make(part), str(part)[:80]) for part in written["join"]]

    def evaluate(scope: Scope) -> Any:
        found = [part(scope) for part in parts]
        if not skip and not all(found):
            return None
        scope.work.spend(sum(map(len, found)))
        return by.join(filter(None, found))

    return evaluate


def _map(here: Maker, written: dict[str, Any]) -> Expression:
    table = written.get("to")
    if not isinstance(table, dict) or not table:
        return here.fault("it takes `to`, a table from what is found to what it means.")
    asked = _as_text(here.make(written["map"]), str(written["map"])[:80])
    answers = {str(word): here.at(str(word)[:40]).make(answer) for word, answer in table.items()}
    otherwise = here.at("else").make(written["else"]) if "else" in written else _nothing
    return lambda scope: answers.get(asked(scope), otherwise)(scope)


def _choose(here: Maker, written: dict[str, Any]) -> Expression:
    cases = written["choose"]
    if not isinstance(cases, list) or not all(
        isinstance(case, dict) and set(case) == {"when", "then"} for case in cases
    ):
        return here.fault("it takes a list of cases, each with `when` and `then`.")
    made = []
    for number, case in enumerate(cases, 1):
        inner = here.at(f"case {number}")
        when = conditions(case["when"], here.names, inner.where, here.faults, in_each=here.in_each)
        made.append((when, inner.make(case["then"])))
    otherwise = here.at("else").make(written["else"]) if "else" in written else _nothing

    def evaluate(scope: Scope) -> Any:
        for when, then in made:
            if all(condition.holds(scope) for condition in when):
                return then(scope)
        return otherwise(scope)

    return evaluate


def _object(here: Maker, written: dict[str, Any]) -> Expression:
    needs = written.get("needs", [])
    if not isinstance(written["object"], dict) or not isinstance(needs, list):
        return here.fault("it takes names, each with an expression, and `needs`, a list of those names.")
    if any(name not in written["object"] for name in needs):
        return here.fault("`needs` lists a name that the object does not have.")
    parts = {str(name): here.at(str(name)[:40]).make(part) for name, part in written["object"].items()}

    def evaluate(scope: Scope) -> Any:
        made = {name: found for name, part in parts.items() if known(found := _tried(part, scope))}
        return made if all(name in made for name in needs) else None

    return evaluate


def _each(here: Maker, written: dict[str, Any]) -> Expression:
    if here.in_each:
        return here.fault("`each` stands inside another `each`.")
    if "give" not in written:
        return here.fault("it takes `give`, what is made of each item.")
    listed = here.make(written["each"])
    give = here.at("give", in_each=True).make(written["give"])
    when = conditions(written.get("when", {}), here.names, here.where, here.faults, in_each=True)

    def evaluate(scope: Scope) -> Any:
        found = listed(scope)
        if isinstance(found, dict):
            found = [{"key": key, "value": value} for key, value in list(found.items())[:MOST_ITEMS]]
        if found is None:
            return []
        if not isinstance(found, list):
            raise UnreadableError(f"at {str(written['each'])[:80]}: a list was expected")
        made = []
        for item in found[:MOST_ITEMS]:
            scope.item = item
            if all(condition.holds(scope) for condition in when) and known(given := _tried(give, scope)):
                made.append(given)
        scope.item = None
        return made

    return evaluate


def _hash(here: Maker, written: dict[str, Any]) -> Expression:
    parts = written["hash"]
    made = [here.make(part) for part in (parts if isinstance(parts, list) else [parts])]

    def evaluate(scope: Scope) -> Any:
        found = [part(scope) for part in made]
        scope.work.spend(sum(map(values.size, found)))
        return values.digest(*found) if any(map(known, found)) else None

    return evaluate


@dataclass(frozen=True, slots=True)
class Operator:
    says: str
    make: Callable[[Maker, dict[str, Any]], Expression]
    takes: frozenset[str] = frozenset()


OPERATORS: Mapping[str, Operator] = {
    "text": Operator("a text as it is, also one that looks like a place", _text),
    "first": Operator("the first of several that is there", _first),
    "join": Operator(
        "texts joined `by` another; nothing where one is missing, unless `skip`", _join, frozenset({"by", "skip"})
    ),
    "map": Operator("what a table gives `to` a word, `else` another", _map, frozenset({"to", "else"})),
    "choose": Operator("the first case whose conditions hold, `else` another", _choose, frozenset({"else"})),
    "object": Operator(
        "an object of several, those that are missing left out; nothing where one that it `needs` is missing",
        _object,
        frozenset({"needs"}),
    ),
    "each": Operator(
        "what is `give`n of each item of a list, of those `when` conditions hold", _each, frozenset({"give", "when"})
    ),
    "hash": Operator("a name made of what is there: the same for the same, sent again", _hash),
}


def takes(name: str) -> frozenset[str]:
    """What may stand beside the operator or function `name`."""
    if name in OPERATORS:
        return OPERATORS[name].takes
    return frozenset({"of"}) if name in FUNCTIONS and FUNCTIONS[name].word else frozenset()
