"""Items of the registers that a board's report rests on: limits, mandates, incidents and the like."""

from django.db import models
from django.db.models import Q

from decisions.vocab import Board


class BoardItem(models.Model):
    """Read model: one item as it was last recorded. What it said before stands in its earlier entries."""

    READ_MODEL = True

    id = models.UUIDField(primary_key=True)
    register = models.CharField(max_length=16)
    seq = models.BigIntegerField(unique=True)
    """Its first entry."""
    last_seq = models.BigIntegerField(unique=True)
    version = models.IntegerField()
    values = models.JSONField(default=dict)
    """Its facts, as plain values."""
    words = models.JSONField(default=dict)
    """What people wrote of it; empty once erased."""
    made_by = models.UUIDField()
    made_at = models.DateTimeField()
    changed_by = models.UUIDField()
    changed_at = models.DateTimeField()
    withdrawn = models.BooleanField(default=False)

    class Meta:
        db_table = "board_item"
        constraints = (
            models.CheckConstraint(condition=Q(register__in=list(Board)), name="board_item_register"),
            models.CheckConstraint(condition=Q(version__gte=1), name="board_item_version"),
        )
        indexes = (models.Index(fields=["register", "seq"], name="board_item_of"),)
