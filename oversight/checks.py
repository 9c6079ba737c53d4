"""Start-up checks with stable ids: a configuration that cannot work is refused before it serves."""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name

from decisions import outbound, published, timestamps
from decisions.keyring import read_keys
from decisions.ports import sockets
from decisions.quorum import BadPolicyError
from decisions.vocab import Kind


@register()
def every_kind_has_an_owner(**_: Any) -> list[CheckMessage]:
    missing = sorted(set(Kind) - set(sockets.projections))
    return [Error(f"no projection owns {', '.join(missing)}", id="oversight.E001")] if missing else []


@register()
def the_gate_is_plugged(**_: Any) -> list[CheckMessage]:
    return [] if sockets.gate else [Error("no gate is plugged: everything would be held", id="oversight.E002")]


@register()
def times_are_utc(**_: Any) -> list[CheckMessage]:
    return [] if settings.TIME_ZONE == "UTC" else [Error("TIME_ZONE must be UTC", id="oversight.E003")]


@register()
def the_ledger_has_a_usable_name(**_: Any) -> list[CheckMessage]:
    bad = not settings.LOG_ORIGIN or any(mark.isspace() or mark == "+" for mark in settings.LOG_ORIGIN)
    return [Error("OVERSIGHT_LOG_ORIGIN may hold no space and no plus sign", id="oversight.E004")] if bad else []


@register()
def witnesses_can_be_asked(**_: Any) -> list[CheckMessage]:
    try:
        named = published.quorum().witnesses
    except (OSError, UnicodeDecodeError, BadPolicyError) as error:
        return [Error(f"OVERSIGHT_WITNESSES cannot be used: {error}", id="oversight.E006")]
    wrong = [f"{one.name} ({why})" for one in named if one.url and (why := outbound.why_not(one.url))]
    return [Error(f"these witnesses cannot be asked: {', '.join(wrong)}", id="oversight.E007")] if wrong else []


@register()
def the_authority_can_be_asked(**_: Any) -> list[CheckMessage]:
    if not settings.TSA_URL:
        return []
    if why := outbound.why_not(settings.TSA_URL):
        return [Error(f"OVERSIGHT_TSA_URL cannot be used: {why}", id="oversight.E008")]
    try:
        timestamps.roots()
    except (OSError, ValueError) as error:
        return [Error(f"OVERSIGHT_TSA_ROOTS cannot be used: {error}", id="oversight.E009")]
    return []


@register()
def second_factors_can_be_sealed(**_: Any) -> list[CheckMessage]:
    try:
        Fernet(settings.FACTOR_KEY)
    except ValueError:
        return [Error("OVERSIGHT_FACTOR_KEY must be 32 bytes in URL-safe base64", id="oversight.E005")]
    return []


@register()
def disclosures_can_be_sealed(**_: Any) -> list[CheckMessage]:
    try:
        read_keys(settings.DISCLOSURE_KEY)
    except ValueError:
        told = "OVERSIGHT_DISCLOSURE_KEY must be 32 bytes in URL-safe base64, or several such keys with commas between"
        return [Error(told, id="oversight.E006")]
    return []


@register(deploy=True)
def service_mode_is_encrypted(**_: Any) -> list[CheckMessage]:
    if settings.SERVICE_MODE and not settings.HTTPS:
        return [Warning("set OVERSIGHT_HTTPS=true behind a TLS proxy", id="oversight.W001")]
    return []


@register(deploy=True)
def the_key_lies_elsewhere(**_: Any) -> list[CheckMessage]:
    if settings.SERVICE_MODE and not settings.SIGNER:
        why = "the key of the ledger lies beside the application; run manage.py signer and set OVERSIGHT_SIGNER"
        return [Warning(why, id="oversight.W002")]
    return []
