"""Tags and filters that draw vocabulary, times and numbers; they must not query the database."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from decisions import inert, vocab
from decisions.proofs import Step

register = template.Library()

DAY = timedelta(days=1)
RULE_CHARACTERS = 120
FORMATS = {"time": "%H:%M:%S", "minute": "%H:%M", "date": "%-d %b %Y", "full": "%-d %b %Y %H:%M:%S"}
"""How an instant is written; the browser repeats the same forms in its own zone."""

WINDOWS: tuple[dict[str, Any], ...] = (
    {"minutes": 15, "label": "15 m", "current": False},
    {"minutes": 60, "label": "1 h", "current": False},
    {"minutes": 360, "label": "6 h", "current": False},
    {"minutes": 1440, "label": "24 h", "current": True},
    {"minutes": 10080, "label": "7 d", "current": False},
    {"minutes": 129600, "label": "90 d", "current": False},
)


@register.simple_tag
def icon(name: str) -> SafeString:
    """The sprite symbol `name`, for decoration beside a word."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def badge(state: str) -> SafeString:
    """Shape, word and colour of a decision's `state`."""
    known = vocab.State(state)
    return _mark(vocab.BADGE_OF[known].slug, vocab.word(known))


@register.simple_tag
def badge_as(slug: str, text: str) -> SafeString:
    """The badge `slug` with a word of its own."""
    return _mark(slug, text)


@register.simple_tag
def turn(direction: str) -> SafeString:
    """Whether a change of the policy is looser or tighter, by shape, word and colour."""
    return format_html(
        '<span class="turn turn-{}"><svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>{}</span>',
        direction,
        direction,
        direction,
    )


@register.simple_tag
def beyond_mark() -> SafeString:
    """The mark of an action that went further than its level allowed."""
    return format_html(
        '<span class="beyond-mark"><svg class="icon" aria-hidden="true"><use href="#i-beyond"/></svg>{}</span>',
        "Beyond permitted autonomy",
    )


@register.simple_tag
def agent_link(slug: Any, text: str) -> SafeString | str:
    """`text` that leads to the page of an agent, by its slug or, where it has none any more, its id; alone where there is neither."""
    if not slug:
        return text
    return format_html('<a href="{}">{}</a>', reverse("approvals:agent", args=[slug]), text)


@register.simple_tag
def service_link(name: str, text: str) -> SafeString | str:
    """`text` that leads to the page of a service, or to the list of its decisions where its name can be no part of an address."""
    if not name:
        return text
    if "/" in name or name in (".", ".."):
        address = f"{reverse('approvals:decisions')}?{urlencode({'service': name})}"
    else:
        address = reverse("approvals:service", args=[name])
    return format_html('<a href="{}">{}</a>', address, text)


@register.simple_tag
def when(moment: datetime | str | None, form: str = "auto") -> SafeString | str:
    """`moment` in the page's zone as a time element; UTC in its tooltip. "auto" leaves out the date of today."""
    if moment is None:
        return "not known"
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    local = timezone.localtime(moment)
    if form == "auto":
        fresh = timezone.localtime().date() == local.date()
        pattern = "%H:%M:%S" if fresh else "%-d %b %H:%M"
    else:
        pattern = FORMATS[form]
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" data-form="{}" title="{} UTC">{}</time>',
        utc.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        form,
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        local.strftime(pattern),
    )


@register.simple_tag
def countdown(due: datetime | None) -> SafeString:
    """The moment a hold ends, as a clock that the browser brings to life; without it the time of day stands."""
    if due is None:
        return format_html('<b class="cd-t">{}</b>', "no deadline")
    return format_html('<b class="cd-t">until {}</b>', timezone.localtime(due).strftime("%H:%M:%S"))


@register.simple_tag(takes_context=True)
def panel(context: Context, name: str, values: dict[str, Any]) -> SafeString:
    """The template `name` drawn with `values` on top of the page's context."""
    with context.push(**values):
        return get_template(name).template.render(context)  # type: ignore[attr-defined, no-any-return]


@register.simple_tag
def window_choices(given: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The widths of the lanes that a reader can choose: the page's own, or the usual ones."""
    return given or list(WINDOWS)


@register.filter
def epoch_ms(moment: datetime | None) -> int:
    """Milliseconds since 1970, 0 for none."""
    return int(moment.timestamp() * 1000) if moment else 0


@register.filter
def level(value: str) -> str:
    """A level with its meaning: "L3 act unless vetoed"."""
    meaning = level_meaning(value)
    return f"{value} {meaning}" if meaning else "not stated"


@register.filter
def level_meaning(value: str) -> str:
    """What a level allows, in words; empty for none."""
    return {str(known): meaning for known, meaning in vocab.LEVEL_MEANING.items()}.get(str(value), "")


@register.filter
def percent(value: float | None) -> str:
    """A share between 0 and 1 as a percentage; "not stated" for none."""
    return "not stated" if value is None else f"{value:.0%}".replace("%", " %")


@register.filter
def money(value: str | Decimal | None, currency: str = "") -> str:
    """An amount with its currency, grouped by thousands; "not stated" for none."""
    if value in (None, ""):
        return "not stated"
    try:
        return f"{Decimal(str(value)):,.2f} {currency}".rstrip()
    except InvalidOperation:
        return "not stated"


@register.filter
def grouped(value: int | None) -> str:
    """A whole number grouped by thousands."""
    return "" if value is None else f"{value:,}"


@register.filter
def size(value: int | None) -> str:
    """A number of bytes in the unit that people read."""
    if value is None:
        return ""
    return f"{value / 1024:,.0f} KB" if value < 1024 * 1024 else f"{value / 1024 / 1024:,.1f} MB"


@register.filter
def short(value: str | None) -> str:
    """The start of a long hash, for the eye; the whole is beside it."""
    return "" if value is None else str(value)[:12]


@register.filter
def listed(values: Iterable[Any]) -> str:
    """A set in order, or "any" where it is empty."""
    return ", ".join(str(value) for value in sorted(values)) or "any"


@register.filter
def of(values: Mapping[Any, Any], key: Any) -> Any:
    """The value of `key`; None where there is none."""
    return values.get(key)


@register.filter
def span(value: timedelta) -> str:
    """A length of time in the largest unit that divides it."""
    seconds = int(value.total_seconds())
    for size_, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds and seconds % size_ == 0:
            return f"{seconds // size_} {unit}"
    return f"{seconds} s"


@register.filter
def took(seconds: float) -> str:
    """How long something took, in the units that people read."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@register.filter
def under(step: Step) -> str:
    """The entries under a hash of a proof, in words."""
    last = step.end - 1
    return f"entry {step.first:,}" if step.first == last else f"entries {step.first:,} to {last:,}"


@register.filter
def visible(value: str | None) -> str:
    """What an agent wrote, with what cannot be seen of it written out."""
    return "" if value is None else inert.visible(str(value))


@register.filter
def named(value: str | None, most: int = inert.NAME_CHARACTERS) -> str:
    """A name that an agent chose, visible and at most so long."""
    return "" if value is None else inert.name(str(value), most)


@register.filter
def rule(value: str) -> str:
    """The name of a rule that fired; one that is as long as an entry holds was cut there."""
    return f"{inert.visible(value)}…" if len(value) >= RULE_CHARACTERS else inert.visible(value)


@register.filter(name="hex")
def in_hex(value: bytes | memoryview | str) -> str:
    """Bytes as hexadecimal digits."""
    return value if isinstance(value, str) else bytes(value).hex()


@register.filter
def words(value: str | None) -> str:
    """A name from the vocabulary as words: "no_change" becomes "no change"."""
    return "" if value is None else str(value).replace("_", " ")


def _mark(slug: str, text: str) -> SafeString:
    return format_html(
        '<span class="state state-{}"><svg class="icon" aria-hidden="true"><use href="#b-{}"/></svg>{}</span>',
        slug,
        slug,
        text,
    )
