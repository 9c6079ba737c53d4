"""Where the list of the decisions is that some filters let through. It must not ask the database."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse


def decisions_where(filters: Mapping[str, str]) -> str:
    """The address of that list, by the filters of `decisions.lists`; empty values are left out."""
    given = {name: value for name, value in filters.items() if value}
    listed = reverse("approvals:decisions")
    return f"{listed}?{urlencode(given)}" if given else listed
