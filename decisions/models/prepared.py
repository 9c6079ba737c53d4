"""Queries that are compiled once: to make a wide SELECT, Django takes longer than a database takes to answer it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Expression, Field, Model, QuerySet

M = TypeVar("M", bound=Model)


class Slot(Expression):
    """A value that is given when the query is asked, in the form that `field` takes."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, *_: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)

    def parameter(self, given: Mapping[str, Any]) -> Any:
        """What the database gets for it."""
        return self.output_field.get_db_prep_value(given[self.name], connection)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What one database is asked, and how its answer is read."""

    sql: str
    parameters: tuple[Any, ...]
    converters: Mapping[int, Any]
    compiler: Any

    def ask(self, given: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
        """The values of each row that it finds."""
        parameters = [part.parameter(given) if isinstance(part, Slot) else part for part in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            found: Iterable[Sequence[Any]] = cursor.fetchall()
        return self.compiler.apply_converters(found, self.converters) if self.converters else found


class _Once:
    """A query whose shape never changes; `make` builds it, with a Slot for each value that does."""

    def __init__(self, make: "Callable[[], QuerySet[Any, Any]]") -> None:
        self._make = make
        self._compiled: dict[str, _Compiled] = {}

    def _query(self) -> _Compiled:
        """The query for the database that is in use."""
        found = self._compiled.get(connection.vendor)
        if found is None:
            compiler = self._make().query.get_compiler(connection=connection)
            sql, parameters = compiler.as_sql()
            converters = compiler.get_converters([column for column, _, _ in compiler.select])
            found = self._compiled[connection.vendor] = _Compiled(sql, tuple(parameters), converters, compiler)
        return found


class PreparedValues(_Once):
    """A query that was made by `values_list`."""

    def all(self, **given: Any) -> list[tuple[Any, ...]]:
        """The values of every row, with the slots filled by `given`."""
        return [tuple(values) for values in self._query().ask(given)]


class Prepared(_Once, Generic[M]):
    """A query for rows of one model.

    They are what Django's own would be: the model's columns and the annotations of its manager. Nothing can be joined.
    """

    def __init__(self, make: "Callable[[], QuerySet[M]]") -> None:
        super().__init__(make)

    def all(self, **given: Any) -> list[M]:
        """Every row, with the slots filled by `given`."""
        query = self._query()
        selected, model = query.compiler.select, query.compiler.klass_info["model"]
        names = [selected[place][0].target.attname for place in query.compiler.klass_info["select_fields"]]
        rows = []
        for values in query.ask(given):
            row = model.from_db(connection.alias, names, values[: len(names)])
            for name, place in query.compiler.annotation_col_map.items():
                setattr(row, name, values[place])
            rows.append(row)
        return rows

    def first(self, **given: Any) -> M | None:
        """The first row, if there is one. For a query that finds one row at most: it sets no limit."""
        return next(iter(self.all(**given)), None)
