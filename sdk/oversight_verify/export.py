"""Checks a whole ledger exported as files: every entry, every tile, the root, and the checkpoint over it. In bounded memory."""

import os
from collections.abc import Sequence
from pathlib import Path

from oversight_verify import disclosed
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.findings import Findings
from oversight_verify.layout import read_file
from oversight_verify.note import MAX_NOTE, Checkpoint, read_checkpoint
from oversight_verify.older import Older, check_name, compare
from oversight_verify.policy import Policy
from oversight_verify.retired import Retirement, check_retirements, read_retirements
from oversight_verify.signers import NO_POLICY, Signers, read_rotation
from oversight_verify.strict import count, shown
from oversight_verify.whole import Whole, put_together

SHOWN = 20
KNOWN = frozenset({"checkpoint", "policy", "tile", "disclosures.jsonl"})


def check_export(
    folder: Path, policy: Policy | None, older: Sequence[Older], findings: Findings, workers: int
) -> Whole:
    """Put into `findings` what the export in `folder` proves, and return what it comes to. Raises Refuted or Unreadable where a check must end."""
    try:
        head = read_checkpoint(read_file(folder / "checkpoint", MAX_NOTE))
    except FileNotFoundError:
        raise Unreadable("there is no file `checkpoint` in it: is it an export?") from None
    except Unreadable as fault:
        raise Unreadable(f"{shown(str(folder / 'checkpoint'))}: {fault}") from None
    findings.subject = f"Ledger {shown(head.origin)}, {count(head.size, 'entry', 'entries')}"
    findings.facts |= {"origin": head.origin, "size": head.size, "root": head.root.hex()}
    whole = put_together(folder, head, workers)
    if whole.root != head.root:
        raise Refuted(
            "the entries do not lead to the root in the checkpoint: entries were rewritten, or it is the checkpoint of another ledger"
        )
    _say_entries(whole, head, findings)
    _say_signed(whole, head, older, policy, findings)
    _say_disclosures(whole, head, folder, findings)
    _say_counters(whole, findings)
    if whole.strange:
        named = ", ".join(shown(path) for path in whole.strange[:SHOWN])
        findings.missing.append(
            f"{count(len(whole.strange), 'file')} among the tiles that the checkpoint does not cover ({named}): an export is running or "
            "was interrupted, or an older checkpoint was put back. Export anew, and ask why if they are there again."
        )
    if beside := sorted(shown(path.name) for path in folder.iterdir() if path.name not in KNOWN):
        findings.noted.append(f"Files that belong to no ledger, not looked at: {', '.join(beside[:SHOWN])}.")
    return whole


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
    findings.noted += [
        f"It goes on under the name {shown(named.name)} from entry {named.seq:,} on." for named in whole.names[1:]
    ]
    rotations = [read_rotation(seq, facts) for seq, facts in whole.rotated if facts.get("origin") is None]
    trusted, retired = policy or Policy(), read_retirements(whole.names, whole.rotated)
    check_retirements(retired, whole.root_at, {*trusted.logs, *(one.new for one in rotations)}, findings)
    over = [check_name(one, head, retired) for one in older]
    signers = _signers(head, older, trusted, retired)
    # What a retired name signed beyond what is kept is of other entries, and vouches for nothing in these.
    held = [
        one.checkpoint for one, ended in zip(older, over, strict=True) if not ended or one.checkpoint.size <= ended.kept
    ]
    told = [said for one in signers.values() for said in one.follow(rotations, [head, *held])]
    if policy is None:
        findings.missing.append(NO_POLICY)
    else:
        signers[head.origin].judge(head, findings)
        findings.proven += told
    for one, ended in zip(older, over, strict=True):
        key = signers[one.checkpoint.origin].signer(one.checkpoint)
        compare(one, ended, whole.root_at, f"signed by {key}" if key else "which no key of the policy signed", findings)
    if not older:
        findings.open.append(
            "That nothing was rewritten before this checkpoint was signed: give a checkpoint that you kept with --checkpoint."
        )


def _signers(
    head: Checkpoint, older: Sequence[Older], policy: Policy, retired: Sequence[Retirement]
) -> dict[str, Signers]:
    """Name → who signs under it, for every name of a checkpoint."""
    begun = {one.new_key.name: one for one in retired}
    found = {}
    for name in dict.fromkeys([head.origin, *(one.checkpoint.origin for one in older)]):
        before = begun.get(name)
        found[name] = (
            Signers(policy, name, line={before.new_key}, former=before.old) if before else Signers(policy, name)
        )
    return found


def _say_disclosures(whole: Whole, head: Checkpoint, folder: Path, findings: Findings) -> None:
    path, erased = folder / "disclosures.jsonl", disclosed.erasures(folder, head.size, whole.erased)
    said = sorted(whole.erased, key=lambda one: (one.of, one.seq))
    findings.noted += [
        f"Entry {one.of:,}: {', '.join(map(shown, sorted(one.names.values())))} {one}." for one in said[:SHOWN]
    ]
    if len(said) > SHOWN:
        findings.noted.append(f"And {count(len(said) - SHOWN, 'more erasure')}.")
    if not os.path.lexists(path):
        if whole.digests:
            findings.open.append(
                f"The content of {count(whole.digests, 'value')}: the export discloses none, only their digests."
            )
        return
    if path.is_symlink() or not path.is_file():
        raise Refuted("disclosures.jsonl is a link or a device; an export holds plain files only")
    with path.open("rb") as file:
        found = disclosed.check(file, folder, head.size, erased)
    findings.facts |= {"disclosed": found.right, "erased": found.erased, "withheld": found.withheld}
    findings.proven.append(f"Disclosed, and exactly what was recorded: {count(found.right, 'value')}.")
    if found.erased:
        findings.proven.append(
            f"Erased, each named by an entry that says so: {count(found.erased, 'value')}. The proofs stand without them."
        )
    if found.withheld:
        where = ", ".join(f"{seq:,} ({number:,})" for seq, number in found.some)
        more = f" and {count(found.more, 'more entry', 'more entries')}" if found.more else ""
        findings.open.append(
            f"The content of {count(found.withheld, 'value')}: withheld, for no entry here says that they were erased. "
            f"Entries, with how many of each: {where}{more}."
        )


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
