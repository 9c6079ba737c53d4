"""Signs checkpoints of one ledger, from a state of its own: what it signed last, in a file that no database knows of.

It signs only what is proven to extend that, and has forgotten nothing when the signature leaves. It must not read the
ledger, nor import the framework: it runs where there is no database.
"""

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from decisions import key_ring, signing, submission
from decisions.durable import Open, Slate, alone, settle
from decisions.key_ring import Folder, Key, Ring
from decisions.merkle import EMPTY_ROOT, Frontier
from decisions.signing import Checkpoint
from decisions.submission import BadSubmissionError


@dataclass
class RefusedError(Exception):
    """It does not sign. `status` as in tlog-witness: 400 no submission, 404 another ledger, 409 another old size, 422 no
    proof; 503 where it cannot know what it signed last.
    """

    status: int
    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class State:
    """What a signer signed last, and with what."""

    signed: Checkpoint
    ring: Ring

    @property
    def keys(self) -> tuple[Key, ...]:
        """Those of the ledger that it signs."""
        return self.ring.of(self.signed.origin)

    def document(self) -> dict[str, Any]:
        """The state as JSON; nothing in it is secret."""
        signed = {"origin": self.signed.origin, "size": self.signed.size, "root": self.signed.root.hex()}
        return signed | self.ring.document()

    @classmethod
    def read(cls, document: dict[str, Any]) -> "State":
        """The state in a document. Raises KeyError, TypeError or ValueError for another one."""
        return cls(_signed(document), Ring.read(document))


def _signed(document: dict[str, Any]) -> Checkpoint:
    return Checkpoint(document["origin"], document["size"], bytes.fromhex(document["root"]))


class Signer:
    """The signer whose keys and state lie in `path`; several processes of one machine may share it.

    `origin` is the ledger's name if this is its first start; afterwards its own state says it.
    """

    def __init__(self, path: Path, origin: str) -> None:
        self.path, self.origin = path, origin
        self.folder = Folder(path)
        self.slate = Slate(path / "ledger.signed")

    def state(self) -> State:
        """What was signed last; nothing is made where nothing was. Raises RefusedError where that cannot be known."""
        if self._fresh():
            return State(Checkpoint(self.origin, 0, EMPTY_ROOT), Ring())
        with self._open() as (_, state):
            return state

    def add(self, body: str) -> str:
        """The signature lines of the log for the submission in `body`. Raises RefusedError.

        What it has signed is durable before this returns.
        """
        try:
            asked = submission.read(body)
        except BadSubmissionError as error:
            raise RefusedError(400, str(error)) from None
        new = asked.checkpoint
        with self._open() as (held, state):
            if new.origin != state.signed.origin:
                raise RefusedError(404, f"it signs {state.signed.origin} and not {new.origin}")
            if asked.old > new.size:
                raise RefusedError(400, "the old size is larger than that of the checkpoint")
            if asked.old != state.signed.size:
                raise RefusedError(409, f"{state.signed.size}\n")
            if not asked.extends(state.signed.root):
                raise RefusedError(422, f"{new.size} entries are not proven to extend the {asked.old} that were signed")
            keys = [self._secret(key) for key in state.keys if key.signs(new.size)]
            if not keys:
                raise RefusedError(
                    503, "no key signs any more: the retirement of the ledger was not finished, run it again"
                )
            if new.size > asked.old:
                _write(held, new)
            return "".join(signing.signature(new, key) for key in keys)

    def rotate(self, overlap: float) -> Key:
        """A new key, which signs from the next size on; the old one signs with it for `overlap` seconds.

        Raises RefusedError while an earlier rotation is not over.
        """
        with self._open() as (_, state):
            live = [key for key in state.keys if key.last is None]
            if len(live) != 1:
                raise RefusedError(409, "the last rotation is not over yet")
            new = self.folder.make(state.signed.origin, state.signed.size + 1)
            until = time.time() + overlap
            keys = tuple(replace(key, until=until) if key == live[0] else key for key in state.ring.keys)
            self.folder.keep(replace(state.ring, keys=(*keys, new)))
            return new

    def retire(self, origin: str) -> Checkpoint:
        """Sign nothing of the old ledger any more and begin to sign `origin`; the last checkpoint of the old one.

        This alone works without knowing for sure what was signed last, for it is how that ends. Raises RefusedError for a
        name that was used before or that no ledger can have.
        """
        with alone(self.path / "ledger.lock"), self.slate.opened(fcntl.LOCK_EX) as held:
            ring = self._listed()
            content = held.read()
            old = _signed(content) if content else Checkpoint(self.origin, 0, EMPTY_ROOT)
            used = {old.origin, *(one.origin for one in ring.retired)}
            if not signing.usable_name(origin) or origin in used:
                raise RefusedError(409, "name a new ledger: a name that was never used, without space and plus sign")
            # What a crash left of the same retirement is made anew.
            earlier = [key for key in ring.keys if key.origin != origin]
            keys = [replace(key, last=old.size) if key.last is None else key for key in earlier]
            retired = [one for one in ring.retired if one.origin != old.origin]
            self.folder.keep(Ring((*keys, self.folder.make(origin, 0)), (*retired, old)))
            _write(held, Checkpoint(origin, 0, EMPTY_ROOT))
            return old

    @contextmanager
    def _open(self) -> Iterator[tuple[Open, State]]:
        """The state, while nobody else changes it; begun where nothing was ever signed. Raises RefusedError."""
        self.path.mkdir(parents=True, exist_ok=True)
        with alone(self.path / "ledger.lock"):
            if not self.slate.exists():
                self._begin()
            with self.slate.opened(fcntl.LOCK_EX) as held:
                content = held.read()
                if content is None:
                    raise RefusedError(503, f"{self.slate.path} cannot be read: what was signed last is not known")
                if held.copied(content):
                    raise RefusedError(503, f"{self.slate.path} is a copy: what was signed since is not known")
                signed = _signed(content)
                yield held, State(signed, self._ring(signed))

    def _fresh(self) -> bool:
        """Whether nothing was ever signed here."""
        return not self.slate.exists() and not any(
            path.exists() for path in (self.path / key_ring.FIRST, self.folder.list)
        )

    def _begin(self) -> None:
        """Make the state of a signer that has signed nothing, or take over that of an earlier version."""
        signed, frontier = Checkpoint(self.origin, 0, EMPTY_ROOT), self.path / "ledger.frontier"
        if frontier.exists():
            kept = json.loads(frontier.read_bytes())
            tree = Frontier.from_bytes(kept["size"], bytes.fromhex(kept["frontier"]))
            signed = Checkpoint(self.origin, tree.size, tree.root())
        elif not self._fresh():
            raise RefusedError(503, f"{self.slate.path} is gone: what was signed last is not known")
        with self.slate.opened(fcntl.LOCK_EX) as held:
            _write(held, signed)
        settle(self.path)
        frontier.unlink(missing_ok=True)

    def _ring(self, signed: Checkpoint) -> Ring:
        """The keys as they are now: one whose time is over has signed its last."""
        try:
            ring = self.folder.ring()
        except ValueError as error:
            raise RefusedError(503, str(error)) from None
        if not ring.keys:
            first = self.path / key_ring.FIRST
            if signed.size and not first.exists():
                raise RefusedError(503, f"the key {first} is gone")
            ring = Ring((self.folder.make(signed.origin, 0, name=key_ring.FIRST),))
            self.folder.keep(ring)
        now = time.time()
        over = [key for key in ring.keys if key.last is None and key.until is not None and key.until <= now]
        if over:
            ring = replace(
                ring, keys=tuple(replace(key, last=signed.size) if key in over else key for key in ring.keys)
            )
            self.folder.keep(ring)
        return ring

    def _listed(self) -> Ring:
        """The keys as far as they are known."""
        try:
            ring = self.folder.ring()
        except ValueError:
            ring = Ring()
        first = self.path / key_ring.FIRST
        return ring if ring.keys or not first.exists() else Ring((self.folder.make(self.origin, 0, name=first.name),))

    def _secret(self, key: Key) -> Any:
        secret = self.folder.secret(key)
        if secret is None:
            raise RefusedError(503, f"the key {key.vkey} is gone")
        return secret


def _write(held: Open, signed: Checkpoint) -> None:
    held.write({"origin": signed.origin, "size": signed.size, "root": signed.root.hex()}, durable=True)
