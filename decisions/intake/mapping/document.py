"""The shape of a mapping: closed, bounded, read from YAML without its surprises. Pure; it must not say what a mapping means."""

import re
from typing import Annotated, Any, NoReturn

import msgspec
import yaml
from msgspec import Meta, Struct

from decisions.canonical import MAX_INTEGER, NotStrictError, check
from decisions.intake.signatures import Scheme

MOST_CHARACTERS = 64 * 1024
MOST_RULES = 50
MOST_DEPTH = 24
MEBIBYTE = 1 << 20

Sentence = Annotated[str, Meta(min_length=1, max_length=500)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class Records(Struct, forbid_unknown_fields=True, frozen=True):
    """Where the records of a body are. Of several, the first whose conditions hold and whose place is there."""

    at: str = ""
    many: bool = False
    """Whether a list stands there, of which each item is a record."""
    take: str = ""
    """Where, inside what stands there, the record is."""
    json: bool = False
    """Whether it is JSON in a text."""
    when: dict[str, Any] = {}
    """Conditions on the body."""


class Rule(Struct, forbid_unknown_fields=True, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    when: dict[str, Any]
    says: str
    """What the record is to us, or `ignore`."""
    reason: Annotated[str, Meta(max_length=500)] = ""
    """Why it is ignored."""
    fields: dict[str, Any] = {}


class Document(Struct, forbid_unknown_fields=True, frozen=True):
    system: Name
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    about: Sentence
    signature: Scheme
    rules: Annotated[list[Rule], Meta(min_length=1, max_length=MOST_RULES)]
    records: Annotated[list[Records], Meta(min_length=1, max_length=10)] = msgspec.field(
        default_factory=lambda: [Records()]
    )
    let: Annotated[dict[str, Any], Meta(max_length=50)] = {}
    """Expressions with a name, which those after them use as `$name`."""
    fields: dict[str, Any] = {}
    """What every rule gives that does not say otherwise."""
    lines: bool = False
    """Whether a body of type `application/x-ndjson` is one record a line."""
    body_limit: Annotated[int, Meta(ge=1, le=16 * MEBIBYTE)] = MEBIBYTE
    instead: Annotated[str, Meta(max_length=500)] = ""
    """What to set in the system that sends something other than JSON."""


class WrittenWronglyError(ValueError):
    """The text of a mapping is none; the message is a sentence for the person who wrote it."""


class _Loader(yaml.SafeLoader):
    """YAML of plain values: no aliases, no keys twice, and words that stay words (`on`, `no`, `12:30`, dates)."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            _refuse("Aliases are not taken; write it out.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                _refuse(f"A key that is no word, in line {key.start_mark.line + 1}.")
            if key.value in seen:
                _refuse(f"The key {key.value[:60]!r} appears twice, in line {key.start_mark.line + 1}.")
            seen.add(key.value)
        # A key is a word, also where a value of the same letters would be a number or a truth.
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


def _refuse(said: str) -> NoReturn:
    raise WrittenWronglyError(said)


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int | float:
    digits = str(node.value)
    value = float(digits) if not digits.lstrip("+-").isdigit() else int(digits[:20])
    if abs(value) > MAX_INTEGER:
        _refuse(f"A number beyond 2^53-1, in line {node.start_mark.line + 1}; write it as a text.")
    return value


def _unknown(loader: yaml.SafeLoader, node: yaml.Node) -> NoReturn:
    _refuse(f"The tag {node.tag[:60]!r}, in line {node.start_mark.line + 1}; only plain values are taken.")


PLAIN = "tag:yaml.org,2002:"
_NUMBER = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$")
_Loader.yaml_implicit_resolvers = {}
_Loader.yaml_constructors = {
    name: yaml.SafeLoader.yaml_constructors[name]
    for name in (PLAIN + kind for kind in ("null", "bool", "str", "seq", "map"))
}
_Loader.add_implicit_resolver(PLAIN + "null", re.compile(r"(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver(PLAIN + "bool", re.compile(r"(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(PLAIN + "float", _NUMBER, list("-+.0123456789"))
_Loader.add_constructor(PLAIN + "float", _number)
_Loader.add_constructor(PLAIN + "int", _number)
_Loader.add_constructor(None, _unknown)


def parse(text: str) -> Document:
    """The document of `text`. Raises WrittenWronglyError."""
    if len(text) > MOST_CHARACTERS:
        _refuse(f"A mapping has at most {MOST_CHARACTERS:,} characters.")
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader, made stricter
    except yaml.MarkedYAMLError as error:
        line = f", in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        _refuse(f"This is not YAML: {error.problem}{line}.")
    except yaml.YAMLError:
        _refuse("This is not YAML: it holds a character that no text has.")
    except RecursionError:
        _refuse("This is nested too deeply.")
    except (ValueError, OverflowError) as error:
        raise (error if isinstance(error, WrittenWronglyError) else WrittenWronglyError("A number is none.")) from None
    try:
        check(value, depth=MOST_DEPTH)
    except NotStrictError as error:
        _refuse(f"It cannot be stored: {error}.")
    if not isinstance(value, dict):
        _refuse("A mapping is an object with `system`, `version`, `about`, `signature` and `rules`.")
    try:
        return msgspec.convert(value, Document, strict=True)
    except msgspec.ValidationError as error:
        raise WrittenWronglyError(f"{error}.") from None
