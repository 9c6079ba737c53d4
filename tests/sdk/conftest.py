"""A fake gate, and the sdk pointed at it with short pauses. It must not make the sdk's rules any laxer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oversight_sdk import Gate, Patience
from tests.sdk.fake import KEY, FakeGate
from tests.sdk.scaling import Scaling

QUICK = Patience(seconds=1.0, first=0.005, most=0.02)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake() -> Iterator[FakeGate]:
    gate = FakeGate()
    yield gate
    gate.close()


@pytest.fixture
def gate(fake: FakeGate, tmp_path: Path) -> Iterator[Gate]:
    with Gate(fake.url, KEY, executor="point-1", state=tmp_path / "seen.sqlite3", wait=2, patience=QUICK) as made:
        yield made


@pytest.fixture
def scaling(gate: Gate) -> Scaling:
    return Scaling(gate)
