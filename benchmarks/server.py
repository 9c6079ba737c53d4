"""The server under measurement: the product's own application, with the plain view beside it."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")

from oversight.asgi import application as product  # noqa: E402 - settings first
from oversight.asgi import http_application  # noqa: E402


class _PlainUrls:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/plain":
            await self.inner(scope, receive, send)
        else:
            await product(scope, receive, send)


def _with_plain() -> Any:
    from django.urls import include, path

    from benchmarks import plain
    from oversight import urls

    urls.urlpatterns.append(path("", include(plain)))
    return http_application


application = _PlainUrls(_with_plain())
