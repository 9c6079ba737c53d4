"""A checkpoint is timestamped each hour, and only a token that an authority under our roots signed for it is kept."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from decisions import ledger, notes, signing, tasks, timestamps
from decisions.checkpoints import publish
from decisions.models import Agent
from decisions.signing import Checkpoint
from decisions.timestamps import BadTokenError, stamp, verified
from oversight.checks import the_authority_can_be_asked
from tests.authority import Authority
from tests.factories import event, send

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("data_dir"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here"),
]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with Authority(tmp_path_factory.mktemp("authority") / "known") as made:
        yield made


@pytest.fixture
def authority(known: Authority, settings: Any) -> Iterator[Authority]:
    settings.TSA_URL, settings.TSA_ROOTS = known.url, known.root
    known.asked = 0
    yield known
    known.lie = None


def token() -> Path:
    return notes.folder() / f"{ledger.size()}.tsr"


def newest() -> Checkpoint:
    return signing.read_note(publish())[0]


def test_the_newest_checkpoint_is_timestamped(authority: Authority, agent: Agent) -> None:
    checkpoint = newest()
    tasks.stamp_checkpoint()
    at = verified(token().read_bytes(), checkpoint)
    assert at.tzinfo is not None
    assert authority.check(token(), checkpoint.text().encode()), "openssl says the same"
    assert timestamps.last() is not None


def test_once_an_hour_when_it_has_grown(authority: Authority, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    for minutes, grown, expected in ((0, False, 1), (59, True, 1), (61, False, 2), (130, False, 2), (200, True, 3)):
        if grown:
            send(agent, event())
        publish()
        moment = now + timedelta(minutes=minutes)
        with monkeypatch.context() as patch:
            patch.setattr("decisions.timestamps.clock.now", lambda moment=moment: moment)
            stamp()
        assert authority.asked == expected, minutes


@pytest.mark.parametrize("lie", [(500, b""), (200, b""), (200, b"rubbish"), (302, b""), (200, b"\x30\x03\x02\x01\x02")])
def test_an_answer_that_is_no_token_is_not_kept(authority: Authority, agent: Agent, lie: tuple[int, bytes]) -> None:
    publish()
    authority.lie = lie
    stamp()
    assert not token().exists()


def test_a_token_for_something_else_is_not_kept(authority: Authority, agent: Agent) -> None:
    first = newest()
    stamp()
    true = token().read_bytes()
    send(agent, event())
    second = newest()
    with pytest.raises(BadTokenError):
        verified(true, second)
    authority.lie = (200, true)
    token().unlink(missing_ok=True)
    for path in notes.folder().glob("*.tsr"):
        path.unlink()
    stamp()
    assert not token().exists()
    verified(true, first)


def test_an_old_token_played_back_is_not_kept(authority: Authority, agent: Agent) -> None:
    """For the right checkpoint, and not the answer to this question."""
    publish()
    stamp()
    authority.lie = (200, token().read_bytes())
    token().unlink()
    stamp()
    assert not token().exists()


def test_a_token_of_another_authority_is_not_kept(
    authority: Authority, agent: Agent, tmp_path: Path, settings: Any
) -> None:
    checkpoint = newest()
    with Authority(tmp_path / "stranger") as stranger:
        settings.TSA_URL = stranger.url
        stamp()
        assert stranger.asked == 1
        assert not token().exists()
        settings.TSA_ROOTS = stranger.root
        stamp()
        verified(token().read_bytes(), checkpoint)


def test_one_that_is_away_keeps_nobody_from_anything(authority: Authority, agent: Agent, settings: Any) -> None:
    settings.TSA_URL = "http://127.0.0.1:9/tsa"
    publish()
    stamp()
    assert not token().exists()
    send(agent, event())
    publish()


def test_without_an_authority_nobody_is_asked(authority: Authority, agent: Agent, settings: Any) -> None:
    settings.TSA_URL = ""
    publish()
    stamp()
    assert authority.asked == 0
    assert the_authority_can_be_asked() == []


@pytest.mark.parametrize(
    ("url", "roots", "said"),
    [
        ("http://tsa.example/", b"", "not https"),
        ("https://tsa.example/", None, "TSA_ROOTS"),
        ("https://tsa.example/", b"no certificate", "TSA_ROOTS"),
    ],
)
def test_what_cannot_be_used_is_refused_at_the_start(
    url: str, roots: bytes | None, said: str, tmp_path: Path, settings: Any
) -> None:
    settings.TSA_URL, settings.TSA_ROOTS = url, tmp_path / "roots.pem"
    if roots is not None:
        settings.TSA_ROOTS.write_bytes(roots)
    [error] = the_authority_can_be_asked()
    assert said in str(error.msg)
