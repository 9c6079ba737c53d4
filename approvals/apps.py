"""The app of what people said: fills the gate and the projections of its own kinds."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        from approvals.gate import PolicyGate
        from approvals.projections import plug_own
        from decisions.ports import plug_gate

        plug_gate(PolicyGate())
        plug_own()
