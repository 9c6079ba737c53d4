"""Full checks of the ledger, while they are done."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q

from approvals.vocab import CheckResult

SILENT = timedelta(seconds=30)
"""After so long without a word a check that was begun is over: whoever did it is not there any more."""


class LedgerCheck(models.Model):
    """Operational: one full check of the ledger: who asked for it, and how far it is. What came of it is an entry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    requested_by = models.UUIDField()
    requested_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    """When a process took it up; null while it waits for one."""
    seen_at = models.DateTimeField()
    """When something was last heard of it."""
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    over = models.BooleanField(default=False)
    result = models.CharField(max_length=12, blank=True)
    seq = models.BigIntegerField(null=True)
    """The entry that says what came of it; null where the ledger could not take one."""
    unrecorded = models.JSONField(default=dict)
    """What that entry would have said."""

    class Meta:
        db_table = "ledger_check"
        constraints = (
            models.CheckConstraint(condition=Q(result__in=["", *CheckResult]), name="ledger_check_result"),
            models.UniqueConstraint(fields=["over"], condition=Q(over=False), name="ledger_check_one_at_a_time"),
        )
