"""Queries that are compiled once: to make a wide SELECT, Django takes longer than a database takes to answer it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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
    columns: Sequence[str]
    """The fields of the model that come first in each row."""

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
            fields = (compiler.klass_info or {"select_fields": ()})["select_fields"]
            columns = [compiler.select[place][0].target.attname for place in fields]
            found = _Compiled(sql, tuple(parameters), converters, compiler, columns)
            self._compiled[connection.vendor] = found
        return found


SIZES = (1, 4, 16, 64, 256)
"""How many keys a query of several may be compiled for."""


class PreparedMany(Generic[M]):
    """A query for rows by some of their keys, compiled once for each of a few numbers of keys.

    `make` builds it for the slots of the keys, which `field` takes.
    """

    def __init__(self, make: "Callable[[list[Slot]], QuerySet[M]]", field: "Field[Any, Any]") -> None:
        self._made = {size: Prepared(partial(self._of, make, field, size)) for size in SIZES}

    @staticmethod
    def _of(make: "Callable[[list[Slot]], QuerySet[M]]", field: "Field[Any, Any]", size: int) -> "QuerySet[M]":
        return make([Slot(f"key{place}", field) for place in range(size)])

    def all(self, keys: Iterable[Any]) -> Iterator[M]:
        """The rows of `keys`, in no order."""
        listed = list(keys)
        for first in range(0, len(listed), SIZES[-1]):
            some = listed[first : first + SIZES[-1]]
            size = next(size for size in SIZES if size >= len(some))
            # One key named twice finds one row.
            some += some[-1:] * (size - len(some))
            yield from self._made[size].all(**{f"key{place}": key for place, key in enumerate(some)})


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
        model, alias, count = query.compiler.klass_info["model"], connection.alias, len(query.columns)
        more = query.compiler.annotation_col_map.items()
        rows = []
        for values in query.ask(given):
            row = model.from_db(alias, query.columns, values[:count])
            for name, place in more:
                setattr(row, name, values[place])
            rows.append(row)
        return rows

    def first(self, **given: Any) -> M | None:
        """The first row, if there is one. For a query that finds one row at most: it sets no limit."""
        return next(iter(self.all(**given)), None)
