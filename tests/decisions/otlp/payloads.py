"""The recorded and written requests of the protocol, and how what is read of them is written down. It must not read them itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from decisions.intake.otlp import Batch
from tests.decisions.formats.fixtures import plain
from tests.recorded.reading import HERE as RECORDED
from tests.recorded.reading import unpacked

HERE = Path(__file__).parent
JSON, PROTOBUF = "application/json", "application/x-protobuf"


@dataclass(frozen=True)
class Payload:
    name: str
    content_type: str
    body: bytes
    logs: bool

    def __str__(self) -> str:
        return self.name

    @property
    def golden(self) -> Path:
        return HERE / "golden" / f"{self.name}.golden.yaml"


def _payload(path: Path) -> Payload:
    recorded = path.is_relative_to(RECORDED)
    body = unpacked(str(path.relative_to(RECORDED))) if recorded else path.read_bytes()
    name = path.name.removesuffix(".gz").removesuffix(".json")
    return Payload(name, PROTOBUF if "protobuf" in path.name else JSON, body, "logs" in name)


PAYLOADS = tuple(
    _payload(path)
    for path in sorted([*(RECORDED / "otlp").iterdir(), *(HERE / "written").iterdir()])
    if path.name != "LICENSE"
)


def written(batch: Batch) -> str:
    found: dict[str, Any] = {"readings": plain(batch.readings), "ignored": batch.ignored}
    if batch.rejected.count:
        found["rejected"] = {"count": batch.rejected.count, "why": batch.rejected.why}
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=110)
