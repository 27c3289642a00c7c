"""The views that ship with a dataset's star: SQL files in Athena's SQL, each with a header that says what a row is.

A column that is a table's own has the type and the comment of that table's contract. Any other stands in the header:
`-- column NAME TYPE: what it means`, with a type as contracts spell it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from covid_lake.contracts import Column, Type, Zone
from covid_lake.datasets import registry
from covid_lake.datasets.sql_headers import read_header, without_header
from covid_lake.errors import SettingsError, UnknownTable

DECLARATION = "column "
TYPED = "_typed"


@dataclass(frozen=True, slots=True)
class StarView:
    """A stored query over the curated tables of a dataset, beside which it is found."""

    dataset: str
    """The dataset that it ships with."""
    name: str
    """What it is called, as its file is."""
    grain: str
    """What a row is, in a sentence."""
    columns: tuple[Column, ...]
    """The columns of its answer, in their order."""
    tables: tuple[str, ...]
    """The tables that it reads, as `database.table`."""
    sql: str
    """The query, which names tables in full."""

    @property
    def database(self) -> str:
        """The database that the view is found in: that of the curated tables."""
        return registry.database_name(self.dataset, Zone.CURATED)

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


@cache
def star_views(dataset: str) -> tuple[StarView, ...]:
    """The views that ship with the dataset, by name.

    Raises `SettingsError` for an unknown dataset, and for a view whose columns can't be told.
    """
    registry.dataset(dataset)
    folder = resources.files(registry.package(dataset)) / "sql" / "views"
    if not folder.is_dir():
        return ()
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(read_view(dataset, file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files)


def view_called(name: str) -> StarView | None:
    """The view of that full name, `<dataset>_curated.<view>`, in any case; None where there is none."""
    return _by_name().get(name.casefold())


def require_no_landing_view(name: str) -> None:
    """Raises `UnknownTable` for the typed view of a landing table, which is there in Athena alone."""
    database, _, table = name.casefold().rpartition(".")
    if not table.endswith(TYPED):
        return
    landing = {str(one): one for one in registry.all_tables() if one.zone is Zone.LANDING}
    found = landing.get(f"{database}.{table.removesuffix(TYPED)}")
    if found:
        typed = registry.NamedTable(Zone.TRUSTED, found.contract)
        raise UnknownTable(
            f"{name} is a view that Athena has of the landing files; here, {found} has their texts and {typed} "
            "the typed rows"
        )


def close_views(name: str) -> list[str]:
    """The views that a person may have meant by a name."""
    last = name.casefold().rsplit(".", 1)[-1].strip('`" ')
    names = {view.name: full for full, view in _by_name().items()}
    return [names[match] for match in difflib.get_close_matches(last, names, n=2, cutoff=0.8)]


def read_view(dataset: str, name: str, text: str) -> StarView:
    """The view of a file. Raises `SettingsError` for one whose header or columns can't be told."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    place = f"{dataset}/sql/views/{name}.sql"
    header = read_header(text)
    if header.get("name") != name or not header.get("grain"):
        raise SettingsError(f"{place}: its header must name it and give its grain")
    sql = without_header(text)
    try:
        tree = sqlglot.parse_one(sql, read="athena")
    except SqlglotError as error:
        raise SettingsError(f"{place} can't be read as Athena's SQL: {error}") from error
    if not isinstance(tree, exp.Select):
        raise SettingsError(f"{place} must be one SELECT")
    declared = {column.name: column for key, comment in header.items() if (column := _declared(place, key, comment))}
    columns = tuple(_column(place, tree, projection, declared) for projection in tree.selects)
    unused = declared.keys() - {column.name for column in columns}
    if unused:
        raise SettingsError(f"{place} declares {', '.join(sorted(unused))}, which it does not select or has by a table")
    local = {cte.alias for cte in tree.find_all(exp.CTE)}
    tables = [f"{one.db}.{one.name}" for one in tree.find_all(exp.Table) if one.db or one.name not in local]
    for table in tables:
        if registry.find_table(table).dataset != dataset:
            raise SettingsError(f"{place} reads {table}, which is another dataset's")
    return StarView(dataset, name, header["grain"], columns, tuple(dict.fromkeys(tables)), sql)


@cache
def _by_name() -> dict[str, StarView]:
    return {str(view): view for dataset in registry.dataset_names() for view in star_views(dataset)}


def _declared(place: str, key: str, comment: str) -> Column | None:
    if not key.startswith(DECLARATION):
        return None
    _, name, type_ = key.split(" ", 2)
    kind, _, digits = type_.rstrip(")").partition("(")
    try:
        precision, scale = map(int, digits.split(",")) if digits else (None, None)
        return Column(name, Type(kind), comment, precision=precision, scale=scale)
    except ValueError:
        raise SettingsError(f"{place}: {type_!r} is no type; there is: {', '.join(Type)}") from None


def _column(place: str, tree: Any, projection: Any, declared: dict[str, Column]) -> Column:
    """A column of the answer: that of a table, or one that the header declares."""
    from sqlglot import exp

    name, inner = projection.alias_or_name, projection.unalias()
    sources = {source.alias_or_name: source for source in _sources(tree)}
    source = sources.get(inner.table) if isinstance(inner, exp.Column) else None
    if isinstance(source, exp.Table) and source.db and not isinstance(inner.this, exp.Star):
        table = registry.find_table(f"{source.db}.{source.name}").contract
        if inner.name in table.column_names:
            own = table.column(inner.name)
            comment = declared[name].comment if name in declared else own.comment
            return Column(name, own.type, comment, precision=own.precision, scale=own.scale)
    if name not in declared:
        raise SettingsError(f"{place}: say what the column {name or inner.sql()} is: -- column {name} TYPE: meaning")
    return declared[name]


def _sources(tree: Any) -> list[Any]:
    joins = tree.args.get("joins") or []
    start = tree.args.get("from_") or tree.args.get("from")
    return [*([start.this] if start else []), *(join.this for join in joins)]
