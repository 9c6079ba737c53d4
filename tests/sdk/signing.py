"""A gate's keys and verdict tokens for the tests. Keys are made from a text, so that vectors stay the same; they guard nothing."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def make_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"a key of the tests: " + name.encode()).digest())


def x_of(key: Ed25519PrivateKey) -> str:
    return pack(key.public_key().public_bytes_raw())


def kid_of(key: Ed25519PrivateKey) -> str:
    return pack(hashlib.sha256(compact({"crv": "Ed25519", "kty": "OKP", "x": x_of(key)})).digest())


def jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": x_of(key), "kid": kid_of(key), "alg": "Ed25519", "use": "sig"}


def header(key: Ed25519PrivateKey) -> dict[str, Any]:
    return {"alg": "Ed25519", "kid": kid_of(key), "typ": "verdict+jwt"}


def sign(key: Ed25519PrivateKey, head: dict[str, Any], claims: dict[str, Any]) -> str:
    signed = f"{pack(compact(head))}.{pack(compact(claims))}"
    return f"{signed}.{pack(key.sign(signed.encode()))}"


def claims(*, at: int, action: bytes, agent: str, **over: Any) -> dict[str, Any]:
    """The claims of a good token issued at `at` for the canonical bytes `action`."""
    made = {
        "iss": "https://gate.example",
        "aud": "point-1",
        "sub": agent,
        "jti": "5f3f1f36-6c5e-4d0c-9a55-0f3c5c1a7b10",
        "iat": at,
        "nbf": at,
        "exp": at + 60,
        "dec": "0c8a7f2e-1d7c-4a7d-8b52-9c3f6f1f2a11",
        "ver": 3,
        "ah": "sha256:" + hashlib.sha256(b"oversight-action-v1\0" + action).hexdigest(),
        "basis": "quorum",
        "lvl": "L2",
        "pv": 4,
        "ph": "ab" * 32,
        "fen": 7,
        "led": {"seq": 812, "head": "cd" * 32},
    }
    return {**made, **over}
