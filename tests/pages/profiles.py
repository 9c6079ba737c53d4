"""What tests of profiles share: the words of a page, the lists that its numbers lead to, and acts to count. It must not assert what a page is for."""

import html
import re
from datetime import timedelta
from typing import Any

from django.test import Client

from decisions.models import Agent
from tests import factories
from tests.conftest import Clock
from tests.factories import Json

FAILED: Json = {"outcome": {"status": "failed"}}
WORKED: Json = {"outcome": {"status": "succeeded"}}


def words(answer: Any) -> str:
    """What a reader sees of a page, its spaces made one."""
    assert answer.status_code == 200, answer.status_code
    body = re.sub(r"<(script|svg|title).*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    text = " ".join(re.sub(r"<[^>]+>", " ", body).split())
    return html.unescape(re.sub(r" ([,.])", r"\1", text))


def links(answer: Any) -> list[str]:
    """Where the numbers of a page lead."""
    return [html.unescape(one) for one in re.findall(r'href="(/decisions/\?[^"]*)"', answer.content.decode())]


def listed(client: Client, address: str) -> int:
    """How many decisions the list at `address` holds, on all its pages."""
    found, at = 0, address
    while at:
        page = client.get(at)
        assert page.status_code == 200, at
        body = page.content.decode()
        found += body.count('<article class="row')
        older = re.search(r'href="([^"]*)">Older', body)
        at = html.unescape(older[1]) if older else ""
    return found


def told(agent: Agent, clock: Clock) -> None:
    """Thirteen acts of five weeks, every third day: eleven worked, one failed, of one nobody knows; two were on another service."""
    sent = [
        factories.event(
            decision=f"d-{number}",
            time=(clock.at - timedelta(days=number * 3, minutes=1)).isoformat(),
            action=factories.action(service="geo" if number % 5 == 4 else "search"),
            **(FAILED if number == 2 else {} if number == 3 else WORKED),
        )
        for number in range(13)
    ]
    factories.send(agent, *sent)
