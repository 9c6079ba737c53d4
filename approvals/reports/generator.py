"""What made a report: the versions and digests with which it can be made again, byte for byte. It must not look at the data."""

from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from approvals.reports.glyphs import FONTS


@lru_cache(maxsize=1)
def generator() -> dict[str, Any]:
    template = FONTS.parent
    digest = sha256()
    for path in sorted(p for p in template.iterdir() if p.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return {
        "typst": version("typst"),
        "plotly": version("plotly"),
        "xlsxwriter": version("XlsxWriter"),
        "template_sha256": digest.hexdigest(),
        "fonts": {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(FONTS.glob("*.ttf"))},
    }
