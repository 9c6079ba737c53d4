"""Routes of what agents did."""

from django.urls import path

from decisions.views import ledger, timeline

app_name = "decisions"
urlpatterns = [
    path("", timeline.page, name="timeline"),
    path("ledger/", ledger.page, name="ledger"),
]
