"""Holds a command still between grant and run: binary, file operands, environment. What changed meanwhile must not run."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oversight_sdk.commands import Command
from oversight_sdk.errors import ConfigError, IntegrityError

LARGEST_OPERAND = 16 * 1024 * 1024
LARGEST_PIN = 512 * 1024 * 1024
PASSED = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "KUBECONFIG"}
)
MATTERS = frozenset({"PATH", "HOME", "KUBECONFIG"})
NEVER = frozenset({"OVERSIGHT_KEY"})


@dataclass(slots=True)
class Copies:
    """Copies of file operands that nobody can write: sealed memory files, or read-only files in a private folder."""

    descriptors: list[int] = field(default_factory=list)
    folder: Path | None = None

    def keep(self, content: bytes) -> str:
        """The path under which the child reads `content`."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("operand", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            self.descriptors.append(descriptor)
            with open(descriptor, "wb", closefd=False) as out:
                out.write(content)
            seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
            return f"/proc/self/fd/{descriptor}"
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="guard-"))
        handle, name = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            os.fchmod(handle, 0o400)
        return name

    def close(self) -> None:
        for descriptor in self.descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Held:
    """A command with everything that decides what it does; `parameters` is what people are asked to grant."""

    parameters: dict[str, Any]
    replaced: dict[int, str]
    environment: dict[str, str]
    copies: Copies

    def argv(self, granted: Mapping[str, Any]) -> list[str]:
        """The granted command line, with copies in the place of files."""
        return [self.replaced.get(index, token) for index, token in enumerate(granted["argv"])]

    def recheck(self, granted: Mapping[str, Any]) -> None:
        """Raises IntegrityError where the binary or a pinned file is no longer what was granted."""
        if _digest_or_nothing(granted["binary"]["path"]) != granted["binary"]["sha256"]:
            raise IntegrityError("the binary is not the one that was granted", code="binary")
        for pin in granted["pinned"]:
            if _digest_or_nothing(pin["path"]) != pin["sha256"]:
                raise IntegrityError(f"{pin['path']} is not the file that was granted", code="operand")


def hold(command: Command, environ: Mapping[str, str], also: Iterable[str] = ()) -> Held:
    """Read once what the command depends on. Raises ConfigError for what cannot be read."""
    environment = _environment(environ, also)
    binary = _resolve(command.argv[0], environment.get("PATH", os.defpath))
    copies = Copies()
    try:
        replaced, operands = _copied(command, copies)
        parameters: dict[str, Any] = {
            **command.typed,
            "argv": list(command.argv),
            "binary": {"path": binary, "sha256": digest(binary)},
            "cwd": str(Path.cwd()),
            "environment": {
                name: hashlib.sha256(os.fsencode(value)).hexdigest()
                for name, value in environment.items()
                if name in MATTERS or name in set(also)
            },
            "operands": operands,
            "pinned": _pinned(command, environment),
        }
    except BaseException:
        copies.close()
        raise
    if command.uninspectable:
        parameters["uninspectable"] = True
    return Held(parameters, replaced, environment, copies)


def digest(path: str) -> str:
    """SHA-256 of a file's content. Raises ConfigError."""
    found = hashlib.sha256()
    size = 0
    try:
        with Path(path).open("rb") as file:
            while block := file.read(1 << 20):
                size += len(block)
                if size > LARGEST_PIN:
                    raise ConfigError(f"{path} is too large to be held still")
                found.update(block)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    return found.hexdigest()


def _digest_or_nothing(path: str) -> str:
    try:
        return digest(path)
    except ConfigError:
        return ""


def _environment(environ: Mapping[str, str], also: Iterable[str]) -> dict[str, str]:
    wanted = PASSED | set(also)
    if refused := wanted & NEVER:
        raise ConfigError(f"{min(refused)} is never passed on")
    return {name: value for name, value in environ.items() if name in wanted or name.startswith("LC_")}


def _resolve(name: str, path: str) -> str:
    found = shutil.which(name, path=path)
    if found is None:
        raise ConfigError(f"there is no command {name!r}")
    return str(Path(found).resolve())


def _copied(command: Command, copies: Copies) -> tuple[dict[int, str], list[dict[str, Any]]]:
    replaced: dict[int, str] = {}
    operands: list[dict[str, Any]] = []
    for place in command.places:
        names = []
        for path in place.paths:
            content = _content(path)
            names.append(copies.keep(content))
            sha256 = hashlib.sha256(content).hexdigest()
            operands.append({"index": place.index, "path": path, "sha256": sha256, "size": len(content)})
        replaced[place.index] = place.prefix + ",".join(names)
    return replaced, operands


def _content(path: str) -> bytes:
    try:
        if path == "-":
            content = sys.stdin.buffer.read(LARGEST_OPERAND + 1)
        else:
            with Path(path).open("rb") as file:
                content = file.read(LARGEST_OPERAND + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_OPERAND:
        raise ConfigError(f"{path} is too large to be held still")
    return content


def _pinned(command: Command, environment: Mapping[str, str]) -> list[dict[str, str]]:
    """Files named in the command line, and the cluster's configuration: not copied, but looked at again before the run."""
    copied = {place.index for place in command.places}
    names = [
        text
        for index, token in enumerate(command.argv[1:], 1)
        if index not in copied
        for text in {token, token.partition("=")[2]}
    ]
    if command.kubeconfig is not None:
        usual = environment.get("KUBECONFIG") or str(Path(environment.get("HOME", "/")) / ".kube" / "config")
        names += [command.kubeconfig] if command.kubeconfig else usual.split(os.pathsep)
    pinned = {}
    for name in names:
        with contextlib.suppress(OSError, ValueError):
            path = Path(name)
            if name and path.is_file():
                pinned[str(path.resolve())] = ""
    return [{"path": path, "sha256": digest(path)} for path in sorted(pinned)]
