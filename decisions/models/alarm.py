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
    state = models.CharField(max_length=12)
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alarm"
        constraints = (
            models.UniqueConstraint(fields=["key"], condition=~Q(state="cleared"), name="alarm_one_open"),
            models.CheckConstraint(condition=Q(state__in=["open", "acknowledged", "cleared"]), name="alarm_state"),
        )
