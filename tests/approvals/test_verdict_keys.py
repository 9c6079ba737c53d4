"""Keys of verdict tokens: published before they sign, and after they have."""

from pathlib import Path

import pytest

from approvals import verdict_keys
from approvals.token import jwk
from approvals.verdict_keys import KEPT_AFTER, PUBLISHED_FIRST, published, rotate, signing_key

pytestmark = pytest.mark.usefixtures("data_dir")


def kids() -> list[str]:
    return [jwk(key.public_key())["kid"] for key in published()]


def signs(at: float) -> str:
    return jwk(signing_key(at).public_key())["kid"]


def test_the_first_key_signs_at_once_and_others_may_not_read_it(data_dir: Path) -> None:
    assert [signs(1_000_000.0)] == kids()
    [path] = (data_dir / "keys" / "verdict").glob("*.key")
    assert path.stat().st_mode & 0o077 == 0
    path.chmod(0o644)
    with pytest.raises(PermissionError):
        published()


def test_a_new_key_signs_when_everybody_has_had_the_time_to_learn_of_it() -> None:
    at = 1_000_000
    old = signs(at)
    rotate(at)
    assert len(kids()) == 2
    assert signs(at + PUBLISHED_FIRST - 1) == old
    assert signs(at + PUBLISHED_FIRST) == kids()[1] != old


def test_an_old_key_stays_published_until_nothing_valid_is_signed_with_it() -> None:
    at = 1_000_000
    rotate(at)
    rotate(at + PUBLISHED_FIRST + KEPT_AFTER)
    assert len(kids()) == 3
    rotate(at + PUBLISHED_FIRST + KEPT_AFTER + 1)
    assert len(kids()) == 3, "the first one has gone, and the newest one has come"
    assert verdict_keys.CACHE_SECONDS * 2 <= PUBLISHED_FIRST
