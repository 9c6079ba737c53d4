"""Where two datasets differ, and whether in a figure or in words alone. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FIGURES = ("meta", "verdict", "measures", "months", "charts", "proof", "questions")
"""The parts that no erasure of words can change: they hold counts, and sentences made of counts. Tables and rows hold names."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place, as a path such as `measures.1.numerator`, and what stands there in each."""

    path: str
    said: Any
    counted: Any

    @property
    def of_figures(self) -> bool:
        return self.path.partition(".")[0] in FIGURES

    def __str__(self) -> str:
        return f"{self.path}: the report says {_short(self.said)}, the ledger {_short(self.counted)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


MISSING = "nothing"


def differences(said: Any, counted: Any, path: str = "") -> Iterator[Difference]:
    """Each place in which `said` is not `counted`, in the order of the document."""
    if isinstance(said, dict) and isinstance(counted, dict):
        for key in sorted(said.keys() | counted.keys()):
            below = f"{path}.{key}" if path else str(key)
            yield from differences(said.get(key, MISSING), counted.get(key, MISSING), below)
    elif isinstance(said, list) and isinstance(counted, list) and len(said) == len(counted):
        for place, (one, other) in enumerate(zip(said, counted, strict=True)):
            yield from differences(one, other, f"{path}.{place}")
    elif said != counted or isinstance(said, bool) != isinstance(counted, bool):
        yield Difference(path, said, counted)
