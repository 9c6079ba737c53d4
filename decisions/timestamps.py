"""Has checkpoints timestamped by an authority (RFC 3161), so that nobody can have made them later than they say.

The token lies beside the note, as <size>.tsr. It must never keep anybody from signing.
"""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from django.conf import settings
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerificationError, VerifierBuilder
from rfc3161_client import decode_timestamp_response as decode

from decisions import clock, cosigned, notes, outbound, signing
from decisions.durable import alone, write_whole
from decisions.outbound import UnreachableError
from decisions.signing import Checkpoint

log = logging.getLogger(__name__)
EVERY = timedelta(hours=1)
GRANTED = (0, 1)
"""Granted, and granted with changes (RFC 3161 §2.4.2)."""
QUERY = "application/timestamp-query"


class BadTokenError(ValueError):
    """The token does not prove what it should; the message says why."""


def stamp() -> None:
    """Have the newest checkpoint timestamped, unless it is or the last token is younger than an hour."""
    if not settings.TSA_URL:
        return
    with alone(Path(settings.DATA_DIR) / "timestamps.lock"):
        stored = cosigned.last_checkpoint()
        if stored is None or not _is_due(stored.size):
            return
        checkpoint = signing.read_note(stored.note)[0]
        try:
            token, at = _asked(checkpoint)
        except (UnreachableError, BadTokenError) as error:
            log.warning("the timestamp authority: %s", error)
            return
        write_whole(notes.folder() / f"{stored.size}.tsr", token)
        log.info("the checkpoint of size %d was timestamped at %s", stored.size, at.isoformat())


def last() -> tuple[int, datetime] | None:
    """(size of the checkpoint that was timestamped last, when the token came); None before the first."""
    tokens = [path for path in notes.folder().glob("*.tsr") if path.stem.isascii() and path.stem.isdigit()]
    newest = max(tokens, key=lambda path: int(path.stem), default=None)
    if newest is None:
        return None
    return int(newest.stem), datetime.fromtimestamp(newest.stat().st_mtime, UTC)


def _is_due(size: int) -> bool:
    before = last()
    return before is None or (before[0] < size and before[1] <= clock.now() - EVERY)


def _asked(checkpoint: Checkpoint) -> tuple[bytes, datetime]:
    """A token for the text of `checkpoint`, verified, and its time. Raises UnreachableError and BadTokenError."""
    message = checkpoint.text().encode()
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = outbound.post(settings.TSA_URL, request.as_bytes(), QUERY)
    if answer.status != 200:
        raise UnreachableError(f"it answers {answer.status}")
    return answer.body, verified(answer.body, checkpoint, nonce=request.nonce)


def verified(token: bytes, checkpoint: Checkpoint, *, nonce: int | None = None) -> datetime:
    """When `token` says that `checkpoint` was there, if an authority under the roots of the settings signed it.

    Raises BadTokenError. `nonce` is that of the request, where this is its answer.
    """
    try:
        response = decode(token)
        if response.status not in GRANTED:
            raise BadTokenError(f"it was not granted: status {response.status}")
        builder = VerifierBuilder()
        for root in roots():
            builder = builder.add_root_certificate(root)
        builder = builder if nonce is None else builder.nonce(nonce)
        builder.build().verify_message(response, checkpoint.text().encode())
    except (VerificationError, ValueError, OSError) as error:
        raise BadTokenError(str(error)) from None
    at: datetime = response.tst_info.gen_time
    return at


def roots() -> list[x509.Certificate]:
    """The certificates that a token must lead to. Raises ValueError, and OSError where the file cannot be read."""
    path: Path | None = settings.TSA_ROOTS
    if path is None:
        raise ValueError("OVERSIGHT_TSA_ROOTS names no file of certificates")
    return x509.load_pem_x509_certificates(path.read_bytes())
