"""A small client for events: what an agent reports that does not ask first. It must not decide what an agent does.

Standard library only, as an agent on a bare machine would have it.
"""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


class RefusedError(Exception):
    """The server understood and said no; sending the same again would change nothing."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(f"{status} {title}")
        self.status = status


class UnreachableError(Exception):
    """No usable answer came; the same request may be sent again after `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float = 2.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Client:
    """Speaks to one server with the key of one agent."""

    url: str
    key: str
    timeout: float = 40.0

    def send_event(self, event: Json) -> Json:
        return self.call("POST", "/api/v1/events", event, {"Content-Type": "application/cloudevents+json"})

    def call(self, method: str, path: str, body: Json | None = None, headers: dict[str, str] | None = None) -> Json:
        request = urllib.request.Request(  # noqa: S310 - main() accepts http and https alone
            self.url.rstrip("/") + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self.key}",
                "Accept": "application/json",
                "Content-Type": "application/json",
                **(headers or {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 - as above
                found: Json = json.loads(answer.read() or b"{}")
                return found
        except urllib.error.HTTPError as error:
            raise _failure(error) from error
        except (OSError, ValueError) as error:
            raise UnreachableError(str(error)) from error


def _failure(error: urllib.error.HTTPError) -> RefusedError | UnreachableError:
    try:
        problem = json.loads(error.read())
        title = str(problem.get("detail") or problem.get("title") or error.reason)
    except (OSError, ValueError, AttributeError):
        title = str(error.reason)
    if error.code in {423, 429} or error.code >= 500:
        after = error.headers.get("Retry-After", "")
        return UnreachableError(f"{error.code} {title}", float(after) if after.isdigit() else 5.0)
    return RefusedError(error.code, title)
