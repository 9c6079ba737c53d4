"""Authentication classes of the API: an agent's key, or a person's session with CSRF."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from decisions.auth.keys import authenticate


class AgentKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        return authenticate(header), None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework's signature
        return "Bearer"


class PersonAuthentication(SessionAuthentication):
    """Django's session, CSRF enforced on every unsafe method."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        return found if found and found[0].is_authenticated else None
