"""What was erased of which entry, by whom and why."""

from django.db import models

from approvals.vocab import ErasureBasis


class Erasure(models.Model):
    """Read model: one entry of which something was erased, as one erasure did it."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    entry_seq = models.BigIntegerField(db_index=True)
    names = models.JSONField(default=list)
    """The names of the disclosures that are gone."""
    basis = models.CharField(max_length=20)
    decision_seq = models.BigIntegerField(null=True, db_index=True)
    erased_by = models.UUIDField(null=True)
    reason = models.TextField(blank=True)
    authority = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "erasure"
        constraints = (models.CheckConstraint(condition=models.Q(basis__in=list(ErasureBasis)), name="erasure_basis"),)
