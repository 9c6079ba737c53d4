"""Who calls the API: an agent by its key, or a person by session with CSRF; and the two rules that every view chooses from."""

from typing import Any, cast

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from decisions.auth.keys import AgentPrincipal, authenticate, must_be_person
from decisions.auth.people import may_read
from decisions.errors import forbidden, unauthorized
from decisions.models import Person
from decisions.vocab import Scope


class AgentKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        return authenticate(header), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class PersonAuthentication(SessionAuthentication):
    """Django's session, CSRF enforced on every unsafe method."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        return found if found and found[0].is_authenticated else None

    def enforce_csrf(self, request: Request) -> None:
        # The request under REST framework's own: that one would read the body to look for a token in it.
        super().enforce_csrf(request._request)  # type: ignore[arg-type]  # noqa: SLF001


def caller(request: Request) -> AgentPrincipal | Person:
    """Who calls. Raises 401 for nobody."""
    found: Any = request.user
    if not isinstance(found, AgentPrincipal | Person):
        raise unauthorized()
    return found


def person(request: Request) -> Person:
    """The person who calls. Raises 403 `machine-cannot-vote` for a machine's credential, whatever its scopes."""
    found = caller(request)
    if isinstance(found, AgentPrincipal):
        raise must_be_person()
    held: Any = request
    if getattr(held, "person_with_a_role", None) is not found:
        # Asked for at several places of one request, and the register need be asked once.
        held.person_with_a_role = _with_a_role(found)
    return found


def _with_a_role(found: Person) -> Person:
    if not may_read(found):
        raise forbidden("Your account has no role yet. Ask an administrator for one.", "role")
    return found


class Readers(BasePermission):
    """People with any role, and keys with the scope `read`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        found = caller(request)
        if isinstance(found, AgentPrincipal):
            found.require(Scope.READ)
        else:
            _with_a_role(found)
        return True


class ReadersAndPeople(Readers):
    """As Readers to read; to command, people alone, whatever the scopes of a key."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method == "POST":
            return bool(person(request))
        return super().has_permission(request, view)


class Callers(BasePermission):
    """People with any role, and every key: the view itself narrows what an agent is answered."""

    def has_permission(self, request: Request, view: Any) -> bool:
        found = caller(request)
        return isinstance(found, AgentPrincipal) or bool(_with_a_role(found))


class People(BasePermission):
    """People with any role; a machine's credential never."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(person(request))


class Anybody(BasePermission):
    """No sign-in: for what explains the API itself."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return True


def agent_of(request: Request) -> AgentPrincipal | None:
    found = cast("Any", request.user)
    return found if isinstance(found, AgentPrincipal) else None
