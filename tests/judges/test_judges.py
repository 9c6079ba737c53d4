"""Other people's programs say of an export that the product made, and of each way to change it, what our verifier says.

python -m pytest -m judges tests/judges

A judge that is not installed is skipped and named.
"""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from oversight_verify.findings import Exit, Findings
from tests.contracts.tree import ROOT
from tests.judges.judges import JUDGES, Export
from tests.verify import writer
from tests.verify.running import said, verify

SIZE = 70_000
pytestmark = pytest.mark.judges


@dataclass(frozen=True)
class Made:
    """What `making.py` made, and one way in which it was changed."""

    folder: Path
    export: Export

    def verified(self) -> Findings:
        """What our verifier says of the export with the older checkpoint."""
        older: list[str | Path] = []
        if self.export.older:
            (self.folder / "given").write_bytes(self.export.older)
            older = ["--checkpoint", self.folder / "given"]
        return verify(self.export.folder, "--policy", self.folder / "policy", *older)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """70,000 entries of the product, its key replaced half-way, two witnesses, and a checkpoint from before."""
    folder = tmp_path_factory.mktemp("judged")
    command = [sys.executable, "-m", "tests.judges.making", str(folder), "--entries", str(SIZE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    shutil.copy(folder / "export" / "policy", folder / "policy")
    lines = [line.split(" ") for line in (folder / "policy").read_text().splitlines()]
    logs = [words[1] for words in lines if words[0] == "log"]
    witnesses = [words[2] for words in lines if words[0] == "witness"]
    assert (len(logs), len(witnesses)) == (2, 2)
    return Made(folder, Export(folder / "export", logs, (folder / "older").read_bytes(), witnesses))


def flipped_bit(made: Made) -> None:
    """One bit of the first entry."""
    path = made.export.folder / "tile/entries/000"
    raw = bytearray(path.read_bytes())
    raw[raw.index(b'"id":"') + 6] ^= 1
    path.write_bytes(raw)


def truncated_tail(made: Made) -> None:
    """The last entry is gone, and the tiles are made to fit."""
    rewrite(made, writer.entries(made.export.folder)[:-1])


def rewritten(made: Made) -> None:
    """The first entry says something else, and the tree is computed anew."""
    first, *rest = writer.entries(made.export.folder)
    said = json.loads(first) | {"actor": "person:nobody"}
    rewrite(made, [writer.canonical(said), *rest])


def rewrite(made: Made, entries: list[bytes]) -> None:
    shutil.rmtree(made.export.folder / "tile")
    writer.write_tiles(made.export.folder, entries, [writer.leaf_hash(body) for body in entries])


def forked(made: Made) -> None:
    """The holder of the keys signs the same size over other entries."""
    shutil.copy(made.folder / "forked", made.export.folder / "checkpoint")


def forged(made: Made) -> None:
    """Somebody without the keys puts another root above the genuine signatures."""
    path = made.export.folder / "checkpoint"
    lines = path.read_text().split("\n")
    lines[2] = writer.b64(bytes(32))
    path.write_text("\n".join(lines))


def swapped_path(made: Made) -> None:
    """Two hashes of each proof change places; the export is as it was."""
    path = made.folder / "receipt"
    lines = path.read_text().split("\n")
    at = next(at for at, line in enumerate(lines) if line.startswith("index ")) + 1
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    path.write_text("\n".join(lines))


CHANGES = [flipped_bit, truncated_tail, rewritten, forked, forged, swapped_path]
TREES = frozenset(CHANGES)
SEEN: dict[str, frozenset[Callable[[Made], None]]] = {
    # It makes no use of proofs of single entries, nor of signatures.
    "pymerkle": TREES - {swapped_path},
    # Its reader of checkpoints needs a key of another kind to check the signature.
    "sigstore": TREES,
    "metamorphic-log": TREES,
    "npm's sigstore": TREES,
    "go": TREES,
    # Of a fork it misses the witnesses.
    "openssl": frozenset({forked, forged}),
}
"""Who can see which change: one judges the form of entries alone, another signatures alone."""


@pytest.fixture(scope="session", params=CHANGES, ids=lambda change: change.__name__)
def changed(
    request: pytest.FixtureRequest, made: Made, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Made, object]:
    folder = tmp_path_factory.mktemp("changed") / "judged"
    shutil.copytree(made.folder, folder)
    export = replace(made.export, folder=folder / "export", swapped=request.param is swapped_path)
    one = Made(folder, export)
    request.param(one)
    return one, request.param


def installed(name: str) -> None:
    if not JUDGES[name].there():
        pytest.skip(f"{name} is not installed")


@contextlib.contextmanager
def refusal() -> Iterator[None]:
    """Each refuses by an exception of its own, or gives a root that an assert of ours compares."""
    with pytest.raises(Exception) as found:  # noqa: PT011
        yield
    assert found.type.__name__ in {"AssertionError", "VerificationError", "Verification", "InvalidProof", "VerifyError"}


@pytest.mark.parametrize("name", JUDGES)
def test_a_judge_accepts_the_export(name: str, made: Made):
    installed(name)
    JUDGES[name].judge(made.export)


def test_so_does_our_verifier(made: Made):
    findings = made.verified()
    assert findings.exit is Exit.PROVEN, said(findings)
    assert findings.facts["size"] == SIZE
    assert any("2 witnesses cosigned" in sentence for sentence in findings.proven)
    assert any("was replaced by" in sentence for sentence in findings.proven)
    assert verify(made.folder / "receipt", "--policy", made.folder / "policy").exit is Exit.PROVEN


@pytest.mark.parametrize("name", SEEN)
def test_a_judge_refuses_each_change_that_it_can_see(name: str, changed: tuple[Made, object]):
    installed(name)
    one, change = changed
    if change in SEEN[name]:
        with refusal():
            JUDGES[name].judge(one.export)
    else:
        JUDGES[name].judge(one.export)


def test_our_verifier_refuses_every_change(changed: tuple[Made, object]):
    one, change = changed
    findings = (
        verify(one.folder / "receipt", "--policy", one.folder / "policy") if change is swapped_path else one.verified()
    )
    assert findings.exit is Exit.REFUTED, findings.proven


@pytest.mark.parametrize("name", ["pymerkle", "metamorphic-log", "go"])
def test_a_judge_refuses_an_older_checkpoint_of_a_fork(name: str, made: Made):
    installed(name)
    with refusal():
        JUDGES[name].judge(replace(made.export, older=(made.folder / "forked-older").read_bytes()))


def test_so_does_our_verifier_of_a_fork(made: Made):
    export = replace(made.export, older=(made.folder / "forked-older").read_bytes())
    assert "history was rewritten" in said(Made(made.folder, export).verified())
