"""Places in a request: JSON pointers (RFC 6901) into a record or the body, headers, names. Pure; it must not change what it finds."""

from collections.abc import Callable, Mapping
from typing import Any

from decisions.errors import Problem
from decisions.intake.mapping.values import UnreadableError

Read = Callable[["Scope"], Any]
PREFIXES = ("/", "record:", "body:", "item:", "header:", "$")
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token"})
"""What lets a request in must not get into what is made of it."""
WORK_FACTOR = 48
WORK_BASE = 1 << 20


class Work:
    """How much may still be done for one request: what costs more than a look at a value pays here."""

    def __init__(self, length: int) -> None:
        self._left = length * WORK_FACTOR + WORK_BASE

    def spend(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            detail = "Reading it takes more work than a body of its size may; send fewer records at a time."
            raise Problem(413, "too-large", "The request is too large", detail)


class Scope:
    """What an expression can see of a request."""

    __slots__ = ("_known", "body", "headers", "item", "names", "record", "work")

    def __init__(
        self, record: Any, body: Any, headers: Mapping[str, str], names: Mapping[str, Read], work: Work
    ) -> None:
        self.record, self.body, self.headers, self.names, self.work = record, body, headers, names, work
        self.item: Any = None
        self._known: dict[str, Any] = {}

    def named(self, name: str) -> Any:
        """What `let` gives under `name`, computed once a record."""
        if name not in self._known:
            self._known[name] = self.names[name](self)
        return self._known[name]


def is_place(written: Any) -> bool:
    return isinstance(written, str) and written.startswith(PREFIXES)


def fault_of(written: str, names: Mapping[str, Any], *, in_each: bool = False) -> str:
    """What is wrong with a place as written; empty for a good one."""
    if written.startswith("$"):
        named, slash, rest = written[1:].partition("/")
        if named not in names:
            return f"{written[:60]!r} is not among the names that `let` gives before it"
        return pointer_fault(slash + rest)
    if written.startswith("header:"):
        header = written[7:].strip().lower()
        return "this header holds a secret" if header in SECRET_HEADERS else "" if header else "a header has a name"
    if written.startswith("item:") and not in_each:
        return f"{written!r} stands outside `each`, where there is no item"
    pointer = written if written.startswith("/") else written.partition(":")[2]
    return pointer_fault(pointer)


def pointer_fault(pointer: str) -> str:
    if pointer and not pointer.startswith("/"):
        return f"{pointer[:60]!r} is no JSON pointer: one begins with /"
    if any(part[:1] not in {"0", "1"} for part in pointer.split("~")[1:]):
        return f"{pointer[:60]!r} is no JSON pointer: ~ is written ~0, and / inside a name ~1"
    return ""


def tokens(pointer: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def resolve(value: Any, path: tuple[str, ...]) -> Any:
    """What stands at `path`; None where there is nothing."""
    for token in path:
        if isinstance(value, dict):
            value = value.get(token)
        elif isinstance(value, list) and token.isascii() and token.isdigit() and len(token) < 7:
            value = value[int(token)] if int(token) < len(value) else None
        else:
            return None
    return value


def reader(written: str) -> Read:
    """How to read a good place."""
    if written.startswith("$"):
        named, slash, rest = written[1:].partition("/")
        inside = tokens(slash + rest)
        return lambda scope: resolve(scope.named(named), inside)
    if written.startswith("header:"):
        header = written[7:].strip().lower()
        return lambda scope: scope.headers.get(header)
    where, _, pointer = ("record", "", written) if written.startswith("/") else written.partition(":")
    path = tokens(pointer)
    if where == "body":
        return lambda scope: resolve(scope.body, path)
    if where == "item":
        return lambda scope: resolve(scope.item, path)
    return lambda scope: resolve(scope.record, path)


def known(value: Any) -> bool:
    """Whether there is something: neither nothing nor an empty text."""
    return value is not None and value not in ("", [], {}, ())


def placed(error: UnreadableError, where: str) -> UnreadableError:
    """`error` with the place that it is about, once."""
    said = str(error)
    return error if said.startswith("at ") else UnreadableError(f"at {where}: {said}")
