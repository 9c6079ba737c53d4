"""What the entry says that retires a ledger's name, and whether the tree agrees. It must not make a key trusted: the policy does."""

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from oversight_verify.bundle import Named
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.findings import Findings
from oversight_verify.keys import LOG, Key, read_key
from oversight_verify.strict import count, shown

_ROOT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Retirement:
    """Entry `seq` ends the name `old`, whose last checkpoint is of `size` entries; the first `kept` of them are in the ledger still."""

    seq: int
    old: str
    old_key: Key | None
    new_key: Key
    """The one that signs first under the new name."""
    size: int
    root: bytes
    kept: int


def read_retirements(names: Sequence[Named], rotated: Iterable[tuple[int, dict[str, Any]]]) -> list[Retirement]:
    """Those among the `rotated` (seq, facts) of a ledger that has had `names`, in order. Raises Refuted."""
    begun = {named.seq: at for at, named in enumerate(names)}
    if len({named.name for named in names}) < len(names):
        raise Refuted("it goes on under a name that was retired before")
    found = []
    for seq, facts in rotated:
        if (origin := facts.get("origin")) is None:
            continue
        at = begun.get(seq)
        if at is None or origin != names[at].name:
            raise Refuted(f"entry {seq} gives the ledger a name and is not the first entry under it")
        found.append(_retirement(seq, names[at - 1].name if at else None, names[at].name, facts))
    return found


def _retirement(seq: int, old: str | None, new: str, facts: dict[str, Any]) -> Retirement:
    """`old` is the name that the entry before it has; None where there is none."""
    said, kept = facts.get("signed"), facts.get("kept_size")
    if said is None or kept is None:
        raise Refuted(
            f"entry {seq} retires a name and says too little: what was signed under it last, and how much of it is kept"
        )
    unreadable = Refuted(f"entry {seq} retires a name in a form that cannot be read")
    try:
        size, root = said["size"], said["root"]
        old_key = read_key(facts["old"], LOG) if facts["old"] else None
        new_key = read_key(facts["new"], LOG)
        plain = said.keys() == {"size", "root"} and {type(size), type(kept)} == {int} and _ROOT.fullmatch(root)
    except (KeyError, TypeError, AttributeError, Unreadable):
        raise unreadable from None
    if not plain:
        raise unreadable
    named = old_key.name if old_key and old is None else old or ""
    if new_key.name != new or (old_key and old_key.name != named) or named == new:
        raise Refuted(f"entry {seq} retires a name with the key of another ledger")
    if not 0 <= kept <= min(size, seq) or facts.get("from_size") != seq + 1:
        raise Refuted(
            f"entry {seq} retires a name with sizes that cannot be: no more is kept than was signed, or than came before it"
        )
    return Retirement(seq, named, old_key, new_key, size, bytes.fromhex(root), kept)


def check_retirements(
    found: Sequence[Retirement], root_at: Callable[[int], bytes], known: AbstractSet[Key], findings: Findings
) -> None:
    """Compare what each says with the tree, whose root at a size is `root_at`, and with the `known` keys. Raises Refuted."""
    for one in found:
        # The tree beyond its own entry is the new name's.
        same = one.size <= one.seq and root_at(one.size) == one.root
        if one.kept == one.size and not same:
            raise Refuted(
                f"entry {one.seq} says that all of what was signed last under {shown(one.old)} is kept, and the entries have another root"
            )
        if one.kept < one.size and same:
            raise Refuted(
                f"entry {one.seq} says too little: that {one.kept:,} of the {one.size:,} entries signed under {shown(one.old)} are kept, "
                "and the entries have the very root of all of them"
            )
        if one.old_key not in known and any(key.name == one.old for key in known):
            findings.noted.append(
                f"Entry {one.seq:,} names a key of {shown(one.old)} that neither the policy nor another entry names."
            )
        named = f"Entry {one.seq:,} retires the name {shown(one.old)}, under which {count(one.size, 'entry was', 'entries were')} signed"
        if same:
            findings.proven.append(f"{named}: all of them are kept, with the root that it names.")
        else:
            findings.open.append(
                f"What the entries said that are gone. {named} and {one.kept:,} are kept. Whoever holds a receipt of one that is gone can prove it."
            )
    findings.facts["retired"] = [
        {"seq": one.seq, "name": one.old, "size": one.size, "root": one.root.hex(), "kept": one.kept} for one in found
    ]
