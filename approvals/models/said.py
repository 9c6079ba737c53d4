"""What people said of decisions, and the answers that repeated commands get."""

import uuid

from django.db import models
from django.db.models import Q

from decisions.vocab import Cause, Effect


class Verdict(models.Model):
    """Read model: what one person said of one decision before the act."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    decision_seq = models.BigIntegerField(db_index=True)
    person_id = models.UUIDField()
    verdict = models.CharField(max_length=11)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "verdict"
        constraints = (
            models.UniqueConstraint(fields=["decision_seq", "person_id", "verdict"], name="verdict_once"),
            models.CheckConstraint(condition=Q(verdict__in=["approve", "veto", "break_glass"]), name="verdict_word"),
        )


class Opening(models.Model):
    """Operational: when somebody who can answer first opened a decision that waited. It proves nothing and is never rebuilt."""

    decision_seq = models.BigIntegerField()
    person_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "opening"
        constraints = (models.UniqueConstraint(fields=["decision_seq", "person_id"], name="opening_once"),)


class SignOffRecord(models.Model):
    """Read model: a person's judgement of a decision after the fact; a correction is a further row."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    decision_seq = models.BigIntegerField(db_index=True)
    person_id = models.UUIDField()
    judgement = models.CharField(max_length=8)
    effect = models.CharField(max_length=16)
    cause = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "sign_off"
        constraints = (
            models.CheckConstraint(condition=Q(judgement__in=["accept", "refuse"]), name="sign_off_judgement"),
            models.CheckConstraint(condition=Q(effect__in=list(Effect)), name="sign_off_effect"),
            models.CheckConstraint(condition=Q(cause__in=["", *Cause]), name="sign_off_cause"),
        )


class Comment(models.Model):
    """Read model: a remark of a person about a decision; it changes nothing."""

    READ_MODEL = True

    seq = models.BigIntegerField(primary_key=True)
    decision_seq = models.BigIntegerField(db_index=True)
    person_id = models.UUIDField()
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "comment"


class IdempotentAnswer(models.Model):
    """Operational: the answer to a command, kept so that the same command sent again gets the same answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    principal = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64)
    status = models.SmallIntegerField()
    body = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "idempotent_answer"
        constraints = (models.UniqueConstraint(fields=["principal", "key"], name="idempotent_answer_once"),)
