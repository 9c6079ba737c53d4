"""Vendored scripts are the bytes that their manifest names. Nothing in static/vendor must be there without a licence."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from tests.contracts.tree import ROOT, files, text

FOLDER = Path("static/vendor")


def manifest() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text(FOLDER / "MANIFEST.json"))
    return found


def digest(data: bytes) -> str:
    return base64.b64encode(hashlib.sha384(data).digest()).decode()


def test_every_file_has_the_checksum_of_the_manifest() -> None:
    assert manifest()
    wrong = [one["file"] for one in manifest() if digest((ROOT / FOLDER / one["file"]).read_bytes()) != one["sha384"]]
    assert wrong == []


def test_every_file_is_in_the_manifest_with_its_origin_and_licence() -> None:
    there = {path.name for path in files() if path.parent == FOLDER and path.name != "MANIFEST.json"}
    named = {one["file"] for one in manifest()} | {one["licence_file"] for one in manifest()}
    assert there == named
    for one in manifest():
        assert all(one[field] for field in ("name", "version", "source", "licence"))
        assert one["version"] in one["file"]


def test_a_changed_byte_is_found() -> None:
    assert digest(b"a") != digest(b"b")
