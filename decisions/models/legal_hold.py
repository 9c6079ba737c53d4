"""Legal holds: what must be kept as it is, and who said so."""

from django.db import models
from django.db.models import Q

from decisions.vocab import LegalHoldScope


class LegalHold(models.Model):
    """Read model: nothing in its scope is erased. In force until it is lifted."""

    READ_MODEL = True

    id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(unique=True)
    scope = models.CharField(max_length=10)
    value = models.CharField(max_length=64, blank=True)
    """The slug of the service or the id of the agent or person; empty for everything."""
    reason = models.TextField(blank=True)
    set_by = models.UUIDField()
    set_at = models.DateTimeField()
    lifted_seq = models.BigIntegerField(null=True)
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_because = models.TextField(blank=True)

    class Meta:
        db_table = "legal_hold"
        constraints = (
            models.CheckConstraint(condition=Q(scope__in=list(LegalHoldScope)), name="legal_hold_scope"),
            models.CheckConstraint(
                condition=Q(scope=LegalHoldScope.EVERYTHING, value="")
                | (~Q(scope=LegalHoldScope.EVERYTHING) & ~Q(value="")),
                name="legal_hold_names_its_scope",
            ),
            models.UniqueConstraint(
                fields=["scope", "value"], condition=Q(lifted_at__isnull=True), name="legal_hold_one_in_force"
            ),
        )
