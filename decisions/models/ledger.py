"""The ledger's own rows. Insert-only but for the head; guarded by the triggers of migration 0003."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact


class EntryRow(models.Model):
    """Ledger: one entry, the canonical leaf bytes exactly as hashed, and what indexes need of them."""

    seq = models.BigIntegerField(primary_key=True)
    id = models.UUIDField(unique=True)
    kind = models.CharField(max_length=32, db_index=True)
    at = models.DateTimeField()
    body = models.BinaryField()
    leaf = models.BinaryField(max_length=32)

    class Meta:
        db_table = "entry"
        constraints = (models.CheckConstraint(condition=Q(seq__gte=0), name="entry_seq"),)


class TileRow(models.Model):
    """Ledger: one full tile of the tree: 256 consecutive hashes of a level, and the root over them. Insert-only.

    Level 0 holds leaf hashes; each level above, the roots of full tiles of the level below.
    """

    pk = models.CompositePrimaryKey("level", "n")
    level = models.SmallIntegerField()
    n = models.BigIntegerField()
    hashes = models.BinaryField(max_length=8192)
    root = models.BinaryField(max_length=32)

    class Meta:
        db_table = "tile"
        constraints = (
            models.CheckConstraint(
                condition=Exact(Length("hashes"), 8192) & Exact(Length("root"), 32), name="tile_full"
            ),
        )


class Disclosure(models.Model):
    """Operational: the salted text behind one digest of a leaf, encrypted. Erasing a row leaves every proof as it was."""

    id = models.BigAutoField(primary_key=True)
    seq = models.BigIntegerField()
    name = models.CharField(max_length=32)
    key = models.BinaryField(max_length=64)
    """The key of this text alone, wrapped: see `decisions.keyring`."""
    sealed = models.BinaryField()

    class Meta:
        db_table = "disclosure"
        constraints = (models.UniqueConstraint(fields=["seq", "name"], name="disclosure_once"),)


class Head(models.Model):
    """Ledger: the one row that every writing transaction locks first: size, root and frontier of the tree."""

    id = models.SmallIntegerField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField(max_length=32 * 64)
    at = models.DateTimeField()
    """The latest time ever recorded: time in the ledger never runs backwards."""
    config = models.UUIDField(null=True)
    """The id of the last entry that changed register or policy: snapshots of both are cached under it."""
    identity = models.UUIDField(default=uuid.uuid4)
    origin = models.CharField(max_length=255, default="")
    """The ledger's name since its first one was retired; empty before."""
    halted = models.BooleanField(default=False)
    """Nothing is written: the alarm is open that says that the ledger disagrees with what was signed."""

    class Meta:
        db_table = "head"
        constraints = (models.CheckConstraint(condition=Q(id=1), name="head_one"),)


class StoredCheckpoint(models.Model):
    """Ledger: a signed note of the ledger's head, kept as it was published. Insert-only."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "checkpoint"


class Cosignature(models.Model):
    """Ledger: a witness's signature line under a checkpoint, and the time that it signed with it. Insert-only."""

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField()
    """Of the checkpoint."""
    witness = models.CharField(max_length=255)
    """The name that it signs with."""
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "cosignature"
        constraints = (models.UniqueConstraint(fields=["size", "witness", "at"], name="cosignature_once"),)
