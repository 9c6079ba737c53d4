"""The picture of a proof: everything is inside, nothing lies on anything, and what is left in the tree stands left."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from approvals.queries.picture import EDGE, PITCH, SHORT, SIGNERS, WIDTH, Box, picture
from decisions.merkle import leaf_hash, node_hash, root_of
from decisions.proofs import Proof, Step
from decisions.published import Signature
from decisions.signing import Checkpoint
from decisions.tiles import siblings

SIGNED = [Signature("ledger", "oversight.local/ledger1")]


def proof(seq: int, size: int) -> Proof:
    """A path of the right shape; its hashes are made up."""
    steps, known = [], leaf_hash(b"")
    for first, end in siblings(seq, size):
        sibling, left = leaf_hash(f"{first}".encode()), first < seq
        known = node_hash(sibling, known) if left else node_hash(known, sibling)
        steps.append(Step(sibling, first, end, left, known))
    return Proof(seq, leaf_hash(b""), tuple(steps), Checkpoint("log", size, known), "")


@st.composite
def proofs(draw: Any) -> Proof:
    size = draw(st.one_of(st.integers(1, 70), st.integers(1, 10**9)))
    return proof(draw(st.integers(0, size - 1)), size)


def rows(boxes: tuple[Box, ...]) -> dict[int, list[Box]]:
    found: dict[int, list[Box]] = {}
    for box in sorted(boxes, key=lambda box: (box.y, box.x)):
        found.setdefault(box.y, []).append(box)
    return found


@given(proofs(), st.integers(1, 9))
@example(proof(0, 1), 1)
@example(proof(99_999_999, 100_000_000), 9)
def test_every_proof_can_be_drawn(made: Proof, signers: int) -> None:
    drawn = picture(made, SIGNED * signers)
    steps = len(made.steps)
    assert len(drawn.boxes) == 2 * steps + 1
    assert len(drawn.joins) == 2 * steps + 1
    for box in drawn.boxes:
        assert box.x >= EDGE
        assert box.x + box.width <= WIDTH - EDGE
        assert len(box.words) <= SHORT, box.words
    lines = rows(drawn.boxes)
    assert list(lines) == [EDGE + PITCH * index for index in range(steps + 1)]
    for step, line in zip(made.steps, lines.values(), strict=False):
        left, right = line
        assert left.x + left.width < right.x
        assert (left if step.left else right).kind == "given"
        assert {left.kind, right.kind} in ({"given", "leaf"}, {"given", "known"})
    (last,) = list(lines.values())[-1]
    assert last.kind == ("root" if steps else "leaf")
    assert last.bottom < drawn.seal
    assert drawn.seal_lines[-1].y < drawn.seal + drawn.seal_height < drawn.height
    assert len(drawn.seal_lines) <= SIGNERS + 2


def test_the_words_say_what_is_under_each_box() -> None:
    drawn = picture(proof(5, 7), SIGNED)
    assert [(box.kind, box.words) for line in rows(drawn.boxes).values() for box in line] == [
        ("given", "Entry 4"),
        ("leaf", "This entry"),
        ("known", "Entries 4–5"),
        ("given", "Entry 6"),
        ("given", "Entries 0–3"),
        ("known", "Entries 4–6"),
        ("root", "Root of 7"),
    ]
    assert [line.words for line in drawn.seal_lines] == [
        "Checkpoint of 7 entries",
        "signed by oversight.local/ledger1",
    ]


def test_signers_without_end_are_counted_and_cut() -> None:
    named = [Signature("witness", "w" * 200), *[Signature("unknown", "x")] * 9]
    lines = [line.words for line in picture(proof(0, 2), named).seal_lines]
    assert lines[1] == f"witnessed by {'w' * 32}…"
    assert lines[-2:] == ["not verified: x", "and 4 more"]


def test_what_is_drawn_is_what_the_tree_says() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(7)]
    over = [root_of(leaves[first:end]) for first, end in siblings(5, 7)]
    assert over == [leaves[4], leaves[6], root_of(leaves[:4])]
