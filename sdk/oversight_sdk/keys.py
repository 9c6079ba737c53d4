"""The gate's public keys, kept for minutes. A key must be what its own name says, and one that is gone must not be believed."""

import base64
import binascii
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from oversight_sdk import calls, canonical
from oversight_sdk.errors import BadAnswer, TokenRefused
from oversight_sdk.steps import Patience, Steps

MOST_KEYS = 64


def thumbprint(x: str) -> str:
    """The RFC 7638 name of an Ed25519 key."""
    members = canonical.encode({"crv": "Ed25519", "kty": "OKP", "x": x})
    return base64.urlsafe_b64encode(hashlib.sha256(members).digest()).rstrip(b"=").decode()


def read_key_set(body: dict[str, Any]) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a JWK set by name; keys of other kinds are left out. Raises BadAnswer."""
    listed = body.get("keys")
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise BadAnswer("the gate's key set has another form than the contract says")
    found = {}
    for jwk in listed:
        if not isinstance(jwk, dict) or "d" in jwk:
            raise BadAnswer("the gate's key set has another form than the contract says")
        if (jwk.get("kty"), jwk.get("crv"), jwk.get("alg"), jwk.get("use")) != ("OKP", "Ed25519", "Ed25519", "sig"):
            continue
        x, kid = jwk.get("x"), jwk.get("kid")
        if not isinstance(x, str) or not isinstance(kid, str) or len(x) != 43 or thumbprint(x) != kid:
            raise BadAnswer("a key of the gate is not what its name says")
        try:
            found[kid] = Ed25519PublicKey.from_public_bytes(base64.b64decode(x + "=", altchars=b"-_", validate=True))
        except (binascii.Error, ValueError):
            raise BadAnswer("a key of the gate cannot be read") from None
    return found


@dataclass(slots=True)
class KeyCache:
    """Keys as they were fetched last: fetched anew after `max_age`, and for an unknown name at most each `cooldown`."""

    max_age: float = 300.0
    cooldown: float = 5.0
    clock: Callable[[], float] = time.monotonic
    _keys: dict[str, Ed25519PublicKey] = field(default_factory=dict)
    _fetched: float | None = None

    def warm(self, patience: Patience) -> Steps[None]:
        """Fetch the keys unless they are fresh. Raises GateUnavailable."""
        if self._age() >= self.max_age:
            yield from self._fetch(patience)

    def find(self, patience: Patience, kid: str) -> Steps[Ed25519PublicKey]:
        """The key of that name. Raises TokenRefused where the gate has none, GateUnavailable without the gate."""
        if self._age() >= (self.max_age if kid in self._keys else self.cooldown):
            yield from self._fetch(patience)
        try:
            return self._keys[kid]
        except KeyError:
            raise TokenRefused("the gate has no key of that name", code="key") from None

    def _fetch(self, patience: Patience) -> Steps[None]:
        body = yield from calls.key_set(patience)
        self._keys = read_key_set(body)
        self._fetched = self.clock()

    def _age(self) -> float:
        return float("inf") if self._fetched is None else self.clock() - self._fetched
