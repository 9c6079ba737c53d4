"""Signatures of webhooks against vectors made independently here, and every near miss. It must not sign with the code it tests."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.errors import Problem
from decisions.intake.signatures import Scheme, verify

BODY = b'{"event": "caf\xc3\xa9 \xe2\x80\x94 deployed"}\n'
SECRET = b"It's a Secret to Everybody"
RAW_KEY = bytes(range(24))
WHSEC = b"whsec_" + base64.b64encode(RAW_KEY)
NOW = datetime(2026, 11, 22, 21, 40, 45, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
BODIED = (Scheme.GITHUB, Scheme.FLUX, Scheme.PAGERDUTY, Scheme.STANDARD)
Headers = dict[str, str]


def plain_hmac(key: bytes, message: bytes) -> bytes:
    """HMAC as RFC 2104 writes it down, without the library that the product uses."""
    if len(key) > 64:
        key = hashlib.sha256(key).digest()
    key = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()


def signed(scheme: Scheme, body: bytes = BODY, *, secret: bytes | None = None, at: str = STAMP) -> Headers:
    if scheme is Scheme.STANDARD:
        key = base64.b64decode((secret or WHSEC).removeprefix(b"whsec_"))
        signature = base64.b64encode(plain_hmac(key, b"msg_1." + at.encode() + b"." + body)).decode()
        return {"Webhook-Id": "msg_1", "Webhook-Timestamp": at, "Webhook-Signature": f"v1,{signature}"}
    digest = plain_hmac(secret or SECRET, body).hex()
    return {
        Scheme.GITHUB: {"X-Hub-Signature-256": f"sha256={digest}"},
        Scheme.FLUX: {"X-Signature": f"sha256={digest}"},
        Scheme.PAGERDUTY: {"X-PagerDuty-Signature": f"v1={digest}"},
    }[scheme]


def secret_of(scheme: Scheme) -> bytes:
    return WHSEC if scheme is Scheme.STANDARD else SECRET


def name_of(scheme: Scheme) -> str:
    return list(signed(scheme))[-1]


def refused(scheme: Scheme, headers: Headers, body: bytes = BODY, *, secret: bytes | None = None) -> bool:
    try:
        verify(scheme, secret_of(scheme) if secret is None else secret, headers, body, NOW)
    except Problem as problem:
        # Every refusal is the same, so that nobody learns which part was wrong.
        same = Problem(401, "bad-signature", problem.title, problem.detail, {})
        return problem == same
    return False


def test_our_own_hmac_is_that_of_the_published_vectors():
    """RFC 4231, cases 1, 2 and 6."""
    assert plain_hmac(b"\x0b" * 20, b"Hi There").hex().startswith("b0344c61d8db38535ca8afceaf0bf12b")
    assert plain_hmac(b"Jefe", b"what do ya want for nothing?").hex().startswith("5bdcc146bf60754e6a042426089575c7")
    long = b"Test Using Larger Than Block-Size Key - Hash Key First"
    assert plain_hmac(b"\xaa" * 131, long).hex().startswith("60e431591ee0b67f0d8a26aacbf5b77f")


def test_the_example_that_github_documents_is_accepted():
    sent = {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    verify("github", b"It's a Secret to Everybody", sent, b"Hello, World!", NOW)


def test_a_request_signed_by_the_reference_library_is_accepted():
    body = (
        b'{"type":"decision.proposed","timestamp":"2026-11-22T21:40:42Z",'
        b'"data":{"action":"rollback","service":"checkout"}}'
    )
    sent = {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1795383642",
        "Webhook-Signature": "v1,WdY3OYCg7gFdKWN26Ewp7UINXr3waK4L9T/Fv/MjTwU=",
    }
    at = datetime.fromtimestamp(1795383642, UTC)
    verify("standard-webhooks", b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", sent, body, at)
    with pytest.raises(Problem):
        verify("standard-webhooks", b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", sent, body + b" ", at)


@pytest.mark.parametrize("scheme", BODIED)
def test_a_good_signature_is_accepted_under_header_names_of_any_case(scheme: Scheme):
    for change in (str, str.lower, str.upper):
        headers = {change(name): value for name, value in signed(scheme).items()}
        verify(scheme, secret_of(scheme), headers, BODY, NOW)
        verify(str(scheme), secret_of(scheme), headers, BODY, NOW)


CHANGES: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "cut off": lambda value: value[:-1],
    "half": lambda value: value[: len(value) // 2],
    "longer": lambda value: value + "0",
    "the prefix alone": lambda value: value[: value.index("=") + 1] if value.startswith(("sha", "v1=")) else "v1,",
    "without its prefix": lambda value: value[7:] if value.startswith("sha256=") else value[3:],
    "in capitals": str.upper,
    "with letters swapped": str.swapcase,
    "twice in one": lambda value: value + value,
    "other prefix": lambda value: value.replace("sha256=", "sha1=").replace("v1", "v0"),
    "quoted": lambda value: f'"{value}"',
    "not ASCII": lambda value: value + "é",
    "enormous": lambda value: value + " " * 10_000,
    "a NUL after it": lambda value: value + "\0",
}


@pytest.mark.parametrize("scheme", BODIED)
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_signature_is_refused(scheme: Scheme, change: str):
    headers = signed(scheme)
    headers[name_of(scheme)] = CHANGES[change](headers[name_of(scheme)])
    assert refused(scheme, headers)


@pytest.mark.parametrize("scheme", BODIED)
def test_a_signature_for_something_else_is_refused(scheme: Scheme):
    other = b"whsec_" + base64.b64encode(b"another key of 24 bytes!") if scheme is Scheme.STANDARD else b"another"
    assert refused(scheme, {})
    assert refused(scheme, signed(scheme, secret=other))
    assert refused(scheme, signed(scheme, BODY + b"\n"))
    assert refused(scheme, signed(scheme, b""))
    assert refused(scheme, signed(scheme), b"")
    assert not refused(scheme, signed(scheme, b""), b"")


@pytest.mark.parametrize("scheme", BODIED)
@given(st.data())
def test_a_body_with_one_bit_changed_is_refused(scheme: Scheme, data: st.DataObject):
    at, bit = data.draw(st.integers(0, len(BODY) - 1)), data.draw(st.integers(0, 7))
    body = bytearray(BODY)
    body[at] ^= 1 << bit
    assert refused(scheme, signed(scheme), bytes(body))


@pytest.mark.parametrize("scheme", BODIED)
def test_an_empty_secret_verifies_nothing(scheme: Scheme):
    """Whoever knows that the secret was never set could sign with nothing."""
    nothing = base64.b64encode(hmac.digest(b"", f"msg_1.{STAMP}.".encode() + BODY, "sha256")).decode()
    digest = hmac.digest(b"", BODY, "sha256").hex()
    value = (
        f"v1,{nothing}" if scheme is Scheme.STANDARD else signed(scheme)[name_of(scheme)].split("=")[0] + f"={digest}"
    )
    headers = signed(scheme) | {name_of(scheme): value}
    assert refused(scheme, headers, secret=b"")
    assert scheme is not Scheme.STANDARD or refused(scheme, headers, secret=b"whsec_")


@pytest.mark.parametrize("scheme", BODIED)
def test_the_header_of_another_scheme_is_none(scheme: Scheme):
    for other in BODIED:
        if other is not scheme:
            assert refused(scheme, signed(other))


def test_any_of_several_signatures_may_match():
    good, other = signed(Scheme.PAGERDUTY)["X-PagerDuty-Signature"], "v1=" + "0" * 64
    for value in (f"{other},{good}", f"{good},{other}", f"{other}, {good}", f"{good},{good}"):
        verify("pagerduty", SECRET, {"X-PagerDuty-Signature": value}, BODY, NOW)
    assert refused(Scheme.PAGERDUTY, {"X-PagerDuty-Signature": f"{other},{other}"})
    assert refused(Scheme.PAGERDUTY, {"X-PagerDuty-Signature": f"{good} {good}"})
    assert refused(Scheme.PAGERDUTY, {"X-PagerDuty-Signature": ",".join([other] * 40 + [good])})

    headers = signed(Scheme.STANDARD)
    good = headers["Webhook-Signature"]
    for value in (f"v1a,AAAA {good}", f"{good} v1,AAAA"):
        verify("standard-webhooks", WHSEC, headers | {"Webhook-Signature": value}, BODY, NOW)
    assert refused(Scheme.STANDARD, headers | {"Webhook-Signature": good.replace("v1,", "v1a,")})
    assert refused(Scheme.STANDARD, headers | {"Webhook-Signature": f"{good},{good}"})


def test_one_signature_is_one_where_only_one_is_sent():
    for scheme in (Scheme.GITHUB, Scheme.FLUX):
        (name, good), *_ = signed(scheme).items()
        assert refused(scheme, {name: f"{good},{good}"})
        assert refused(scheme, {name: f" {good}"})


def test_a_time_within_five_minutes_is_accepted_and_no_other():
    for seconds, good in ((0, True), (-300, True), (300, True), (-301, False), (301, False), (86_400, False)):
        at = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
        assert refused(Scheme.STANDARD, signed(Scheme.STANDARD, at=at)) is not good


@pytest.mark.parametrize(
    "at",
    ["", "now", "-1", "1e9", "1795383645.0", " 1795383645", "+1795383645", "9" * 400, "１７９５３８３６４５", "0x1"],
)
def test_a_time_that_is_no_number_is_refused(at: str):
    headers = signed(Scheme.STANDARD) | {"Webhook-Timestamp": at}
    key = RAW_KEY
    good = base64.b64encode(plain_hmac(key, b"msg_1." + at.encode() + b"." + BODY)).decode()
    assert refused(Scheme.STANDARD, headers | {"Webhook-Signature": f"v1,{good}"})


def test_the_id_and_the_time_are_signed_too():
    headers = signed(Scheme.STANDARD)
    assert refused(Scheme.STANDARD, headers | {"Webhook-Id": "msg_2"})
    assert refused(Scheme.STANDARD, headers | {"Webhook-Id": ""})
    assert refused(Scheme.STANDARD, headers | {"Webhook-Timestamp": str(int(STAMP) + 1)})


@pytest.mark.parametrize("secret", [b"whsec_not base64!", b"whsec_A", b"\xff\xfe", b"whsec_===="])
def test_a_secret_that_is_no_base64_verifies_nothing(secret: bytes):
    assert refused(Scheme.STANDARD, signed(Scheme.STANDARD), secret=secret)


def test_a_secret_without_its_prefix_is_the_same():
    verify("standard-webhooks", WHSEC.removeprefix(b"whsec_"), signed(Scheme.STANDARD), BODY, NOW)


def test_with_a_bearer_key_there_is_nothing_to_verify():
    verify("bearer", b"", {}, BODY, NOW)


def test_a_scheme_that_is_none_is_a_fault_of_ours():
    with pytest.raises(ValueError, match="rot13"):
        verify("rot13", SECRET, {}, BODY, NOW)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "x-hub-signature-256",
                "x-signature",
                "webhook-id",
                "webhook-timestamp",
                "webhook-signature",
                "x-pagerduty-signature",
            ]
        ),
        st.text(),
    ),
    st.binary(),
)
def test_arbitrary_headers_are_refused_and_nothing_else_happens(headers: Headers, body: bytes):
    assert all(refused(scheme, headers, body) for scheme in BODIED)
