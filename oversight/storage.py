"""Static files as browsers get them: joined, under hashed names and compressed; the icons of the manifest follow."""

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from oversight import joined

ICONS = ("*.webmanifest", ((r'(?P<matched>"src": "(?P<url>[^"]+)")', '"src": "%(url)s"'),))
JOINS = {"js/": joined.script, "css/": joined.stylesheet}
"""Our own folders under the static root, and how their files are joined. What is of others is served as it came."""


class JoinedStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage over scripts and stylesheets that hold what they import, and a manifest with its icons."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ICONS)

    def post_process(self, paths: dict[str, tuple[Storage, str]], *args: Any, **options: Any) -> Iterator[Any]:
        yield from super().post_process(_Joined(paths).paths(), *args, **options)


class _Joined(Storage):
    """The files that were collected, read joined."""

    def __init__(self, found: dict[str, tuple[Storage, str]]) -> None:
        self.found = found

    def paths(self) -> dict[str, tuple[Storage, str]]:
        ours = {name: (self, name) for name in self.found if name.startswith(tuple(JOINS))}
        return self.found | ours

    def _open(self, name: str, mode: str = "rb") -> "ContentFile[bytes]":
        join = next(join for folder, join in JOINS.items() if name.startswith(folder))
        return ContentFile(join(name, self._text).encode(), name)

    def _text(self, name: str) -> str:
        storage, path = self.found[name]
        with storage.open(path) as file:
            return bytes(file.read()).decode()
