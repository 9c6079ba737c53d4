"""The API is asked what its own document says, and what it forbids: no answer is a fault, none is undocumented.

The default run is a sample; the full counts are marked `deep`.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from decisions.models import Agent, Alarm, Person
from tests import factories
from tests.api.conftest import Api
from tests.api.test_document import OF_REGISTERS, OPERATIONS

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SAMPLE, FULL = 1, 200

# The strategies of schemathesis draw from the random module themselves.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")


@pytest.fixture
def schema(api: Api) -> Any:
    loaded = schemathesis.openapi.from_dict(api.get("/api/schema/").json())
    loaded.app = api.loop.application
    return loaded


@pytest.fixture
def there(api: Api, agent: Agent) -> dict[str, dict[str, Any]]:
    """Path parameters that lead to something: an open hold, an act, an alarm."""
    factories.send(agent, factories.event(decision="acted", action=factories.action(service="orphan")))
    held, acted = factories.propose(agent), factories.decision(agent, "acted")
    return {
        "giveVerdict": {"decision_id": str(held.id)},
        "signOff": {"decision_id": str(acted.id)},
        "acknowledgeAlarm": {"seq": Alarm.objects.get().seq},
        "clearAlarm": {"seq": Alarm.objects.get().seq},
        "getReportFile": {"report_id": str(uuid.uuid4()), "extension": "pdf"},
        "getProblemType": {"slug": "stale-view"},
    }


def callers(api: Api, agent: Agent, person: Person) -> Iterator[dict[str, str]]:
    yield api.as_agent(agent).headers
    yield api.as_person(person).headers
    yield {}


def fuzz(
    operation: Any, mode: GenerationMode, headers: dict[str, str], path: dict[str, Any] | None, examples: int
) -> None:
    given_path = {"path_parameters": path} if path else {}

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, **given_path))
    def ask(case: Any) -> None:
        case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "cookie"}
        case.cookies = {}
        # A wait that is well formed is waited for, to its end.
        case.query = {
            name: 0 if name == "wait" and str(value).isdigit() else value for name, value in case.query.items()
        }
        answer = case.call(base_url="http://localhost", headers=headers)
        case.validate_response(answer, checks=CHECKS)

    ask()


def takes_anything(operation: Any) -> bool:
    """Whether the operation can be asked wrongly at all: it takes something, and that is not just any text."""
    raw = operation.definition.raw
    return raw["operationId"] != "getProblemType" and (bool(raw["parameters"]) or "requestBody" in raw)


def every_operation(schema: Any, there: dict[str, Any], who: Iterator[dict[str, str]], *, examples: int) -> None:
    found = {result.ok().definition.raw["operationId"]: result.ok() for result in schema.get_all_operations()}
    assert set(found) == set(OPERATIONS | OF_REGISTERS)
    for number, headers in enumerate(who):
        for id_, operation in found.items():
            for mode in MODES if number < 2 else MODES[:1]:
                if mode is GenerationMode.NEGATIVE and not takes_anything(operation):
                    continue
                path = there.get(id_) if mode is GenerationMode.POSITIVE else None
                fuzz(operation, mode, headers, path, examples)


def test_a_sample_finds_no_fault(
    api: Api, agent: Agent, manager: Person, schema: Any, there: dict[str, dict[str, Any]]
) -> None:
    every_operation(schema, there, callers(api, agent, manager), examples=SAMPLE)


@pytest.mark.deep
def test_the_full_count_finds_no_fault(
    api: Api, agent: Agent, manager: Person, schema: Any, there: dict[str, dict[str, Any]]
) -> None:
    every_operation(schema, there, callers(api, agent, manager), examples=FULL)
