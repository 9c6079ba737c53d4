"""What is asked of the workers: by any thread, not too often, and never at the cost of the one who asks."""

import threading
import time
from typing import Any

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from decisions import hints


def test_every_thread_knows_the_workers_queue() -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(current_app.main))
    thread.start()
    thread.join()
    assert found == ["oversight"]
    assert "decisions.tasks.publish_checkpoint" in {entry["task"] for entry in current_app.conf.beat_schedule.values()}


def test_a_checkpoint_is_asked_for_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    now = 100.0
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: asked.append(name))
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(hints, "_wanted_at", -1.0)
    for step in (0.0, 0.3, 0.6, 0.2):
        now += step
        hints.checkpoint_wanted()
    assert asked == ["decisions.tasks.publish_checkpoint"] * 2


@pytest.mark.parametrize("error", [OperationalError, ConnectionRefusedError])
def test_without_a_broker_nobody_is_troubled(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def send_task(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(current_app, "send_task", send_task)
    monkeypatch.setattr(hints, "_wanted_at", -1.0)
    hints.checkpoint_wanted()
