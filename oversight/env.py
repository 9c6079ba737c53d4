"""Typed readers of environment variables. It must not decide what a value is for."""

import os
from collections.abc import Callable
from pathlib import Path

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


class BadSettingError(ValueError):
    """An environment variable holds a value that cannot be used; the message names it and says what is allowed."""


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    raw = os.environ.get(name)
    if raw is None:
        return default
    if raw.lower() in TRUE:
        return True
    if raw.lower() in FALSE:
        return False
    raise BadSettingError(f"{name} must be one of true, false, 1, 0; it is {raw!r}")


def number(name: str, default: int, *, least: int, most: int) -> int:
    raw = os.environ.get(name, "")
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
        raise BadSettingError(f"{name} must be a whole number from {least} to {most}; it is {raw!r}")
    return int(raw)


def words(name: str, default: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).expanduser().resolve()


def file(name: str) -> Path | None:
    """The file that variable `name` names; None where it is empty."""
    raw = os.environ.get(name, "")
    return Path(raw).expanduser().resolve() if raw else None


def apart(data_dir: str) -> dict[str, str]:
    """The environment of a process that has nothing of this installation: an embedded one, in `data_dir`."""
    ours = ("OVERSIGHT_", "DATABASE_", "REDIS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"OVERSIGHT_DATA_DIR": data_dir}


def secret(name: str, path: Path, make: Callable[[], str]) -> str:
    """The secret in variable `name`, else the one kept in `path` (mode 0600), made with `make` on first use.

    Raises BadSettingError where others may read the file.
    """
    if value := os.environ.get(name):
        return value
    if path.exists():
        if path.stat().st_mode & 0o077:
            raise BadSettingError(f"{path} may be read by others; run: chmod 600 {path}")
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    value = make()
    # O_EXCL: two processes that start at once must end with one secret; the loser reads the winner's.
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as out:
        out.write(value)
    return value
