"""Routes of the ordinary API."""

from django.urls import path
urlpatterns: list = []
