"""All routes but the hot ones, which `oversight.asgi` serves before Django is asked."""

from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from approvals.views.welcome import page as welcome
from oversight import api_urls, health

urlpatterns = [
    path("", include("decisions.urls")),
    path("", include("approvals.urls")),
    path("", include(api_urls)),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("welcome/<str:token>/", welcome, name="welcome"),
    path("healthz", login_not_required(health.alive)),
    path("readyz", login_not_required(health.ready)),
    path("metrics", login_not_required(health.metrics)),
]
handler500 = "oversight.failures.failed"
handler403 = "oversight.failures.forbidden"
