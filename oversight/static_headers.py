"""What is said of static files beside their type and how long they last. It must not import the framework: settings do."""

from collections.abc import MutableMapping


def as_it_is_called(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """A browser takes a file for what its type says, whatever is in it."""
    headers["X-Content-Type-Options"] = "nosniff"
