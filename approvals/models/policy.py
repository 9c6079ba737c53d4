"""Versions of the policy: where the line is drawn, and since when."""

from django.db import models


class PolicyVersion(models.Model):
    """Read model: one activated version of the table; the newest is in force."""

    READ_MODEL = True

    version = models.IntegerField(primary_key=True)
    seq = models.BigIntegerField(unique=True)
    sha256 = models.CharField(max_length=64)
    document = models.JSONField()
    activated_at = models.DateTimeField()
    activated_by = models.UUIDField(null=True)

    class Meta:
        db_table = "policy_version"
