"""Board reports: the record of those that were built, and the work of building one."""

import uuid

from django.db import models
from django.db.models import Q


class Report(models.Model):
    """Read model: a report that was built, with the hashes of its files."""

    READ_MODEL = True

    id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(unique=True)
    period = models.CharField(max_length=7)
    edition = models.CharField(max_length=20)
    state = models.CharField(max_length=10)
    seq_limit = models.BigIntegerField()
    head = models.TextField(blank=True)
    """The verdict sentence of page 1."""
    files = models.JSONField(default=dict)
    """`{"pdf": {"file": …, "sha256": …, "size": …}, …}`."""
    built_at = models.DateTimeField()

    class Meta:
        db_table = "report"
        constraints = (
            models.CheckConstraint(condition=Q(state__in=["draft", "attested", "issued"]), name="report_state"),
        )


class ReportBuild(models.Model):
    """Operational: one building of a report, with its progress; ends as a Report of the same id or as failed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    period = models.CharField(max_length=7)
    state = models.CharField(max_length=10, default="queued")
    step = models.CharField(max_length=120, blank=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    requested_by = models.UUIDField(null=True)
    requested_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "report_build"
        constraints = (
            models.UniqueConstraint(
                fields=["period"], condition=Q(state__in=["queued", "building"]), name="report_build_one_running"
            ),
        )
