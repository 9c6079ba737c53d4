"""People, their standing and their groups. A person's name and password are operational; what they may do is not."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from decisions.vocab import Role


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(username=username)


class Person(AbstractBaseUser):
    """Operational: the sign-in of a person. The id is the pseudonym that entries carry; the rest is erasable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = PersonManager()

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return self.name


class Standing(models.Model):
    """Read model: whether a person may act, and in which roles."""

    READ_MODEL = True

    person_id = models.UUIDField(primary_key=True)
    active = models.BooleanField()
    roles = models.JSONField(default=list)

    class Meta:
        db_table = "standing"

    def has(self, *roles: Role) -> bool:
        return self.active and any(role in self.roles for role in roles)


class RegisterGroup(models.Model):
    """Read model: a group of people that a requirement can name."""

    READ_MODEL = True

    slug = models.SlugField(primary_key=True, max_length=64)
    name = models.CharField(max_length=120)
    on_call = models.JSONField(default=list)
    """The ids of those of its members who are on call, in the order in which they are called."""

    class Meta:
        db_table = "register_group"


class Membership(models.Model):
    """Read model: a person in a group."""

    READ_MODEL = True

    id = models.CharField(primary_key=True, max_length=110)
    group_slug = models.SlugField(max_length=64)
    person_id = models.UUIDField()

    class Meta:
        db_table = "membership"
        constraints = (models.UniqueConstraint(fields=["group_slug", "person_id"], name="membership_once"),)
