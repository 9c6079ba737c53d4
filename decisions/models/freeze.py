"""Freezes: where people have told agents to stop, since when, and who lifted it."""

from django.db import models
from django.db.models import Q

from decisions.vocab import FreezeMode, FreezeScope


class Freeze(models.Model):
    """Read model: one "Stop AI". In force until it is lifted."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    """Also its epoch: a later stop has a larger one."""
    id = models.UUIDField(unique=True)
    scope = models.CharField(max_length=11)
    value = models.CharField(max_length=64, blank=True)
    """The class of environment, the slug of the service or the id of the agent; empty for everything."""
    mode = models.CharField(max_length=8)
    reason = models.TextField(blank=True)
    in_flight = models.JSONField(default=list)
    """`[[id, state], …]` of what it found open or at work, at most 200."""
    set_by = models.UUIDField(null=True)
    set_at = models.DateTimeField()
    asked_by = models.UUIDField(null=True)
    """Who asked to lift it; a second person must agree."""
    asked_at = models.DateTimeField(null=True)
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        # Not "freeze": PostgreSQL keeps that word for itself.
        db_table = "agent_freeze"
        constraints = (
            models.CheckConstraint(condition=Q(scope__in=list(FreezeScope)), name="freeze_scope"),
            models.CheckConstraint(condition=Q(mode__in=list(FreezeMode)), name="freeze_mode"),
            models.CheckConstraint(
                condition=Q(scope=FreezeScope.EVERYTHING, value="") | (~Q(scope=FreezeScope.EVERYTHING) & ~Q(value="")),
                name="freeze_names_its_scope",
            ),
            models.UniqueConstraint(
                fields=["scope", "value", "mode"], condition=Q(lifted_at__isnull=True), name="freeze_one_in_force"
            ),
        )

    def covers(self, *, service: str, environment_class: str, agent_id: object) -> bool:
        """Whether an act of that agent on that service is in its scope."""
        match self.scope:
            case FreezeScope.EVERYTHING:
                return True
            case FreezeScope.ENVIRONMENT:
                return self.value == environment_class
            case FreezeScope.SERVICE:
                return self.value == service
            case _:
                return self.value == str(agent_id)
