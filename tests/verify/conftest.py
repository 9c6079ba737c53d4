"""A policy with the log's key, one with two witnesses, and a ledger of a few hundred entries."""

from pathlib import Path

import pytest

from tests.verify import writer


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    """A policy that names the log and asks for no witness."""
    path = tmp_path / "policy"
    path.write_bytes(writer.policy())
    return path


@pytest.fixture
def witnessed(tmp_path: Path) -> Path:
    """A policy that names the log and asks for both witnesses."""
    path = tmp_path / "policy-with-witnesses"
    path.write_bytes(writer.two_witnesses())
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A ledger of 300 entries that the log and both witnesses signed."""
    writer.write(tmp_path / "export", writer.bodies(300), writer.LOG, *writer.WITNESSES)
    return tmp_path / "export"
