"""The form of an entry: a fixed-key envelope that is the leaf, and salted disclosures hashed into it. Pure.

It must never place a name, an agent's words or any other free text in the envelope itself: whatever is
personal, secret or free text is a disclosure (RFC 9901 §4.2.1), stored beside the leaf and erasable later.
"""

import base64
import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from decisions.canonical import NotStrictError, encode_restricted
from decisions.vocab import Kind

FORM = 1
"""The version of the envelope itself; `facts` carries its own version for each kind in `kv`."""
KEYS = frozenset(
    {"v", "log", "id", "ts", "kind", "actor", "src", "src_seq", "ref", "policy", "facts", "_sd_alg", "_sd"}
)
"""The keys of the envelope: every entry has all of them and no other."""
MAX_BODY = 65_535
"""The most bytes of a leaf: the export's entry bundles count them in 16 bits."""


def uuid7(at: datetime | None = None) -> uuid.UUID:
    """A UUIDv7 (RFC 9562 §5.7) at `at`, by default now."""
    ms = int((at or datetime.now(UTC)).timestamp() * 1000)
    random = int.from_bytes(os.urandom(10), "big")
    value = (ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return uuid.UUID(int=value)


@dataclass(slots=True)
class Draft:
    """What a decide function asks the spine to append: one entry before it has a seq.

    `facts` holds words of the vocabulary, identifiers, hashes and integers; `disclosed` everything else.
    `at` is the time of record and is set by the spine. A draft with `once` set is idempotent: if an entry of that
    id exists, its `once` value is compared, and the draft counts as a duplicate or as a conflict.
    """

    kind: Kind
    actor: str
    facts: dict[str, Any]
    disclosed: Mapping[str, Any] = field(default_factory=dict)
    id: uuid.UUID = field(default_factory=uuid7)
    src: str = ""
    src_seq: int | None = None
    ref: Mapping[str, Any] | None = None
    policy: Mapping[str, Any] | None = None
    once: str = ""
    follows: uuid.UUID | None = None
    """The id of the draft that this one follows from: where that one is a duplicate, this one is dropped with it."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry ready for the ledger: leaf bytes and the disclosures whose digests they hold."""

    id: uuid.UUID
    kind: Kind
    at: datetime
    body: bytes
    disclosures: tuple[tuple[str, str], ...]
    """(name, text) of each disclosure; the text is what is hashed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as projections and readers see it: the opened envelope with what is disclosed of it."""

    seq: int
    id: uuid.UUID
    kind: Kind
    at: datetime
    actor: str
    facts: Mapping[str, Any]
    disclosed: Mapping[str, Any]
    ref: Mapping[str, Any] | None
    policy: Mapping[str, Any] | None
    src: str
    src_seq: int | None


def named_uuid(*parts: str) -> uuid.UUID:
    """A UUIDv8 (RFC 9562 §5.8) that is a hash of `parts`: the same parts always name the same entry."""
    raw = bytearray(hashlib.sha256("\0".join((str(len(parts)), *parts)).encode()).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(raw))


def timestamp(at: datetime) -> str:
    """RFC 3339 UTC with microseconds."""
    # Not strftime: it writes the years before 1000 without their zeros.
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def disclose(name: str, value: Any) -> str:
    """The salted text of one disclosure, a JSON array of salt, name and value."""
    return msgspec.json.encode([_b64(os.urandom(16)), name, value]).decode()


def disclosure_digest(text: str) -> str:
    """What the leaf holds of a disclosure: the hash of its base64url form (RFC 9901 §4.2.3)."""
    return _b64(hashlib.sha256(_b64(text.encode()).encode()).digest())


def seal(draft: Draft, *, log: str, at: datetime) -> Sealed:
    """The canonical leaf bytes of `draft` and its disclosures.

    Raises NotStrictError if facts leave the profile or the leaf is larger than a tile bundle can hold.
    """
    disclosures = tuple((name, disclose(name, value)) for name, value in sorted(draft.disclosed.items()))
    digests: list[Any] = sorted(disclosure_digest(text) for _, text in disclosures)
    body = encode_restricted(
        {
            "v": FORM,
            "log": log,
            "id": str(draft.id),
            "ts": timestamp(at),
            "kind": str(draft.kind),
            "actor": draft.actor,
            "src": draft.src,
            "src_seq": draft.src_seq,
            "ref": dict(draft.ref) if draft.ref else None,
            "policy": dict(draft.policy) if draft.policy else None,
            "facts": draft.facts,
            "_sd_alg": "sha-256",
            "_sd": digests,
        }
    )
    if len(body) > MAX_BODY:
        raise NotStrictError(f"an entry holds at most {MAX_BODY} bytes; put what is long into a disclosure")
    return Sealed(draft.id, draft.kind, at, body, disclosures)


def as_entry(draft: Draft, seq: int, at: datetime) -> Entry:
    """The entry that `draft` becomes: equal to `open_entry` of its sealed form, without reading it back."""
    return Entry(
        seq=seq,
        id=draft.id,
        kind=draft.kind,
        at=at,
        actor=draft.actor,
        facts=draft.facts,
        disclosed=draft.disclosed,
        ref=draft.ref,
        policy=draft.policy,
        src=draft.src,
        src_seq=draft.src_seq,
    )


def open_leaf(body: bytes) -> dict[str, Any]:
    """The envelope in canonical leaf bytes."""
    envelope: dict[str, Any] = json.loads(body)
    return envelope


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(kind, version of facts) → function to the next version. Old leaves stay as they are; only reading changes."""


def open_entry(seq: int, body: bytes, texts: Iterable[str]) -> Entry:
    """The entry in `body` with the disclosures in `texts`; facts of older versions are brought to the newest."""
    envelope = open_leaf(body)
    facts = envelope["facts"]
    while (step := UPCASTERS.get((envelope["kind"], facts.get("kv", 1)))) is not None:
        facts = step(facts)
    disclosed = {}
    for text in texts:
        _, name, value = json.loads(text)
        disclosed[name] = value
    return Entry(
        seq=seq,
        id=uuid.UUID(envelope["id"]),
        kind=Kind(envelope["kind"]),
        at=parse_time(envelope["ts"]),
        actor=envelope["actor"],
        facts=facts,
        disclosed=disclosed,
        ref=envelope["ref"],
        policy=envelope["policy"],
        src=envelope["src"],
        src_seq=envelope["src_seq"],
    )
