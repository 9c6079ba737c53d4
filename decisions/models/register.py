"""Services that are acted on and agents that act. Rows change by `register.changed` entries alone, but for keys."""

from django.db import models
from django.db.models import Q


class Service(models.Model):
    """Read model: what is acted on, and who answers for it."""

    READ_MODEL = True

    slug = models.SlugField(primary_key=True, max_length=64)
    name = models.CharField(max_length=120)
    tier = models.SmallIntegerField()
    environments = models.JSONField(default=list)
    """`[{"name": …, "class": "prod" | "staging" | "dev"}]`."""
    owner = models.UUIDField(null=True)
    deputy = models.UUIDField(null=True)
    team = models.CharField(max_length=120, blank=True)
    data_class = models.CharField(max_length=40, blank=True)
    cost_per_minute = models.CharField(max_length=20, blank=True)
    """A decimal as text, in `currency`; empty when nobody has stated it."""
    currency = models.CharField(max_length=3, blank=True)
    retired = models.BooleanField(default=False)
    known_as = models.JSONField(default=list)
    """Names that other systems have for it, as `hotel-reservation/deployment/geo`; the slug is one without being stated."""
    on_call = models.SlugField(max_length=64, blank=True)
    """The group of which somebody is on call for it; empty where none is."""

    class Meta:
        db_table = "service"
        constraints = (models.CheckConstraint(condition=Q(tier__gte=0, tier__lte=3), name="service_tier"),)


class Agent(models.Model):
    """Read model: an autonomous system that acts on production."""

    READ_MODEL = True

    id = models.UUIDField(primary_key=True)
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    vendor = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=120, blank=True)
    version = models.CharField(max_length=60, blank=True)
    owner = models.UUIDField(null=True)
    active = models.BooleanField()
    identities = models.JSONField(default=list)
    """Who it is in other systems, as `kubernetes-audit:system:serviceaccount:ops:remediator`."""

    class Meta:
        db_table = "agent"


class AgentKey(models.Model):
    """Operational: a credential of an agent. Only a keyed digest is stored; the key itself is shown once."""

    id = models.CharField(primary_key=True, max_length=8)
    agent_id = models.UUIDField(db_index=True)
    digest = models.BinaryField(max_length=32)
    scopes = models.JSONField()
    made_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "agent_key"
