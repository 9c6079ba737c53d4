"""Migrations and models say the same, and each app's migrations end in one leaf. It must not write a migration."""

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from tests.contracts.tree import files

APPS = ("decisions", "approvals")


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


@pytest.mark.parametrize("app", APPS)
def test_each_app_has_one_leaf(app: str) -> None:
    assert len(MigrationLoader(None).graph.leaf_nodes(app)) == 1


def test_every_migration_has_a_name_of_its_own() -> None:
    names = [path.stem for path in files() if path.parent.name == "migrations" and path.stem != "__init__"]
    assert names
    assert [name for name in names if "_auto_" in name] == []
