"""The operational clocks of a decision: what its holder and its watchers were last seen to do."""

from django.db import models
from django.db.models import Q


class Heartbeat(models.Model):
    """Operational: until when the holder of a decision's lease has said that it is at work."""

    decision_seq = models.BigIntegerField(primary_key=True)
    until = models.DateTimeField()

    class Meta:
        db_table = "heartbeat"


class ServedClock(models.Model):
    """Operational: the time, in milliseconds, in which somebody who can veto was reachable. One row.

    It stands still while nobody is; `resumed_ms` is where it stood when somebody last came back.
    """

    id = models.SmallIntegerField(primary_key=True)
    served_ms = models.BigIntegerField(default=0)
    resumed_ms = models.BigIntegerField(default=0)
    beat_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "served_clock"
        constraints = (models.CheckConstraint(condition=Q(id=1), name="served_clock_one"),)
