"""Which mapping a system is read by: the organisation's own, else the one that we ship. It must not write."""

from collections.abc import Mapping as Table
from functools import cache, lru_cache
from pathlib import Path

from decisions import register
from decisions.errors import not_found
from decisions.intake import formats
from decisions.intake.mapping import Mapping, load


def mapping_of(system: str) -> Mapping:
    """The mapping in force for `system`. Raises a 404 problem where there is none."""
    own = register.latest().formats.get(system)
    return _loaded(own.text) if own is not None else formats.mapping(system)


def text_of(system: str) -> str:
    """The mapping in force as it was written. Raises a 404 problem."""
    own = register.latest().formats.get(system)
    return own.text if own is not None else shipped_text(system)


@cache
def shipped_text(system: str) -> str:
    if system not in formats.names():
        raise not_found("format")
    return Path(formats.FOLDER / f"{system}.yaml").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def _loaded(text: str) -> Mapping:
    return load(text)


def all_of_them() -> Table[str, Mapping]:
    """Every mapping in force, by its system."""
    return {system: mapping_of(system) for system in sorted({*formats.names(), *register.latest().formats})}
