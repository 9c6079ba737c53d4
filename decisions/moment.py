"""What a decide function may know besides its own reads: it runs under the head lock at this moment. It must not write."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings

from decisions import projections, queries
from decisions.models import Alarm, Decision

T = TypeVar("T")
FEW = 256
"""Up to so many decisions are read at once with their clocks; an import has thousands, and asks for none of them so."""


class AfterOthersError(Exception):
    """The command reads what another one of its wave writes: it is decided again when that is applied."""


@dataclass
class Moment:
    """The moment at which the jobs of one wave are decided: none of them reads what another one writes."""

    now: datetime
    config: str
    size: int
    """The seq of the next entry, for a decide function of `record`."""
    _keys: frozenset[str] = frozenset()
    _known: dict[str, Decision | None] | None = None
    _current: dict[str, Decision] | None = None
    _alarms: set[str] | None = None
    _holds: dict[UUID, int] = field(default_factory=dict)
    _found: "dict[Callable[[Moment], Any], Any]" = field(default_factory=dict)
    _told: set[UUID] = field(default_factory=set)

    @property
    def announced(self) -> frozenset[str]:
        """The names of all that the commands of the batch said they would read or write."""
        return self._keys

    def decision(self, ref_key: str) -> Decision | None:
        """The decision that `ref_key` names; one query serves every key announced by the batch."""
        if self._known is None:
            keys = self._refs()
            self._known = dict.fromkeys(keys) | projections.decisions_by_ref(keys)
        if ref_key not in self._known:
            self._known[ref_key] = projections.decisions_by_ref([ref_key]).get(ref_key)
        return self._known[ref_key]

    def _refs(self) -> list[str]:
        """The decisions among what was announced; other names say of what kind they are."""
        return [key for key in self._keys if ":" not in key]

    def current(self, ref_key: str) -> Decision | None:
        """As `decision`, with the clocks that its effective state needs; None too where its action was never told."""
        if self._current is None:
            keys = self._refs()
            self._current = queries.current({*keys, ref_key} if len(keys) <= FEW else {ref_key})
        if ref_key not in self._current:
            self._current |= queries.current([ref_key])
        return self._current.get(ref_key)

    def once(self, read: "Callable[[Moment], T]") -> T:
        """What `read` finds, asked once for all that are decided at this moment: for what no job with keys writes."""
        if read not in self._found:
            self._found[read] = read(self)
        found: T = self._found[read]
        return found

    def tell_of(self, agents: set[UUID], *, read: bool) -> None:
        """Note that a command tells of acts of `agents`. With `read` it also looks at what others tell of them.

        Raises AfterOthersError where one that was decided at this moment did.
        """
        if read and not self._told.isdisjoint(agents):
            raise AfterOthersError
        self._told |= agents

    def alarm_is_open(self, key: str) -> bool:
        if self._alarms is None:
            self._alarms = set(Alarm.objects.exclude(state="cleared").values_list("key", flat=True))
        return key in self._alarms

    def hold_one(self, agent: UUID) -> bool:
        """Count one more decision of `agent` that waits for people; False if that is more than may."""
        if agent not in self._holds:
            self._holds[agent] = queries.waiting_of(agent, self.now)
        self._holds[agent] += 1
        return self._holds[agent] <= settings.OPEN_HOLDS
