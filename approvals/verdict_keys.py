"""The keys that verdict tokens are signed with, as files beside the data and never in the database.

A new key is published before it signs, and an old one after it has, for longer than anybody keeps the set or a token.
It must not sign anything itself.
"""

import time
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from decisions.signing import load_key

CACHE_SECONDS = 300
PUBLISHED_FIRST = 2 * CACHE_SECONDS
KEPT_AFTER = 3600


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "keys" / "verdict"


def _files() -> tuple[tuple[int, Path], ...]:
    """(since when it is published, file) of each key, oldest first."""
    folder = _folder()
    try:
        return _listed(folder, folder.stat().st_mtime_ns)
    except FileNotFoundError:
        return ()


@lru_cache(maxsize=4)
def _listed(folder: Path, _changed: int) -> tuple[tuple[int, Path], ...]:
    # Every claim is signed: a folder that is what it was is not read again.
    return tuple(sorted((int(path.stem), path) for path in folder.glob("*.key") if path.stem.isdigit()))


def _there() -> tuple[tuple[int, Path], ...]:
    """As `_files`; the first one is made when there is none."""
    found = _files()
    if not found:
        # All processes that start at once make the same file, so that they end with one key.
        load_key(_folder() / "0.key")
        found = _files()
    return found


def published() -> list[Ed25519PrivateKey]:
    """Every key whose signatures may be met, oldest first."""
    return [load_key(path) for _, path in _there()]


def signing_key(now: float | None = None) -> Ed25519PrivateKey:
    """The newest key that everybody has had the time to learn of."""
    files = _there()
    at = time.time() if now is None else now
    known = [path for since, path in files if at - since >= PUBLISHED_FIRST]
    path = known[-1] if known else files[0][1]
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, _written: int) -> Ed25519PrivateKey:
    # As for the folder: what was written anew is read anew.
    return load_key(path)


def rotate(now: float | None = None) -> None:
    """Publish a new key, which signs from ten minutes on, and remove those that nothing valid is signed with."""
    at = int(time.time() if now is None else now)
    published()
    load_key(_folder() / f"{at}.key")
    # A key stopped signing when the one after it had been published long enough.
    ends = {
        path: following + PUBLISHED_FIRST for (_, path), (following, _) in zip(_files(), _files()[1:], strict=False)
    }
    for path, end in ends.items():
        if at - end > KEPT_AFTER:
            path.unlink()
