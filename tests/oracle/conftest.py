"""The gate as the walks find it: everybody signed in, and a policy whose holds outlast them. It must not hide a step."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from approvals.actions.activate_policy import activate_policy
from decisions import ports, served
from tests import factories
from tests.conftest import Clock
from tests.oracle import service
from tests.oracle.calling import without_threads


@pytest.fixture
def gate(
    organisation: factories.Register, clock: Clock, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[service.Gate]:
    without_threads(monkeypatch)
    # One tick is a whole unit of the model; how finely served time is counted is tested beside it.
    monkeypatch.setattr(served, "MOST", service.UNIT)
    monkeypatch.setattr(logging.getLogger("decisions.recording"), "disabled", True)
    # Half of what the walks try is refused.
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    activate_policy(service.policy())
    monkeypatch.setattr(settings, "GUARD_FILE", data_dir / "guard.json")
    before = ports.sockets.gate
    yield service.Gate(organisation, clock)
    ports.sockets.gate = before
