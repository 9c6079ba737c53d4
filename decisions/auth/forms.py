"""The forms of signing in: name and password, a code, both again, a second factor's first code."""

from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError

from decisions.auth import factors, lockout
from decisions.auth.adapters import FactorAdapter, too_many
from decisions.models import Person


class SignInForm(LoginForm):
    """allauth's form with the field's name that password managers know."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = self.fields.pop("login")

    def clean(self) -> dict[str, Any] | None:
        self.cleaned_data["login"] = self.cleaned_data.get("username", "").strip()
        data: dict[str, Any] | None = super().clean()
        return data


class CodeForm(AuthenticateForm):
    """A code of the second factor, or a recovery code; each works once."""

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()
        except ValidationError as error:
            if error.code == "too_many_login_attempts":
                raise too_many(context.request, lockout.codes_of(self.user)) from None
            raise
        # allauth remembers a code for one period; with tolerance it is valid for longer.
        steps = 2 * app_settings.TOTP_TOLERANCE + 1
        spent = f"code-spent:{self.user.pk}:{normalize_user_code(code)}"
        if not cache.add(spent, 1, timeout=app_settings.TOTP_PERIOD * steps):
            raise FactorAdapter().validation_error("incorrect_code")
        return code


class NewPasswordForm(forms.Form):
    """A new password, typed twice, for `person`."""

    password = forms.CharField(
        label="New password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. A few words in a row are easier to remember than signs.",
        strip=False,
    )
    again = forms.CharField(
        label="New password, once more",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def __init__(self, *args: Any, person: Person | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.person)
        return password

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "password" in data and "again" in data and data["password"] != data["again"]:
            self.add_error("again", "The two differ. Type the same password twice.")
        return data


class AgainForm(ReauthenticateForm):
    """Everything that the person signs in with, once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if factors.enrolled(self.user):
            self.fields["code"] = forms.CharField(max_length=20)

    def clean(self) -> dict[str, Any] | None:
        data: dict[str, Any] | None = super().clean()
        # A code is spent by looking at it: not before the password is right.
        if "code" in self.fields and not self.errors:
            code = CodeForm(user=self.user, data={"code": self.cleaned_data["code"]})
            if not code.is_valid():
                self.add_error("code", code.errors["code"].as_data())
        return data


class EnrolForm(ActivateTOTPForm):
    """The first code of a new second factor. Its secret waits in the session, sealed as it will be in its own table."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        if waiting := session.get(SECRET_SESSION_KEY):
            session[SECRET_SESSION_KEY] = factors.unseal(waiting)
        super().__init__(*args, **kwargs)
        session[SECRET_SESSION_KEY] = factors.seal(self.secret)
