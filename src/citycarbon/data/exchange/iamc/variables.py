"""The account of a study as IAMC variables: names built from its code lists, parents as sums of their parts.

Comes in: a :class:`~citycarbon.core.results.StudyResult`. Goes out: long rows with the kind of each variable and region.
Not for: files (:mod:`citycarbon.data.exchange.iamc.writer`).

A name is ``STEM|GAS|SECTOR|SECTOR…``. The stem says which rows, so that what may not be added never stands under one parent:

- ``Emissions``: scope 1, what is emitted inside the boundary, net of removals in the same sectors; the IAMC's own meaning.
- ``Indirect Emissions|Scope 2`` and ``… 3``, with ``|Location-based`` or ``|Market-based`` where the account has alternatives.
- ``Carbon Removal``: sinks, as positive numbers.
- ``Biogenic Emissions``: scope biogenic and biogenic CO2, which are in no total.
- ``Inventory Total``: the headline of the study by its own rule of scopes; it repeats what stands under the other stems.

Gases are masses of that gas (fossil and other CH4 are one gas here), ``CO2e [METRIC]`` is the sum of all by the study's metric.
A sector with emissions of its own and with sub-sectors has the former under ``|Unspecified``: a parent is the sum of what stands
one level below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.core.sums import added
from citycarbon.core.warming import BIOGENIC, EQUIVALENT
from citycarbon.data.exchange.iamc.table import INDEX, LEVEL
from citycarbon.data.library import warming_metric

MASSES = {"t": 1.0, "kt": 1e3, "Mt": 1e6}
"""Unit of mass to tonnes."""
STEMS = {"1": "Emissions", "2": "Indirect Emissions|Scope 2", "3": "Indirect Emissions|Scope 3",
         "sink": "Carbon Removal", "biogenic": "Biogenic Emissions"}  # fmt: skip
BASIS_WORDS = {"location": "Location-based", "market": "Market-based", "territorial": "Territorial",
               "consumption": "Consumption-based"}  # fmt: skip
STEMS_ZH = {"1": "直接排放（范围一）", "2": "范围二间接排放", "3": "范围三间接排放", "sink": "碳清除",
            "biogenic": "生物源排放（备忘）"}  # fmt: skip
TOTAL = "Inventory Total"
UNSPECIFIED = "Unspecified"
_SMALL = {"and", "or", "of", "the", "in", "for", "to", "on", "by", "at", "w/", "w/o", "than", "with", "from", "out"}
_ROWS = ("place", "time", "code", "scope", "gas", "scenario", "basis", "value")


@dataclass(frozen=True)
class IamcRows:
    """Long rows with ``kind``, the regions with theirs, and what has no number: the content of an IAMC file."""

    rows: pl.DataFrame
    regions: pl.DataFrame
    unnumbered: pl.DataFrame


def iamc_rows(result: StudyResult, *, mass: str = "Mt", view: str | None = None) -> IamcRows:
    """Give the account as IAMC rows.

    Parameters
    ----------
    result
        Result of a study.
    mass
        Unit of mass: ``t``, ``kt`` or ``Mt``.
    view
        Code list of a view whose sectors are wanted instead of the study's own; such rows are of the whole study.

    Returns
    -------
    content
        ``rows``: model, scenario, region, variable, unit, time, value, kind (``part``: no level below it; ``sum``: the sum of
        its levels; ``total``: repeats other variables), name_zh. ``regions``: region, kind, parent, name_zh.

    Raises
    ------
    InputError
        If a view or unit is not there, or the account has times that are no years.
    """
    if mass not in MASSES:
        raise InputError("value_not_listed", Where(item="mass"), mass, known=", ".join(MASSES))
    account = _account(result, view)
    bare = account.filter(pl.col("value").is_null())
    account = account.filter(pl.col("value").is_not_null())
    _refuse_parts_of_years(account)
    places = _regions(result, account)
    sectors = _sectors(result, view, account["code"].unique().sort().to_list())
    metric = str(result.meta["gwp"])
    named = pl.concat([_stemmed(account), _headline(account, str(result.meta["scopes"]))])
    named = named.join(places.select("code", "region").rename({"code": "place"}), on="place")
    named = named.join(sectors, on="code").filter((pl.col("stem_kind") != "total") | (pl.col("suffix") == ""))
    named = named.with_columns(_gas_name(metric).alias("gas_name"), _unit(mass).alias("unit"))
    variable = pl.concat_str("stem", pl.lit(LEVEL), "gas_name", "suffix").alias("variable")
    kind = pl.when(pl.col("stem_kind") == "total").then(pl.lit("total")).otherwise("kind").alias("kind")
    chinese = pl.concat_str("stem_zh", pl.lit(" · "), "gas_name", "suffix_zh").alias("name_zh")
    model = pl.lit(f"citycarbon {result.meta['citycarbon']}").alias("model")
    rows = named.with_columns(variable, kind, chinese, model, pl.col("value") / MASSES[mass])
    rows = added(rows, [*INDEX, "time", "kind", "name_zh"], free=["place", "sector", "scope", "gas"])
    order = pl.col("kind").replace_strict({"total": 0}, default=1, return_dtype=pl.Int8)
    rows = rows.select(*INDEX, "time", "value", "kind", "name_zh").sort("scenario", "region", order, "variable", "time")
    regions = places.select("region", "kind", "parent", "name_zh").unique(maintain_order=True)
    return IamcRows(rows, regions.sort("region"), _unnumbered(bare))


def _account(result: StudyResult, view: str | None) -> pl.DataFrame:
    """Give gases as masses and CO2e side by side; every row in t."""
    if view is None:
        gases = result.tables["emissions"].rename({"sector": "code"}).filter(pl.col("gas") != EQUIVALENT)
        whole = result.tables["emissions_co2e"].rename({"sector": "code"}).filter(pl.col("gas") == EQUIVALENT)
        return pl.concat([gases.select(*_ROWS, "notation"), whole.select(*_ROWS, "notation")])
    seen = result.tables.get("view_gases")
    known = [] if seen is None else seen["list"].unique().sort().to_list()
    if seen is None or view not in known:
        raise InputError("view_missing", Where(item="view"), ", ".join(known) or "—", view=view)
    rows = seen.filter(pl.col("list") == view).with_columns(pl.lit("").alias("place")).select(*_ROWS, "notation")
    factors = {EQUIVALENT: 1.0, **warming_metric(str(result.meta["gwp"])).factors}
    counted = rows.filter(pl.col("gas") != BIOGENIC)
    whole = counted.with_columns(
        pl.col("value") * pl.col("gas").replace_strict(factors, return_dtype=pl.Float64),
        pl.lit(EQUIVALENT).alias("gas"),
    )
    return pl.concat([rows.filter(pl.col("gas") != EQUIVALENT), whole])


def _refuse_parts_of_years(account: pl.DataFrame) -> None:
    """The format has years; months add to one only when all are there, which nobody has promised."""
    odd = account.filter(pl.col("time").str.len_chars() != 4)["time"].unique().sort()
    if odd.len():
        raise InputError("export_not_yearly", Where(column="time"), ", ".join(odd.head(5).to_list()), format="IAMC")


def _regions(result: StudyResult, account: pl.DataFrame) -> pl.DataFrame:
    """Give each used place the regions that it is in: itself, the places above it, and the study where that is no place."""
    codes, labels = _tree(result, "place")
    used = account["place"].unique().sort().to_list()
    whole = _title(str(result.meta["title"]["en"]))
    steps = {place: _line(place, codes) for place in used if place}
    tops = {line[-1] for line in steps.values()}
    names = _unique_names({code: labels.get(code, (code, code))[0] for line in steps.values() for code in line})
    if len(tops) == 1 and steps:
        whole = names[next(iter(tops))]
    elif whole in names.values():
        whole = f"{whole} (whole)"
    above = {line[number + 1] for line in steps.values() for number in range(len(line) - 1)}
    rows = []
    for place in used:
        line = steps.get(place, ())
        up = [names[code] for code in line[1:]] + ([whole] if len(tops) != 1 and place else [])
        for number, code in enumerate(line):
            kind = "sum" if code in above else "part"
            rows.append(
                (place, names[code], kind, up[number] if number < len(up) else None, labels.get(code, ("", code))[1])
            )
        if not line or len(tops) > 1:
            rows.append((place, whole, "sum" if line else "part", None, str(result.meta["title"]["zh"])))
    schema = dict.fromkeys(("code", "region", "kind", "parent", "name_zh"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _sectors(result: StudyResult, view: str | None, used: list[str]) -> pl.DataFrame:
    """Give each used code the ends of the names under which it counts: of the gas, of every level above it, and its own."""
    codes, labels = _tree(result, "sector") if view is None else _view_tree(result, view)
    lines = {code: _line(code, codes)[::-1] for code in used}
    above = {step for line in lines.values() for step in line[:-1]}
    spelt: dict[str, str] = {}
    for code in {step for line in lines.values() for step in line}:
        mates = {other for line in lines.values() for other in line if codes.get(other) == codes.get(code)}
        same = [
            other
            for other in mates
            if _title(labels.get(other, (other, ""))[0]) == _title(labels.get(code, (code, ""))[0])
        ]
        name = _title(labels.get(code, (code, ""))[0])
        spelt[code] = name if len(same) == 1 else f"{name} ({code})"
    rows = []
    for code, line in lines.items():
        names, chinese = [spelt[step] for step in line], [labels.get(step, ("", step))[1] for step in line]
        if code in above:
            names, chinese = [*names, UNSPECIFIED], [*chinese, "未细分"]
        for depth in range(len(names) + 1):
            suffix = "".join(LEVEL + name for name in names[:depth])
            shown = "".join(LEVEL + name for name in chinese[:depth])
            rows.append((code, suffix, shown, "part" if depth == len(names) else "sum"))
    schema = dict.fromkeys(("code", "suffix", "suffix_zh", "kind"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _tree(result: StudyResult, dimension: str) -> tuple[dict[str, str | None], dict[str, tuple[str, str]]]:
    """Give parents and labels of a dimension; a result without the table of codes has none and its codes stand alone."""
    listed = result.tables.get("codes")
    if listed is None:
        return {}, dict(result.labels)
    rows = listed.filter(pl.col("dimension") == dimension)
    return _parents_and_labels(rows, dict(result.labels))


def _view_tree(result: StudyResult, view: str) -> tuple[dict[str, str | None], dict[str, tuple[str, str]]]:
    return _parents_and_labels(result.tables["view_codes"].filter(pl.col("list") == view), {})


def _parents_and_labels(
    rows: pl.DataFrame, labels: dict[str, tuple[str, str]]
) -> tuple[dict[str, str | None], dict[str, tuple[str, str]]]:
    parents = dict(rows.select("code", "parent").iter_rows())
    return parents, labels | {code: (en, zh) for code, en, zh in rows.select("code", "name_en", "name_zh").iter_rows()}


def _line(code: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """Give a code and what stands above it, nearest first."""
    line, step = [code], parents.get(code)
    while step is not None and step not in line:
        line.append(step)
        step = parents.get(step)
    return tuple(line)


def _unique_names(labels: Mapping[str, str]) -> dict[str, str]:
    """Give each code its label; labels that two codes share get the code behind them."""
    clean = {code: _clean(label) or code for code, label in labels.items()}
    shared = {name for name in clean.values() if list(clean.values()).count(name) > 1}
    return {code: f"{name} ({code})" if name in shared else name for code, name in clean.items()}


def _clean(label: str) -> str:
    """The mark of levels, and blanks around it, would make further levels."""
    return re.sub(r"\s*[|]\s*", "/", re.sub(r"\s+", " ", label.replace("*", "·"))).strip()


def _title(label: str) -> str:
    """Capitalise a label as the format asks for; words that have capitals stay."""
    words = _clean(label).split(" ")
    return " ".join(
        word if number and word in _SMALL else word[:1].upper() + word[1:] for number, word in enumerate(words)
    )


def _stemmed(account: pl.DataFrame) -> pl.DataFrame:
    """Put each row under its stem; rows that are the same under each alternative of a scope stand under each of them."""
    biogenic = pl.col("gas") == BIOGENIC
    rows = account.with_columns(pl.when(biogenic).then(pl.lit("biogenic")).otherwise(pl.col("scope")).alias("scope"))
    keys = ["scenario", "scope"]
    joined = _alternatives(rows, keys)
    sign = pl.when(pl.col("scope") == "sink").then(-1.0).otherwise(1.0)
    return _worded(joined).select(
        "place", "code", "time", "gas", "scenario", pl.col("value") * sign,
        pl.concat_str(pl.col("scope").replace_strict(STEMS), "basis_word").alias("stem"),
        pl.concat_str(pl.col("scope").replace_strict(STEMS_ZH), "basis_word").alias("stem_zh"),
        pl.lit("tree").alias("stem_kind"),
    )  # fmt: skip


def _headline(account: pl.DataFrame, rule: str) -> pl.DataFrame:
    """Give the rows that the study's rule of scopes adds, once for each alternative of a scenario."""
    rows = account.filter(pl.col("scope").is_in(SCOPE_RULES[rule]) & (pl.col("gas") == EQUIVALENT))
    joined = _alternatives(rows, ["scenario"])
    word = LEVEL + _title(
        rule.replace("scope_1_2_3", "Scope 1+2+3").replace("scope_1_2", "Scope 1+2").replace("_", " ")
    )
    return _worded(joined).select(
        "place", "code", "time", "gas", "scenario", "value",
        pl.concat_str(pl.lit(TOTAL + word), "basis_word").alias("stem"),
        pl.concat_str(pl.lit("清单总量" + word), "basis_word").alias("stem_zh"),
        pl.lit("total").alias("stem_kind"),
    )  # fmt: skip


def _alternatives(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Write rows out once for each alternative that their group has; a group without any keeps its rows."""
    basis, alternative = pl.col("basis"), pl.col("alternative")
    named = rows.filter(basis != "all").select(*keys, basis.alias("alternative")).unique()
    joined = rows.join(named, on=keys, how="left", maintain_order="left")
    return joined.filter(alternative.is_null() | (basis == "all") | (basis == alternative))


def _worded(rows: pl.DataFrame) -> pl.DataFrame:
    word = pl.col("alternative").replace_strict(BASIS_WORDS, default=None, return_dtype=pl.String)
    return rows.with_columns(pl.when(word.is_null()).then(pl.lit("")).otherwise(LEVEL + word).alias("basis_word"))


def _gas_name(metric: str) -> pl.Expr:
    """Give gases the names of the format: fossil CH4 is CH4, fluorinated gases stand under their family."""
    gas = pl.col("gas").str.replace(r"^(CH4)-.*$", "$1").replace({BIOGENIC: "CO2"})
    family = gas.str.extract(r"^(HCFC|HFC|CFC)-")
    name = (
        pl.when(family.is_null())
        .then(gas)
        .otherwise(pl.concat_str(family, pl.lit(LEVEL), gas.str.replace_all("-", "")))
    )
    return pl.when(pl.col("gas") == EQUIVALENT).then(pl.lit(f"{EQUIVALENT} [{metric}]")).otherwise(name)


def _unit(mass: str) -> pl.Expr:
    gas = pl.col("gas").str.replace(r"^(CH4)-.*$", "$1").replace({BIOGENIC: "CO2", EQUIVALENT: "CO2-equiv"})
    return pl.concat_str(pl.lit(f"{mass} "), gas.str.replace_all(r"^(HCFC|HFC|CFC|PFC)-", "$1"), pl.lit("/yr"))


def _unnumbered(bare: pl.DataFrame) -> pl.DataFrame:
    """Give what stands in the account with a notation key instead of a number; it is in no sum."""
    keys = ["place", "code", "scope", "gas", "scenario", "time", "notation"]
    return (
        bare.filter(pl.col("gas") != EQUIVALENT).select(keys).unique().sort(keys) if bare.height else bare.select(keys)
    )
