"""Which tokens this point has used and how far each target's fencing has come. It must not forget one that still holds.

One SQLite file: two processes of one point share it, and a commit is on disk before a call runs.
"""

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from oversight_sdk.errors import ConfigError, TokenRefused

TABLES = (
    "CREATE TABLE IF NOT EXISTS tokens (jti TEXT PRIMARY KEY, until REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS fences (target TEXT PRIMARY KEY, fencing INTEGER NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """The durable memory of one enforcement point, in the file `path`."""

    path: Path
    patience: float = 5.0

    def admit(self, *, target: str, fencing: int, jti: str, until: float, now: float) -> None:
        """Take note of a token once. Raises TokenRefused where it was used before or a newer one was seen.

        Raises ConfigError where the file cannot be used: what cannot be remembered is not run.
        """
        try:
            with contextlib.closing(self._open()) as file:
                file.execute("BEGIN IMMEDIATE")
                highest = file.execute("SELECT fencing FROM fences WHERE target = ?", (target,)).fetchone()
                used = file.execute("SELECT 1 FROM tokens WHERE jti = ?", (jti,)).fetchone()
                if used:
                    raise TokenRefused("the token was used before", code="replay")
                if highest and fencing <= highest[0]:
                    raise TokenRefused("a newer grant was seen for this target", code="fence")
                file.execute("DELETE FROM tokens WHERE until < ?", (now,))
                file.execute("INSERT INTO tokens VALUES (?, ?)", (jti, until))
                file.execute("INSERT OR REPLACE INTO fences VALUES (?, ?)", (target, fencing))
                file.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"the file of used tokens cannot be used: {self.path}: {error}") from None

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        if self.path.stat().st_mode & 0o022:
            raise OSError("others may write it")
        file = sqlite3.connect(self.path, timeout=self.patience, isolation_level=None)
        try:
            file.execute("PRAGMA synchronous = FULL")
            for table in TABLES:
                file.execute(table)
        except sqlite3.Error:
            file.close()
            raise
        return file


def default_path(executor: str) -> Path:
    """Where a point of that name remembers, unless the caller says otherwise."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    name = "".join(mark if mark.isalnum() or mark in "-." else "_" for mark in executor)
    return Path(base) / "oversight" / f"{name}.sqlite3"
