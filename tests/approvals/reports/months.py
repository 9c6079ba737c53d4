"""Four months that a report must look well in: nothing, one decision, a full month, and more than any page can show."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import yaml

from approvals.reports.dataset import report_of
from approvals.reports.facts import (
    ActualLoss,
    Ask,
    DecisionFact,
    Duty,
    Earlier,
    Facts,
    FreezeFact,
    IncidentFact,
    Limits,
    PeopleRate,
    RestoreTest,
    Stop,
)
from approvals.reports.generator import generator
from tests.approvals.reports.factory import END, MIDDLE, action, beyond, facts, failure, month, proposal, steady_year
from tests.contracts.tree import ROOT

NAMES = (
    "Wilhelmina Featherstonehaugh of Somewhere-upon-the-Water",
    "藤原 行成",
    "عبد الرحمن بن خلدون",
    "Zoë 🚀🚀 O'Neill",
    "Mira Tan",
    "Đặng Thị Ngọc Hân",
)
NOTE = (
    "oversight.example/acme/ledger1\n4211\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— oversight.example/acme/ledger1 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
LONG = "A very long title of what happened to a service with a very long name, and then what happened after it"


def duties() -> tuple[Duty, ...]:
    """Those of the example, which nobody has reviewed."""
    rows = yaml.safe_load((ROOT / "examples" / "duties.yaml").read_text())["duties"]
    return tuple(Duty(**row | {"starts_on": str(row.get("starts_on", ""))}) for row in rows)


def full() -> list[DecisionFact]:
    """A year of proposals and of acts alone, with failures, harm and what could not be undone."""
    made = steady_year(60, 9)
    kinds = ("restart", "rollback", "scale_workload", "delete_resource", "patch_config", "cleanup_storage")
    for back in range(12):
        for n in range(90 - 3 * back):
            what: dict[str, Any] = {"kind": kinds[n % 6], "tier": n % 4, "agent": f"agent-{n % 5}"}
            what |= {"owner_id": f"u{n % 4}", "owner_name": ("Mira Tan", "Ole Berg", "Ana Silva", "Dana Okafor")[n % 4]}
            what |= {"service": ("checkout", "search", "billing", "mail")[n % 4], "id": f"f{back}-{n}"}
            at = month(back, 1 + n % 28)
            if n % 23 == 5:
                made.append(failure(at, cause="agent_error", effect="harmed", **what))
            elif n % 17 == 3:
                made.append(failure(at, **what))
            elif n % 29 == 7:
                made.append(beyond(at, **what))
            else:
                made.append(action(at, reversible=n % 11 != 0, **what))
    made += [proposal("approve", MIDDLE, seconds, id=f"p{seconds}") for seconds in (4, 8, 45, 200, 700, 2000, 4000)]
    made += [proposal("", MIDDLE, id=f"t{n}") for n in range(4)]
    return made


def full_facts() -> Facts:
    return facts(
        full(),
        ledger_began=END - timedelta(days=400),
        duties=duties(),
        policy_board_approved_at=END - timedelta(days=200),
        people=tuple(PeopleRate(f"2026-{number:02d}", "restart", 60, 3) for number in range(1, 11)),
        freezes=(FreezeFact(MIDDLE, MIDDLE + timedelta(hours=2), "agent agent-3"),),
        refused_attempts=(MIDDLE, MIDDLE, month(2)),
        stops=(Stop(MIDDLE, 41.0), Stop(month(1), 52.0), Stop(month(4), 38.0)),
        incidents=(
            IncidentFact("Search answered from an old index", MIDDLE, 2, harmful=True, accountable="Mira Tan"),
            IncidentFact("Mail was sent twice", month(0), 3, harmful=True, accountable="Ole Berg", restored_at=END),
        ),
        restores=tuple(RestoreTest(name, month(1), 4 * 10**11, 39 * 10**10) for name in ("checkout", "search")),
        actual_losses=(ActualLoss(MIDDLE, Decimal("1840.00"), "EUR", what="Vouchers for guests"),),
        asks=(Ask("Approve", "Level 2 for the deletion of resources.", "Chief Operating Officer", "12 November"),),
    )


def crowded() -> list[DecisionFact]:
    """More of everything than any page shows, with long words and letters that few fonts have."""
    made = steady_year(12, 3)
    for k in range(60):
        name = f"{NAMES[k % 6]} {k % 18}"
        made.append(
            beyond(
                MIDDLE + timedelta(minutes=k),
                id=f"c{k}",
                reversible=k % 2 == 0,
                title=f"Clean up storage of persistentvolumeclaim/仓库-{k % 30:04d} on a-very-long-service-name",
                service=f"a-very-long-service-name-{k}",
                tier=[0, 1, 2, 3, None][k % 5],
                kind=f"a_rather_long_kind_of_action_{k % 40}",
                agent=f"an-agent-with-a-long-name-{k % 16}",
                owner_id=f"u{k % 18}",
                owner_name=name,
                state="failed",
                outcome=["failed", "partial", "unknown"][k % 3],
                sign_off="refused",
                effect=["harmed", "helped", "no_effect", "unknown", "prevented_harm"][k % 5],
                cause=["vendor_defect", "agent_error", "oversight_failure", "policy_gap", "bad_data", "environment"][
                    k % 6
                ],
                replayed=True,
            )
        )
    made += [
        proposal("approve", MIDDLE, 5 * k, id=f"v{k}", decided_by=f"r{k}", decided_by_name=f"{NAMES[k % 6]} {k}")
        for k in range(20)
    ]
    return made


def crowded_facts(**over: Any) -> Facts:
    asked = "Lower the autonomy of storage actions from level 3 to level 2 until restore tests pass; costs 40 reviewer hours a month."
    figures = {id_: {"text": "1.0%", "value": "1.0000"} for id_ in ("M1", "M2", "M3", "M4", "M7")}
    known: dict[str, Any] = {
        "as_of": END + timedelta(hours=5),
        "asks": tuple(Ask("Approve", asked, "Chief Operating Officer", "12 November") for _ in range(3)),
        "freezes": tuple(FreezeFact(MIDDLE, None, "every agent on every service of tier 0") for _ in range(12)),
        "policy_activated_at": MIDDLE,
        "policy_activated_by": NAMES[0],
        "limits": Limits(),
        "incidents": tuple(
            IncidentFact(
                LONG,
                MIDDLE,
                1 + k % 5,
                harmful=True,
                accountable=f"{NAMES[k % 6]} {k}",
                report_due=END,
                reported_at=END + timedelta(hours=k) if k % 2 else None,
            )
            for k in range(12)
        ),
        "duties": (
            *duties(),
            Duty(LONG, LONG, "M1, " + LONG, "yes", LONG, decided_by=NAMES[0], decided_on="2026-10-02"),
        ),
        "stops": tuple(Stop(month(k % 4), None if k % 5 == 0 else 40.0 + k) for k in range(12)),
        "restores": tuple(
            RestoreTest(f"a-very-long-service-name-{k}", month(k % 5), 10**k, 10**k // 2) for k in range(16)
        ),
        "actual_losses": tuple(
            ActualLoss(
                month(k % 6), Decimal(10**k), "EUR", what="Vouchers for guests who could not get to their rooms at all"
            )
            for k in range(12)
        ),
        "earlier": tuple(
            Earlier(f"2026-{number:02d}", f"2026-{number:02d}.1", 1, 3000 + number, figures, late=3, judged=2, erased=1)
            for number in range(6, 11)
        ),
    }
    return facts(crowded(), **known | over)


FACTS = {
    "empty": facts,
    "one": lambda: facts([action()]),
    "full": full_facts,
    "crowded": crowded_facts,
}


def report(name: str) -> dict[str, Any]:
    """The report of one of the four."""
    return report_of(FACTS[name](), generator())
