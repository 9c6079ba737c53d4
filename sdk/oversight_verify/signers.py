"""Who signed a checkpoint, and whether the policy lets them: log keys, their rotation, witnesses.

The policy is the root of trust. An entry `key.rotated` retires a key of the policy from a size on; its successor is trusted by
the policy, or because a checkpoint that the old key signed holds that entry. A rotation never makes a key trusted by itself:
whoever forges a ledger can write one into it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.findings import Findings
from oversight_verify.keys import LOG, Key, read_key, signed_at
from oversight_verify.note import Checkpoint
from oversight_verify.policy import Policy
from oversight_verify.strict import count, shown

LONE = (
    "Nobody but the holder of the log key vouches for it: no witness has cosigned. "
    "That holder could show other people another ledger."
)
NO_POLICY = (
    "Who signed it: no key was given. Get the policy or the key from the operator in another way than the export, "
    "and give it with --policy or --vkey."
)


@dataclass(frozen=True, slots=True)
class Rotation:
    """One `key.rotated` entry: checkpoints of `from_size` entries and more are signed by `new`."""

    seq: int
    old: Key
    new: Key
    from_size: int


def read_rotation(seq: int, facts: dict[str, Any]) -> Rotation:
    """The rotation in the facts of entry `seq`: `old` and `new` as verifier keys, and `from_size`. Raises Refuted."""
    old, new, size = facts.get("old"), facts.get("new"), facts.get("from_size")
    if not isinstance(old, str) or not isinstance(new, str) or type(size) is not int:
        raise Refuted(f"entry {seq} rotates a key in a form that cannot be read")
    try:
        rotation = Rotation(seq, read_key(old, LOG), read_key(new, LOG), size)
    except Unreadable as fault:
        raise Refuted(f"entry {seq} rotates a key in a form that cannot be read: {fault}") from None
    if rotation.old.name != rotation.new.name or rotation.old.public == rotation.new.public or size <= seq:
        raise Refuted(f"entry {seq} rotates a key to one of another ledger, to itself, or into the past")
    return rotation


@dataclass(slots=True)
class Signers:
    """The log keys that count for the ledger `origin`, each with the sizes that it may sign."""

    policy: Policy
    origin: str
    first: dict[Key, int] = field(default_factory=dict)
    """Key → the smallest size that it may sign."""
    end: dict[Key, int] = field(default_factory=dict)
    """Key → the size from which it may no longer sign alone."""
    pending: dict[Key, Rotation] = field(default_factory=dict)
    """Successors that no checkpoint vouches for."""
    line: set[Key] = field(default_factory=set)
    """Under a name that took the place of another: every key that the ledger says to sign under it."""
    former: str = ""
    """The name that it took the place of."""

    def __post_init__(self) -> None:
        self.first = {key: 0 for key in self.policy.logs if key.name == self.origin}

    def follow(self, rotations: Iterable[Rotation], held: Iterable[Checkpoint]) -> list[str]:
        """Apply `rotations` in order; `held` are checkpoints that the entries agree with. Returns what was taken over, in words."""
        held, told = list(held), []
        for rotation in rotations:
            if rotation.old.name != self.origin:
                continue
            if rotation.old in self.end:
                raise Refuted(f"entry {rotation.seq} rotates {rotation.old} a second time")
            self.end[rotation.old] = rotation.from_size
            if self.line:
                self.line.add(rotation.new)
            vouched = rotation.old in self.first and any(
                checkpoint.size > rotation.seq and signed_at(checkpoint, rotation.old) is not None
                for checkpoint in held
            )
            if rotation.new in self.first or vouched:
                self.first[rotation.new] = rotation.from_size
                told.append(
                    f"{rotation.old} was replaced by {rotation.new} from size {rotation.from_size:,} on (entry {rotation.seq})"
                    + (
                        ": the old key signed a checkpoint that holds that entry."
                        if vouched
                        else ": the policy names it."
                    )
                )
            else:
                self.pending[rotation.new] = rotation
        return told

    def signer(self, checkpoint: Checkpoint) -> Key | None:
        """The trusted key that signed `checkpoint` and may sign its size. Raises Refuted if a trusted key's signature is wrong."""
        signed = [key for key in self.first if signed_at(checkpoint, key) is not None]
        fit = (key for key in signed if self.first[key] <= checkpoint.size < self.end.get(key, checkpoint.size + 1))
        return next(fit, None)

    def judge(self, checkpoint: Checkpoint, findings: Findings) -> None:
        """Say who signed and cosigned `checkpoint`. Raises Refuted if no key that the policy trusts did."""
        key = self.signer(checkpoint)
        if key is not None and self.line and key not in self.line:
            raise Refuted(
                f"{key} signed the checkpoint, and the entry that gave the ledger its name says that another key signs"
            )
        if key is not None:
            findings.proven.append(f"The log key {key} signed the checkpoint.")
        elif not self.first and any(known.name == self.former for known in self.policy.logs):
            # A name is retired also because its key was stolen: that key vouches for no successor.
            findings.missing.append(
                f"Who signed it: the policy names keys of {shown(self.former)} alone, and the ledger says that this name is retired. "
                "Get the policy from the operator again."
            )
        elif any(signed_at(checkpoint, successor) is not None for successor in self.pending):
            findings.missing.append(
                "The ledger says that the policy's key was replaced by the one that signed, and nothing of the old key confirms it: "
                "give a checkpoint that both signed with --checkpoint, or a policy that names the new key."
            )
        else:
            raise Refuted(self._foreign(checkpoint))
        self._witnesses(checkpoint, findings)

    def _foreign(self, checkpoint: Checkpoint) -> str:
        if not self.first:
            return f"the policy names no key of the ledger {shown(self.origin)}"
        for key in self.first:
            if signed_at(checkpoint, key) is not None:
                return f"the checkpoint of size {checkpoint.size:,} is signed by {key} alone, which the ledger says may not sign that size"
        return "no key that the policy names signed the checkpoint"

    def _witnesses(self, checkpoint: Checkpoint, findings: Findings) -> None:
        times = {
            name: at for name, key in self.policy.witnesses.items() if (at := signed_at(checkpoint, key)) is not None
        }
        said = ", ".join(f"{shown(name)} at {_when(at)}" for name, at in times.items())
        quorum = shown(self.policy.quorum)
        if not self.policy.met_by(frozenset(times)):
            got = f"only {said} cosigned" if times else "no witness cosigned"
            findings.missing.append(f"The quorum {quorum} of the policy: {got}.")
        elif times:
            asked = "" if self.policy.quorum == "none" else f": the quorum {quorum} is met"
            findings.proven.append(
                f"{count(len(times), 'witness', 'witnesses')} cosigned the checkpoint ({said}){asked}."
            )
        if not times:
            findings.open.append(LONE)
        known = {(key.name, key.id) for key in [*self.first, *self.end, *self.pending, *self.policy.witnesses.values()]}
        strangers = sum((one.name, one.key_id) not in known for one in checkpoint.signatures)
        if strangers:
            findings.noted.append(
                f"{count(strangers, 'signature')} of keys that the policy does not name: not looked at."
            )


def _when(at: int) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{at} s after 1970"
