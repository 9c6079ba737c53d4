"""Checks a whole ledger exported as files: every entry, every tile, the root, and the checkpoint over it. In bounded memory."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from oversight_verify import disclosed
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.findings import Findings
from oversight_verify.layout import read_file
from oversight_verify.note import MAX_NOTE, Checkpoint, read_checkpoint
from oversight_verify.policy import Policy
from oversight_verify.signers import NO_POLICY, Signers, read_rotation
from oversight_verify.strict import count, shown
from oversight_verify.whole import Whole, put_together

SHOWN = 20
KNOWN = frozenset({"checkpoint", "policy", "tile", "disclosures.jsonl"})


@dataclass(slots=True)
class Older:
    """A checkpoint from elsewhere, and where it is from."""

    where: str
    checkpoint: Checkpoint


def check_export(folder: Path, policy: Policy | None, older: Sequence[Older], findings: Findings, workers: int) -> None:
    """Put into `findings` what the export in `folder` proves. Raises Refuted or Unreadable where a check must end."""
    try:
        head = read_checkpoint(read_file(folder / "checkpoint", MAX_NOTE))
    except FileNotFoundError:
        raise Unreadable("there is no file `checkpoint` in it: is it an export?") from None
    except Unreadable as fault:
        raise Unreadable(f"{shown(str(folder / 'checkpoint'))}: {fault}") from None
    findings.subject = f"Ledger {shown(head.origin)}, {count(head.size, 'entry', 'entries')}"
    findings.facts |= {"origin": head.origin, "size": head.size, "root": head.root.hex()}
    for one in older:
        _reaches(one, head)
    whole = put_together(folder, head, [one.checkpoint.size for one in older], workers)
    if whole.root != head.root:
        raise Refuted(
            "the entries do not lead to the root in the checkpoint: entries were rewritten, or it is the checkpoint of another ledger"
        )
    retired = _retired(whole, head)
    for one in older:
        _same_ledger(one, head, retired)
        if whole.roots[one.checkpoint.size] != one.checkpoint.root:
            raise Refuted(
                f"{one.where}, of size {one.checkpoint.size:,}, has another root than the ledger had at that size: "
                "history was rewritten after it was signed"
            )
    _say_entries(whole, head, findings)
    _say_signed(whole, head, older, policy, findings)
    _say_disclosures(whole, head, folder, findings)
    _say_counters(whole, findings)
    if beside := sorted(shown(path.name) for path in folder.iterdir() if path.name not in KNOWN):
        findings.noted.append(f"Files that belong to no ledger, not looked at: {', '.join(beside[:SHOWN])}.")


def _retired(whole: Whole, head: Checkpoint) -> dict[str, int]:
    """Earlier name of the ledger → how many entries that were signed under it the ledger says it has kept. Raises Refuted."""
    if whole.names and whole.names[-1][1] != head.origin:
        raise Refuted(f"entry {whole.names[-1][0]}: it is an entry of another ledger")
    kept = {seq: facts.get("kept_size") for seq, _, facts in whole.told}
    retired = {}
    for (_, old), (seq, _) in pairwise(whole.names):
        size = kept.get(seq)
        if type(size) is not int or not 0 <= size <= seq or old in retired:
            raise Refuted(f"entry {seq} retires the name of the ledger in a form that cannot be read")
        retired[old] = size
    return retired


def _same_ledger(one: Older, head: Checkpoint, retired: dict[str, int]) -> None:
    origin = one.checkpoint.origin
    if origin != head.origin and origin not in retired:
        raise Refuted(f"{one.where} is of another ledger, {shown(origin)}")
    if one.checkpoint.size > retired.get(origin, one.checkpoint.size):
        raise Refuted(
            f"{one.where} holds {one.checkpoint.size:,} entries under the name {shown(origin)}, which was retired: "
            f"the ledger says that it has only the first {retired[origin]:,} of them"
        )


def _reaches(one: Older, head: Checkpoint) -> None:
    if one.checkpoint.size > head.size:
        raise Refuted(
            f"{one.where} holds {one.checkpoint.size:,} entries and the export only {head.size:,}: "
            "its end was removed, or it was exported before that checkpoint"
        )


def _say_entries(whole: Whole, head: Checkpoint, findings: Findings) -> None:
    if not head.size:
        findings.proven.append("The ledger is empty, and its root is that of an empty ledger.")
        return
    findings.proven.append(
        f"All {count(head.size, 'entry', 'entries')} are there, 0 to {head.size - 1:,} without a gap, each in the one form of an "
        f"entry of this ledger, recorded from {whole.first_at} to {whole.last_at} in order of time."
    )
    findings.proven.append(
        "Every hash, tile and the root, computed anew from the bytes of the entries, is the one in the export and in the checkpoint."
    )
    if whole.references:
        findings.proven.append(
            f"Answers of people that name, by its hash, exactly the entry that they saw: {whole.references:,}."
        )


def _say_signed(
    whole: Whole, head: Checkpoint, older: Sequence[Older], policy: Policy | None, findings: Findings
) -> None:
    since = whole.names[-1][0] if len(whole.names) > 1 else -1
    rotations = [read_rotation(seq, facts) for seq, kind, facts in whole.told if kind == "key.rotated" and seq > since]
    findings.noted += [
        f"Until entry {seq:,} the ledger was called {shown(old)}; that name was retired, and nothing counts here that is signed under it."
        for (_, old), (seq, _) in pairwise(whole.names)
    ]
    signers = Signers(policy or Policy(), head.origin)
    told = signers.follow(rotations, [head, *(one.checkpoint for one in older)])
    if policy is None:
        findings.missing.append(NO_POLICY)
    else:
        signers.judge(head, findings)
        findings.proven += told
    for one in older:
        by = f"signed by {key}" if (key := signers.signer(one.checkpoint)) else "which no key of the policy signed"
        findings.proven.append(
            f"{one.where} ({count(one.checkpoint.size, 'entry', 'entries')}, {by}) is of this ledger: "
            "what it covers was neither changed nor removed since."
            if one.checkpoint.size
            else f"{one.where} ({by}) is of this ledger when it was empty."
        )
    if not older:
        findings.open.append(
            "That nothing was rewritten before this checkpoint was signed: give a checkpoint that you kept with --checkpoint."
        )


def _say_disclosures(whole: Whole, head: Checkpoint, folder: Path, findings: Findings) -> None:
    path = folder / "disclosures.jsonl"
    if not os.path.lexists(path):
        if whole.digests:
            findings.open.append(
                f"The content of {count(whole.digests, 'value')}: the export discloses none, only their digests."
            )
        return
    if path.is_symlink() or not path.is_file():
        raise Refuted("disclosures.jsonl is a link or a device; an export holds plain files only")
    erased = frozenset(
        seq
        for _, kind, facts in whole.told
        if kind == "disclosure.erased"
        for seq in _numbers(facts)
        if seq < head.size
    )
    with path.open("rb") as file:
        found = disclosed.check(file, folder, head.size, erased)
    findings.facts |= {"disclosed": found.right, "erased": found.erased, "withheld": found.withheld}
    findings.proven.append(f"Disclosed, and exactly what was recorded: {count(found.right, 'value')}.")
    if found.erased:
        findings.noted.append(
            f"Erased, and the ledger says so: {count(found.erased, 'value')}. The proofs stand without them."
        )
    if found.withheld:
        findings.open.append(
            f"The content of {count(found.withheld, 'value')}: withheld, and the ledger does not say erased."
        )


def _numbers(facts: dict[str, object]) -> list[int]:
    """The entries that a `disclosure.erased` names, by `seq` or by `seqs`."""
    named = facts.get("seqs", [facts.get("seq")])
    return [seq for seq in named if type(seq) is int] if isinstance(named, list) else []


def _say_counters(whole: Whole, findings: Findings) -> None:
    findings.open.append(
        "That agents reported everything they did, and that what they said is true: no ledger can show that."
    )
    gaps = {source: list(numbers.gaps()) for source, numbers in whole.counters.items()}
    broken = {source: found for source, found in gaps.items() if found}
    twice = {source: numbers.twice for source, numbers in whole.counters.items() if numbers.twice}
    if whole.counters:
        findings.noted.append(
            f"Sources that count their submissions: {len(whole.counters):,}; of these with numbers left out: {len(broken):,}."
        )
    for (actor, source), found in sorted(broken.items())[:SHOWN]:
        said = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in found[:SHOWN])
        more = f" and {count(len(found) - SHOWN, 'more gap')}" if len(found) > SHOWN else ""
        findings.noted.append(f"{shown(actor)} ({shown(source)}) left out {said}{more}.")
    for (actor, source), number in sorted(twice.items())[:SHOWN]:
        findings.noted.append(f"{shown(actor)} ({shown(source)}) used {count(number, 'number')} more than once.")
    findings.facts["gaps"] = [
        {"actor": actor, "source": source, "left_out": found[:SHOWN]}
        for (actor, source), found in sorted(broken.items())[:SHOWN]
    ]
