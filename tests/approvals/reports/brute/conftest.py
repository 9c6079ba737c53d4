"""The organisation in a data folder of its own, and a way to live through histories in it. It must not excuse a difference."""

import logging
import shutil
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pytest
from django.db import transaction

from approvals.actions.activate_policy import activate_policy
from decisions import checkpoints, export, served
from tests import factories
from tests.approvals.reports.brute import comparing, reading
from tests.approvals.reports.brute.comparing import Lived
from tests.approvals.reports.brute.living import MONTH, WINDOW, History, World, policy
from tests.approvals.reports.brute.named import HISTORIES, MIDDLE, RUNNING
from tests.conftest import Clock

_by_hand: dict[str, Lived] = {}
"""What was lived through once serves every test of this process: it rests on no database any more."""


class Live(Protocol):
    def __call__(self, history: History, *, built: datetime | None = None) -> Lived: ...


@pytest.fixture
def world(data_dir: Path, organisation: factories.Register, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> World:
    assert data_dir.is_dir()
    # A window is served by two ticks.
    monkeypatch.setattr(served, "MOST", WINDOW)
    for name in ("decisions.recording", "django.request"):
        monkeypatch.setattr(logging.getLogger(name), "disabled", True)
    activate_policy(policy())
    return World(organisation, clock)


@pytest.fixture
def live(world: World, data_dir: Path, tmp_path: Path) -> Live:
    """Lives through a history in a ledger that is empty but for the organisation, and undoes it.

    The report is built when the month has matured, or at `built`.
    """
    begun = world.clock.at

    def lived(history: History, *, built: datetime | None = None) -> Lived:
        world.clock.set(begun)
        world.made.clear()
        try:
            with transaction.atomic():
                world.live(history)
                world.clock.set(max(world.clock.at, built or comparing.built_at(MONTH)))
                facts = comparing.collected(MONTH, world.clock.at, grouped=False)
                grouped = comparing.collected(MONTH, world.clock.at)
                misread = comparing.misread(facts)
                entries = reading.read(exported(tmp_path / "export"))
                transaction.set_rollback(True)
        finally:
            forget_signatures(data_dir)
        return Lived(facts, grouped, comparing.of_entries(entries, MONTH, world.clock.at), misread)

    return lived


@pytest.fixture
def by_hand(live: Live, world: World) -> dict[str, Lived]:
    """What is left of each history by hand, by its name."""
    if not _by_hand:
        lives = {name: live(history) for name, history in HISTORIES.items()}
        lives |= {name: live(history, built=MIDDLE) for name, history in RUNNING.items()}
        assert world.refused == {"approve": 2}, "a history by hand means each of its steps"
        _by_hand.update(lives)
    return _by_hand


def exported(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    checkpoints.publish()
    export.export(folder, disclosed=True)
    return folder


def forget_signatures(data_dir: Path) -> None:
    """What was signed is undone, and the signer must not remember it: it would refuse to sign anything else."""
    shutil.rmtree(data_dir / "checkpoints", ignore_errors=True)
    for path in (data_dir / "keys").glob("ledger*"):
        path.unlink()
