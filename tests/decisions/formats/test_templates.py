"""What our pages and files tell people to paste is what our mappings read. It must not know the systems themselves."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from decisions.intake.formats import mapping
from tests.contracts.tree import text
from tests.decisions.formats.fixtures import FOLDER, answer, refused

TOLD = ("argo", "datadog", "dynatrace")
"""Systems that send what a template of ours says."""
FILES = ("deploy/argocd-notifications.yaml", "deploy/argo-rollouts-notifications.yaml")


def argo_templates() -> list[Any]:
    bodies = []
    for path in FILES:
        data = yaml.safe_load(text(path))["data"]
        for name, value in data.items():
            if name.startswith("template."):
                bodies.append(yaml.safe_load(value)["webhook"]["oversight"]["body"])
            if name.startswith("service.webhook."):
                assert "https://oversight.example/hooks/argo" in value
    # Go puts a value of JSON wherever it finds braces; a list is made by a loop around them.
    looped = [re.sub(r"\[\{\{ range.*?\{\{ end \}\}\]", "[null]", body, flags=re.DOTALL) for body in bodies]
    return [json.loads(re.sub(r"\{\{.*?\}\}", "null", body)) for body in looped]


def templates(system: str) -> list[Any]:
    if system == "argo":
        return argo_templates()
    (block,) = re.findall(r"```(?:json|text)\n(\{.*?\})\n```", text(f"docs/intake/{system}.md"), re.DOTALL)
    return [json.loads(re.sub(r": \{(\w+)\}", r': "{\1}"', block))]


def places(value: Any, where: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, f"{where}/{name}")
    else:
        yield where


def read_by(system: str) -> set[str]:
    """The members of a body that the mapping looks at, the names of `let` written out."""
    document = mapping(system).document
    written = json.dumps([document.let, document.fields, [[rule.when, rule.fields] for rule in document.rules]])
    names = {name: place for name, place in document.let.items() if isinstance(place, str)}
    found = re.findall(r'"(\$?[\w/~.-]*/[\w/~.-]+|\$\w+)"', written)
    whole = [
        names.get(place[1:].partition("/")[0], "") + place[1 + len(place[1:].partition("/")[0]) :]
        if place.startswith("$")
        else place
        for place in found
    ]
    return {place for place in whole if place.startswith("/") and place != "/"}


@pytest.mark.parametrize("system", TOLD)
def test_what_is_read_is_what_the_template_sends(system: str):
    sent = {place for body in templates(system) for place in places(body)}
    unsent = {
        place for place in read_by(system) if not any(place == one or place.startswith(f"{one}/") or one.startswith(f"{place}/") for one in sent)
    }  # fmt: skip
    assert len(read_by(system)) >= 12
    assert unsent == set()


@pytest.mark.parametrize("system", TOLD)
def test_what_the_template_sends_is_what_the_fixtures_hold(system: str):
    sent = [set(body) for body in templates(system)]
    for path in (FOLDER / system).glob("written-*.json"):
        assert set(json.loads(path.read_bytes())) in sent, path


@pytest.mark.parametrize("system", TOLD)
def test_a_template_sent_unfilled_is_no_reading(system: str):
    """Somebody tries the webhook before its variables mean anything."""
    for body in templates(system):
        assert refused(answer(system, {}, json.dumps(body).encode()))


@pytest.mark.parametrize("path", FILES)
def test_the_files_are_configuration_of_kubernetes(path: str):
    document = yaml.safe_load(text(path))
    assert (document["apiVersion"], document["kind"]) == ("v1", "ConfigMap")
    assert all(isinstance(value, str) for value in document["data"].values())
