"""The named functions of the language, each with one sentence of what it gives. Pure; none may loop over more than its argument."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote

from decisions.canonical import NotStrictError
from decisions.intake.mapping import foreign, values
from decisions.intake.mapping.values import UnreadableError, text

POD_LETTERS = frozenset("bcdfghjklmnpqrstvwxz2456789")
"""What Kubernetes makes the ends of generated names of: no vowels, and no digits that look like letters."""
QUERY_CHARACTERS = 8000
QUERY_FIELDS = 1000
HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Function:
    says: str
    call: Callable[..., Any]
    word: bool = False
    """Whether it is written `{function: word, of: value}` instead of `{function: value}`."""


def _json(value: Any) -> Any:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise UnreadableError("JSON in a text was expected")
    try:
        return foreign.parse(value)
    except NotStrictError:
        raise UnreadableError("JSON in a text was expected") from None


def _lower(value: Any) -> str:
    return text(value).lower()


def _workload(value: Any) -> str:
    """`geo` of the pod `geo-6d4d9d4c5f-k8f2m`, `db` of `db-0`; empty for a name of another form."""
    head, _, tail = text(value)[:300].rpartition("-")
    if tail.isascii() and tail.isdigit():
        return head
    if not head or len(tail) != 5 or not POD_LETTERS.issuperset(tail):
        return ""
    before, _, middle = head.rpartition("-")
    generated = 6 <= len(middle) <= 10 and (POD_LETTERS.issuperset(middle) or middle.isdigit())
    return before if before and generated else head


def _trace(value: Any) -> str:
    """The trace id of a W3C `traceparent`; empty for anything else."""
    parts = text(value)[:100].split("-")
    if len(parts) < 4 or len(parts[1]) != 32 or not HEX.issuperset(parts[1]) or set(parts[1]) == {"0"}:
        return ""
    return parts[1]


def _after_last(word: str, value: Any) -> str:
    return text(value).rpartition(word)[2]


def _after(word: str, value: Any) -> str:
    return text(value).partition(word)[2]


def _before(word: str, value: Any) -> str:
    return text(value).partition(word)[0]


def _tag(word: str, value: Any) -> str:
    """The value of `word:value`, or `word=value`, in a list of texts or in one text with commas between."""
    listed = value if isinstance(value, list) else text(value).split(",")
    for item in listed[:1000]:
        found = text(item).strip()
        if found.startswith((f"{word}:", f"{word}=")):
            return found[len(word) + 1 :].strip()
    return ""


def _urldecode(value: Any) -> str:
    return str(foreign.mended(unquote(text(value))))


def _query(word: str, value: Any) -> str:
    """What cannot be read as parameters gives nothing: whoever wrote the address must not spoil the record."""
    try:
        asked = parse_qs(
            text(value)[:QUERY_CHARACTERS].partition("?")[2], keep_blank_values=True, max_num_fields=QUERY_FIELDS
        )
    except ValueError:
        return ""
    return str(foreign.mended(" ".join(asked.get(word, []))))


FUNCTIONS = MappingProxyType(
    {
        "time": Function(
            "a moment, from RFC 3339, seconds, milliseconds or nanoseconds since 1970, or `Nov 29, 2016 7:43:20 PM`;"
            " the zero time is none",
            values.time,
        ),
        "json": Function("the value of JSON that stands in a text", _json),
        "lower": Function("a text in small letters", _lower),
        "urldecode": Function("a text with its %xx undone", _urldecode),
        "workload": Function("the workload that a pod belongs to, by the form of the pod's name", _workload),
        "trace": Function("the trace id of a W3C traceparent", _trace),
        "after": Function("what follows the first `word` in a text", _after, word=True),
        "after_last": Function(
            "what follows the last `word` in a text; all of it where there is none", _after_last, word=True
        ),
        "before": Function("what precedes the first `word` in a text", _before, word=True),
        "tag": Function("the value of the tag `word` in `word:value,…`, or in a list of such texts", _tag, word=True),
        "query": Function("the parameter `word` of an address; several are joined by spaces", _query, word=True),
    }
)
