"""The mappings that we ship, one file a system. Pure; it must not know those that an organisation writes."""

from collections.abc import Mapping as Table
from functools import cache
from pathlib import Path
from types import MappingProxyType

from decisions.errors import not_found
from decisions.intake.mapping import Mapping, load

FOLDER = Path(__file__).parent


@cache
def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def mapping(system: str) -> Mapping:
    """The shipped mapping of `system`. Raises a 404 problem where there is none."""
    if system not in names():
        raise not_found("format")
    return load((FOLDER / f"{system}.yaml").read_text(encoding="utf-8"))


@cache
def shipped() -> Table[str, Mapping]:
    """Every shipped mapping by the name of its system."""
    return MappingProxyType({name: mapping(name) for name in names()})
