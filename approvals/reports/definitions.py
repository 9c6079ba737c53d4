"""What each measure means, in words printed in every report. It must not hold a number that policy may change."""

from collections.abc import Mapping
from types import MappingProxyType

DEFINITIONS = (
    ("Action", "A decision of an agent that had an effect on a live system, counted in the period (UTC) in which the effect began. Read-only steps and attempts that did not run are left out."),
    ("Named owner", "Actions with a named owner when received, and at the first effect either a person's approval or a mandate, signed and in force by then, that covers agent, service, kind and level, ÷ all actions."),
    ("Beyond permitted autonomy", "Actions whose level used is above the level that the policy ruled when they were received."),
    ("Decided by a person first", "High-risk or irreversible actions that a person approved before the first effect ÷ all such actions."),
    ("Proposals refused", "Vetoed ÷ approved and vetoed, of proposals, by the time of the verdict; timeouts and vetoes of what nobody had proposed apart. Limits: p-chart, three sigma, fixed on nine months."),
    ("Planted faults caught", "Planted faulty proposals refused ÷ planted and decided, last 90 days; Wilson 95% interval."),
    ("Safe stop", "From the order to the safe state, of drills and of real stops: these are safe when every lease in their scope that was live at the order is over; the slowest of the period, from twenty on the 95th percentile."),
    ("Failed change", "Actions that failed in whole or part, were judged harmful, or were reverted, ordered to be, or named by an incident that began, within 72 hours of their end ÷ all actions; Wilson 95% interval below 1,000. People's rate is of the same kinds of action over twelve months, weighted as agents did them."),
    ("Error budget left", "1 less harmful ÷ (allowed share of actions). Harmful: judged so by a person, reverted or ordered to be, or named by a harmful incident."),
    ("1-in-20-year loss", "95th percentile of a year's simulated loss; a model, not a forecast."),
    ("Replayed", "Decisions that an auditor rebuilt from the ledger ÷ drawn; exact one-sided 95% bound."),
    ("Complete logs", "Unbroken days of verified ledger to the end of the period, or to the newest entry while it runs."),
    ("Status", "Watch: inside the limit, but in the last quarter of the way to it or with an interval across it. Too few: the sample cannot tell."),
    ("Trend", "Control-chart rules on twelve months: one point beyond three sigma, two of three beyond two, six rising or falling, eight on one side. Fewer than eight months: too short."),
)  # fmt: skip

STATUS_RULES = (
    ("Within limit", "The value keeps the limit, and is not on watch."),
    ("Watch", "The value keeps the limit, but is in the last quarter of the way to it, or its interval crosses it."),
    ("Outside limit", "The value breaks the limit."),
    ("Too few", "There are so few that the sample can say nothing either way."),
    (
        "No data",
        "Nothing is on record that it could be computed from. It is never nought and never a hundred per cent.",
    ),
)

DEFINED: Mapping[str, str] = MappingProxyType(
    {
        f"M{number}": dict(DEFINITIONS)[term]
        for number, term in enumerate(
            (
                "Named owner",
                "Beyond permitted autonomy",
                "Decided by a person first",
                "Proposals refused",
                "Planted faults caught",
                "Safe stop",
                "Failed change",
                "Error budget left",
                "1-in-20-year loss",
                "Replayed",
                "Complete logs",
            ),
            1,
        )
    }
)
"""What each measure is, by its number."""

LIMITS_OF_THIS_REPORT = (
    "An outcome is the agent's claim until evidence confirms it.",
    "Sources send no sign of life yet, so a day without entries cannot be told from a day without a source.",
    "What stands in the board registers is what people recorded there; only the decisions are recorded by the machines themselves.",
)
