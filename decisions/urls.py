"""Routes of what agents did."""

from django.urls import path

from decisions.views import timeline

app_name = "decisions"
urlpatterns = [
    path("", timeline.page, name="timeline"),
]
