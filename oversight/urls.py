"""All routes but the hot ones, which `oversight.asgi` serves before Django is asked."""

from allauth.account import views as sign_in
from allauth.mfa.base import views as factor
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.http import require_POST

from approvals.views import account, signing_in
from approvals.views.welcome import page as welcome
from oversight import api_urls, health

urlpatterns = [
    path("", include("decisions.urls")),
    path("", include("approvals.urls")),
    path("", include(api_urls)),
    # Of allauth's routes these alone: nobody signs up, and whoever has lost a password asks an administrator.
    path("accounts/login/", sign_in.login, name="account_login"),
    path("accounts/logout/", require_POST(sign_in.logout), name="account_logout"),
    path("accounts/code/", factor.authenticate, name="mfa_authenticate"),
    path("accounts/reauthenticate/", signing_in.Again.as_view(), name="account_reauthenticate"),
    path("account/", account.page, name="account"),
    path("account/password/", account.password, name="account_change_password"),
    path("account/factor/", signing_in.Enrol.as_view(), name="mfa_activate_totp"),
    path("account/factor/off/", signing_in.TurnOff.as_view(), name="mfa_deactivate_totp"),
    path("account/factor/codes/", signing_in.new_codes, name="recovery_codes"),
    path("account/sessions/end/", account.end_others, name="end_other_sessions"),
    path("account/sessions/<str:handle>/end/", account.end_session, name="end_session"),
    path("welcome/<str:token>/", welcome, name="welcome"),
    path("healthz", login_not_required(health.alive)),
    path("readyz", login_not_required(health.ready)),
    path("metrics", login_not_required(health.metrics)),
]
handler500 = "oversight.failures.failed"
handler403 = "oversight.failures.forbidden"
handler429 = "oversight.failures.too_many"
