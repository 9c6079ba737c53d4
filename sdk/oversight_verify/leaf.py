"""The form of one entry: canonical JSON (RFC 8785, restricted) with fixed keys. It must not read a disclosure.

The bytes are what is hashed. They are parsed and written anew here only to see that they have the one form that every reader reads alike.
"""

import json
import re
from functools import lru_cache
from typing import Any

from oversight_verify.faults import Refuted

MAX_INTEGER = 2**53 - 1
KEYS = frozenset(
    {"v", "log", "id", "ts", "kind", "actor", "src", "src_seq", "ref", "policy", "facts", "_sd_alg", "_sd"}
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
)
_KIND = re.compile(r"[a-z_]+\.[a-z_]+")
_ACTOR = re.compile(r"system|(?:agent|person|source):[!-~]+")
_DIGESTS = re.compile(r"(?:[A-Za-z0-9_-]{43},)+")
_HASH = re.compile(r"[0-9a-f]{64}")


# Entries repeat the same few numbers; a call into Python for each would be a twentieth of the whole check.
@lru_cache(maxsize=4096)
def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise Refuted("it holds an integer beyond 2^53-1, which readers round")
    return int(digits)


def _no_float(digits: str) -> float:
    raise Refuted("it holds a number that is not an integer")


_read = json.JSONDecoder(parse_int=_integer, parse_float=_no_float, parse_constant=_no_float).raw_decode
# What was just read has no cycle to look for.
_write = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


def read_canonical(body: bytes) -> Any:
    """The value of canonical JSON. Raises Refuted for any other bytes, so that two readers cannot read two things."""
    try:
        value, _ = _read(body.decode())
        # A key that is there twice, a space, another order, another spelling and a tail all give other bytes.
        same = _write(value).encode() == body
    except (ValueError, RecursionError):
        raise Refuted("it is not JSON text in UTF-8") from None
    if not same:
        raise Refuted("it is not in canonical form: the same content has other bytes")
    # Beyond ASCII the two orders of keys, by code point and by UTF-16, differ.
    if not body.isascii() and not _ascii_keys(value):
        raise Refuted("a key in it is not ASCII")
    return value


def rewritten(text: str) -> bool:
    """Whether `text`, which is ASCII, is in canonical form."""
    try:
        return _write(_read(text)[0]) == text
    except (ValueError, RecursionError, Refuted):
        return False


def _ascii_keys(value: Any) -> bool:
    if isinstance(value, dict):
        return all(key.isascii() and _ascii_keys(item) for key, item in value.items())
    return not isinstance(value, list) or all(_ascii_keys(item) for item in value)


def read_leaf(body: bytes, origin: str | None = None) -> dict[str, Any]:
    """The envelope in `body`, an entry of the ledger `origin` where one is given. Raises Refuted, saying what is not as it must be."""
    leaf = read_canonical(body)
    if type(leaf) is not dict or leaf.keys() != KEYS or leaf["v"] != 1 or leaf["v"] is True:
        raise Refuted("it does not have the keys of an entry")
    if type(leaf["log"]) is not str or origin not in (None, leaf["log"]):
        raise Refuted("it is an entry of another ledger")
    try:
        if not (_UUID.fullmatch(leaf["id"]) and _TIME.fullmatch(leaf["ts"]) and _KIND.fullmatch(leaf["kind"])):
            raise Refuted("its id, time or kind is not of the form of an entry")
        if not (_ACTOR.fullmatch(leaf["actor"]) and type(leaf["src"]) is str and type(leaf["facts"]) is dict):
            raise Refuted("its actor, source or facts are not of the form of an entry")
        if leaf["_sd_alg"] != "sha-256" or not _are_digests(leaf["_sd"]):
            raise Refuted("its digests of disclosures are not of the form of an entry")
    except TypeError:
        raise Refuted("a text in it is another kind of value") from None
    if leaf["src_seq"] is not None and (type(leaf["src_seq"]) is not int or leaf["src_seq"] < 0):
        raise Refuted("its source's counter is not a number")
    if leaf["policy"] is not None and type(leaf["policy"]) is not dict:
        raise Refuted("its policy is not of the form of an entry")
    if leaf["ref"] is not None and not _is_ref(leaf["ref"]):
        raise Refuted("what it refers to is not a number and a hash")
    return leaf


def _is_ref(value: Any) -> bool:
    return (
        type(value) is dict
        and value.keys() == {"seq", "leaf"}
        and type(value["seq"]) is int
        and type(value["leaf"]) is str
        and _HASH.fullmatch(value["leaf"]) is not None
    )


def _are_digests(digests: Any) -> bool:
    """Whether it is a list of base64url SHA-256 digests, sorted, none twice. Raises TypeError where one is no text."""
    if type(digests) is not list or digests != sorted(set(digests)):
        return False
    joined = ",".join(digests) + ","
    # A comma in a digest would take the place of one between two: the length tells.
    return not digests or (len(joined) == 44 * len(digests) and _DIGESTS.fullmatch(joined) is not None)
