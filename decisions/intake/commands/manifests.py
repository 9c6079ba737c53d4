"""What a manifest that stands in a command is about: kinds, names and namespace. Pure; it must not build what aliases would make of it."""

from collections.abc import Iterator

import yaml

from decisions.intake.commands.kubernetes import singular

MAX_RESOURCES = 50
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WANTED = frozenset({("kind",), ("metadata", "name"), ("metadata", "namespace")})


def resources_in(text: str) -> tuple[tuple[str, ...], str]:
    """The resources of a manifest as `kind/name`, and their namespace where all name the same; nothing where it cannot be read."""
    found: list[dict[tuple[str, ...], str]] = []
    try:
        for path, value in _scalars(text):
            if not path:
                found.append({})
            elif path in _WANTED:
                found[-1].setdefault(path, value)
    except (yaml.YAMLError, UnicodeError):
        return (), ""
    named = [one for one in found if ("kind",) in one]
    resources = [f"{singular(one[('kind',)])}/{one.get(('metadata', 'name'), '')}".rstrip("/") for one in named]
    spaces = {one.get(("metadata", "namespace"), "") for one in named}
    return tuple(dict.fromkeys(resources))[:MAX_RESOURCES], spaces.pop() if len(spaces) == 1 else ""


def _scalars(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every plain value of each document with the keys that lead to it, and an empty path where a document begins.

    Events and not values: an alias stays what it is, and nothing is built that is larger than the text.
    """
    path: list[str | None] = []
    kinds: list[bool] = []
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.DocumentStartEvent):
            path, kinds = [], []
            yield (), ""
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            path.append(None)
            kinds.append(isinstance(event, yaml.MappingStartEvent))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            path.pop()
            kinds.pop()
            _value_ended(path, kinds)
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent) and kinds:
            value = event.value if isinstance(event, yaml.ScalarEvent) else ""
            if kinds[-1] and path[-1] is None:
                path[-1] = value
                continue
            if all(kinds):
                yield tuple(key or "" for key in path), value
            _value_ended(path, kinds)


def _value_ended(path: list[str | None], kinds: list[bool]) -> None:
    if kinds and kinds[-1]:
        path[-1] = None
