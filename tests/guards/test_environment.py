"""The tests touch nothing but what is theirs."""

import socket
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from decisions import clock
from tests.conftest import Clock
from tests.environment import DATA_DIR


def test_nothing_leaves_this_machine() -> None:
    for family, address in ((socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET6, ("2001:db8::1", 80))):
        with socket.socket(family) as made, pytest.raises(PermissionError, match="tried to reach"):
            made.connect(address)
        with socket.socket(family) as made, pytest.raises(PermissionError, match="tried to reach"):
            made.connect_ex(address)


def test_this_machine_can_be_reached() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


@pytest.mark.django_db
def test_data_and_database_are_for_this_run() -> None:
    assert Path(DATA_DIR).resolve() == settings.DATA_DIR
    name = str(connection.settings_dict["NAME"])
    assert "test" in name
    if connection.vendor == "sqlite":
        assert Path(name).is_relative_to(DATA_DIR)


def test_the_clock_is_the_systems_unless_a_test_says_otherwise() -> None:
    assert clock._clock is clock.system


def test_a_test_may_hold_the_clock(clock: Clock) -> None:
    before = clock.at
    assert clock.advance(minutes=5) == before.replace(minute=52)


def test_a_folder_of_its_own(data_dir: Path, settings: Any) -> None:
    assert data_dir == settings.DATA_DIR
    assert list(data_dir.iterdir()) == []
