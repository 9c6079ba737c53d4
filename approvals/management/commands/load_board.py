"""Record the items of a YAML file in the board registers, as one person who may keep them."""

from pathlib import Path
from typing import Any

import msgspec
import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.actions.keep_item import add_item
from approvals.board import REGISTERS, Item, parts_of
from approvals.documents import read_yaml
from decisions.errors import Problem
from decisions.models import BoardItem, Person
from decisions.vocab import Board


class Command(BaseCommand):
    help = "Record limits, duties and the like from a YAML file: a list of items under the name of each register. What stands already is left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who records them")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(username=options["by"]).first()
        if person is None:
            raise CommandError(f"there is no person {options['by']} in the register")
        try:
            wanted = items_of(read_yaml(options["file"].read_text()))
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise CommandError(f"{options['file']} cannot be read; nothing was recorded: {error}") from None
        made = 0
        for of, item in wanted:
            if stands(of, item):
                continue
            try:
                add_item(of, item, actor=person.id)
            except Problem as problem:
                raise CommandError(f"{problem.title}, after {made} of {len(wanted)}. {problem.detail}") from None
            made += 1
        self.stdout.write(f"{made} items recorded, {len(wanted) - made} stood already.")


def items_of(document: Any) -> list[tuple[Board, Item]]:
    """(register, item) of each that the document states. Raises ValueError."""
    if not isinstance(document, dict) or not all(isinstance(rows, list) for rows in document.values()):
        raise ValueError("it is not a list of items under the name of each register")
    found: list[tuple[Board, Item]] = []
    for name, rows in document.items():
        of = Board(name)
        for place, row in enumerate(rows, 1):
            try:
                found.append((of, msgspec.convert(row, REGISTERS[of].shape)))
            except msgspec.ValidationError as error:
                raise ValueError(f"{name}, item {place}: {error}") from None
    return found


def stands(of: Board, item: Item) -> bool:
    """Whether the register holds the very same item."""
    values, words = parts_of(item)
    rows = BoardItem.objects.filter(register=of, withdrawn=False)
    return any((row.values, row.words) == (values, words) for row in rows)
