"""Forms of the register. They check one row's form; the action decides whether it may be recorded."""

from typing import Any

from django import forms

from approvals.queries.estate import Estate
from decisions.models import Person, Service, Standing
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
        "retired": row.retired,
    }
