"""The gate's answer to the port: rulings of the policy version in force, and of the freezes. It must not write."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals import policy
from approvals.models import PolicyVersion
from approvals.queries.stops import stopped
from decisions.freezes import in_force
from decisions.models import Freeze
from decisions.ports import HELD, Ruleable, Ruling


@dataclass(frozen=True, slots=True)
class InForce:
    """What rules until register, policy or a freeze changes."""

    config: str
    policy: policy.Policy | None
    freezes: tuple[Freeze, ...]


class PolicyGate:
    """Rules by the newest activated version, compiled once for each change of register, policy or freeze."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: InForce | None = None

    def rule_many(self, actions: Sequence[Ruleable], *, config: str, at: datetime) -> list[Ruling]:
        force = self._in_force(config)
        rulings = [policy.rule(force.policy, action, at) if force.policy else HELD for action in actions]
        if not force.freezes:
            return rulings
        return [stopped(ruling, action, force.freezes) for ruling, action in zip(rulings, actions, strict=True)]

    def _in_force(self, config: str) -> InForce:
        held = self._held
        if held is not None and held.config == config:
            return held
        row = PolicyVersion.objects.order_by("-version").first()
        compiled = policy.read(row.document, version=row.version) if row else None
        held = InForce(config, compiled, tuple(in_force()))
        with self._lock:
            self._held = held
        return held
