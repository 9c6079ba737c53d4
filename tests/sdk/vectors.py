"""Makes tests/vectors/verdict_tokens.json: tokens that every enforcement point must take, and those that it must refuse.

Run as a module to write the file. A vector must not depend on when or where it is made.
"""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from tests.sdk import signing
from tests.sdk.signing import compact, header, kid_of, make_key, pack, sign, x_of

FILE = Path(__file__).parent.parent / "vectors" / "verdict_tokens.json"
NOW = 1_795_000_000
AGENT = "7d9f2c1a-3a55-4a57-9c7e-54b1f9a0c001"
ACTION: dict[str, Any] = {
    "v": 1,
    "agent": AGENT,
    "kind": "scale",
    "target": {"environment": "prod", "resource": "deploy/checkout-api", "service": "checkout"},
    "parameters": {"replicas": 4, "why": "caf\u00e9"},
    "undo": {"kind": "scale", "parameters": {"replicas": 2}},
}
BYTES = json.dumps(ACTION, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
KEY, NEXT, STRANGER = make_key("now"), make_key("next"), make_key("stranger")

Vector = dict[str, Any]


def claims(**over: Any) -> dict[str, Any]:
    return signing.claims(at=NOW, action=BYTES, agent=AGENT, **over)


def token(**over: Any) -> str:
    return sign(KEY, header(KEY), claims(**over))


def with_header(**over: Any) -> str:
    return sign(KEY, {**header(KEY), **over}, claims())


def unsigned(head: dict[str, Any], signature: str = "") -> str:
    return f"{pack(compact(head))}.{pack(compact(claims()))}.{signature}"


def hmac_token() -> str:
    """The classic confusion: the public key as the secret of a symmetric signature."""
    head = unsigned({**header(KEY), "alg": "HS256"}).rpartition(".")[0]
    return f"{head}.{pack(hmac.new(x_of(KEY).encode(), head.encode(), hashlib.sha256).digest())}"


def edited_payload() -> str:
    head, _, signature = token().split(".")
    return f"{head}.{pack(compact(claims(fen=8)))}.{signature}"


def without(name: str) -> str:
    return sign(KEY, header(KEY), {key: value for key, value in claims().items() if key != name})


def edited_action() -> bytes:
    return BYTES.replace(b'"replicas":4', b'"replicas":40')


def good() -> list[Vector]:
    return [
        {"name": "as issued", "token": token()},
        {"name": "in its last second", "token": token(), "now": NOW + 60},
        {"name": "within the leeway after its end", "token": token(), "now": NOW + 64},
        {"name": "from a gate whose clock is 5 s ahead", "token": token(), "now": NOW - 5},
        {"name": "of a shorter life", "token": token(exp=NOW + 1)},
        {"name": "signed by the newer key", "token": sign(NEXT, header(NEXT), claims())},
        {"name": "newer than the last of its target", "token": token(jti="b", fen=8), "before": [token()]},
        {"name": "with a claim that is not known", "token": token(act="someone")},
    ]


def bad_form() -> list[tuple[str, str, str]]:
    head, payload, signature = token().split(".")
    spare = signature[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[signature[-1]]
    twice = pack(b'{"alg":"none","alg":"Ed25519"}')
    return [
        ("nothing", "format", ""),
        ("garbage", "format", "not a token"),
        ("garbage in three parts", "format", "a.b.c"),
        ("four parts", "format", f"{token()}.{signature}"),
        ("too large", "size", sign(KEY, header(KEY), claims(x="x" * 9000))),
        ("padded", "format", f"{head}=.{payload}.{signature}"),
        ("a signature with spare bits set", "format", f"{head}.{payload}.{spare}"),
        ("a signature cut short", "format", f"{head}.{payload}.{pack(b'short')}"),
        ("not ASCII", "format", f"{head}.{payload}.\u00e9"),
        ("a header that is a list", "format", f"{pack(b'[]')}.{payload}.{signature}"),
        ("a header with a key twice", "format", f"{twice}.{payload}.{signature}"),
        ("no signature", "format", f"{head}.{payload}."),
    ]


def bad_header() -> list[tuple[str, str, str]]:
    return [
        ("no algorithm", "algorithm", unsigned({**header(KEY), "alg": "none"})),
        ("no algorithm, another spelling", "algorithm", unsigned({**header(KEY), "alg": "nOnE"}, pack(b"x" * 64))),
        ("a symmetric algorithm", "algorithm", hmac_token()),
        ("the old name of the algorithm", "algorithm", with_header(alg="EdDSA")),
        ("another type", "type", with_header(typ="JWT")),
        ("the type in capitals", "type", with_header(typ="VERDICT+JWT")),
        ("no type", "type", sign(KEY, {"alg": "Ed25519", "kid": kid_of(KEY)}, claims())),
        ("no key named", "header", sign(KEY, {"alg": "Ed25519", "typ": "verdict+jwt"}, claims())),
        ("an address of keys", "header", with_header(jku="https://elsewhere.example/keys")),
        ("a key of its own", "header", sign(STRANGER, {**header(STRANGER), "jwk": signing.jwk(STRANGER)}, claims())),
        ("an address of a certificate", "header", with_header(x5u="https://elsewhere.example/cert")),
        ("a certificate of its own", "header", with_header(x5c=["MIIB"])),
        ("a critical extension", "header", with_header(crit=["exp"])),
    ]


def bad_key() -> list[tuple[str, str, str]]:
    return [
        ("a key that the gate does not have", "key", sign(STRANGER, header(STRANGER), claims())),
        ("signed by a stranger under a known name", "signature", sign(STRANGER, header(KEY), claims())),
        ("signed by one key, named after another", "signature", sign(KEY, header(NEXT), claims())),
        ("an edited payload", "signature", edited_payload()),
    ]


def bad_claims() -> list[tuple[str, str, str]]:
    return [
        ("another gate", "issuer", token(iss="https://other.example")),
        ("another gate by a slash", "issuer", token(iss="https://gate.example/")),
        ("for another point", "audience", token(aud="point-2")),
        ("for several points", "claims", token(aud=["point-1", "point-2"])),
        ("expired", "expired", token(iat=NOW - 65, nbf=NOW - 65, exp=NOW - 5)),
        ("not yet valid", "not-yet-valid", token(nbf=NOW + 6)),
        ("issued in the future", "issued-in-future", token(iat=NOW + 6, exp=NOW + 60)),
        ("a life longer than a minute", "lifetime", token(exp=NOW + 61)),
        ("no life at all", "lifetime", token(exp=NOW)),
        ("a time as text", "claims", token(exp=str(NOW + 60))),
        ("a time as a fraction", "claims", token(exp=NOW + 59.5)),
        ("a number as a truth", "claims", token(fen=True)),
        ("another action's hash", "action", token(ah="sha256:" + "0" * 64)),
        ("another agent", "action", token(sub="7d9f2c1a-3a55-4a57-9c7e-54b1f9a0c002")),
        *((f"without {name}", "claims", without(name)) for name in ("iss", "aud", "jti", "exp", "ah", "fen", "sub")),
    ]


def bad_use() -> list[Vector]:
    return [
        {"name": "an edited action", "code": "action", "token": token(), "action": edited_action().decode()},
        {
            "name": "the action in another form of the same value",
            "code": "action",
            "token": token(),
            "action": BYTES.decode().replace(":", ": ", 1),
        },
        {"name": "used before", "code": "replay", "token": token(), "before": [token()]},
        {"name": "used before, under a new number", "code": "replay", "token": token(fen=9), "before": [token()]},
        {
            "name": "older than the last of its target",
            "code": "fence",
            "token": token(jti="b", fen=6),
            "before": [token()],
        },
        {"name": "as old as the last of its target", "code": "fence", "token": token(jti="b"), "before": [token()]},
        {
            "name": "signed by a key that was rotated away",
            "code": "key",
            "token": token(),
            "jwks": {"keys": [signing.jwk(NEXT)]},
        },
        {"name": "after its end and the leeway", "code": "expired", "token": token(), "now": NOW + 65},
        {
            "name": "at a point whose clock is five minutes slow",
            "code": "issued-in-future",
            "token": token(),
            "now": NOW - 300,
        },
        {"name": "at a point whose clock is five minutes fast", "code": "expired", "token": token(), "now": NOW + 300},
    ]


def build() -> dict[str, Any]:
    by_token = [*bad_form(), *bad_header(), *bad_key(), *bad_claims()]
    return {
        "about": "Verdict tokens for enforcement points. Each is checked with an empty memory after those in before.",
        "now": NOW,
        "issuer": "https://gate.example",
        "audience": "point-1",
        "action": BYTES.decode(),
        "jwks": {"keys": [signing.jwk(KEY), signing.jwk(NEXT)]},
        "accepted": good(),
        "refused": [*({"name": name, "code": code, "token": made} for name, code, made in by_token), *bad_use()],
    }


def text() -> str:
    return json.dumps(build(), indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
