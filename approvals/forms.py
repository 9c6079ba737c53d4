"""Forms of the register. They check one row's form; the action decides whether it may be recorded."""

from typing import Any

from django import forms

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
    active = forms.BooleanField(required=False, initial=True)
    password = forms.CharField(
        required=False,
        min_length=12,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text="Leave empty to keep the present one.",
    )


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
