"""How sources do: what came of each minute, and what was refused lately. Counted in memory and written once a second.

It is no part of the record: a process that is killed loses a second of it.
"""

import logging
import re
import secrets
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Max, Q

from decisions import clock
from decisions.errors import Problem
from decisions.models import SourceMinute, SourceRefusal
from decisions.models.bulk import writing
from decisions.redaction import MARK, Remover

log = logging.getLogger(__name__)
EVERY = 1.0
REFUSALS_KEPT = 20
KEPT = timedelta(days=2)
SAMPLE = 1000
PROCESS = secrets.token_hex(4)
"""Each process has rows of its own: none waits for another, and none loses what another counts."""
HEARD = Q(records__gt=0) | Q(duplicates__gt=0) | Q(ignored__gt=0) | Q(looks__gt=0)
COUNTS = ("records", "duplicates", "ignored", "looks", "refused")


@dataclass(frozen=True, slots=True)
class Refused:
    """A body that was refused."""

    source: str
    at: datetime
    status: int
    problem: str
    detail: str
    sample: str


_lock = threading.Lock()
_one_writes = threading.Lock()
"""What is counted is added to what was read, which nobody else in this process may do at the same time."""
Counts = dict[tuple[str, datetime], Counter[str]]
Lags = dict[tuple[str, datetime], int]
_counts: Counts = {}
_lags: Lags = {}
_refused: dict[str, list[Refused]] = {}
_timer: threading.Timer | None = None


def count(source: str, *, lag: timedelta | None = None, **more: int) -> None:
    """Add to the counts of `source` (a principal) in this minute. `lag` is from what happened to its coming here."""
    place = source, clock.local().replace(second=0, microsecond=0)
    with _lock:
        _counts.setdefault(place, Counter()).update(more)
        if lag is not None:
            _lags[place] = max(_lags.get(place, 0), int(lag.total_seconds() * 1000))
    _soon()


def refuse(source: str, problem: Problem, body: bytes) -> None:
    """Count a refused body, and keep why and how it began, without the secrets that can be seen in it."""
    detail = ": ".join(part for part in (problem.title, problem.detail) if part)
    made = Refused(
        source,
        clock.local(),
        problem.status,
        problem.slug,
        _clean(detail),
        _clean(body[: 2 * SAMPLE].decode(errors="replace")),
    )
    with _lock:
        # Of each source the latest: one that is refused all the time leaves room for the others.
        _refused[source] = [*_refused.get(source, ()), made][-REFUSALS_KEPT:]
    count(source, refused=1)


_NAMED = re.compile(
    r'("[^"\\]{0,100}(?:passw|token|secret|api_?key|private_?key)[^"\\]{0,100}"\s*:\s*")(?:[^"\\]|\\.)+', re.IGNORECASE
)
"""A text under a name that says that it is a secret. What was refused may be no JSON, so it is looked for as it stands."""


def _clean(text: str) -> str:
    """The beginning of `text`, without secrets and what no store keeps."""
    # Cut off after it was cleaned: half a secret has not the form of one.
    kept = text[: 2 * SAMPLE].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    clean: str = Remover(settings.KEY_PEPPER.encode()).clean(kept, "body", by_name=False)
    return _NAMED.sub(rf"\1{MARK}", clean)[:SAMPLE]


def _soon() -> None:
    global _timer  # noqa: PLW0603 - one timer a process
    with _lock:
        if _timer is None:
            _timer = threading.Timer(EVERY, _in_time)
            _timer.daemon = True
            _timer.start()


def _in_time() -> None:
    try:
        flush()
    except Exception:
        log.exception("the counts of sources could not be written")
    finally:
        connection.close()


def flush() -> None:
    """Write what was counted, and forget what is old. What cannot be written now is written with what comes later."""
    global _timer  # noqa: PLW0603 - one timer a process
    with _one_writes:
        with _lock:
            counts, lags, refused = dict(_counts), dict(_lags), dict(_refused)
            _counts.clear()
            _lags.clear()
            _refused.clear()
            _timer = None
        try:
            with writing():
                _write(counts, lags, [one for some in refused.values() for one in some])
        except (OperationalError, InterfaceError):
            _take_back(counts, lags, refused)
            raise


def _write(counts: Counts, lags: Lags, refused: Sequence[Refused]) -> None:
    another_minute = False
    for (source, minute), more in counts.items():
        row, made = SourceMinute.objects.get_or_create(
            id=f"{source}@{int(minute.timestamp())}@{PROCESS}", defaults={"source": source, "minute": minute}
        )
        another_minute |= made
        for name in COUNTS:
            setattr(row, name, getattr(row, name) + more[name])
        row.lag_ms = max(row.lag_ms, lags.get((source, minute), 0))
        row.save()
    SourceRefusal.objects.bulk_create(
        SourceRefusal(
            source=one.source,
            at=one.at,
            status=one.status,
            problem=one.problem,
            detail=one.detail,
            sample=one.sample,
        )
        for one in refused
    )
    for source in {one.source for one in refused}:
        kept = SourceRefusal.objects.filter(source=source).order_by("-id").values_list("id", flat=True)
        SourceRefusal.objects.filter(source=source).exclude(id__in=list(kept[:REFUSALS_KEPT])).delete()
    if another_minute:
        _forget_old(clock.local() - KEPT)


def last_heard() -> dict[str, datetime]:
    """When something that could be read came of each sender last, be it nothing but looks or what is ignored."""
    return dict(SourceMinute.objects.filter(HEARD).values_list("source").annotate(last=Max("minute")))


def _forget_old(before: datetime) -> None:
    # When a source was heard last stays known: it says since when there has been silence.
    kept = Q()
    for source, minute in last_heard().items():
        if minute < before:
            kept |= Q(source=source, minute=minute)
    old = SourceMinute.objects.filter(minute__lt=before)
    (old.exclude(kept) if kept else old).delete()
    # A sample may name a person: it is gone after the same time, whether more is refused or not.
    SourceRefusal.objects.filter(at__lt=before).delete()


def sweep() -> None:
    """Delete what is older than two days, also where nothing comes any more that would do it."""
    with writing():
        _forget_old(clock.local() - KEPT)


def _take_back(counts: Counts, lags: Lags, refused: dict[str, list[Refused]]) -> None:
    with _lock:
        for place, more in counts.items():
            _counts.setdefault(place, Counter()).update(more)
        for place, lag in lags.items():
            _lags[place] = max(_lags.get(place, 0), lag)
        for source, some in refused.items():
            _refused[source] = [*some, *_refused.get(source, ())][-REFUSALS_KEPT:]
    _soon()


def forget() -> None:
    """Leave uncounted what waits to be written."""
    global _timer  # noqa: PLW0603 - one timer a process
    with _lock:
        if _timer is not None:
            _timer.cancel()
        _timer = None
        _counts.clear()
        _lags.clear()
        _refused.clear()


def settle() -> None:
    """Write at once what waits to be written; for the end of a process, and for whoever reads right after."""
    with _lock:
        waiting = _timer
    if waiting is not None:
        waiting.cancel()
        flush()
