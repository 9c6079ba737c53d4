"""Board reports: the record of those that were built, what people said of them, and the work of building one."""

import uuid

from django.db import models
from django.db.models import Q

from approvals.vocab import ReportState


class Report(models.Model):
    """Read model: an edition of a report, with the hashes of its files, from draft to issued."""

    READ_MODEL = True

    id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(unique=True)
    last_seq = models.BigIntegerField()
    version = models.IntegerField(default=1)
    """Grows with each entry about it."""
    period = models.CharField(max_length=22)
    scope = models.CharField(max_length=130, blank=True)
    """Empty for the whole organisation, else `team:<name>` or `service:<name>`."""
    edition = models.CharField(max_length=40)
    state = models.CharField(max_length=10)
    seq_limit = models.BigIntegerField()
    as_of = models.DateTimeField(null=True)
    """The moment that it speaks of; None of an edition that was recorded before this was."""
    head = models.TextField(blank=True)
    """The verdict sentence of page 1."""
    files = models.JSONField(default=dict)
    """`{"pdf": {"file": …, "sha256": …, "size": …}, …}`."""
    figures = models.JSONField(default=dict)
    """`{"M1": {"text": …, "value": …}, …}` as they were printed."""
    built_at = models.DateTimeField()
    number = models.IntegerField(null=True, unique=True)
    """Counts the issued editions from 1."""
    supersedes = models.UUIDField(null=True)
    superseded_by = models.UUIDField(null=True)
    issued_seq = models.BigIntegerField(null=True)
    issued_by = models.UUIDField(null=True)
    issued_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    """Why an edition was issued that supersedes another."""

    class Meta:
        db_table = "report"
        constraints = (
            models.CheckConstraint(condition=Q(state__in=list(ReportState)), name="report_state"),
            models.CheckConstraint(
                condition=Q(state=ReportState.ISSUED, number__isnull=False, issued_by__isnull=False)
                | (~Q(state=ReportState.ISSUED) & Q(number__isnull=True, issued_by__isnull=True)),
                name="report_numbered_when_issued",
            ),
        )
        indexes = (models.Index(fields=["period", "scope", "seq"], name="report_of_period"),)


class Attestation(models.Model):
    """Read model: what a person said of one page of an edition; of one page the last word counts."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    report_id = models.UUIDField(db_index=True)
    page = models.SmallIntegerField()
    person_id = models.UUIDField()
    attests = models.BooleanField()
    comment = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "attestation"
        constraints = (models.CheckConstraint(condition=Q(page__gte=1, page__lte=6), name="attestation_page"),)


class ReportBuild(models.Model):
    """Operational: one building of a report, with its progress; ends as a Report of the same id or as failed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    period = models.CharField(max_length=22)
    scope = models.CharField(max_length=130, blank=True)
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
                fields=["period", "scope"],
                condition=Q(state__in=["queued", "building"]),
                name="report_build_one_running",
            ),
        )


class ReportDownload(models.Model):
    """Operational: who took which file of a report, and when."""

    id = models.BigAutoField(primary_key=True)
    report_id = models.UUIDField(db_index=True)
    format = models.CharField(max_length=8)
    person_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "report_download"
