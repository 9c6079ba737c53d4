"""docker-compose.yml starts what the code has. Its servers must not be reachable from outside the machine."""

import importlib.util
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.contracts.tree import ROOT, text

OURS = ("migrate", "web", "worker", "beat", "signer")


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text("docker-compose.yml"))["services"]
    return found


def words(service: str) -> list[str]:
    command: list[str] = services()[service]["command"]
    return command[2].replace("&&", " ").split() if command[:2] == ["sh", "-c"] else command


def test_it_has_the_databases_and_our_processes() -> None:
    assert set(services()) == {"postgres", "redis", *OURS}
    assert services()["postgres"]["image"] == "postgres:15"
    assert services()["redis"]["image"] == "redis:7"


def test_every_running_service_is_watched() -> None:
    assert [
        name for name, one in services().items() if name != "migrate" and not one.get("healthcheck", {}).get("test")
    ] == []


def test_data_outlives_the_containers() -> None:
    volumes = set(yaml.safe_load(text("docker-compose.yml"))["volumes"])
    assert {name.split(":")[0] for one in services().values() for name in one["volumes"]} == volumes


def test_the_signer_is_alone_with_its_key() -> None:
    signer = services()["signer"]
    assert words("signer") == ["python", "manage.py", "signer"]
    assert (signer["network_mode"], signer["env_file"]) == ("none", [])
    assert set(signer["environment"]) == {"OVERSIGHT_DATA_DIR", "OVERSIGHT_SIGNER", "OVERSIGHT_LOG_ORIGIN"}
    mine = {name.split(":")[0] for name in signer["volumes"]}
    others = {name.split(":")[0] for each, one in services().items() if each != "signer" for name in one["volumes"]}
    assert mine & others == {"socket"}
    for service in ("web", "worker", "beat"):
        assert services()[service]["environment"]["OVERSIGHT_SIGNER"] == signer["environment"]["OVERSIGHT_SIGNER"]


def test_nothing_is_published_beyond_the_machine() -> None:
    ports = [port for one in services().values() for port in one.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_web_serves_the_application_that_exists() -> None:
    command = words("web")
    assert command[0] == "uvicorn"
    module, _, name = command[1].partition(":")
    assert importlib.util.find_spec(module) is not None
    assert name == "application"
    assert command[2:] == [
        "--host",
        "0.0.0.0",
        "--port",
        "8000",
        "--ws",
        "websockets-sansio",
        "--ws-per-message-deflate",
        "false",
    ]


@pytest.mark.parametrize("service", ["worker", "beat"])
def test_worker_and_beat_use_the_application_that_exists(service: str) -> None:
    command = words(service)
    assert command[:4] == ["celery", "-A", "oversight", service]
    assert importlib.util.find_spec("oversight.celery") is not None


def test_the_set_up_runs_commands_that_exist() -> None:
    command = words("migrate")
    named = [command[at + 2] for at, word in enumerate(command) if word == "python" and command[at + 1] == "manage.py"]
    assert named[0] == "migrate"
    assert set(named) <= set(get_commands())
    for service in ("web", "worker", "beat"):
        assert services()[service]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_ours_are_built_from_the_image_in_deploy() -> None:
    assert {services()[name]["build"]["dockerfile"] for name in OURS} == {"deploy/Dockerfile"}
    copied = [
        line.split()[1:-1]
        for line in text("deploy/Dockerfile").splitlines()
        if line.startswith("COPY ") and "--from" not in line
    ]
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
