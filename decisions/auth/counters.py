"""Counters of attempts, as a cache backend of Django: in a table, so that every process sees the same.

Values are JSON: what is read back is data, whoever may have written the table. Nothing but sign-in counts here.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, transaction
from django.utils import timezone

from decisions.models import Counter

FOREVER = timedelta(days=36500)


class CounterCache(BaseCache):
    """The part of Django's cache that rate limits need. `add` is atomic: of two that add at once, one succeeds."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _until(self, timeout: Any) -> datetime:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return timezone.now() + (FOREVER if seconds is None else timedelta(seconds=seconds))

    def _row(self, key: str, version: int | None) -> Any:
        return Counter.objects.filter(key=self.make_and_validate_key(key, version=version))

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        self._row(key, version).filter(expires_at__lte=timezone.now()).delete()
        name = self.make_and_validate_key(key, version=version)
        try:
            with transaction.atomic():
                Counter(key=name, value=value, expires_at=self._until(timeout)).save(force_insert=True)
        except IntegrityError:
            return False
        return True

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        row = self._row(key, version).filter(expires_at__gt=timezone.now()).first()
        return default if row is None else row.value

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        name = self.make_and_validate_key(key, version=version)
        Counter.objects.update_or_create(key=name, defaults={"value": value, "expires_at": self._until(timeout)})

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        found = self._row(key, version).filter(expires_at__gt=timezone.now())
        return bool(found.update(expires_at=self._until(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._row(key, version).delete()[0])

    def clear(self) -> None:
        Counter.objects.all().delete()


def sweep() -> None:
    """Delete what has expired."""
    Counter.objects.filter(expires_at__lte=timezone.now()).delete()
