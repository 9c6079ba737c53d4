"""Sign-in of people: name and password, and only while the register says that the person may act."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import UUIDField
from django.http import HttpRequest

from decisions import register
from decisions.models import Person
from decisions.models.prepared import Prepared, Slot

_PERSON = Prepared(lambda: Person.objects.filter(id=Slot("id", UUIDField())))


class RegisterBackend(ModelBackend):
    """Django's own check of name and password, with activity taken from the register. Grants no permissions."""

    def user_can_authenticate(self, user: "Person | AnonymousUser | None") -> bool:
        return user is not None and register.latest().valid(user.pk) is not None

    def get_user(self, user_id: Any) -> Person | None:
        # Asked at every request, so that a person who is deactivated is out at once.
        person = _PERSON.first(id=user_id)
        return person if person and self.user_can_authenticate(person) else None

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        return super().authenticate(request, username=username, password=password, **kwargs)

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()
