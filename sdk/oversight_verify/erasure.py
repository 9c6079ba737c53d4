"""What an entry `disclosure.erased` says: which values of which entry are gone, since when, and who took them. It must not look for them."""

import re
from dataclasses import dataclass
from typing import Any

from oversight_verify.faults import Refuted
from oversight_verify.strict import shown

_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Erasure:
    """Entry `seq` says that values of entry `of` were erased."""

    seq: int
    of: int
    at: str
    actor: str
    basis: str
    names: dict[str, str]
    """Digest → the name of what was erased."""

    def __str__(self) -> str:
        why = f", {shown(self.basis)}" if self.basis else ""
        return f"erased on {self.at[:10]} at {self.at[11:19]} UTC by {shown(self.actor)} (entry {self.seq:,}{why})"


def read_erasure(seq: int, leaf: dict[str, Any]) -> Erasure:
    """The erasure in entry `seq`, whose envelope is `leaf`. Raises Refuted for one that does not say what was erased, or of which entry."""
    said, basis = leaf["facts"].get("erased"), leaf["facts"].get("basis")
    if leaf["ref"] is None or type(said) is not dict or not said:
        raise Refuted("it does not say what was erased")
    if not all(type(digest) is str and _DIGEST.fullmatch(digest) for digest in said.values()):
        raise Refuted("what it says was erased is not named by digests")
    names = {digest: name for name, digest in said.items()}
    if len(names) != len(said):
        raise Refuted("it names one value twice as erased")
    return Erasure(seq, leaf["ref"]["seq"], leaf["ts"], leaf["actor"], basis if type(basis) is str else "", names)
