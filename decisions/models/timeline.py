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


class DecisionCount(models.Model):
    """Read model: how many decisions occurred in a stretch of time, by the state that they rest in. None that is empty."""

    READ_MODEL = True

    pk = models.CompositePrimaryKey("width", "start", "state")
    width = models.IntegerField()
    """Of the stretch, in seconds; counted for a few widths, from which wider ones are summed up."""
    start = models.BigIntegerField()
    """In seconds since 1970; a multiple of the width."""
    state = models.CharField(max_length=20)
    n = models.IntegerField()

    class Meta:
        db_table = "decision_count"


class LaneCount(models.Model):
    """Read model: how many decisions of one service, or of one agent, occurred in a stretch of time, by state. None that is empty."""

    READ_MODEL = True

    pk = models.CompositePrimaryKey("lane_of", "width", "start", "lane", "state")
    lane_of = models.CharField(max_length=7)
    """`service` or `agent`."""
    width = models.IntegerField()
    start = models.BigIntegerField()
    """As of `DecisionCount`."""
    lane = models.CharField(max_length=64)
    """The service as it was named, or the agent's id as 32 hexadecimal digits."""
    state = models.CharField(max_length=20)
    n = models.IntegerField()

    class Meta:
        db_table = "lane_count"
