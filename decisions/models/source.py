"""What sources count themselves: a number that is missing is something that was never handed in, or was lost."""

from django.db import models


class SourceRun(models.Model):
    """Read model: numbers that came from one source without a gap between them. What lies between two runs is missing."""

    READ_MODEL = True

    id = models.CharField(primary_key=True, max_length=120)
    """The source and the first number."""
    src = models.CharField(max_length=80)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    seq = models.BigIntegerField()
    """The newest entry of the run."""

    class Meta:
        db_table = "source_run"
        constraints = (models.UniqueConstraint(fields=["src", "first"], name="source_run_once"),)
        indexes = (models.Index(fields=["src", "last"], name="source_run_end"),)
