"""The form of a board register, made from what its items hold."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from django import forms
from django.utils import timezone
from msgspec import inspect

from approvals.board import BoardRegister, FieldOf, Item, fields_of
from approvals.board.shapes import CHOICE_WORDS, TEXT, WORDS
from decisions.models import Agent, BoardItem, Person, Service, Standing

Choices = list[tuple[str, str]]
NOTHING = ("", "–")
SECONDS = "%Y-%m-%dT%H:%M:%S"
MINUTES = "%Y-%m-%dT%H:%M"
"""Browsers leave out seconds that are none."""


def form_of(kept: BoardRegister) -> type["ItemForm"]:
    """The class of the forms of one register."""
    fields = {field.name: _field(field) for field in fields_of(kept.shape)}
    return cast("type[ItemForm]", type(f"{kept.shape.__name__}Form", (ItemForm,), {"kept": kept, **fields}))


class ItemForm(forms.Form):
    """A form whose cleaned data is an item. What its shape refuses is a fault of the form."""

    kept: BoardRegister

    def item(self) -> Item | None:
        """The item as it was typed; None, with the reason in the form, where it cannot be one."""
        typed = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        try:
            return msgspec.convert(typed, self.kept.shape)
        except msgspec.ValidationError as error:
            self.add_error(None, f"{error}.")
            return None


def initial_of(row: BoardItem, kept: BoardRegister) -> dict[str, Any]:
    """What the form of a recorded item begins with."""
    values = {**row.values, **row.words}
    for field in fields_of(kept.shape):
        if isinstance(field.type, inspect.DateTimeType) and values.get(field.name):
            values[field.name] = datetime.fromisoformat(values[field.name])
    return values


def _field(field: FieldOf) -> forms.Field:
    made = _made(field)
    made.label, made.help_text = field.title, field.help
    # A box that is not ticked says no; every other field that has a default may be left empty.
    made.required = field.required and not isinstance(field.type, inspect.BoolType)
    if field.default is not None:
        made.initial = field.default
    return made


def _made(field: FieldOf) -> forms.Field:
    if field.of in NAMED:
        return forms.ChoiceField(choices=NAMED[field.of])
    if field.of == "decision":
        return DecisionField(max_length=WORDS)
    match field.type:
        case inspect.EnumType(cls=cls):
            return forms.ChoiceField(choices=[(one.value, CHOICE_WORDS[one.value]) for one in cls])
        case inspect.LiteralType(values=values):
            return forms.ChoiceField(choices=[(str(one), CHOICE_WORDS[str(one)]) for one in values])
        case inspect.BoolType():
            return forms.BooleanField()
        case inspect.IntType(ge=least, le=most):
            return forms.IntegerField(min_value=least, max_value=most)
        case inspect.DateTimeType():
            box = forms.DateTimeInput(format=SECONDS, attrs={"type": "datetime-local", "step": "1"})
            return MomentField(input_formats=[SECONDS, MINUTES], widget=box)
        case inspect.DateType():
            return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        case inspect.StrType(pattern=pattern) if pattern:
            return forms.RegexField(pattern)
        case inspect.StrType(max_length=most) if most == TEXT:
            return forms.CharField(max_length=most, widget=forms.Textarea(attrs={"rows": 3}))
        case inspect.StrType(max_length=most):
            return forms.CharField(max_length=most)
    raise NotImplementedError(f"no form has a field for {field.type}")


class MomentField(forms.DateTimeField):
    """A time in the zone that pages are in."""

    def to_python(self, value: Any) -> datetime | None:
        found = super().to_python(value)
        return found if found is None or timezone.is_aware(found) else timezone.make_aware(found)


class DecisionField(forms.CharField):
    """A decision, by its id or the address of its page."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value)).rstrip("/").rpartition("/")[2]
        if not text:
            return ""
        try:
            return str(UUID(text))
        except ValueError:
            raise forms.ValidationError("Give the id of a decision, or the address of its page.") from None


def _people() -> Choices:
    active = set(Standing.objects.filter(active=True).values_list("person_id", flat=True))
    named = Person.objects.filter(id__in=active).order_by("name").values_list("id", "name")
    return [NOTHING, *((str(id_), name) for id_, name in named)]


def _agents() -> Choices:
    return [NOTHING, *((str(id_), name) for id_, name in Agent.objects.order_by("name").values_list("id", "name"))]


def _services() -> Choices:
    named = Service.objects.filter(retired=False).order_by("slug").values_list("slug", flat=True)
    return [NOTHING, *((slug, slug) for slug in named)]


NAMED: Mapping[str, Callable[[], Choices]] = {"person": _people, "agent": _agents, "service": _services}
