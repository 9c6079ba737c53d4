"""What a signer or a witness is asked with: a checkpoint, and the proof that it extends an older one (C2SP tlog-witness). Pure."""

import base64
from dataclasses import dataclass

from decisions.merkle import EMPTY_ROOT, verify_consistency
from decisions.signing import BadNoteError, Checkpoint, decode, read_note

MOST_PROOF = 63
MOST_BYTES = 16 * 1024


class BadSubmissionError(ValueError):
    """The body is not a submission; the message says why."""


@dataclass(frozen=True, slots=True)
class Submission:
    """`proof` shows that the tree of `checkpoint` extends that of its first `old` entries; empty where `old` is 0."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint

    def text(self, signatures: str = "") -> str:
        """The body of an add-checkpoint request. `signatures`: those of the log, as lines."""
        lines = [f"old {self.old}", *(base64.b64encode(part).decode() for part in self.proof)]
        return "\n".join(lines) + f"\n\n{self.checkpoint.text()}\n{signatures}"

    def extends(self, root: bytes) -> bool:
        """Whether the checkpoint extends the tree of `old` entries with that root."""
        new = self.checkpoint
        if new.size == 0 and new.root != EMPTY_ROOT:
            return False
        if self.old == 0:
            # Said explicitly: any tree extends the empty one, and no proof says so.
            return root == EMPTY_ROOT and not self.proof
        return verify_consistency(self.old, new.size, root, new.root, self.proof)


def read(body: str) -> Submission:
    """The submission in `body`; signatures of its checkpoint are not looked at. Raises BadSubmissionError."""
    head, gap, rest = body.partition("\n\n")
    first, *proof = head.split("\n")
    word, _, number = first.partition(" ")
    if not gap or word != "old" or len(proof) > MOST_PROOF:
        raise BadSubmissionError(
            "a submission is the old size, at most 63 lines of proof, a blank line and a checkpoint"
        )
    text, _, signatures = rest.partition("\n\n")
    try:
        # A note has at least one signature; the one put in for none is not looked at.
        checkpoint = read_note(f"{text}\n\n{signatures or PLACE}")[0]
        hashes = tuple(decode(line) for line in proof)
    except (BadNoteError, ValueError) as error:
        raise BadSubmissionError(str(error)) from None
    if any(len(part) != 32 for part in hashes):
        raise BadSubmissionError("a line of the proof is a hash of 32 bytes")
    return Submission(size_of(number), hashes, checkpoint)


PLACE = "\N{EM DASH} nobody AAAA\n"


def size_of(text: str) -> int:
    """A size as it is written: plain decimal, no leading zero. Raises BadSubmissionError."""
    if not text.isascii() or not text.isdigit() or (len(text) > 1 and text[0] == "0") or len(text) > 16:
        raise BadSubmissionError("a size is a plain decimal number")
    return int(text)
