"""A ledger as its exported folder holds it, by the published formats: tlog-tiles, RFC 6962, RFC 9901.

It must not import anything but the standard library: what is checked with it is the product.
"""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

WIDTH = 256


@dataclass
class Entry:
    seq: int
    kind: str
    at: datetime
    actor: str
    facts: dict[str, Any]
    said: dict[str, Any] = field(default_factory=dict)
    """What is still disclosed of it, by name."""


def read(folder: Path) -> list[Entry]:
    """Every entry up to the checkpoint. Raises ValueError where the folder is not what was signed."""
    _, size_line, root_line, *_ = (folder / "checkpoint").read_text().split("\n")
    bodies = _bodies(folder, int(size_line))
    if _root([hashlib.sha256(b"\0" + body).digest() for body in bodies]) != base64.b64decode(root_line):
        raise ValueError("the entries are not those of the checkpoint")
    leaves = [json.loads(body) for body in bodies]
    entries = [
        Entry(seq, leaf["kind"], datetime.fromisoformat(leaf["ts"]), leaf["actor"], leaf["facts"])
        for seq, leaf in enumerate(leaves)
    ]
    for line in (folder / "disclosures.jsonl").read_text().splitlines():
        told = json.loads(line)
        if _digest(told["text"]) not in leaves[told["seq"]]["_sd"]:
            raise ValueError(f"entry {told['seq']} does not hold what is disclosed as {told['name']}")
        _, name, value = json.loads(told["text"])
        entries[told["seq"]].said[name] = value
    return entries


def _bodies(folder: Path, size: int) -> list[bytes]:
    bodies: list[bytes] = []
    for n in range(-(-size // WIDTH)):
        left = size - n * WIDTH
        bundle = (folder / f"tile/entries/{n:03}{'' if left >= WIDTH else f'.p/{left}'}").read_bytes()
        while bundle:
            (length,) = struct.unpack(">H", bundle[:2])
            bodies.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
    if len(bodies) != size:
        raise ValueError(f"there are {len(bodies)} entries and {size} were signed")
    return bodies


def _root(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    cut = 1
    while cut * 2 < len(hashes):
        cut *= 2
    return hashlib.sha256(b"\1" + _root(hashes[:cut]) + _root(hashes[cut:])).digest()


def _digest(text: str) -> str:
    inner = base64.urlsafe_b64encode(text.encode()).rstrip(b"=")
    return base64.urlsafe_b64encode(hashlib.sha256(inner).digest()).rstrip(b"=").decode()
