"""Routes of the ordinary API."""

urlpatterns: list = []
