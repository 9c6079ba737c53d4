"""Where the list of the decisions is that some filters let through. It must not ask the database."""

from urllib.parse import urlencode

LIST = "/decisions/"


def decisions_where(**filters: str) -> str:
    """The address of that list; names as `decisions.lists` knows them, with `from_` for `from`. Empty values are left out."""
    given = {name.rstrip("_"): value for name, value in filters.items() if value}
    return f"{LIST}?{urlencode(given)}"
