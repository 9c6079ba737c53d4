"""The gate's answer to the port: rulings of the policy version in force. It must not write."""

import threading
from collections.abc import Sequence

from approvals import policy
from approvals.models import PolicyVersion
from decisions import clock
from decisions.ports import HELD, Ruleable, Ruling


class PolicyGate:
    """Rules by the newest activated version, compiled once for each change of register or policy."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._compiled: tuple[str, policy.Policy | None] | None = None

    def rule_many(self, actions: Sequence[Ruleable], *, config: str) -> list[Ruling]:
        compiled = self._policy(config)
        if compiled is None:
            return [HELD] * len(actions)
        now = clock.now()
        return [policy.rule(compiled, action, now) for action in actions]

    def _policy(self, config: str) -> policy.Policy | None:
        held = self._compiled
        if held is not None and held[0] == config:
            return held[1]
        row = PolicyVersion.objects.order_by("-version").first()
        compiled = policy.read(row.document, version=row.version) if row else None
        with self._lock:
            self._compiled = (config, compiled)
        return compiled
