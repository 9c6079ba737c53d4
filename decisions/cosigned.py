"""What was signed of the ledger, as it is kept: checkpoints, and the cosignatures of witnesses. It must not sign or judge."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Max

from decisions.models.ledger import Cosignature, StoredCheckpoint


def keep_checkpoint(size: int, note: str, at: datetime) -> None:
    """Keep a published checkpoint; a second one of the same size is the first."""
    # Asked first: the guard of SQLite refuses an insert over an existing key even where conflicts are ignored.
    if not StoredCheckpoint.objects.filter(size=size).exists():
        StoredCheckpoint.objects.bulk_create([StoredCheckpoint(size=size, note=note, at=at)], ignore_conflicts=True)


def checkpoints() -> Iterator[tuple[int, str]]:
    yield from StoredCheckpoint.objects.order_by("size").values_list("size", "note")


def has_checkpoint(sizes: range) -> bool:
    """Whether a tree of one of `sizes`, which are consecutive, was signed."""
    return StoredCheckpoint.objects.filter(size__gte=sizes.start, size__lt=sizes.stop).exists()


def last_checkpoint() -> StoredCheckpoint | None:
    """The newest checkpoint; its note carries the cosignatures that were gathered since."""
    row = StoredCheckpoint.objects.order_by("-size").first()
    if row is not None:
        row.note = with_cosignatures(row.size, row.note)
    return row


def with_cosignatures(size: int, note: str) -> str:
    """`note`, of the checkpoint of that size, with the newest line of each witness that cosigned it."""
    lines = dict(Cosignature.objects.filter(size=size).order_by("at").values_list("witness", "line"))
    return note + "".join(lines[name] for name in sorted(lines))


def keep_cosignature(size: int, witness: str, line: str, at: datetime) -> None:
    """Keep a cosignature; the same one again is the first."""
    if not Cosignature.objects.filter(size=size, witness=witness, at=at).exists():
        Cosignature.objects.create(size=size, witness=witness, line=line, at=at)


def cosignatures() -> list[Cosignature]:
    """The newest cosignature of each witness that ever gave one."""
    newest = Cosignature.objects.values("witness").annotate(last=Max("id")).values("last")
    return list(Cosignature.objects.filter(id__in=newest))


def cosigned_size(witness: str) -> int:
    """The size of the largest checkpoint that `witness` has cosigned; 0 where there is none."""
    return int(Cosignature.objects.filter(witness=witness).aggregate(most=Max("size"))["most"] or 0)
