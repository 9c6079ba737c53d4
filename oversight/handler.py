"""Django's part of the ASGI application: pages and the REST interface. What waits has routes of its own beside it."""

from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler


class Handler(ASGIHandler):
    """Runs the middleware and the view of a request in one go, in one thread.

    Every view here is a function that blocks. Django's own handler would go to a thread and back for each middleware
    that can be had both ways, twice: a dozen changes of thread, which take longer than most views.
    """

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - as Django calls it
        super().load_middleware(is_async=False)
        self._middleware_chain: Any = sync_to_async(self._middleware_chain)


def make() -> Handler:
    """The handler, with Django set up."""
    django.setup(set_prefix=False)
    return Handler()
