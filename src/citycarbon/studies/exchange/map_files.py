"""Map files of a study: emissions by place on the layer's own geometry, in the formats that a GIS opens.

Comes in: a finished run and its result. Goes out: files in the folder ``maps`` of the results. Not for: the maps of the report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.layers import Layer
from citycarbon.data.layers.ground import hectares
from citycarbon.data.layers.raster import Raster, write_cog
from citycarbon.data.layers.writing import write_layer
from citycarbon.data.library import warming_metric
from citycarbon.inventory.space.overlay.pairs import dimension_of
from citycarbon.studies.account import by_alternative
from citycarbon.studies.run import Run
from citycarbon.studies.study_file import ACCOUNT, STUDY_FILE, MapView

FOLDER = "maps"
_ALIASES = {
    "place": ("place", "地点"), "name_en": ("name in English", "英文名称"), "name_zh": ("name in Chinese", "中文名称"),
    "class": ("class", "类别"), "land_use": ("land-use code", "用地代码"), "area_ha": ("area [ha]", "面积公顷"),
    "time": ("year", "年份"), "scenario": ("scenario", "情景"), "basis": ("basis", "核算口径"),
    "t_co2e": ("emissions [t CO2e]", "排放吨"), "t_co2e_ha": ("emissions per hectare [t CO2e/ha]", "地均排放"),
    "sd_t": ("standard deviation [t CO2e]", "标准差吨"), "sd_place": ("sd of the placement [t CO2e]", "落位误差"),
}  # fmt: skip


def write_maps(run: Run, result: StudyResult, folder: Path) -> list[str]:
    """Write the files that the maps of a study ask for; give their names.

    Parameters
    ----------
    run
        Finished run.
    result
        Its result, for labels.
    folder
        Results folder; files go into its folder ``maps``.

    Raises
    ------
    InputError
        If a raster is asked of a layer that is no grid, or a file cannot be written.
    """
    made = []
    for view in run.study.maps:
        if not view.files:
            continue
        layer = run.desk.layers[view.layer]
        if not isinstance(layer, Layer):
            continue
        (folder / FOLDER).mkdir(exist_ok=True)
        rows, sectors = map_rows(run, view, layer, result)
        aliases = {**_ALIASES, **sectors}
        title = f"{result.label(f'step:{view.step}', 'zh')} · {run.study.title.zh} · t CO2e"
        for part, table in _alternatives(rows):
            name = f"{view.step}{part}"
            shown = Layer(name, table.drop("n"), layer.geometry[table["n"].to_numpy()], layer.crs)
            for kind in view.files:
                path = folder / FOLDER / f"{name}.{kind}"
                if kind == "tif":
                    _raster(path, layer, table, title, view, run)
                else:
                    write_layer(shown, path, title=title, aliases=aliases)
                made.append(path.name)
    return made


def _alternatives(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """One table a year, scenario and basis: a map shows one of them, and they never add."""
    keys = ["time", "scenario", "basis"]
    several = [key for key in keys if rows[key].n_unique() > 1]
    parts = []
    for values, table in rows.group_by(keys, maintain_order=True):
        shown = [str(value) for key, value in zip(keys, values, strict=True) if key in several]
        parts.append(("".join(f"-{word}" for word in shown), table))
    return parts


def map_rows(
    run: Run, view: MapView, layer: Layer, result: StudyResult
) -> tuple[pl.DataFrame, dict[str, tuple[str, str]]]:
    """Give one row a feature with total, density, sd and a column for each main sector; the features without emissions too.

    Returns
    -------
    rows, sectors
        Rows with the number ``n`` of the feature; sector columns with their names.
    """
    table = run.account() if view.step == ACCOUNT else run.tables[view.step]
    if not isinstance(table, EmissionTable):
        where = Where(file=STUDY_FILE, item=f"maps.{view.step}")
        raise InputError("table_kind_wrong", where, type(table).__name__, wanted="EmissionTable")
    equivalent = by_alternative(table.to_co2e(warming_metric(run.study.gwp)).with_unit("t").filter(gas="CO2e"))
    keys = ["time", "scenario", "basis"]
    sums = pl.DataFrame(total(equivalent, ["place", *keys], scopes=run.study.scopes)).rename({"value": "t_co2e"})
    by_sector = pl.DataFrame(total(equivalent, ["place", "sector", *keys], scopes=run.study.scopes))
    by_sector = by_sector.with_columns(pl.col("sector").str.split(".").list.first())
    heads = by_sector["sector"].unique().sort().to_list()
    wide = by_sector.pivot(
        "sector", index=["place", *keys], values="value", aggregate_function="sum", sort_columns=True
    )
    columns = {head: f"t_{head}" for head in heads}
    kept = ["place", *keys, "t_co2e"] + (["sd"] if "sd" in sums.columns else [])
    both = sums.select(kept).join(wide.rename(columns), on=["place", *keys], how="left")
    both = both.rename({"sd": "sd_t"}, strict=False)
    if equivalent.has("sd_placement"):
        spread = (
            equivalent.to_polars()
            .group_by("place", *keys, maintain_order=True)
            .agg((pl.col("sd_placement") ** 2).sum().sqrt().alias("sd_place"))
        )
        both = both.join(spread, on=["place", *keys], how="left")
    features = layer.rows.select(
        pl.col("place").cast(pl.String), *[name for name in ("class", "land_use") if name in layer.rows.columns]
    ).with_columns(n=pl.int_range(pl.len()))
    if dimension_of(layer.geometry) == 2:
        features = features.with_columns(pl.Series("area_ha", hectares(layer)))
    frames = [features.join(part.drop("place_right", strict=False), on="place", how="left").with_columns(
        **{key: pl.lit(value) for key, value in zip(keys, values, strict=True)}
    ) for values, part in both.group_by(keys, maintain_order=True)]  # fmt: skip
    rows = pl.concat(frames)
    if "area_ha" in rows.columns:
        rows = rows.with_columns((pl.col("t_co2e") / pl.col("area_ha")).alias("t_co2e_ha"))
    places = rows["place"].to_list()
    names = {lang: pl.Series(f"name_{lang}", [result.label(place, lang) for place in places]) for lang in ("en", "zh")}
    rows = rows.with_columns(names["en"], names["zh"])
    first = [
        "n",
        "place",
        "name_en",
        "name_zh",
        *[c for c in ("class", "land_use", "area_ha") if c in rows.columns],
        *keys,
    ]
    rows = rows.select(*first, pl.exclude(first)).sort(*keys, "n")
    codes = run.desk.sector_codes.labels if run.desk.sector_codes is not None else {}
    titles = {}
    for head in heads:
        english, chinese = codes.get(head, (result.label(head), result.label(head, "zh")))
        titles[columns[head]] = (f"{english} [t CO2e]", f"{chinese.partition('（')[0]}吨")
    return rows, titles


def _raster(path: Path, layer: Layer, table: pl.DataFrame, title: str, view: MapView, run: Run) -> None:
    grid: Any = layer.grid
    if grid is None:
        raise InputError("layer_no_grid", Where(file=STUDY_FILE, item=f"maps.{view.step}.files"), view.layer)
    values = np.full(grid.rows * grid.columns, np.nan)
    known = table.filter(pl.col("t_co2e").is_not_null())
    values[layer.rows["cell"].to_numpy()[known["n"].to_numpy()]] = known["t_co2e"].to_numpy()
    raster = Raster(layer.name, grid, values=values.reshape(grid.rows, grid.columns))
    year = "–".join(sorted(set(table["time"].to_list())))
    tags = {"STUDY": run.study.id, "YEAR": year, "METRIC": run.study.gwp, "SCOPES": run.study.scopes}
    write_cog(path, raster, unit="t CO2e", title=title, descriptions=tags)
