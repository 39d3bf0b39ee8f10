"""Parameters of a waste formula: what a row states itself, else the one figure of the factor table that holds for it.

Comes in: rows and the parameters that a formula needs, each with the name under which the factor table lists it. Goes out: the
rows with every parameter filled, the ids of the factors used, and how each was found. Not for: emission factors per activity,
which :mod:`citycarbon.inventory.accounting.apply` matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.tables import FactorTable, PlaceTable
from citycarbon.core.uncertainty import FACTOR_ERRORS, error_of, errors_of_product
from citycarbon.core.units import conversion, same_dimension
from citycarbon.data.lookup import NEED, LookupRules, YearRule, match_factors
from citycarbon.inventory.accounting.apply import regions_of

_PER_ITSELF = "t/t"
"""Parameters are looked up like factors per tonne, so that the rules on regions, years and editions are the same."""


@dataclass(frozen=True)
class Wanted:
    """One parameter of a formula.

    Parameters
    ----------
    column
        Column that holds it; a row that states it there needs no factor.
    names
        Names in the factor table, the most special first; the first that the table knows is taken.
    unit
        Unit in which the formula takes it.
    needed
        Which rows need it.
    optional
        Whether a name that the table does not know leaves the cell empty instead of raising.
    choice
        Column that would lead to a name, for the error message of a row that states neither.
    """

    column: str
    names: tuple[pl.Expr, ...]
    unit: str = "1"
    needed: pl.Expr = field(default_factory=lambda: pl.lit(True))
    optional: bool = False
    choice: str = ""


@dataclass(frozen=True)
class Source:
    """Where parameters come from: the factor table, the quantities of its rows, the places and the rules of look-up."""

    factors: FactorTable
    quantities: tuple[str, ...]
    places: PlaceTable | None
    year_rule: YearRule
    region_fallback: bool

    @property
    def rows(self) -> pl.DataFrame:
        """The factor rows of the quantities."""
        return self.factors.to_polars().filter(pl.col("quantity").is_in(self.quantities))

    @property
    def names(self) -> list[str]:
        """Names of the parameters that the factor table knows."""
        return self.rows["activity"].unique().sort().to_list()


def with_parameters(rows: pl.DataFrame, wanted: Sequence[Wanted], source: Source) -> pl.DataFrame:
    """Fill the parameters of all rows.

    Parameters
    ----------
    rows
        Rows with place, time, sector and provenance_id, and with what ``wanted`` refers to.
    wanted
        The parameters.
    source
        Factors and rules.

    Returns
    -------
    rows
        The rows in their order with each column of ``wanted`` filled. What gave them is asked of :func:`factor_ids`,
        :func:`rules` and :func:`relative_sd`.

    Raises
    ------
    InputError
        Every row that neither states a parameter nor says by what to choose it, and every need without exactly one factor.
    """
    known = source.names
    for item in wanted:
        if item.column not in rows.columns:
            rows = rows.with_columns(pl.lit(None).cast(pl.Float64).alias(item.column))
        rows = rows.with_columns(_name(item, known).alias(_name_of(item)))
    problems = Problems()
    for item in wanted:
        _refuse_unchosen(rows, item, problems)
    needs = pl.concat([_needs(rows, item, known) for item in wanted])
    try:
        found = _found(needs, source)
    except InputError as error:
        problems.absorb(error)
    problems.raise_all()
    for item in wanted:
        rows = _joined(rows, item, found)
    return rows


def in_unit(rows: pl.DataFrame, target: str, column: str = "value") -> pl.Series:
    """Give the factor that turns each row's unit into the target.

    Raises
    ------
    UnitError
        Every unit that measures something else, with its first row.
    """
    problems, scales = Problems(), {}
    for unit, provenance in (
        rows.group_by("unit", maintain_order=True).agg(pl.col("provenance_id").min()).sort("unit").iter_rows()
    ):
        if same_dimension(unit, target):
            scales[unit] = conversion(unit, target)
        else:
            where = place_of({"provenance_id": provenance}, "unit")
            problems.add("unit_dimension", where, f"{unit} ({column})", expected_unit=target)
    problems.raise_all()
    return rows["unit"].replace_strict(scales, return_dtype=pl.Float64).cast(pl.Float64)


def place_of(row: dict[str, object], column: str) -> Where:
    """Say in which file and row a problem stands."""
    return Where.of(row, column)


def _name_of(item: Wanted) -> str:
    return f"__name_{item.column}__"


def _name(item: Wanted, known: list[str]) -> pl.Expr:
    """The first name that the factor table knows; if it knows none, the most special, which the error then tells."""
    return pl.coalesce([pl.when(name.is_in(known)).then(name) for name in item.names] + [item.names[0]])


def _open(item: Wanted) -> pl.Expr:
    """Rows that need the parameter and do not state it."""
    return item.needed & pl.col(item.column).is_null()


def _refuse_unchosen(rows: pl.DataFrame, item: Wanted, problems: Problems) -> None:
    if item.optional:
        return
    words = f"{item.column} / {item.choice}" if item.choice else item.column
    for row in rows.filter(_open(item) & pl.col(_name_of(item)).is_null()).head(20).iter_rows(named=True):
        problems.add("parameter_missing", place_of(row, item.column), str(row["activity"]), column=words)


def _needs(rows: pl.DataFrame, item: Wanted, known: list[str]) -> pl.DataFrame:
    name = pl.col(_name_of(item))
    chosen = _open(item) & name.is_not_null() & (name.is_in(known) if item.optional else pl.lit(True))
    keys = ["place", "time", "sector"]
    return (
        rows.filter(chosen)
        .select(*keys, name.alias("activity"), pl.lit("t").alias("unit"), "provenance_id")
        .group_by(*NEED, maintain_order=True)
        .agg(pl.col("provenance_id").min())
        .with_columns(pl.lit(item.unit).alias("target"))
        .sort(*NEED)
    )


def _found(needs: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Look every parameter up by the one look-up of the library."""
    needs = needs.unique(subset=list(NEED), maintain_order=True)
    targets = dict(needs.select("activity", "target").iter_rows())
    names, factors = list(targets), source.rows
    used = factors.filter(pl.col("activity").is_in(names))
    pairs = [
        (activity, unit, conversion(unit, targets[activity]))
        for activity, unit in used.select("activity", "unit").unique().sort("activity", "unit").iter_rows()
    ]
    schema = {"activity": pl.String, "unit": pl.String, "scale": pl.Float64}
    scaled = used.join(pl.DataFrame(pairs, schema=schema, orient="row"), on=["activity", "unit"], maintain_order="left")
    ready = scaled.with_columns(
        pl.col("value") * pl.col("scale"),
        pl.col("sd") * pl.col("scale"),
        pl.lit(_PER_ITSELF).alias("unit"),
        pl.lit(None).cast(pl.String).alias("gas"),
    ).drop("scale")
    # An unknown name is answered by the names that are known, so rows of other names stay in the table.
    others = factors.filter(~pl.col("activity").is_in(names)).with_columns(
        pl.lit(_PER_ITSELF).alias("unit"), pl.lit(None).cast(pl.String).alias("gas")
    )
    regions = regions_of(needs["place"].unique().to_list(), source.places)
    rules = LookupRules(source.region_fallback, source.year_rule)
    return match_factors(needs.drop("target"), regions, pl.concat([ready, others]), rules)


def _joined(rows: pl.DataFrame, item: Wanted, found: pl.DataFrame) -> pl.DataFrame:
    stem = item.column
    picked = found.select(
        "place",
        "time",
        "sector",
        pl.col("activity").alias(_name_of(item)),
        pl.col("factor_value").alias(f"__value_{stem}__"),
        pl.col("factor_id").alias(f"__id_{stem}__"),
        pl.col("rule").alias(f"__rule_{stem}__"),
        pl.col("factor_sd").alias(f"__sd_{stem}__"),
        pl.col("factor_distribution").alias(f"__shape_{stem}__"),
        pl.col("factor_group").alias(f"__group_{stem}__"),
    )
    rows = rows.join(picked, on=["place", "time", "sector", _name_of(item)], how="left", maintain_order="left")
    filled = _open(item)
    stated = item.needed & pl.col(stem).is_not_null()
    return rows.with_columns(
        pl.when(filled).then(pl.col(f"__value_{stem}__")).otherwise(pl.col(stem)).alias(stem),
        pl.when(filled).then(pl.col(f"__id_{stem}__")).alias(f"__id_{stem}__"),
        pl.when(filled)
        .then(pl.col(f"__rule_{stem}__"))
        .when(stated)
        .then(pl.lit(f"{stem} stated in the row"))
        .alias(f"__rule_{stem}__"),
        pl.when(filled).then(pl.col(f"__sd_{stem}__")).alias(f"__sd_{stem}__"),
    )


def factor_ids(columns: Sequence[str]) -> pl.Expr:
    """Ids of the factors that gave some parameters, joined by ``*``."""
    return _words("id", columns, "*").alias("factor_id")


def rules(columns: Sequence[str]) -> pl.Expr:
    """How some parameters were found."""
    return _words("rule", columns, " | ").alias("rule")


def relative_sd(columns: Sequence[str], complements: Sequence[str] = ()) -> pl.Expr:
    """Relative standard deviation of a product of parameters; null if no factor states one.

    Parameters
    ----------
    columns
        Parameters that are factors of the product.
    complements
        Parameters x that enter as 1 − x.
    """
    parts = [_relative(column) for column in columns]
    parts += [_relative(column) * pl.col(column) / (1 - pl.col(column)) for column in complements]
    stated = pl.any_horizontal(part.is_not_null() for part in parts)
    squares = pl.sum_horizontal(part.fill_null(0.0) ** 2 for part in parts)
    return pl.when(stated).then(squares.sqrt()).alias("relative_sd")


def factor_errors(columns: Sequence[str], complements: Sequence[str] = ()) -> pl.Expr:
    """Shapes and sizes of the errors of a product of parameters, as :func:`relative_sd` adds them."""
    weights = [(column, pl.lit(1.0)) for column in columns]
    weights += [(column, -pl.col(column) / (1 - pl.col(column))) for column in complements]
    parts = [
        error_of(pl.col(column), pl.col(f"__sd_{column}__"), pl.col(f"__shape_{column}__"),
                 pl.col(f"__group_{column}__"), weight)
        for column, weight in weights
    ]  # fmt: skip
    return errors_of_product(*parts).alias(FACTOR_ERRORS)


def _relative(column: str) -> pl.Expr:
    """sd over value; a figure of zero has no relative deviation."""
    return pl.when(pl.col(column) != 0).then(pl.col(f"__sd_{column}__") / pl.col(column))


def _words(part: str, columns: Sequence[str], mark: str) -> pl.Expr:
    listed = pl.concat_list(f"__{part}_{column}__" for column in columns)
    text = listed.list.drop_nulls().list.unique(maintain_order=True).list.join(mark)
    return pl.when(text != "").then(text)
