"""What a command is to us: read-only, one of the kinds of action, or not classified. Pure; it must not read commands itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from decisions.kinds import LOOK, UNCLASSIFIED, reversible

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    kind: str
    """`look`, one of the kinds of action, or `unclassified`."""
    resource: str = ""
    """As `deployment/checkout`; the first where it names several."""
    resources: tuple[str, ...] = ()
    """All that it names, the first too."""
    namespace: str = ""
    cluster: str = ""
    """The context, cluster or server that it names; empty for the one that the agent is set up for."""
    parameters: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """What the command itself states of the change, as `replicas`."""
    why: str = ""
    """Why it could not be classified, in words of ours."""

    @property
    def reads(self) -> bool:
        return self.kind == LOOK


READS = Classified(kind=LOOK)


def unclassified(why: str) -> Classified:
    return Classified(kind=UNCLASSIFIED, why=why)


def _strictness(one: Classified) -> int:
    if one.kind == LOOK:
        return 0
    if one.kind == UNCLASSIFIED:
        # Before everything that is known: a known act must not stand in front of an unknown one.
        return 4
    return {True: 1, None: 2, False: 3}[reversible(one.kind)]


def strictest(found: Iterable[Classified]) -> Classified:
    """The strictest of the commands of one line, the first where several are; nothing at all reads.

    It names what the others act on too: one line may act on several things.
    """
    every = list(found)
    chosen = max(every, key=_strictness, default=READS)
    resources = dict.fromkeys([*chosen.resources, *(name for one in every if not one.reads for name in one.resources)])
    return replace(chosen, resources=tuple(resources)) if len(resources) > len(chosen.resources) else chosen
