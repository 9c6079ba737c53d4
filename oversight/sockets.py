"""Who may open a WebSocket: a page of this very origin. A browser sends its cookies to any address that a page names."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[Any, Any, Any], Awaitable[None]]


class SameOriginSockets:
    """Refuses a socket whose Origin is not the host that was asked (with its port), nor a trusted one; none at all too."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        origin, host = (headers.get(name, b"").decode("latin-1").lower() for name in (b"origin", b"host"))
        if permitted(origin, host):
            await self.application(scope, receive, send)
        else:
            await WebsocketDenier()(scope, receive, send)


def permitted(origin: str, host: str) -> bool:
    """Whether a page of `origin` may open a socket at `host`."""
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    return origin in settings.CSRF_TRUSTED_ORIGINS or (bool(origin) and urlsplit(origin).netloc == host)
