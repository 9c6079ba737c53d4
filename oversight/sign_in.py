"""Marks the moment of sign-in in the session: an answer may rest only on a recent one."""

import time
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver


@receiver(user_logged_in)
def mark(sender: Any, request: Any, **_: Any) -> None:
    request.session["signed_in_at"] = int(time.time())
