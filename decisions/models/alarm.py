"""Alarms: something that a person must see."""

from django.db import models
from django.db.models import Q


class Alarm(models.Model):
    """Read model: raised, acknowledged, cleared; each an entry. At most one alarm of a key is not cleared."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120, blank=True)
    person = models.UUIDField(null=True)
    """Whom alone it concerns; None where it concerns all who have the roles for its kind."""
    decision = models.UUIDField(null=True)
    """The decision to which that person is called."""
    raised_by = models.CharField(max_length=60, default="system")
    """The actor of its entry."""
    state = models.CharField(max_length=12)
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alarm"
        indexes = (
            models.Index(fields=["decision"], condition=Q(decision__isnull=False), name="alarm_of_decision"),
            models.Index(fields=["state", "seq"], name="alarm_of_state"),
        )
        constraints = (
            models.UniqueConstraint(fields=["key"], condition=~Q(state="cleared"), name="alarm_one_open"),
            models.CheckConstraint(
                condition=Q(person__isnull=True, decision__isnull=True)
                | Q(person__isnull=False, decision__isnull=False),
                name="alarm_calls_somebody_to_something",
            ),
            models.CheckConstraint(condition=Q(state__in=["open", "acknowledged", "cleared"]), name="alarm_state"),
        )
