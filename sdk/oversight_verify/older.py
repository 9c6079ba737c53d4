"""Checkpoints that the auditor kept, compared with the tree at their size, under whichever name of the ledger they were signed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oversight_verify.faults import Refuted
from oversight_verify.findings import Findings
from oversight_verify.note import Checkpoint
from oversight_verify.retired import Retirement
from oversight_verify.strict import count, shown


@dataclass(frozen=True, slots=True)
class Older:
    """A checkpoint from elsewhere, and where it is from."""

    where: str
    checkpoint: Checkpoint


def check_name(one: Older, head: Checkpoint, retired: Sequence[Retirement]) -> Retirement | None:
    """The retirement that ended the name of `one`, None where it is the name of `head`. Raises Refuted where it cannot be of that ledger."""
    older = one.checkpoint
    begun = next((name.seq for name in retired if name.new_key.name == older.origin), -1)
    if 0 < older.size <= begun:
        raise Refuted(
            f"{one.where} is of {older.size:,} entries under a name that the ledger has had from entry {begun:,} on"
        )
    if older.origin == head.origin:
        if older.size > head.size:
            raise Refuted(
                f"{one.where} holds {older.size:,} entries and the export only {head.size:,}: "
                "its end was removed, or it was exported before that checkpoint"
            )
        return None
    over = next((name for name in retired if name.old == older.origin), None)
    if over is None:
        raise Refuted(f"{one.where} is of another ledger, {shown(older.origin)}")
    return over


def compare(one: Older, over: Retirement | None, root_at: Callable[[int], bytes], by: str, findings: Findings) -> None:
    """Put into `findings` what `one`, signed as `by` says, shows of the tree; `over` ended its name. Raises Refuted."""
    older = one.checkpoint
    kept, here = (over.kept, over.seq) if over else (older.size, older.size)
    same = older.size <= here and root_at(older.size) == older.root
    if over:
        _fits(one, over)
    if not same and older.size <= kept:
        raise Refuted(
            f"{one.where}, of size {older.size:,}, has another root than the ledger had at that size: "
            "history was rewritten after it was signed"
        )
    if not same:
        findings.missing.append(
            f"{one.where} ({count(older.size, 'entry', 'entries')}, {by}): of what it covers the first {kept:,} entries are kept, "
            f"says entry {here}, and the rest is gone. Keep it: it proves what was signed."
        )
        return
    if older.size > kept:
        findings.missing.append(
            f"All of what entry {here} should say: it says too little, that {kept:,} entries are kept, and {one.where} shows that {older.size:,} are."
        )
    findings.proven.append(
        f"{one.where} ({count(older.size, 'entry', 'entries')}, {by}) is of this ledger: what it covers was neither changed nor removed since."
        if older.size
        else f"{one.where} ({by}) is of this ledger when it was empty."
    )


def _fits(one: Older, over: Retirement) -> None:
    """That nothing was signed under a name after what the entry that retires it calls the last."""
    older = one.checkpoint
    if older.size > over.size:
        raise Refuted(
            f"entry {over.seq} says too little: that {over.size:,} entries were signed last under {shown(over.old)}, and {one.where} is of {older.size:,}"
        )
    if older.size == over.size and older.root != over.root:
        raise Refuted(
            f"entry {over.seq} names another root than {one.where} for the {over.size:,} entries signed last under {shown(over.old)}: one of them is a fork"
        )
