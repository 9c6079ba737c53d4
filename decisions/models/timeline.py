"""The timeline: which entry spoke of which decision, in ledger order."""

from django.db import models


class Timeline(models.Model):
    """Read model: one row for each entry that made or changed a decision."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    decision_seq = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    state = models.CharField(max_length=20)
    """The state of the decision after this entry."""
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        db_table = "timeline"
        indexes = (models.Index(fields=["decision_seq", "seq"], name="timeline_decision"),)
