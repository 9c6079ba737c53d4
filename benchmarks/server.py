"""The server under measurement: the product's own application, with the plain view beside it. Never deployed."""

from typing import Any

from oversight.asgi import application as product
from oversight.asgi import http_application

from django.urls import include, path  # isort: skip - Django is set up by the import above

from benchmarks import plain  # isort: skip
from oversight import urls  # isort: skip

urls.urlpatterns.append(path("", include(plain)))


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The plain view under its own address, the product under all others."""
    if scope["type"] == "http" and scope["path"] == "/plain":
        await http_application(scope, receive, send)
    else:
        await product(scope, receive, send)
