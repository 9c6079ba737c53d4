"""The gate's answer to the port: rulings of the policy version in force, and of the freezes. It must not write."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from approvals import policy
from approvals.models import PolicyVersion
from decisions import clock
from decisions.models import Freeze
from decisions.ports import HELD, Ruleable, Ruling
from decisions.vocab import FreezeMode, Level


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

    def rule_many(self, actions: Sequence[Ruleable], *, config: str) -> list[Ruling]:
        force = self._in_force(config)
        now = clock.now()
        rulings = [policy.rule(force.policy, action, now) if force.policy else HELD for action in actions]
        if not force.freezes:
            return rulings
        return [stopped(ruling, action, force.freezes) for ruling, action in zip(rulings, actions, strict=True)]

    def _in_force(self, config: str) -> InForce:
        held = self._held
        if held is not None and held.config == config:
            return held
        row = PolicyVersion.objects.order_by("-version").first()
        compiled = policy.read(row.document, version=row.version) if row else None
        held = InForce(config, compiled, tuple(Freeze.objects.filter(lifted_at__isnull=True).order_by("seq")))
        with self._lock:
            self._held = held
        return held


def stopped(ruling: Ruling, action: Ruleable, freezes: Sequence[Freeze]) -> Ruling:
    """`ruling` under the freezes that cover `action`: nothing at all, or nothing without a person."""
    modes = {
        freeze.mode
        for freeze in freezes
        if freeze.covers(service=action.service, environment_class=action.environment_class, agent_id=action.agent_id)
    }
    if FreezeMode.ALL in modes:
        return replace(ruling, level=Level.L0, rule="stopped by people", frozen=True)
    if FreezeMode.AUTONOMY in modes and ruling.level > Level.L2:
        return replace(ruling, level=Level.L2, rule="people have stopped what agents do alone", window=None)
    return ruling
