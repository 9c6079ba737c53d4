"""Signatures of webhooks over their raw bodies. Pure; a refusal must not say which part was wrong."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from decisions.errors import Problem

TOLERANCE = timedelta(minutes=5)
MOST_CHARACTERS = 4096
MOST_SIGNATURES = 20
PREFIX = b"whsec_"


class Scheme(StrEnum):
    """How a system signs what it sends."""

    BEARER = "bearer"
    """It does not: the key in the Authorization header is all there is."""
    GITHUB = "github"
    PAGERDUTY = "pagerduty"
    FLUX = "flux"
    STANDARD = "standard-webhooks"


Headers = Mapping[str, str]


def verify(scheme: Scheme | str, secret: bytes, headers: Headers, raw_body: bytes, now: datetime) -> None:
    """Raise one and the same 401 unless the signature in `headers`, in any case, is that of `raw_body`.

    `now` matters where the scheme signs a time. With `bearer` there is nothing to verify. An empty secret verifies nothing.
    """
    scheme = Scheme(scheme)
    if scheme is Scheme.BEARER:
        return
    lower = {name.lower(): value for name, value in headers.items()}
    if not secret or not VERIFIERS[scheme](secret, lower, raw_body, now):
        raise Problem(
            401,
            "bad-signature",
            "The signature is not valid",
            "Sign the raw body with the secret of this source, as its page says.",
        )


def _header(headers: Headers, name: str) -> str:
    value = headers.get(name, "")
    return value if value.isascii() and len(value) <= MOST_CHARACTERS else ""


def _same(sent: str, made: str) -> bool:
    # Both are ASCII: compare_digest refuses other text.
    return hmac.compare_digest(sent.encode(), made.encode())


def _any(matches: Iterable[bool]) -> bool:
    """Whether one matches; every one is compared, whichever it is."""
    return sum(matches) > 0


def _hex(secret: bytes, body: bytes) -> str:
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def _one(name: str) -> Callable[[bytes, Headers, bytes, datetime], bool]:
    """One signature in one header, as `sha256=` and small hexadecimal digits."""

    def verified(secret: bytes, headers: Headers, body: bytes, _: datetime) -> bool:
        return _same(_header(headers, name), f"sha256={_hex(secret, body)}")

    return verified


def _pagerduty(secret: bytes, headers: Headers, body: bytes, _: datetime) -> bool:
    """Several signatures, one for each secret that is valid while it is changed; any may match."""
    made = f"v1={_hex(secret, body)}"
    sent = _header(headers, "x-pagerduty-signature").split(",")[:MOST_SIGNATURES]
    return _any(_same(one.strip(), made) for one in sent)


def _standard(secret: bytes, headers: Headers, body: bytes, now: datetime) -> bool:
    """`v1,<base64>` over id, time and body; the time keeps an old request from being sent again."""
    id_, at = _header(headers, "webhook-id"), _header(headers, "webhook-timestamp")
    if not id_ or not (at.isdigit() and len(at) <= 12) or abs(now.timestamp() - int(at)) > TOLERANCE.total_seconds():
        return False
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    if not key:
        return False
    signed = b"%s.%s.%s" % (id_.encode(), at.encode(), body)
    made = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    sent = _header(headers, "webhook-signature").split(" ")[:MOST_SIGNATURES]
    return _any(_same(one, made) for one in sent)


VERIFIERS: Mapping[Scheme, Callable[[bytes, Headers, bytes, datetime], bool]] = {
    Scheme.GITHUB: _one("x-hub-signature-256"),
    Scheme.FLUX: _one("x-signature"),
    Scheme.PAGERDUTY: _pagerduty,
    Scheme.STANDARD: _standard,
}
