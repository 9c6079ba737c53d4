"""What allauth asks us: how failures are counted and told, when a sign-in is recent, how factors rest."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from decisions.auth import factors, lockout, sessions

WRONG = "Wrong username or password."


def too_many(request: HttpRequest, *keys: str) -> ValidationError:
    """What a person is told who has to wait: until when, and nothing of whether the name exists."""
    until = lockout.waits_until(request, *keys)
    when = f"after {timezone.localtime(until):%H:%M:%S}" if until else "in a moment"
    return ValidationError(f"Too many failed attempts. Try again {when}.", code="too_many_login_attempts")


class AccountAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict[str, str]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": f"{WRONG} Try again, or ask an administrator for a link to choose a new one.",
        "incorrect_password": "Wrong password.",
        "too_many_login_attempts": "Too many failed attempts. Try again later.",
        "rate_limited": "Too many failed attempts. Try again later.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return lockout.key_of(credentials.get("username", ""))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            raise too_many(request, lockout.key_of(credentials.get("username", ""))) from None

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """One rule for everything that changes a sign-in: the strict one."""
        return sessions.age(self.request.session) > settings.FRESH_SIGN_IN_SECONDS

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """One page, which asks for everything the person has."""
        if not user.is_authenticated:
            return []
        url = reverse("account_reauthenticate")
        return [{"id": "reauthenticate", "description": "Show who you are", "url": url}]


class FactorAdapter(DefaultMFAAdapter):
    error_messages: ClassVar[dict[str, str]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Wrong code. Codes change every 30 seconds; check that the clock of your phone is right.",
        "cannot_delete_authenticator": "Your roles take a second factor, so it cannot be turned off.",
    }

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)

    def build_totp_svg(self, url: str) -> str:
        """The drawing alone, without the XML declaration that no HTML page may hold inside."""
        svg: str = super().build_totp_svg(url)
        return svg[svg.index("<svg") :]

    def encrypt(self, text: str) -> str:
        return factors.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return factors.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not (settings.REQUIRE_SECOND_FACTOR and factors.wields_power(authenticator.user))
