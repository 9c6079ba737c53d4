"""Whether a verdict token grants exactly this action, here and now. It must not honour a key or an algorithm that a token brings along."""

import base64
import binascii
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from oversight_sdk import answers, canonical
from oversight_sdk.errors import BadAnswer, TokenRefused
from oversight_sdk.keys import KeyCache
from oversight_sdk.seen import Seen
from oversight_sdk.steps import Patience, Steps, Work

LONGEST_TOKEN = 8192
LEEWAY = 5
LONGEST_LIFE = 60
TYPE = "verdict+jwt"
ALGORITHM = "Ed25519"
TEXTS = ("iss", "aud", "sub", "jti", "dec", "ah", "basis", "lvl", "ph")
NUMBERS = ("iat", "nbf", "exp", "ver", "pv", "fen")


@dataclass(frozen=True, slots=True)
class Signed:
    """A token taken apart; nothing in it is believed yet."""

    kid: str
    payload: bytes
    signed: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a token that holds says."""

    lease_id: str
    decision_id: str
    agent: str
    fencing: int
    issued_at: int
    expires_at: int
    basis: str
    claims: dict[str, Any]


def read(token: str) -> Signed:
    """Size, form, type and algorithm. Raises TokenRefused."""
    if len(token) > LONGEST_TOKEN:
        raise TokenRefused("the token is too large", code="size")
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise TokenRefused("the token is not a compact JWS", code="format")
    header = _object(_unpack(parts[0]))
    if header.get("typ") != TYPE:
        raise TokenRefused("the token is of another type", code="type")
    if header.get("alg") != ALGORITHM:
        raise TokenRefused("the token names another algorithm", code="algorithm")
    if set(header) != {"typ", "alg", "kid"} or not isinstance(header["kid"], str):
        raise TokenRefused("the header has other members than typ, alg and kid", code="header")
    signature = _unpack(parts[2])
    if len(signature) != 64:
        raise TokenRefused("the signature has another length", code="format")
    return Signed(header["kid"], _unpack(parts[1]), f"{parts[0]}.{parts[1]}".encode(), signature)


def verify(signed: Signed, key: Ed25519PublicKey, *, issuer: str, audience: str, now: float, action: bytes) -> Verdict:
    """Signature, issuer, audience, times, and the hash of `action`, which is what is about to run. Raises TokenRefused."""
    try:
        key.verify(signed.signature, signed.signed)
    except InvalidSignature:
        raise TokenRefused("the signature does not verify", code="signature") from None
    claims = _claims(_object(signed.payload))
    if claims["iss"] != issuer:
        raise TokenRefused("the token is of another gate", code="issuer")
    if claims["aud"] != audience:
        raise TokenRefused("the token is for another executor", code="audience")
    _check_times(claims, now)
    if canonical.action_hash(action) != claims["ah"] or _agent(action) != claims["sub"]:
        raise TokenRefused("the token grants another action", code="action")
    return Verdict(
        lease_id=claims["jti"],
        decision_id=claims["dec"],
        agent=claims["sub"],
        fencing=claims["fen"],
        issued_at=claims["iat"],
        expires_at=claims["exp"],
        basis=claims["basis"],
        claims=claims,
    )


@dataclass(frozen=True, slots=True)
class Verifier:
    """One enforcement point: it is named `audience`, believes the gate at `issuer`, and remembers in `seen`."""

    issuer: str
    audience: str
    keys: KeyCache
    seen: Seen
    clock: Callable[[], float] = time.time

    def check(self, patience: Patience, token: str, action: bytes) -> Steps[Verdict]:
        """The verdict, used up by this call. Raises TokenRefused, or GateUnavailable without the gate's keys."""
        signed = read(token)
        key = yield from self.keys.find(patience, signed.kid)
        verdict = verify(signed, key, issuer=self.issuer, audience=self.audience, now=self.clock(), action=action)
        target = canonical.encode(canonical.decode(action)["target"]).decode()
        now = self.clock()
        yield Work(
            lambda: self.seen.admit(
                target=target,
                fencing=verdict.fencing,
                jti=verdict.lease_id,
                until=verdict.expires_at + LEEWAY,
                now=now,
            )
        )
        return verdict


def _claims(claims: dict[str, Any]) -> dict[str, Any]:
    right = all(type(claims.get(name)) is str and claims[name] for name in TEXTS)
    right = right and all(type(claims.get(name)) is int and claims[name] >= 0 for name in NUMBERS)
    if not right:
        raise TokenRefused("a claim is missing or of another type", code="claims")
    return claims


def _check_times(claims: dict[str, Any], now: float) -> None:
    if not 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFE:
        raise TokenRefused("the token's life is longer than a minute, or none", code="lifetime")
    if claims["iat"] > now + LEEWAY:
        raise TokenRefused(
            "the token was issued in the future; is this machine's clock right?", code="issued-in-future"
        )
    if claims["nbf"] > now + LEEWAY:
        raise TokenRefused("the token does not hold yet", code="not-yet-valid")
    if claims["exp"] <= now - LEEWAY:
        raise TokenRefused("the token has expired; is this machine's clock right?", code="expired")


def _agent(action: bytes) -> str:
    try:
        agent: str = answers.action(action)["agent"]
    except BadAnswer as error:
        raise TokenRefused(str(error), code="action") from None
    return agent


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = canonical.parse(raw)
    except canonical.NotCanonical:
        raise TokenRefused("a part of the token is not strict JSON", code="format") from None
    if not isinstance(value, dict):
        raise TokenRefused("a part of the token is not an object", code="format")
    return value


def pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    # One text for one value: what base64 decoders let pass differently is refused.
    if not raw or pack(raw) != text:
        raise TokenRefused("a part of the token is not base64url", code="format")
    return raw
