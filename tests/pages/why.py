"""What tests of a decision's page share: its parts in words, and an act that was undone. It must not assert what the page is for."""

import re
from typing import Any

from django.test import Client

from approvals.actions.answer_revert import finish_revert
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.conftest import Clock


def shown(client: Client, row: Decision) -> str:
    return client.get(f"/decisions/{row.id}/").content.decode()


def head(page: str) -> str:
    """The words between the title and the action."""
    header = page.partition("</h1>")[2].partition("</header>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", header).split())


def section(page: str, id_: str) -> str:
    part = page.partition(f'id="{id_}"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def headings(page: str) -> list[str]:
    found = re.findall(r"<h2[^>]*>(.*?)</h2>", page.partition('id="dec"')[2], flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in found]


def undone(agent: Agent, people: tuple[Person, Person], clock: Clock, seconds: float, **over: Any) -> Decision:
    """One that was done, vetoed, and said to be undone after so long."""
    row = factories.propose(agent, action=factories.action(**over))
    factories.approve(row, people[0])
    row = factories.finish(factories.claim(row, key=f"c-{row.seq}"))
    factories.veto(row, people[1])
    clock.advance(seconds=seconds)
    return finish_revert(
        row.id, succeeded=True, said={}, key=f"r-{row.seq}", fencing=row.lease_seq or 0, agent=agent.id
    )
