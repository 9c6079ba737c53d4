"""Other people's programs say of an export, and of each way to change it, what our verifier says. Run only where they are installed:

python -m pytest --noconftest -c /dev/null --rootdir . -m judges tests/judges
"""

import contextlib
import importlib.util
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oversight_verify.findings import Exit
from tests.judges.judges import JUDGES, Export
from tests.verify import writer
from tests.verify.running import verify

SIZE = 70_000
OLD, NEW = writer.Signer(writer.ORIGIN), writer.Signer(writer.ORIGIN, seed="second")

pytestmark = [
    pytest.mark.judges,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in JUDGES), reason=f"needs {', '.join(JUDGES)}"
    ),
]


def entries(size: int = SIZE) -> list[bytes]:
    """With a rotation of the log's key on the way."""
    made = writer.bodies(size)
    facts = {"kv": 1, "old": OLD.vkey, "new": NEW.vkey, "from_size": size // 2}
    seq = size // 2 - 5
    made[seq] = writer.canonical(writer.envelope(seq, kind="key.rotated", actor="system", facts=facts))
    return made


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """70,000 entries, a rotated key, two witnesses, and a checkpoint from before."""
    folder = tmp_path_factory.mktemp("whole")
    leaves = writer.write(folder, entries(), OLD, NEW, *writer.WITNESSES)
    return Export(folder, [OLD.vkey, NEW.vkey], writer.checkpoint(leaves[: SIZE // 3], OLD))


@pytest.mark.parametrize("name", JUDGES)
def test_a_judge_accepts_the_export(name: str, whole: Export):
    JUDGES[name](whole)


def test_so_does_our_verifier(whole: Export, tmp_path: Path):
    (tmp_path / "policy").write_bytes(writer.two_witnesses())
    (tmp_path / "older").write_bytes(whole.older or b"")
    given: list[str | Path] = ["--policy", tmp_path / "policy", "--checkpoint", tmp_path / "older"]
    assert verify(whole.folder, *given).exit is Exit.PROVEN


@contextlib.contextmanager
def refusal() -> Iterator[None]:
    """Each refuses by an exception of its own, or gives a root that an assert of ours compares."""
    with pytest.raises(Exception) as found:  # noqa: PT011
        yield
    assert found.type.__name__ in {"AssertionError", "VerificationError", "Verification", "InvalidProof"}


def flipped_bit(folder: Path) -> None:
    path = folder / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b'"tier":0', b'"tier":1', 1))


def truncated_tail(folder: Path) -> None:
    path = folder / "tile/entries/003.p/232"
    raw = path.read_bytes()
    last = len(entries(1000)[999]) + 2
    path.write_bytes(raw[:-last])


def rewritten(folder: Path) -> None:
    made = entries(1000)
    made[0] = writer.canonical(writer.envelope(0, kind="verdict.given"))
    writer.write_tiles(folder, made, [writer.leaf_hash(body) for body in made])


def foreign_root(folder: Path) -> None:
    note = (folder / "checkpoint").read_text().split("\n")
    note[2] = writer.b64(writer.mth([writer.leaf_hash(b"another")]))
    (folder / "checkpoint").write_text("\n".join(note))


# The last two judge single entries, and an entry that is not there has nothing to judge.
@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("pymerkle", truncated_tail),
        *itertools.product(["pymerkle", "sigstore", "metamorphic_log"], [flipped_bit, rewritten, foreign_root]),
    ],
)
def test_a_judge_refuses_what_we_refuse(name: str, spoil: Callable[[Path], None], tmp_path: Path):
    folder = tmp_path / "export"
    writer.write(folder, entries(1000), OLD, NEW)
    JUDGES[name](Export(folder, [OLD.vkey, NEW.vkey]))
    spoil(folder)
    with refusal():
        JUDGES[name](Export(folder, [OLD.vkey, NEW.vkey]))
    assert verify(folder, "--vkey", OLD.vkey).exit is Exit.REFUTED


@pytest.mark.parametrize("name", ["pymerkle", "metamorphic_log"])
def test_a_judge_refuses_a_forked_checkpoint(name: str, tmp_path: Path):
    made = entries(1000)
    leaves = writer.write(tmp_path / "export", made, OLD, NEW)
    forked = writer.checkpoint([*leaves[:399], writer.leaf_hash(b"another")], OLD)
    with refusal():
        JUDGES[name](Export(tmp_path / "export", [OLD.vkey, NEW.vkey], forked))
    (tmp_path / "older").write_bytes(forked)
    findings = verify(tmp_path / "export", "--vkey", OLD.vkey, "--checkpoint", tmp_path / "older")
    assert findings.exit is Exit.REFUTED


def test_a_judge_refuses_a_swapped_path(tmp_path: Path):
    theirs = importlib.import_module("metamorphic_log")
    leaves = [writer.leaf_hash(body) for body in entries(1000)]
    path = writer.path(7, leaves)
    theirs.verify_inclusion(7, 1000, leaves[7], path, writer.mth(leaves))
    path[2], path[3] = path[3], path[2]
    with pytest.raises(theirs.VerifyError):
        theirs.verify_inclusion(7, 1000, leaves[7], path, writer.mth(leaves))
