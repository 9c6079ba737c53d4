"""The ASGI application: hot routes first, then WebSocket, then Django."""

import asyncio
import contextlib
import gc
import logging
import os
import resource
from typing import Any

from oversight import handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
django_application = handler.make()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - Django must be set up first
from channels.routing import URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402

from decisions import checkpoints, recording  # noqa: E402
from oversight import roles  # noqa: E402
from oversight.routing import hot_routes, websocket_routes  # noqa: E402
from oversight.sockets import SameOriginSockets  # noqa: E402

log = logging.getLogger(__name__)
websocket_application = SameOriginSockets(AuthMiddlewareStack(URLRouter(websocket_routes)))
http_application = ASGIStaticFilesHandler(django_application) if settings.DEBUG else django_application


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Serve one connection."""
    if scope["type"] == "http":
        await (hot_routes(scope) or http_application)(scope, receive, send)
    elif scope["type"] == "websocket":
        await websocket_application(scope, receive, send)
    elif scope["type"] == "lifespan":
        await lifespan(receive, send)


def check() -> None:
    """See whether this is the database that was last written, before anybody reads of it. Raises UnsafeRoleError."""
    try:
        if warning := roles.check():
            log.warning("%s", warning)
        recording.check()
        checkpoints.check()
    except checkpoints.DisagreementError:
        log.error("nothing is written; see docs/operations.md, Disagreement")  # noqa: TRY400 - told in full where it was found
    except checkpoints.AwayError as error:
        log.warning("the ledger was not compared with what was signed: %s", error)
    except roles.UnsafeRoleError:
        raise
    except Exception:
        log.exception("the database could not be checked yet; nothing is written before it is")


def ready_for_many() -> None:
    """Let this process hold ten thousand connections that wait, and not stand still because of them."""
    # Shells start processes with a limit of about a thousand.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        # Where there is no highest number the system has one that it does not tell.
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # A full collection looks at everything that waits: a second in which nobody is answered. What a request leaves
    # behind is found by the two small ones.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)


async def lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await asyncio.to_thread(check)
            except roles.UnsafeRoleError as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            ready_for_many()
        if message["type"] == "lifespan.shutdown":
            await asyncio.to_thread(recording.stop)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
