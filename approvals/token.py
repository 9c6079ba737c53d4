"""The verdict token: a claim's proof for the point that enforces it. Pure; it must not read a clock, a key file or a database.

A JWS in compact form (RFC 7515) with Ed25519 (RFC 9864), good for one executor, one lease and at most a minute.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LIFETIME = 60
"""Seconds; offline, a veto cannot be seen for at most this long."""
TYPE = "verdict+jwt"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def jwk(public: Ed25519PublicKey) -> dict[str, str]:
    """The public key as a JSON Web Key (RFC 8037) whose `kid` is its thumbprint (RFC 7638)."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": b64(public.public_bytes_raw())}
    return members | {"kid": b64(hashlib.sha256(_json(members)).digest()), "alg": "Ed25519", "use": "sig"}


def sign(claims: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """`claims` as a signed token."""
    header = {"alg": "Ed25519", "kid": jwk(key.public_key())["kid"], "typ": TYPE}
    signed = f"{b64(_json(header))}.{b64(_json(claims))}"
    return f"{signed}.{b64(key.sign(signed.encode()))}"
