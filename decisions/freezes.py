"""The freezes in force, and the red bar that says so on every page. It must not write."""

from typing import Any

from django.template.loader import render_to_string

from decisions import register
from decisions.models import Agent, Freeze
from decisions.models.prepared import Prepared
from decisions.vocab import FreezeScope

Epochs = tuple[int, ...]
"""The seqs of the freezes in force, oldest first: two moments with the same are stopped alike."""
_IN_FORCE = Prepared(lambda: Freeze.objects.filter(lifted_at__isnull=True).order_by("seq"))


def in_force() -> list[Freeze]:
    """The freezes that nobody has lifted, oldest first."""
    return _IN_FORCE.all()


def epochs() -> Epochs:
    return tuple(freeze.seq for freeze in in_force())


def words(freeze: Freeze) -> str:
    """What a freeze stops, in words."""
    match freeze.scope:
        case FreezeScope.EVERYTHING:
            return "All agents"
        case FreezeScope.ENVIRONMENT:
            return f"Agents in {freeze.value}"
        case FreezeScope.SERVICE:
            return f"Agents on {freeze.value}"
        case _:
            agent = Agent.objects.filter(id=freeze.value).first()
            return f"Agent {agent.slug if agent else freeze.value}"


def bar() -> list[dict[str, Any]]:
    """What every page's bar says of the freezes in force."""
    listed = in_force()
    names = register.names({freeze.set_by for freeze in listed if freeze.set_by})
    return [
        {
            "seq": freeze.seq,
            "words": words(freeze),
            "mode": freeze.mode,
            "by": names.get(freeze.set_by, "a person") if freeze.set_by else "Oversight",
            "at": freeze.set_at,
        }
        for freeze in listed
    ]


def drawn() -> tuple[Epochs, str]:
    """The bar for pages that are open already, and the freezes that it speaks of: no text where there is none."""
    told = bar()
    return tuple(stop["seq"] for stop in told), render_to_string("_stop_bar.html", {"stops": told}).strip()
