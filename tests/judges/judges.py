"""Other people's programs as judges of an export: each says yes, or raises. They must see nothing but the files and the keys.

Each is asked where it is installed: pymerkle, sigstore, metamorphic-log and rfc8785 from PyPI, the sigstore that npm brings along,
the library of the checksum database of Go (Debian: golang-go, golang-golang-x-mod-dev), openssl.
`python -m tests.judges.judges DIR VKEY… [--older CHECKPOINT]` judges any export.
"""

import argparse
import base64
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.verify import writer

SAMPLE = 40
"""How many entries are judged by proofs of their own, besides the first and the last."""


@dataclass
class Export:
    """An export as a judge is handed it."""

    folder: Path
    vkeys: Sequence[str]
    """Of the log alone: some judges know no cosignatures."""
    older: bytes | None = None
    """A checkpoint from before."""
    witnesses: Sequence[str] = ()
    """Their keys, for judges that know cosignatures."""
    swapped: bool = False
    """Whether two hashes of each path change places."""

    @cached_property
    def note(self) -> str:
        return (self.folder / "checkpoint").read_text()

    @cached_property
    def size(self) -> int:
        return int(self.note.split("\n")[1])

    @cached_property
    def root(self) -> bytes:
        return base64.b64decode(self.note.split("\n")[2])

    @cached_property
    def entries(self) -> list[bytes]:
        """What the bundles hold, though it may be less than the checkpoint says."""
        found = []
        for path in self._files("entries"):
            raw, at = path.read_bytes(), 0
            while at < len(raw):
                end = at + 2 + int.from_bytes(raw[at : at + 2])
                found.append(raw[at + 2 : end])
                at = end
        return found

    @cached_property
    def tiles(self) -> list[bytes]:
        """The leaf hashes as the tiles have them: the proofs are made of these, as a client without the entries would."""
        raw = b"".join(path.read_bytes() for path in self._files("0"))
        return [raw[at : at + 32] for at in range(0, len(raw), 32)]

    @cached_property
    def proofs(self) -> list[tuple[int, bytes, list[bytes]]]:
        """(index, entry, path) of a sample."""
        size = len(self.tiles)
        chosen = sorted({0, size - 1, *range(0, size, max(1, size // SAMPLE))})
        found = []
        for index in chosen:
            path = writer.path(index, self.tiles)
            if self.swapped:
                path[0], path[1] = path[1], path[0]
            found.append((index, self.entries[index], path))
        return found

    def _files(self, level: str) -> list[Path]:
        """Of each bundle or tile of a level the widest that there is, in order."""
        found: list[Path] = []
        while here := self._widest(level, len(found)):
            found.append(here)
        return found

    def _widest(self, level: str, number: int) -> Path | None:
        whole = self.folder / "tile" / level / writer.number(number)
        if whole.exists():
            return whole
        partial = [path for path in whole.with_name(f"{whole.name}.p").glob("*") if int(path.name) <= self.size % 256]
        return max(partial, key=lambda path: int(path.name), default=None)


def pymerkle(export: Export) -> None:
    """Another tree over the entries' bytes: its root, and its own proof of growth."""
    theirs = importlib.import_module("pymerkle")
    tree = theirs.InmemoryTree(algorithm="sha256")
    tree.append_entries(export.entries)
    assert tree.get_size() == export.size, "the entries are not as many as the checkpoint says"
    assert tree.get_root() == export.root, "pymerkle has another root"
    if export.older:
        size, root = int(export.older.split(b"\n")[1]), base64.b64decode(export.older.split(b"\n")[2])
        assert tree.get_root(size) == root, "pymerkle has another root at the older size"
        theirs.verify_consistency(root, export.root, tree.prove_consistency(size, export.size))


def sigstore(export: Export) -> None:
    """The client of another log: the checkpoint as it reads it, and inclusion."""
    merkle = importlib.import_module("sigstore._internal.merkle")
    checkpoint = importlib.import_module("sigstore._internal.rekor.checkpoint")
    read = checkpoint.SignedCheckpoint.from_text(export.note).checkpoint
    assert (read.log_size, read.log_hash) == (export.size, export.root.hex())
    for index, body, path in export.proofs:
        proof = SimpleNamespace(log_index=index, tree_size=export.size, hashes=path, root_hash=export.root)
        merkle.verify_merkle_inclusion(
            SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=body))
        )


def metamorphic(export: Export) -> None:
    """A verifier in Rust: the note's signature, inclusion and growth under it."""
    theirs: Any = importlib.import_module("metamorphic_log")
    keys = list(export.vkeys)
    head = theirs.checkpoint_verify(export.note, keys)
    assert (head.size, head.root, list(head.extensions)) == (export.size, export.root, [])
    for index, body, path in export.proofs:
        theirs.checkpoint_verify_inclusion(export.note, keys, index, writer.leaf_hash(body), path)
    if export.older:
        size = int(export.older.split(b"\n")[1])
        theirs.checkpoint_verify_consistency(export.older.decode(), export.note, keys, writer.proof(size, export.tiles))


def canonical(export: Export) -> None:
    """Another encoder of RFC 8785: each entry is its own canonical form."""
    theirs = importlib.import_module("rfc8785")
    for seq, body in enumerate(export.entries):
        assert theirs.dumps(json.loads(body)) == body, f"entry {seq} is not canonical"


def npm_sigstore(export: Export) -> None:
    """Another client of that log, in JavaScript: the checkpoint's signature, and inclusion under it."""
    library = npms("@sigstore/verify")
    assert library is not None
    asked = {
        "library": str(library),
        "note": export.note,
        "keys": [
            {"name": name, "id": writer.b64(id_), "spki": writer.b64(spki)} for name, id_, spki in keys(export.vkeys)
        ],
        "proofs": [
            [index, writer.b64(body), [writer.b64(part) for part in path]] for index, body, path in export.proofs
        ],
    }
    command = ["node", str(Path(__file__).with_name("npm_sigstore.js"))]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode and "VerificationError" not in done.stderr:
        raise RuntimeError(done.stderr)
    assert not done.returncode, done.stderr


GO = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
"""Where Debian's packages have the libraries of Go."""


def go(export: Export) -> None:
    """The library of Go's checksum database: note, every tile and entry, paths, and growth since an older checkpoint."""
    with tempfile.TemporaryDirectory() as place:
        older = Path(place) / "older"
        if export.older is not None:
            older.write_bytes(export.older)
        given = [export.folder, older if export.older is not None else "", "swapped" if export.swapped else ""]
        command = ["go", "run", str(Path(__file__).with_name("judge.go")), *map(str, given), *export.vkeys]
        done = subprocess.run(command, env=os.environ | GO, capture_output=True, text=True, check=False)
    if done.returncode and "refused: " not in done.stderr:
        raise RuntimeError(done.stderr)
    assert not done.returncode, done.stderr


def openssl(export: Export) -> None:
    """The signature of the log and of each witness, by the bytes that the specifications say are signed."""
    text, _, lines = export.note.partition("\n\n")
    signatures = [line.split(" ") for line in lines.splitlines()]
    for name, id_, spki in keys([*export.vkeys[-1:], *export.witnesses]):
        own = [raw for _, who, raw in signatures if who == name and base64.b64decode(raw)[:4] == id_]
        assert len(own) == 1, f"{name} has not signed, or more than once"
        raw = base64.b64decode(own[0])
        said = f"{text}\n".encode()
        if len(raw) == 4 + 8 + 64:
            said = b"cosignature/v1\ntime %d\n" % int.from_bytes(raw[4:12]) + said
        with tempfile.TemporaryDirectory() as place:
            files = {"key": spki, "said": said, "signature": raw[-64:]}
            for file, content in files.items():
                (Path(place) / file).write_bytes(content)
            command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in said -sigfile signature"
            done = subprocess.run(command.split(), cwd=place, capture_output=True, text=True, check=False)
        assert not done.returncode, f"{name}: {done.stdout}{done.stderr}"


def keys(vkeys: Sequence[str]) -> list[tuple[str, bytes, bytes]]:
    """(name, id, key as others encode it) of verifier keys."""
    parts = [vkey.split("+", 2) for vkey in vkeys]
    ed25519 = bytes.fromhex("302a300506032b6570032100")
    return [(name, bytes.fromhex(id_), ed25519 + base64.b64decode(key)[1:]) for name, id_, key in parts]


def npms(name: str) -> Path | None:
    """The package that npm brings along for itself."""
    npm = shutil.which("npm")
    found = Path(npm).resolve().parents[1] / "node_modules" / name if npm else None
    return found if found is not None and found.exists() and shutil.which("node") else None


@dataclass(frozen=True)
class Judge:
    """Who judges, and what must be there for it."""

    judge: Callable[[Export], None]
    there: Callable[[], bool]


def module(name: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(name) is not None


JUDGES = {
    "pymerkle": Judge(pymerkle, module("pymerkle")),
    "sigstore": Judge(sigstore, module("sigstore")),
    "metamorphic-log": Judge(metamorphic, module("metamorphic_log")),
    "rfc8785": Judge(canonical, module("rfc8785")),
    "npm's sigstore": Judge(npm_sigstore, lambda: npms("@sigstore/verify") is not None),
    "go": Judge(go, lambda: shutil.which("go") is not None and Path(GO["GOPATH"], "src/golang.org/x/mod").exists()),
    "openssl": Judge(openssl, lambda: shutil.which("openssl") is not None),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("vkeys", nargs="+")
    parser.add_argument("--older", type=Path)
    chosen = parser.parse_args()
    export = Export(chosen.folder, chosen.vkeys, chosen.older.read_bytes() if chosen.older else None)
    for name, judge in JUDGES.items():
        if judge.there():
            judge.judge(export)
        print(f"{name}: {f'accepts {export.size:,} entries' if judge.there() else 'is not installed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
