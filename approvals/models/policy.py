"""The policy: drafts of it, and the versions that came in force."""

from django.db import models
from django.db.models import Q

from approvals.vocab import DraftState


class PolicyVersion(models.Model):
    """Read model: one activated version of the table; the newest is in force."""

    READ_MODEL = True

    version = models.IntegerField(primary_key=True)
    seq = models.BigIntegerField(unique=True)
    sha256 = models.CharField(max_length=64)
    document = models.JSONField()
    activated_at = models.DateTimeField()
    activated_by = models.UUIDField(null=True)
    """Who put it in force; null for the operator's command line."""
    draft_id = models.UUIDField(null=True)
    """The draft that it was; null where an operator loaded it."""

    class Meta:
        db_table = "policy_version"


class PolicyDraft(models.Model):
    """Read model: a document that somebody wants in force. Its content never changes: a changed one is another draft."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    id = models.UUIDField(unique=True)
    state = models.CharField(max_length=9)
    based_on = models.IntegerField()
    """The version that was in force when it was drafted; 0 for none."""
    sha256 = models.CharField(max_length=64)
    document = models.JSONField()
    reason = models.TextField()
    drafted_by = models.UUIDField()
    drafted_at = models.DateTimeField()
    ended_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    became = models.IntegerField(null=True)
    """The version that it came in force as."""

    class Meta:
        db_table = "policy_draft"
        constraints = (
            models.CheckConstraint(condition=Q(state__in=list(DraftState)), name="policy_draft_state"),
            models.CheckConstraint(
                condition=Q(state=DraftState.OPEN, ended_at__isnull=True)
                | (~Q(state=DraftState.OPEN) & Q(ended_at__isnull=False)),
                name="policy_draft_ends",
            ),
            models.CheckConstraint(
                condition=Q(state=DraftState.ACTIVATED, became__isnull=False)
                | (~Q(state=DraftState.ACTIVATED) & Q(became__isnull=True)),
                name="policy_draft_becomes",
            ),
        )

    @property
    def revision(self) -> int:
        """1 while it is open, 2 when it has ended: what its ETag says."""
        return 1 if self.state == DraftState.OPEN else 2
