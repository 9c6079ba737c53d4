"""A proof as a picture: where each box and line stands. Pure; it must not know how they are drawn.

It reads from the top: the entry, at each step the hash that is joined to it, then the root and the checkpoint that is
signed. What is left in the tree stands left.
"""

from dataclasses import dataclass

from decisions.proofs import Proof
from decisions.published import Signature

WIDTH = 360
BOX = 168
EDGE = 4
TALL = 42
PITCH = 70
LINE = 18
SIGNERS = 6
NAME = 46
SHORT = 24
"""How many characters a box has for which entries are under it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with a line of words and a line of the hash. `kind` says how it is drawn."""

    kind: str
    x: int
    y: int
    width: int
    words: str
    hash: str

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def bottom(self) -> int:
        return self.y + TALL

    @property
    def first_line(self) -> int:
        return self.y + 17

    @property
    def second_line(self) -> int:
        return self.y + 33


@dataclass(frozen=True, slots=True)
class Join:
    """A line from a box down to the one that it is hashed into."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Line:
    y: int
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    boxes: tuple[Box, ...]
    joins: tuple[Join, ...]
    seal: int
    """Where the box of the checkpoint begins."""
    seal_height: int
    seal_lines: tuple[Line, ...]


def picture(proof: Proof, signatures: list[Signature]) -> Picture:
    own, siblings = _known(proof), _given(proof)
    joins: list[Join] = []
    for index, (sibling, step) in enumerate(zip(siblings, own[1:], strict=True)):
        joins += [_join("given", sibling, step), _join("known", own[index], step)]
    seal = own[-1].y + PITCH
    joins.append(Join("known", f"M{WIDTH // 2} {own[-1].bottom}V{seal}"))
    lines = [f"Checkpoint of {proof.checkpoint.size:,} entries", *_signers(signatures)]
    high = LINE * len(lines) + 14
    return Picture(
        width=WIDTH,
        height=seal + high + EDGE,
        boxes=(*siblings, *own),
        joins=tuple(joins),
        seal=seal,
        seal_height=high,
        seal_lines=tuple(Line(seal + 20 + LINE * index, words) for index, words in enumerate(lines)),
    )


def _known(proof: Proof) -> list[Box]:
    """The boxes of what is computed: the entry, what each step makes, at last the root."""
    hashes = [proof.leaf, *(step.joined for step in proof.steps)]
    first, end, found = proof.seq, proof.seq + 1, []
    for index, hash_ in enumerate(hashes):
        top = EDGE + PITCH * index
        words = "This entry" if index == 0 else _span(first, end)
        if index == len(proof.steps):
            # The root stands in the middle; of a tree of one entry it is the leaf.
            words = f"Root of {proof.checkpoint.size:,}" if index else words
            found.append(Box("root" if index else "leaf", (WIDTH - BOX) // 2, top, BOX, words, short(hash_)))
            break
        step = proof.steps[index]
        found.append(Box("known" if index else "leaf", _x(right=step.left), top, BOX, words, short(hash_)))
        first, end = min(first, step.first), max(end, step.end)
    return found


def _given(proof: Proof) -> list[Box]:
    """The boxes of what comes with the proof."""
    return [
        Box(
            "given",
            _x(right=not step.left),
            EDGE + PITCH * index,
            BOX,
            _span(step.first, step.end),
            short(step.sibling),
        )
        for index, step in enumerate(proof.steps)
    ]


def _x(*, right: bool) -> int:
    return WIDTH - EDGE - BOX if right else EDGE


def _join(kind: str, upper: Box, lower: Box) -> Join:
    half = (upper.bottom + lower.y) // 2
    return Join(kind, f"M{upper.middle} {upper.bottom}V{half}H{lower.middle}V{lower.y}")


def _span(first: int, end: int) -> str:
    if end - first == 1:
        return f"Entry {first:,}"
    words = f"{first:,}–{end - 1:,}"
    return f"Entries {words}" if len(words) <= SHORT - 8 else words


def short(hash_: bytes) -> str:
    """Both ends of a hash, as much as fits into a box."""
    text = hash_.hex()
    return f"{text[:8]}…{text[-8:]}"


def _signers(signatures: list[Signature]) -> list[str]:
    verb = {"ledger": "signed by", "witness": "witnessed by", "unknown": "not verified:"}
    lines = [_cut(f"{verb[one.by]} {one.name}") for one in signatures[:SIGNERS]]
    more = len(signatures) - SIGNERS
    return [*lines, f"and {more} more"] if more > 0 else lines


def _cut(text: str) -> str:
    return text if len(text) <= NAME else f"{text[: NAME - 1]}…"
