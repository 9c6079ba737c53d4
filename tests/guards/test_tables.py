"""Each table says of which class it is, and what can be rebuilt is found by the same word."""

import pytest
from django.apps import apps
from django.db.models import Model

from decisions import rebuild

MODELS = [model for app in ("decisions", "approvals") for model in apps.get_app_config(app).get_models()]
CLASSES = ("Read model: ", "Operational: ", "Ledger: ")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_table_says_of_which_class_it_is(model: type[Model]) -> None:
    assert (model.__doc__ or "").startswith(CLASSES)


def test_the_read_models_are_those_that_say_so() -> None:
    said = {model for model in MODELS if (model.__doc__ or "").startswith("Read model: ")}
    assert set(rebuild.read_models()) == said
    assert len(said) > 10


@pytest.mark.parametrize("model", rebuild.read_models(), ids=lambda model: model.__name__)
def test_the_key_of_a_read_model_is_never_counted_up_by_the_database(model: type[Model]) -> None:
    key = model._meta.pk
    assert key is not None
    assert not key.has_default()
    assert key.get_internal_type() not in ("AutoField", "BigAutoField")


def test_nothing_refers_to_a_read_model() -> None:
    # A foreign key to a row that is emptied and made again would stand in the way of doing so.
    assert [
        field for model in MODELS for field in model._meta.get_fields() if field.is_relation and field.concrete
    ] == []
    assert [field for model in rebuild.read_models() for field in model._meta.get_fields() if field.is_relation] == []
