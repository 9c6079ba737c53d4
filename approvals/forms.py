"""Forms of the register. They check one row's form; the action decides whether it may be recorded."""

from typing import Any

from django import forms

from approvals.organisation import MOST_QUIET
from approvals.queries.estate import Estate
from approvals.queries.sources import systems
from decisions.models import Agent, Person, RegisterGroup, Service, Standing
from decisions.vocab import ENVIRONMENTS, TIERS, Role, Scope

SLUG = r"[a-z0-9][a-z0-9._-]{0,63}"


def people() -> list[tuple[str, str]]:
    active = set(Standing.objects.filter(active=True).values_list("person_id", flat=True))
    named = Person.objects.filter(id__in=active).order_by("name").values_list("username", "name")
    return [("", "nobody"), *((username, f"{name} ({username})") for username, name in named)]


class PersonField(forms.ChoiceField):
    """One active person of the register, or nobody."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=people, required=False, **kwargs)


class NamesField(forms.CharField):
    """Names, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), required=False, max_length=20_000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def groups() -> list[tuple[str, str]]:
    named = RegisterGroup.objects.order_by("slug").values_list("slug", "name")
    return [("", "no group"), *((slug, f"{name} ({slug})") for slug, name in named)]


class ServiceForm(forms.Form):
    slug = forms.RegexField(SLUG)
    name = forms.CharField(max_length=120, required=False)
    tier = forms.TypedChoiceField(choices=[(tier, f"Tier {tier}") for tier in TIERS], coerce=int)
    environments = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text="One a line: name and class, for example “prod-eu prod”. Classes: prod, staging, dev.",
    )
    owner = PersonField(label="Accountable owner")
    deputy = PersonField()
    team = forms.CharField(max_length=120, required=False)
    data_class = forms.CharField(max_length=40, required=False)
    cost_per_minute = forms.DecimalField(min_value=0, max_digits=14, decimal_places=2, required=False)
    currency = forms.RegexField(r"[A-Z]{3}", required=False)
    on_call = forms.ChoiceField(
        choices=groups, required=False, help_text="Somebody of this group is on call for it; the group says who."
    )
    known_as = NamesField(
        help_text="One a line: what other systems call it, for example “hotel-reservation” or “geo-service”."
    )
    retired = forms.BooleanField(required=False, help_text="No longer acted on; kept for the record.")

    def clean_environments(self) -> list[dict[str, str]]:
        made = []
        for line in self.cleaned_data["environments"].splitlines():
            words = line.split()
            if not words:
                continue
            if len(words) != 2 or words[1] not in ENVIRONMENTS:
                raise forms.ValidationError(
                    f"“{line.strip()[:60]}” is not a name and one of {', '.join(ENVIRONMENTS)}."
                )
            made.append({"name": words[0], "class": words[1]})
        return made


class AgentForm(forms.Form):
    slug = forms.RegexField(SLUG)
    name = forms.CharField(max_length=120, required=False)
    vendor = forms.CharField(max_length=120, required=False)
    model = forms.CharField(max_length=120, required=False)
    version = forms.CharField(max_length=60, required=False)
    owner = PersonField(label="Owner")
    identities = NamesField(
        help_text=(
            "One a line: who it is in other systems, for example "
            "“kubernetes-audit:system:serviceaccount:ops:remediator”. What they see of it is then known to be its doing."
        )
    )
    active = forms.BooleanField(required=False, initial=True)


def agents() -> list[tuple[str, str]]:
    named = Agent.objects.filter(active=True).order_by("name").values_list("slug", "name")
    return [("", "of whoever the record names"), *named]


class SourceForm(forms.Form):
    slug = forms.RegexField(SLUG)
    name = forms.CharField(max_length=120, required=False)
    system = forms.ChoiceField(
        choices=lambda: [(name, name) for name in systems()],
        help_text="The format that it speaks; it sends to /hooks/ and this name.",
    )
    agent = forms.ChoiceField(choices=agents, required=False, label="Tells of the acts")
    quiet_minutes = forms.IntegerField(
        min_value=1,
        max_value=MOST_QUIET,
        required=False,
        label="Silent after so many minutes",
        help_text="Without a record for so long it counts as silent. Leave it empty where silence says nothing.",
    )
    active = forms.BooleanField(required=False, initial=True)


class GroupForm(forms.Form):
    slug = forms.RegexField(SLUG)
    name = forms.CharField(max_length=120, required=False)
    members = forms.MultipleChoiceField(
        choices=lambda: people()[1:], required=False, widget=forms.CheckboxSelectMultiple
    )


class PersonForm(forms.Form):
    username = forms.RegexField(SLUG)
    name = forms.CharField(max_length=120)
    email = forms.EmailField(required=False)
    roles = forms.MultipleChoiceField(
        choices=[(role, role.capitalize()) for role in Role], required=False, widget=forms.CheckboxSelectMultiple
    )
    active = forms.BooleanField(required=False, initial=True, help_text="Signs in and counts in groups.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial.get("active", True):
            # Whoever has left hands over what they answer for, on a page of its own.
            self.fields["active"].disabled, self.fields["active"].initial = True, True
            self.fields["active"].widget = forms.HiddenInput()


class LeavingForm(forms.Form):
    """Who answers from now on for each thing that somebody leaves behind."""

    def __init__(self, *args: Any, leaver: Person, estate: Estate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = [one for one in people() if one[0] not in ("", leaver.username)]
        same = [("", "the same as for everything"), *able]
        if estate.owned or estate.agents:
            self._ask("successor", "Everything, unless said otherwise below", [("", "choose for each"), *able])
        for service in estate.owned:
            self._ask(f"owner:{service.slug}", f"Service {service.slug}, tier {service.tier}: accountable owner", same)
        for agent in estate.agents:
            self._ask(f"agent:{agent.slug}", f"Agent {agent.slug}: owner", same)
        for service in estate.stood_in:
            self._ask(f"deputy:{service.slug}", f"Service {service.slug}: deputy", [("", "nobody"), *able])

    def _ask(self, name: str, label: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name] = forms.ChoiceField(choices=choices, label=label, required=False)

    def of(self, kind: str) -> dict[str, str]:
        """What was chosen for each thing of `kind`: owner, deputy or agent."""
        chosen = self.cleaned_data.items()
        return {name.partition(":")[2]: value for name, value in chosen if name.startswith(f"{kind}:")}


class KeyForm(forms.Form):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope.capitalize()) for scope in Scope],
        initial=[Scope.REPORT, Scope.PROPOSE, Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(min_value=1, max_value=90, initial=90, label="Days until it expires")


def service_initial(row: Service, usernames: dict[Any, str]) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "tier": row.tier,
        "environments": "\n".join(f"{one['name']} {one['class']}" for one in row.environments),
        "owner": usernames.get(row.owner, ""),
        "deputy": usernames.get(row.deputy, ""),
        "team": row.team,
        "data_class": row.data_class,
        "cost_per_minute": row.cost_per_minute or None,
        "currency": row.currency,
        "on_call": row.on_call,
        "known_as": row.known_as,
        "retired": row.retired,
    }
