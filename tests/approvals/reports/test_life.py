"""The life of a report: attested page by page, signed by another person, numbered, and never changed again."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from approvals import tasks
from approvals.actions.attest_report import attest_report
from approvals.actions.change_register import change_register
from approvals.actions.issue_report import issue_report
from approvals.actions.legal_hold import lift_legal_hold, set_legal_hold
from approvals.actions.request_report import request_report
from approvals.models import Attestation, Report, ReportBuild
from approvals.organisation import Organisation
from approvals.periods import Period
from approvals.reports import files
from approvals.vocab import REPORT_PAGES
from decisions import ledger
from decisions.errors import Problem
from decisions.models import Person
from decisions.rebuild import rebuild
from decisions.vocab import Kind, LegalHoldScope
from tests import factories
from tests.conftest import Clock
from tests.reports import edition, place

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def say(row: Report, by: Person, page: int, *, attests: bool = True, comment: str = "", version: int = 0) -> Report:
    seen = version or Report.objects.get(id=row.id).version
    return attest_report(row.id, page=page, attests=attests, comment=comment, version=seen, actor=by.id)


def attested(row: Report, by: Person) -> Report:
    for page in REPORT_PAGES:
        row = say(row, by, page)
    return row


def issued(row: Report, manager: Person, executive: Person, reason: str = "") -> Report:
    row = attested(row, manager)
    return issue_report(row.id, reason=reason, version=row.version, actor=executive.id)


def refused(act: Callable[[], object], status: int, slug: str) -> None:
    before = Report.objects.order_by("seq").values_list("state", "version", "number")
    was = list(before)
    with pytest.raises(Problem) as caught:
        act()
    assert (caught.value.status, caught.value.slug) == (status, slug)
    assert list(before.all()) == was


def test_each_page_is_attested_then_another_person_signs(manager: Person, executive: Person) -> None:
    row = edition()
    for page in REPORT_PAGES:
        assert row.state == "draft"
        row = say(row, manager, page)
    assert (row.state, row.version) == ("attested", 7)
    row = issue_report(row.id, reason="", version=7, actor=executive.id)
    assert (row.state, row.number, row.issued_by, row.supersedes) == ("issued", 1, executive.id, None)
    entry = ledger.entry(row.issued_seq or 0)
    assert entry is not None
    assert entry[0].kind is Kind.REPORT_ISSUED
    assert entry[0].facts["files"]["pdf"]["sha256"] == row.files["pdf"]["sha256"]
    assert rebuild(check=True).differences == ()


def test_an_objection_opens_the_page_again_and_says_why(manager: Person, organisation: factories.Register) -> None:
    row = attested(edition(), manager)
    other = organisation.people["david"]
    refused(lambda: say(row, other, 3, attests=False, comment="Too short"), 400, "reason-needed")
    row = say(row, other, 3, attests=False, comment="Two verdicts are missing.")
    assert row.state == "draft"
    assert Attestation.objects.get(attests=False).comment == "Two verdicts are missing."
    assert say(row, manager, 3).state == "attested", "the last word on a page counts"
    assert rebuild(check=True).differences == ()


def test_who_may(manager: Person, executive: Person, organisation: factories.Register) -> None:
    row = edition()
    for name in ("ines", "samuel", "yuki", "noor", "helena"):
        refused(lambda name=name: say(row, organisation.people[name], 1), 403, "role")  # type: ignore[misc]
    row = attested(row, manager)
    for name in ("ines", "samuel", "yuki", "noor", "david"):
        person = organisation.people[name]
        refused(lambda p=person: issue_report(row.id, reason="", version=7, actor=p.id), 403, "role")  # type: ignore[misc]


def test_nobody_signs_what_they_attested(manager: Person, executive: Person) -> None:
    both = factories.person("marta", "manager", "executive")
    change_register(Organisation(people=[both]), actor=None)
    row = attested(edition(), manager)
    refused(lambda: issue_report(row.id, reason="", version=row.version, actor=manager.id), 403, "self-approval")
    assert issue_report(row.id, reason="", version=row.version, actor=executive.id).state == "issued"


def test_what_is_not_ready(manager: Person, executive: Person) -> None:
    early = edition(as_of=Period.read("2026-10").matures - timedelta(microseconds=1))
    refused(lambda: say(early, manager, 1), 409, "report-immature")
    row = edition(n=2)
    refused(lambda: say(early, manager, 1), 409, "report-replaced")
    refused(lambda: issue_report(row.id, reason="", version=1, actor=executive.id), 409, "report-not-attested")
    refused(lambda: say(row, manager, 1, version=2), 412, "stale-view")
    refused(lambda: say(row, manager, 7), 400, "bad-request")
    refused(
        lambda: attest_report(uuid.uuid4(), page=1, attests=True, comment="", version=1, actor=manager.id),
        404,
        "not-found",
    )
    done = issued(row, manager, executive)
    refused(lambda: say(done, manager, 1), 409, "report-issued")
    refused(lambda: issue_report(done.id, reason="", version=done.version, actor=executive.id), 409, "report-issued")


def test_a_later_edition_takes_the_place_and_says_why(manager: Person, executive: Person) -> None:
    first = issued(edition(), manager, executive)
    second = attested(edition(n=2), manager)
    refused(
        lambda: issue_report(second.id, reason=" ", version=second.version, actor=executive.id), 400, "reason-needed"
    )
    second = issue_report(second.id, reason="A verdict came late.", version=second.version, actor=executive.id)
    first.refresh_from_db()
    assert (second.number, second.supersedes, first.superseded_by) == (2, first.id, second.id)
    other = issued(edition(scope="service:geo"), manager, executive)
    assert (other.number, other.supersedes) == (3, None), "a part of the company supersedes only its own"
    assert rebuild(check=True).differences == ()


@pytest.mark.parametrize(
    ("period", "key"),
    [
        ("2026-10", "2026-10"),
        ("2026-10-01..2026-10-31", "2026-10"),
        ("2026-10-05..2026-11-01", "2026-10-05..2026-11-01"),
        ("2026-10-05..2026-10-05", "2026-10-05..2026-10-05"),
    ],
)
def test_a_report_is_asked_for(period: str, key: str, manager: Person) -> None:
    build = request_report(period, actor=manager.id)
    assert build.period == key
    assert request_report(period, actor=manager.id).id == build.id, "one at a time"
    assert request_report(period, scope="service:geo", actor=manager.id).id != build.id


@pytest.mark.parametrize(
    ("period", "scope"),
    [
        ("2026-13", ""),
        ("2026-12", ""),
        ("2026-10-31..2026-10-01", ""),
        ("2026-02-30..2026-03-01", ""),
        ("2024-10-01..2026-10-31", ""),
        ("2026-10-01/2026-10-02x", ""),
        ("", ""),
        ("2026-10", "service:nowhere"),
        ("2026-10", "team:"),
        ("2026-10", "agent:remediator"),
    ],
)
def test_what_no_report_can_be_built_of(period: str, scope: str, manager: Person) -> None:
    refused(lambda: request_report(period, scope=scope, actor=manager.id), 400, "bad-period")
    assert not ReportBuild.objects.exists()


def test_the_schedule_builds_a_draft_and_then_the_final_edition_once(clock: Clock) -> None:
    clock.set(Period.read("2026-11").end + timedelta(minutes=15))
    tasks.build_due()
    tasks.build_due()
    build = ReportBuild.objects.get()
    assert build.period == "2026-11"
    edition(build.id, period="2026-11", as_of=clock.now())
    build.delete()
    clock.advance(hours=50)
    tasks.build_due()
    assert not ReportBuild.objects.exists(), "nothing is due between the draft and the day on which it is mature"
    clock.set(Period.read("2026-11").matures)
    tasks.build_due()
    final = ReportBuild.objects.get()
    edition(final.id, period="2026-11", n=2)
    final.delete()
    tasks.build_due()
    assert not ReportBuild.objects.exists()


def test_the_schedule_tries_again_but_not_all_the_time(clock: Clock) -> None:
    tasks.build_due()
    ReportBuild.objects.update(state="failed")
    tasks.build_due()
    assert ReportBuild.objects.count() == 1
    clock.advance(hours=7)
    tasks.build_due()
    assert ReportBuild.objects.count() == 2


def test_files_stay_as_long_as_they_are_of_use(manager: Person, executive: Person, clock: Clock) -> None:
    old, new = edition(), edition(n=2)
    signed = issued(edition(period="2026-09"), manager, executive)
    for row in (old, new, signed):
        place(row.id)
    clock.advance(days=files.DRAFTS_KEPT.days + 1)
    hold = set_legal_hold(scope=LegalHoldScope.EVERYTHING, value="", reason="A court asks.", actor=executive.id)
    assert files.remove_old(clock.now()) == 0
    lift_legal_hold(hold.id, reason="The court has closed it.", actor=executive.id)
    assert files.remove_old(clock.now()) == 1
    assert [files.folder(row.id).exists() for row in (old, new, signed)] == [False, True, True]
    clock.advance(days=files.issued_kept().days + 1)
    assert files.remove_old(clock.now()) == 1
    assert [files.folder(row.id).exists() for row in (new, signed)] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_sign_at_once_one_does(manager: Person, executive: Person) -> None:
    row = attested(edition(), manager)

    def sign(_: int) -> str:
        try:
            issue_report(row.id, reason="", version=row.version, actor=executive.id)
        except Problem as problem:
            return problem.slug
        finally:
            connection.close()
        return "signed"

    with ThreadPoolExecutor(8) as pool:
        said = sorted(pool.map(sign, range(8)))
    assert said == ["signed", *["stale-view"] * 7]
    assert list(Report.objects.values_list("number", flat=True)) == [1]
