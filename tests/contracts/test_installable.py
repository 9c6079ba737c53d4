"""What a browser needs to install the product as an app: a manifest, and icons of the sizes that it claims."""

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.contracts.tree import ROOT, text

STATIC = Path("static")
MANIFEST = STATIC / "manifest.webmanifest"


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(MANIFEST))
    return found


def icons() -> list[dict[str, str]]:
    return list(manifest()["icons"])


def size(path: Path) -> str:
    """Width and height, as the header of a PNG file says them."""
    head = (ROOT / path).read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return "{}x{}".format(*struct.unpack(">II", head[16:24]))


def colour(name: str) -> list[str]:
    """What a token is in light and in dark."""
    return re.findall(rf"--{name}: (#\w+);", text(STATIC / "css/tokens.css"))


def test_the_manifest_says_what_an_app_needs() -> None:
    found = manifest()
    wanted = {"name": "Oversight", "short_name": "Oversight", "start_url": "/", "scope": "/", "display": "standalone"}
    assert wanted.items() <= found.items()
    assert all(re.fullmatch(r"#[0-9a-f]{6}", found[name]) for name in ("theme_color", "background_color"))
    assert found["background_color"] in colour("page")


def test_it_has_icons_for_every_shape() -> None:
    there = {(icon["purpose"], icon["sizes"]) for icon in icons()}
    assert {(purpose, size) for purpose in ("any", "maskable") for size in ("192x192", "512x512")} <= there


@pytest.mark.parametrize("icon", icons(), ids=lambda icon: str(icon["src"]))
def test_an_icon_has_the_size_that_it_claims(icon: dict[str, str]) -> None:
    path = Path(icon["src"].lstrip("/"))
    if icon["type"] == "image/png":
        assert size(path) == icon["sizes"]
    else:
        assert text(path).startswith("<svg")


def test_every_page_names_the_manifest_and_the_colours_of_its_bar() -> None:
    base = text(Path("templates/base.html"))
    assert 'rel="manifest" href="{% static \'manifest.webmanifest\' %}"' in base
    assert 'rel="apple-touch-icon" href="{% static \'icons/apple-touch-180.png\' %}"' in base
    assert size(STATIC / "icons/apple-touch-180.png") == "180x180"
    assert re.findall(r'name="theme-color" media="\(prefers-color-scheme: (\w+)\)" content="(#\w+)"', base) == [
        *zip(("light", "dark"), colour("raised"), strict=True)
    ]


def test_its_icons_are_served_under_hashed_names(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "oversight.storage.JoinedStorage"}}
    call_command("collectstatic", verbosity=0, interactive=False)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    served = json.loads((tmp_path / names["manifest.webmanifest"]).read_text())
    assert [icon["src"] for icon in served["icons"]] == [
        f"/static/{names[icon['src'].removeprefix('/static/')]}" for icon in icons()
    ]
