"""What a person says with a form, recorded once however often the form arrives. It must not know what is said."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from approvals.idempotency import checked_key, once
from decisions.auth.people import signed_in


def said_once(request: HttpRequest, text: str, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `act` answers, or what it answered when the same form said the same before; `text` is what it says.

    Other words under the same key are said as well. A form without a key is done each time. Raises the Problem of `act`.
    """
    key = request.POST.get("key", "")
    if not key:
        return act()
    said = b"\n".join([request.path.encode(), text.encode()])
    # Who goes back to the form and says something else must not be told of a key.
    words = hashlib.sha256(said).hexdigest()
    return once(f"person:{signed_in(request).id}", checked_key(f"{key}:{words}"), said, act).body
