"""Every form of the templates is one that a browser sends by itself: what scripts do with it, they do beside that."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
FORM = re.compile(r"<form\b(?P<attributes>(?:[^>{]|\{%.*?%\}|\{\{.*?\}\})*)>(?P<body>.*?)</form>", re.DOTALL)
ATTRIBUTE = re.compile(r'\b(?P<name>[\w-]+)="(?P<value>[^"]*)"')
DRAWING = 'id="toolbar"'
"""The one that sends nothing: it chooses how the lanes are drawn, which scripts do. The page names the list beside it."""
FORMS = [
    (path, found)
    for path in sorted(TEMPLATES.rglob("*.html"))
    for found in FORM.finditer(path.read_text())
    if DRAWING not in found["attributes"]
]


def faults(attributes: dict[str, str], body: str) -> list[str]:
    """What would keep a browser without scripts from sending the form."""
    found = []
    if "hx-post" in attributes and attributes["hx-post"] != attributes.get("action"):
        found.append("scripts send it elsewhere than a browser does")
    if not re.search(r"<(button|input)\b[^>]*type=\"submit\"", re.sub(r"\s+", " ", body)) and "{% include" not in body:
        found.append("nothing in it sends it")
    if attributes.get("method") == "post" and "{% csrf_token %}" not in body:
        found.append("it carries no token")
    return found


def test_there_are_forms() -> None:
    assert len(FORMS) > 60


@pytest.mark.parametrize(("path", "form"), FORMS, ids=[f"{path.name}-{at}" for at, (path, _) in enumerate(FORMS)])
def test_a_browser_sends_it_by_itself(path: Path, form: "re.Match[str]") -> None:
    attributes = {found["name"]: found["value"] for found in ATTRIBUTE.finditer(form["attributes"])}
    assert faults(attributes, form["body"]) == []


@pytest.mark.parametrize(
    ("attributes", "body", "fault"),
    [
        ({"method": "get", "hx-post": "/b/", "action": "/a/"}, '<button type="submit">', "scripts send it elsewhere"),
        ({"method": "get"}, '<button type="button">', "nothing in it sends it"),
        ({"method": "post"}, '<button type="submit">', "it carries no token"),
    ],
)
def test_a_form_that_needs_scripts_is_found(attributes: dict[str, str], body: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(attributes, body))
