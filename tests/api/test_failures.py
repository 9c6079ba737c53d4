"""What a request is told that fails before any view can answer for it."""

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from decisions.models import Person
from tests.api.conftest import Api, problem

VERDICTS = "/api/v1/decisions/00000000-0000-7000-8000-000000000000/verdicts"


def raising(error: Exception) -> Any:
    def load(*_: Any) -> Any:
        raise error

    return load


@pytest.mark.parametrize(
    ("error", "status", "slug"), [(OperationalError("gone"), 503, "not-stored"), (RuntimeError("ours"), 500, "fault")]
)
def test_a_session_that_cannot_be_read(
    api: Api, responder: Person, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, slug: str
) -> None:
    person = api.as_person(responder)
    monkeypatch.setattr(SessionStore, "load", raising(error))
    answer = person.command(VERDICTS, {"verdict": "veto", "reason": ""})
    assert problem(answer, status, slug)["instance"].startswith("urn:uuid:")
    assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    page = person.get("/stop/")
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "not completed" in page.text
    assert f">{status}<" in page.text
