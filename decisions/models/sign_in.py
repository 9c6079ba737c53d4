"""What signing in needs and no decision depends on: sessions, counters of attempts, one-time links."""

import uuid

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """Operational: one signed-in browser. `expire_date` is when it ends unless somebody is seen in it before."""

    handle = models.CharField(max_length=22, db_index=True, blank=True)
    """Its name for people and open sockets; it stays when the key is changed."""
    person_id = models.UUIDField(null=True, db_index=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    browser = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "browser_session"


class Counter(models.Model):
    """Operational: what is counted for a while, such as failed sign-ins, where every process sees it."""

    key = models.CharField(primary_key=True, max_length=250)
    value = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "counter"


class InvitationLink(models.Model):
    """Operational: a one-time link with which a person chooses a password; the token is stored hashed.

    Without a person it makes the first administrator.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person_id = models.UUIDField(null=True, db_index=True)
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "invitation_link"
