"""Where records of other systems come from, and what they tell. Rows of the read models change by entries alone."""

from django.db import models
from django.db.models import Q

from decisions.vocab import Outcome, Says


class Source(models.Model):
    """Read model: a system of others that sends records to us, by its own credential."""

    READ_MODEL = True

    slug = models.SlugField(primary_key=True, max_length=64)
    name = models.CharField(max_length=120)
    system = models.SlugField(max_length=64)
    """The format that it speaks: the last part of the address it sends to."""
    agent_id = models.UUIDField(null=True)
    """The agent whose acts it tells of, where it says no name that the register knows."""
    quiet_minutes = models.IntegerField(null=True)
    """After so long without a record it counts as silent; null where silence says nothing."""
    active = models.BooleanField()

    class Meta:
        db_table = "source"


class SourceSecret(models.Model):
    """Operational: a secret that a source shows or signs with, encrypted under the installation's key."""

    id = models.CharField(primary_key=True, max_length=8)
    source_slug = models.CharField(max_length=64, db_index=True)
    key = models.BinaryField()
    sealed = models.BinaryField()
    made_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    """When it is over: at once where it was revoked, later where another one took its place."""

    class Meta:
        db_table = "source_secret"


class Format(models.Model):
    """Read model: the mapping in force for a system, where administrators wrote one in place of ours."""

    READ_MODEL = True

    system = models.SlugField(primary_key=True, max_length=64)
    seq = models.BigIntegerField()
    """The entry of this version."""
    version = models.IntegerField()
    text = models.TextField()
    active = models.BooleanField()

    class Meta:
        db_table = "format"


class Evidence(models.Model):
    """Read model: what a system other than the agent told: a trigger, or a change that it saw. The key is the entry's seq."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    id = models.UUIDField(unique=True)
    says = models.CharField(max_length=8)
    source = models.CharField(max_length=64)
    """The slug of the source, or the id of the agent that told it."""
    agent_id = models.UUIDField(null=True)
    """Whose doing it is, where that is an agent of the register."""
    service = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=16, blank=True)
    occurred_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    told = models.JSONField(default=dict)
    """The source's words: title, actor, environment, kind, resource, parameters, detail, evidence, keys."""
    decision_seq = models.BigIntegerField(null=True, db_index=True)
    """The decision that an effect was found to be of."""
    rule = models.CharField(max_length=16, blank=True)
    """By which rule that was found."""

    class Meta:
        db_table = "evidence"
        constraints = (
            models.CheckConstraint(condition=Q(says__in=[Says.TRIGGER, Says.EFFECT]), name="evidence_says"),
            models.CheckConstraint(condition=Q(outcome__in=["", *Outcome]), name="evidence_outcome"),
        )
        indexes = (
            models.Index(fields=["service", "occurred_at"], name="evidence_of_service"),
            models.Index(fields=["source", "seq"], name="evidence_of_source"),
            models.Index(
                fields=["agent_id", "occurred_at"],
                name="evidence_unreported",
                condition=Q(says=Says.EFFECT, agent_id__isnull=False, decision_seq__isnull=True),
            ),
        )


class EvidenceKey(models.Model):
    """Read model: a name by which a piece of evidence is found, as its digest."""

    READ_MODEL = True

    id = models.CharField(primary_key=True, max_length=56)
    """The digest and the seq."""
    key = models.CharField(max_length=32)
    evidence_seq = models.BigIntegerField()

    class Meta:
        db_table = "evidence_key"
        indexes = (models.Index(fields=["key", "evidence_seq"], name="evidence_key_found"),)


class LinkCut(models.Model):
    """Read model: a person said that this evidence is not of this decision."""

    READ_MODEL = True

    id = models.CharField(primary_key=True, max_length=80)
    """The two seqs."""
    seq = models.BigIntegerField()
    decision_seq = models.BigIntegerField(db_index=True)
    evidence_seq = models.BigIntegerField()
    by = models.UUIDField()
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        db_table = "link_cut"


class Look(models.Model):
    """Read model: how often an agent looked, without changing anything, in one episode."""

    READ_MODEL = True

    id = models.CharField(primary_key=True, max_length=80)
    """The agent and the digest of the episode."""
    agent_id = models.UUIDField()
    episode = models.CharField(max_length=32)
    calls = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        db_table = "look"


class SourceMinute(models.Model):
    """Operational: what came of a source in one minute. Counted in memory and written every few seconds."""

    id = models.CharField(primary_key=True, max_length=120)
    """The principal that sent it and the minute."""
    source = models.CharField(max_length=80)
    minute = models.DateTimeField()
    records = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    ignored = models.BigIntegerField(default=0)
    looks = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    lag_ms = models.BigIntegerField(default=0)
    """The longest time between what happened and its coming here."""

    class Meta:
        db_table = "source_minute"
        indexes = (models.Index(fields=["source", "minute"], name="source_minute_of"),)


class SourceRefusal(models.Model):
    """Operational: a body that was refused lately, and why, with a piece of it without secrets."""

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=80, db_index=True)
    at = models.DateTimeField()
    status = models.SmallIntegerField()
    problem = models.CharField(max_length=64)
    detail = models.TextField(blank=True)
    sample = models.TextField(blank=True)

    class Meta:
        db_table = "source_refusal"
