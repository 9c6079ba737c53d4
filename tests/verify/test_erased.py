"""What the product itself erases, exported before and after: the verifier says what is gone, when and by whom."""

from pathlib import Path

import pytest

from approvals.actions.erase import Why, erase
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import checkpoints, published
from decisions.export import export
from decisions.models import Agent, Person
from oversight_verify.findings import Exit, Findings
from tests import factories
from tests.factories import event, send
from tests.verify.running import said, verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
WHY = Why(ErasureBasis.SUBJECT_REQUEST, "Request 17 of 21 November", "They asked for it in writing.")


def exported(folder: Path, *, disclosed: bool = True) -> Findings:
    checkpoints.publish()
    export(folder, disclosed=disclosed)
    policy = published.policy()
    assert policy is not None
    kept = folder.with_suffix(".policy")
    kept.write_text(policy)
    return verify(folder, "--policy", kept)


def test_what_is_erased_is_told_and_what_is_still_in_an_older_file_is_refuted(
    agent: Agent, admin: Person, tmp_path: Path
) -> None:
    send(agent, event(decision="rb-1", rationale="Ada called", outcome={"status": "succeeded", "detail": "ok"}))
    seq = factories.decision(agent, "rb-1").seq
    folder = tmp_path / "export"
    before = exported(folder)
    assert before.exit is Exit.PROVEN, said(before)
    assert (before.facts["erased"], before.facts["withheld"]) == (0, 0)
    texts = (folder / "disclosures.jsonl").read_bytes()
    at = erase(ErasureOf.ENTRIES, [seq], names=["account"], why=WHY, actor=admin.id).first_seq
    after = exported(folder)
    assert after.exit is Exit.PROVEN, said(after)
    assert (after.facts["erased"], after.facts["withheld"]) == (1, 0)
    words = f"Entry {seq}: account erased on 2026-"
    told = next(sentence for sentence in after.noted if sentence.startswith(words))
    assert told.endswith(f"by person:{admin.id} (entry {at}, subject_request).")
    (folder / "disclosures.jsonl").write_bytes(texts)
    stale = verify(folder, "--policy", folder.with_suffix(".policy"))
    assert stale.exit is Exit.REFUTED
    assert f"account of entry {seq}: it was erased" in said(stale)
    # Who exports without the texts is not left with those of before.
    assert exported(folder, disclosed=False).exit is Exit.PROVEN
    assert not (folder / "disclosures.jsonl").exists()
