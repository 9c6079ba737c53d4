"""Every sentence of the report, each with the rule that made it and the guard that may forbid it. It must not hold free text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from approvals.intervals import exact_lower
from approvals.periods import MATURITY, day, moment
from approvals.reports import exposure
from approvals.reports.exposure import join
from approvals.reports.facts import Facts
from approvals.reports.measure import NO_DATA, TOO_FEW, Measure, count, money, percent, plural
from approvals.reports.tally import Tally

FEWEST_REPLAYS = 59
"""59 of 59 is the smallest sample that shows 95 % with 95 % confidence."""


@dataclass(frozen=True, slots=True)
class Line:
    rule: str
    text: str


def some(part: int, whole: int) -> str:
    """`none of them`, `all of them` or `7 of them`."""
    return f"{'none' if not part else 'all' if part == whole else count(part)} of them"


def why(facts: Facts, tally: Tally, measures: list[Measure], period: str) -> list[Line]:
    """The lines under the verdict."""
    now, lines = tally.now, []
    if now.actions:
        ends = [f"{count(now.failed)} failed"]
        ends += [f"{count(now.unknown)} ended with an unknown outcome"] if now.unknown else []
        ends += [f"{count(now.not_run)} more were tried and did not run"] if now.not_run else []
        lines.append(
            Line("why.actions", f"Agents carried out {plural(now.actions, 'action')} in {period}: {join(ends)}.")
        )
        approved = now.actions - now.unapproved
        lines.append(Line("why.approved", f"A person approved {some(approved, now.actions)} before they ran."))
    silent = [m.id for m in measures if m.status in (NO_DATA, TOO_FEW)]
    if silent:
        named = f"{'Measure' if len(silent) == 1 else 'Measures'} {join(silent)}"
        named = "None of the eleven measures can" if len(silent) == len(measures) else f"{named} cannot"
        text = f"{named} be judged: the records do not exist or are too few."
        lines.append(Line("why.silent", text))
    if facts.verified:
        held = facts.entries_verified if facts.entries_verified is not None else facts.seq_limit + 1
        lines.append(
            Line(
                "why.ledger",
                f"All {plural(held, 'ledger entry', 'ledger entries')} behind this report were recomputed and held.",
            )
        )
    elif facts.verified is False:
        lines.append(
            Line(
                "why.ledger_broken",
                "The ledger behind this report failed verification; treat every figure as unproven.",
            )
        )
    else:
        lines.append(Line("why.ledger_unchecked", "The ledger was not recomputed for this report."))
    return lines


def not_measured(facts: Facts, measures: list[Measure]) -> list[str]:
    """What this report cannot say anything of, as lines of its limits."""
    silent = [m.id for m in measures if m.status == NO_DATA]
    lines = [f"Not measured: {join(silent)}; why stands beside each on its page."] if silent else []
    if facts.scope.of:
        lines.append(
            "Drills, mandates, limits, people's changes and the ledger are the whole organisation's: no part of it has its own."
        )
    return lines


def notices(facts: Facts, tally: Tally, restatements: Mapping[str, Any]) -> list[Line]:
    """What a reader must know before believing any figure."""
    lines, now = [], tally.now
    if facts.scope.of:
        lines.append(Line("notice.scope", f"Of {facts.scope.name} alone, not of the whole organisation."))
    if now.replayed:
        who = (
            f"All {count(now.actions)}"
            if now.replayed == now.actions
            else f"{count(now.replayed)} of the {count(now.actions)}"
        )
        verb = (
            "is a replayed recording with a shifted time"
            if now.replayed == 1
            else "are replayed recordings with shifted times"
        )
        lines.append(
            Line(
                "notice.replayed",
                f"{who} {plural(now.actions, 'action').split(' ', 1)[1]} {verb}, not live operations.",
            )
        )
    if facts.as_of < facts.period_end + MATURITY:
        text = f"Immature draft: actions may still turn out to have failed until {moment(facts.period_end + MATURITY)}."
        lines.append(Line("notice.immature", text))
    if restatements["rows"]:
        changed = plural(len(restatements["rows"]), "figure of an issued report is", "figures of issued reports are")
        lines.append(Line("notice.restated", f"{changed} restated on page 6."))
    erased = sum(one.erased for one in facts.earlier if one.period == facts.period)
    if erased:
        text = f"Words of {plural(erased, 'decision')} were erased since the edition that was issued before."
        lines.append(Line("notice.erased", text))
    if not facts.limits.starts_on:
        text = "No limits approved by the board are on record; the product's own apply."
        lines.append(Line("notice.limits", text))
    late = [one for one in facts.incidents if one.late(facts.as_of) and one.began_at < facts.period_end]
    if late:
        verb = "was" if len(late) == 1 else "were"
        lines.append(
            Line("notice.late", f"{plural(len(late), 'incident')} {verb} not reported to the authority in time.")
        )
    return lines


def changes(facts: Facts, tally: Tally, measures: list[Measure]) -> list[Line]:
    """At most three things that differ from the period before."""
    found: list[Line] = []
    if (
        facts.policy_activated_at
        and facts.policy_version
        and facts.period_start <= facts.policy_activated_at < facts.period_end
    ):
        by = f", put in force by {facts.policy_activated_by}" if facts.policy_activated_by else ""
        found.append(
            Line("change.policy", f"Policy version {facts.policy_version} since {day(facts.policy_activated_at)}{by}.")
        )
    frozen = sum(1 for f in facts.freezes if tally.window.index(f.at) == 11)
    if frozen:
        found.append(Line("change.freeze", f"Agents were stopped {plural(frozen, 'time')} by a freeze."))
    before = tally.months[10]
    new = sorted(tally.agents - tally.agents_before)
    if new and before.actions:
        found.append(
            Line(
                "change.agents",
                f"{plural(len(new), 'agent')} acted for the first time in twelve {tally.window.unit}s{', among them' if len(new) > 3 else ':'} {join(new[:3])}.",
            )
        )
    for measure in measures:
        last, value = measure.series[10], measure.value
        if measure.id in ("M2", "M3", "M7") and last is not None and value is not None and abs(last - value) >= 0.05:
            write = count if measure.id == "M2" else percent
            text = f"{measure.name}: {write(last)} in {tally.window.name(10)}, {write(value)} in {tally.window.name()}."
            found.append(Line(f"change.{measure.id}", text))
    return found[:3] or [
        Line(
            "change.none",
            "Nothing: same policy, no freeze, no new agent, and no change in M2, M3 or M7 that could be compared.",
        )
    ]


def asks(facts: Facts) -> list[dict[str, str]]:
    return [
        {"rule": "ask.recorded", "verb": ask.verb, "text": ask.text, "owner": ask.owner, "due": ask.due}
        for ask in facts.asks[:3]
    ]


def _who(tally: Tally) -> Line:
    now = tally.now
    if not now.actions:
        return Line("question.who.none", "No action is on record, so nobody had to answer for one.")
    share = percent(100 * now.answered / now.actions)
    carry = f"{share} of {plural(now.actions, 'action')} carry both names or a mandate."
    if now.no_owner:
        text = f"For {plural(now.no_owner, 'action')} nobody: no named owner was on record. {carry}"
        return Line("question.who.gap", text)
    return Line("question.who", f"The named owner at the time, and the person who approved it. {carry}")


def _audit(facts: Facts, tally: Tally) -> Line:
    if facts.verified is False:
        return Line("question.audit.broken", "We cannot: the ledger that holds the decisions failed verification.")
    held = "Each decision is an entry in a tamper-evident ledger"
    held += ", recomputed for this report." if facts.verified else ", not recomputed for this report."
    recent = [r for r in facts.replays if tally.window.index(r.at) == 11 and r.independent]
    drawn, matched = sum(r.drawn for r in recent), sum(r.matched for r in recent)
    if not recent:
        return Line(
            "question.audit.no_replay",
            f"{held} No independent replay is on record, so we cannot yet say that an auditor could rebuild them.",
        )
    if drawn < FEWEST_REPLAYS:
        return Line(
            "question.audit.few",
            f"{held} {recent[0].auditor} replayed {drawn}, too few to say more ({FEWEST_REPLAYS} are needed).",
        )
    bound = 100 * exact_lower(matched, drawn)
    text = f"{held} {recent[0].auditor} replayed {drawn} drawn at random by {recent[0].seed_rule}: {matched} matched (95% confidence: at least {bound:.1f}%)."
    return Line("question.audit", text)


def _known_of_exposure(facts: Facts, tally: Tally) -> str:
    """What can be said of it without a model, in one sentence."""
    now = tally.now
    undone = (
        f"{plural(now.irreversible, 'action')} of the period could not be undone"
        if now.irreversible
        else "No action of the period was known to be irreversible"
    )
    tested = exposure.cover(facts) or f"no restore test of the last {exposure.RESTORE_AGE} days is on record"
    return f"{undone}; {tested}."


def _exposure(facts: Facts, tally: Tally) -> Line:
    known = _known_of_exposure(facts, tally)
    models = [m for m in facts.losses if tally.window.index(m.at) == 11]
    reviewed = models and models[-1].reviewed_at and (facts.period_end - models[-1].reviewed_at).days <= 365
    if not models:
        return Line("question.exposure.no_model", f"We cannot say in money: no loss model is on record. {known}")
    if not reviewed:
        return Line(
            "question.exposure.unreviewed",
            f"We cannot say in money: the loss model was not reviewed in the last year. {known}",
        )
    if not exposure.cover(facts):
        return Line("question.exposure.untested", f"We cannot say in money: what would come back is not known. {known}")
    model = models[-1]
    return Line("question.exposure", f"{money(model.currency, model.p95)} in a 1-in-20 year from all actions. {known}")


def _line(facts: Facts, tally: Tally) -> Line:
    now, old = tally.now, tally.months[0]
    crossed = f"{plural(now.beyond, 'action') if now.beyond else 'Nothing'} crossed it; "
    crossed += f"{plural(now.refused, 'attempt') if now.refused else 'no attempt'} {'was' if now.refused <= 1 else 'were'} refused."
    if now.actions:
        crossed += f" {percent(100 * now.unapproved / now.actions)} of actions ran without prior approval"
        crossed += (
            f" ({percent(100 * old.unapproved / old.actions)} eleven {tally.window.unit}s before)."
            if old.actions
            else "."
        )
    if facts.policy_version is None:
        return Line("question.line.no_policy", "We cannot say: no policy was in force, so every action counts as held.")
    approved = facts.policy_board_approved_at
    if approved is None or (facts.period_end - approved).days > 365:
        text = f"Where policy version {facts.policy_version} draws it, without a board approval on record in twelve months. {crossed}"
        return Line("question.line.unapproved", text)
    return Line("question.line", f"At level 3, as the board approved on {day(approved)}. {crossed}")


QUESTIONS = (
    ("accountable", "Who is accountable when the AI makes a mistake?"),
    ("proof", "How do we audit AI decisions for compliance?"),
    ("cost", "What is our exposure if autonomous remediation causes data loss?"),
    ("accountable", "Where is the line between assistance and autonomy?"),
)


def questions(facts: Facts, tally: Tally) -> list[tuple[str, str, Line]]:
    """Section, question and answer, in the order in which the board asks."""
    answers = (_who(tally), _audit(facts, tally), _exposure(facts, tally), _line(facts, tally))
    return [(section, asked, answer) for (section, asked), answer in zip(QUESTIONS, answers, strict=True)]


def leads(facts: Facts, tally: Tally) -> dict[str, Line]:
    """The line under the title of each further page."""
    now = tally.now
    names = sum(1 for key in tally.owners if key)
    verdicts = now.approved + now.vetoed
    overdue = tally.sign_offs["overdue"]
    unanswered = now.actions - now.answered - now.no_owner
    owned = f"{'All' if not now.no_owner else count(now.actions - now.no_owner) + ' of'} {plural(now.actions, 'action')} had a named owner"
    owned += f" ({plural(names, 'person', 'people')}); " if names else "; "
    owned += f"{count(unanswered) if unanswered else 'none'} of these had neither an approval nor a mandate."
    if not now.actions:
        owned = "No action is on record for the period, so no owner had to answer for one."
    said = f"People gave {plural(verdicts, 'verdict')} on proposals: {count(now.approved)} approved, {count(now.vetoed)} vetoed. "
    said += f"{plural(overdue, 'sign-off') if overdue else 'No sign-off'} {'are' if overdue > 1 else 'is'} overdue."
    judged = f"{count(now.failed)} of {plural(now.actions, 'action')} failed and {count(now.unknown) if now.unknown else 'none'} ended unknown; "
    judged += (
        f"people have judged the effect of {count(now.judged)}, {count(now.harmed)} of them harmful."
        if now.judged
        else "nobody has judged an effect yet."
    )
    proof = {
        True: "Yes: every figure is computed from ledger entries that were recomputed and held, and the data are attached to this file.",
        False: "No: the ledger failed verification.",
        None: "Not yet: the figures come from the ledger, which was not recomputed for this report.",
    }[facts.verified]
    return {
        "accountable": Line("lead.accountable", owned),
        "review": Line("lead.review", said),
        "harm": Line(
            "lead.harm",
            judged if now.actions else "No action is on record; failures, unknown outcomes and harm were looked for.",
        ),
        "cost": Line("lead.cost", f"{_known_of_exposure(facts, tally)} {exposure.lost(facts, tally)}"),
        "proof": Line("lead.proof", proof),
    }
