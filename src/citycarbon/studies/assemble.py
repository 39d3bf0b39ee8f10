"""From the tables of the steps to the one result that every face shows: account, totals, provenance, checks.

Comes in: a finished :class:`~citycarbon.studies.run.Run`. Goes out: a :class:`~citycarbon.core.results.StudyResult`.
Not for: formulas; sums follow the rules of :mod:`citycarbon.core.totals`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

import citycarbon
from citycarbon.core.errors import InputError, Where
from citycarbon.core.names import one_form
from citycarbon.core.results import Check, StudyResult
from citycarbon.core.sums import number_sum
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable, FactorTable, Table
from citycarbon.core.totals import total
from citycarbon.data.layers import Layer
from citycarbon.data.layers.ground import hectares
from citycarbon.data.library import activities, warming_metric
from citycarbon.data.regions import region_rows
from citycarbon.inventory.accounting.community import community_codes
from citycarbon.inventory.accounting.intensity import IntensityTable, intensity
from citycarbon.inventory.space.overlay.pairs import dimension_of
from citycarbon.studies.account import by_alternative, equivalent_of
from citycarbon.studies.catalogue import find_method
from citycarbon.studies.checks.resting import parts_of, recalled_share, refuse_weak, resting
from citycarbon.studies.exchange_tables import exchange_tables
from citycarbon.studies.levers.inputs import model_tables, models_of_run
from citycarbon.studies.own_checks import caveats, findings, own_checks
from citycarbon.studies.problem_places import in_file
from citycarbon.studies.run import Run
from citycarbon.studies.sources import Desk
from citycarbon.studies.study_file import ACCOUNT, STUDY_FILE, MapView
from citycarbon.studies.tiles.shapes import PREFIX, shape_table
from citycarbon.studies.total_draws import SORT, monte_carlo
from citycarbon.studies.views import view_tables

LARGEST_DRAWN = 20_000
"""Shapes of a layer that a report carries."""
REPORTED = "inventory.accounting.reported_emissions"
"""Method whose account is a series of years."""


def run_to_result(run: Run) -> StudyResult:
    """Assemble the result of a run.

    Raises
    ------
    InputError
        If the account cannot be added up by the study's own rules.
    """
    account = run.account()
    metric = warming_metric(run.study.gwp)
    equivalent = equivalent_of(account, metric).with_unit("t")
    main = by_alternative(equivalent.filter(gas="CO2e"))
    factors = _used_factors(run, account.to_polars())
    _refuse_weak(run, account)
    tables: dict[str, pl.DataFrame] = {
        "emissions": account.to_polars().sort(SORT),
        "emissions_co2e": equivalent.to_polars().sort(SORT),
        "activity": _activity(run),
        "factors": factors,
        "provenance": _provenance(run, account, factors),
        "totals": totals_table(main, run.study.scopes),
    }
    tables["quality"] = resting(tables["emissions_co2e"], factors, tables["activity"], run.study.scopes)
    denominators = run.desk.denominators
    if denominators is not None:
        tables["denominators"] = denominators.to_polars().sort("place", "time", "measure")
        tables["intensities"] = _intensities(run, main, denominators)
    if run.study.uncertainty is not None:
        tables["uncertainty"] = monte_carlo(run, main)
    for name in run.study.show:
        tables[f"step_{name}"] = run.tables[name].to_polars()
    if any(_drawn(run, view) for view in run.study.maps):
        tables["maps"] = pl.concat([_map(run, view) for view in run.study.maps if _drawn(run, view)])
        tables["map_sectors"] = pl.concat(
            [_map(run, view, ("sector",)) for view in run.study.maps if _drawn(run, view)]
        )
    tables |= model_tables(run) | _shapes(run)
    seen, view_checks = view_tables(run, main)
    tables |= seen | exchange_tables(run, account)
    recalled = recalled_share(tables["quality"])
    checks = (
        *view_checks, *_left_out(run), *own_checks(run, account, main, factors), *([recalled] if recalled else []),
        *findings(run), *caveats(run),
    )  # fmt: skip
    return StudyResult(_meta(run, main), tables, _layers(run), tuple(_origins(run.desk)), checks, _labels(run))


def totals_table(main: EmissionTable, scopes: str) -> pl.DataFrame:
    """Give the sums that the report shows: by place, sector, scope and whole, for each time, scenario and basis."""
    fixed = ["time", "scenario", "basis"]
    views = {
        "place": ["place"], "sector": ["sector"], "scope": ["scope"], "activity": ["activity"],
        "place_sector": ["place", "sector"], "sector_scope": ["sector", "scope"], "gas_total": [],
    }  # fmt: skip
    parts = []
    for view, by in views.items():
        rule = None if "scope" in by else scopes
        sums = pl.DataFrame(total(main, [*by, *fixed], scopes=rule))
        parts.append(sums.with_columns(pl.lit("whole" if view == "gas_total" else view).alias("view")))
    made = pl.concat(parts, how="diagonal")
    for name in ("place", "sector", "scope", "activity", "sd", "sd_coverage"):
        if name not in made.columns:
            made = made.with_columns(pl.lit(None).cast(pl.Float64 if name.startswith("sd") else pl.String).alias(name))
    order = ["view", "place", "sector", "scope", "activity", *fixed]
    return made.select(*order, "value", "unit", "sd", "sd_coverage", "rows", "without_number").sort(order)


def _intensities(run: Run, main: EmissionTable, denominators: DenominatorTable) -> pl.DataFrame:
    places = denominators.to_polars()["place"].unique().to_list()
    years = denominators.to_polars()["time"].unique().to_list()
    rows = main.to_polars().filter(pl.col("place").is_in(places) & pl.col("time").str.slice(0, 4).is_in(years))
    if not rows.height:
        return pl.DataFrame(schema={c.name: pl.String for c in intensity.gives.columns})
    mine = EmissionTable.trusted(EmissionTable(rows).rows, codes={})
    file = run.study.denominators.file if run.study.denominators else None
    try:
        made: IntensityTable = intensity(mine, denominators, scopes=run.study.scopes)
    except InputError as error:
        raise in_file(error, file) from error
    return made.to_polars()


def _activity(run: Run) -> pl.DataFrame:
    parts = []
    for step, arguments in run.inputs.items():
        for value in arguments.values():
            if isinstance(value, ActivityTable):
                parts.append(value.to_polars().with_columns(pl.lit(step).alias("step")))
    if not parts:
        kinds = {c.name: pl.Float64 if c.kind == "number" else pl.String for c in ActivityTable.columns}
        return pl.DataFrame(schema={**kinds, "step": pl.String})
    return pl.concat(parts).sort("step", *SORT[:4], "scenario", "provenance_id")


def _refuse_weak(run: Run, account: EmissionTable) -> None:
    """Hold every figure behind an emission of any step against the quality that the study demands."""
    if run.study.quality is None:
        return
    tables = [account, *(table for table in run.tables.values() if isinstance(table, EmissionTable))]
    rows = pl.concat([table.to_polars().select("factor_id", "provenance_id", "value") for table in tables])
    refuse_weak(rows, _used_factors(run, rows), _activity(run), run.study.quality, STUDY_FILE)


def _used_factors(run: Run, rows: pl.DataFrame) -> pl.DataFrame:
    """Every factor that stands behind a row; combined ids name their parts, joined by ``*``."""
    used = {part for each in rows["factor_id"].drop_nulls().unique().to_list() for part in parts_of(each)}
    given = [
        value.to_polars()
        for arguments in run.inputs.values()
        for value in arguments.values()
        if isinstance(value, FactorTable)
    ]
    rows = pl.concat([run.desk.library.rows, *given], how="diagonal_relaxed").unique(maintain_order=True)
    return rows.filter(pl.col("factor_id").is_in(sorted(used))).unique("factor_id", keep="first").sort("factor_id")


def _provenance(run: Run, account: EmissionTable, factors: pl.DataFrame) -> pl.DataFrame:
    """One row for each source row, factor and method of the account."""
    keys = ["provenance_id", "factor_id", "method", "rule"]
    rows = account.to_polars().select(keys).unique().sort(keys, nulls_last=True)
    origin = pl.col("provenance_id").str.replace(r"(!.*)?:\d+$", "")
    hashes = {}
    for each in run.desk.origins.values():
        hashes[f"{each.name}#{each.sheet}" if each.sheet else each.name] = each.sha256
        hashes[each.name] = each.sha256
    used = rows["method"].drop_nulls().unique().sort().to_list()
    known = {name: find_method(name) for name in used}
    sources = dict(factors.select("factor_id", "source").iter_rows())
    parts = pl.col("factor_id").str.replace(r"@[\d.]+$", "").str.split("*")
    named = parts.list.eval(
        pl.element().replace_strict(sources, default=None, return_dtype=pl.String)
    ).list.drop_nulls()
    return rows.with_columns(
        origin.alias("file"),
        pl.col("provenance_id").str.extract(r":(\d+)$").cast(pl.Int64).alias("row"),
        origin.replace_strict(hashes, default=None, return_dtype=pl.String).alias("sha256"),
        pl.col("method").replace_strict({n: m.version for n, m in known.items()}, default=None, return_dtype=pl.Int64)
        .alias("method_version"),
        pl.col("method").replace_strict({n: m.equation for n, m in known.items()}, default=None, return_dtype=pl.String)
        .alias("equation"),
        named.list.unique(maintain_order=True).list.join("; ").alias("factor_sources"),
    )  # fmt: skip


def _drawn(run: Run, view: MapView) -> bool:
    return run.study.layers[view.layer].show and isinstance(run.desk.layers[view.layer], Layer)


def _map(run: Run, view: MapView, by: tuple[str, ...] = ()) -> pl.DataFrame:
    """Sums of a map's places; by sector with the first part of each code, which is its main sector."""
    table = run.account() if view.step == ACCOUNT else run.tables[view.step]
    if not isinstance(table, EmissionTable):
        where = Where(file=STUDY_FILE, item=f"maps.{view.step}")
        raise InputError("table_kind_wrong", where, type(table).__name__, wanted="EmissionTable")
    equivalent = table.to_co2e(warming_metric(run.study.gwp)).with_unit("t").filter(gas="CO2e")
    rows = by_alternative(equivalent)
    keys = ["place", *by, "time", "scenario", "basis"]
    sums = pl.DataFrame(total(rows, keys, scopes=run.study.scopes))
    if by:
        heads = sums.with_columns(pl.col("sector").str.split(".").list.first())
        sums = (
            heads.sort(keys)
            .group_by(keys, maintain_order=True)
            .agg(number_sum(), pl.col("unit").first(), pl.col("rows").sum())
        )
    return sums.select(pl.lit(view.layer).alias("layer"), *keys, "value", "unit", "rows")


def _layers(run: Run) -> dict[str, Any]:
    """Layers that the report draws; one with more shapes than a page can carry is drawn as tiles only."""
    made = {}
    for name, layer, rows in _shown_layers(run):
        if rows.height <= LARGEST_DRAWN:
            made[name] = type(layer)(layer.name, rows, layer.geometry, layer.crs).geojson(5)
    return made


def _left_out(run: Run) -> list[Check]:
    """Say which layers the report does not draw."""
    return [
        Check(
            f"layer.left_out: {name}", "note",
            (f"{name} has {rows.height:,} shapes, more than a report carries: it is drawn by the workbench and in map files",
             f"图层 {name} 有 {rows.height:,} 个图形，超出报告可承载的数量：请在平台或地图文件中查看"),
            float(rows.height), unit="1",
        )
        for name, _, rows in _shown_layers(run) if rows.height > LARGEST_DRAWN
    ]  # fmt: skip


def _shapes(run: Run) -> dict[str, pl.DataFrame]:
    """Layers as tables of shapes, for tiles and features."""
    return {f"{PREFIX}{name}": shape_table(layer, rows) for name, layer, rows in _shown_layers(run)}


def _shown_layers(run: Run) -> Iterator[tuple[str, Layer, pl.DataFrame]]:
    for name, source in run.study.layers.items():
        layer = run.desk.layers[name]
        if source.show and isinstance(layer, Layer):
            keep = [column for column in ("place", "class") if column in layer.rows.columns]
            rows = layer.rows.select(keep)
            if dimension_of(layer.geometry) == 2:
                rows = rows.with_columns(pl.Series("area_ha", hectares(layer)).round_sig_figs(6))
            yield name, layer, rows


def _origins(desk: Desk) -> list[Any]:
    unique = {(origin.name, origin.sheet): origin for origin in desk.origins.values()}
    return [unique[key] for key in sorted(unique)]


def _labels(run: Run) -> dict[str, tuple[str, str]]:
    labels: dict[str, tuple[str, str]] = {code: (en, zh) for code, zh, en, _ in activities().iter_rows()}
    labels |= dict(community_codes().labels)
    for codes in (run.desk.sector_codes, run.desk.place_codes):
        if codes is not None:
            labels |= dict(codes.labels)
    labels |= {one_form(code): (text.en, text.zh) for code, text in run.study.labels.items()}
    labels |= {f"step:{step.id}": (step.title.en, step.title.zh) for step in run.study.steps if step.title}
    for name, source in run.study.layers.items():
        if source.title:
            labels[f"layer:{name}"] = (source.title.en, source.title.zh)
    used = {str(value) for table in run.tables.values() for value in _words(table)}
    used |= {one_form(code) for code in run.study.labels}
    regions = {code: (str(row["name_en"]), str(row["name_zh"])) for code, row in region_rows().items()}
    return {
        code: pair
        for code, pair in {**regions, **labels}.items()
        if code in used or code.startswith(("layer:", "step:"))
    }


def _words(table: Table) -> set[str]:
    frame = table.to_polars()
    found: set[str] = set()
    for name in ("place", "sector", "activity", "target", "region", "item"):
        if name in frame.columns:
            found |= {str(value) for value in frame[name].drop_nulls().unique().to_list()}
    return found


def _scenarios(run: Run) -> list[str]:
    """Scenarios in the order of the steps of the account."""
    names = [
        name
        for step in run.study.account
        for name in sorted(run.tables[step].to_polars()["scenario"].unique().to_list())
    ]
    return list(dict.fromkeys(names))


def _yearly(run: Run) -> bool:
    """Whether the account is one of years, shown by its last one, and not works whose years add up."""
    own = {step.id: step.method for step in run.study.steps}
    return bool(run.study.views) or all(own[name] == REPORTED for name in run.study.account)


def _meta(run: Run, main: EmissionTable) -> dict[str, Any]:
    study = run.study
    keys = ["time", "scenario", "basis"]
    totals = pl.DataFrame(total(main, keys, scopes=study.scopes))
    columns = [name for name in (*keys, "value", "unit", "sd") if name in totals.columns]
    return {
        "study": study.id,
        "title": {"en": study.title.en, "zh": study.title.zh},
        "summary": {"en": study.summary.en, "zh": study.summary.zh} if study.summary else {"en": "", "zh": ""},
        "citycarbon": citycarbon.__version__,
        "engine": {"polars": pl.__version__},
        "gwp": study.gwp,
        "scenarios": _scenarios(run),
        "views": [view.to for view in study.views],
        "yearly": _yearly(run),
        "scopes": study.scopes,
        "show": list(study.show),
        "models": models_of_run(run),
        "methods": {step.id: f"{step.method} v{find_method(step.method).version}" for step in study.steps},
        "totals": totals.select(columns).sort(keys).to_dicts(),
    }
