"""From the tables of the steps to the one result that every face shows: account, totals, provenance, checks.

Comes in: a finished :class:`~citycarbon.studies.run.Run`. Goes out: a :class:`~citycarbon.core.results.StudyResult`.
Not for: formulas; sums follow the rules of :mod:`citycarbon.core.totals`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

import citycarbon
from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.draws import SharedFactors, UncertainRows, draw_totals
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.findings import FindingTable
from citycarbon.core.results import Check, Severity, StudyResult
from citycarbon.core.schema import row_of
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable, FactorTable, Table
from citycarbon.core.totals import total
from citycarbon.core.warming import BIOGENIC, WarmingMetric
from citycarbon.data.library import activities, warming_metric
from citycarbon.data.regions import region_rows
from citycarbon.inventory.accounting.community import community_codes
from citycarbon.inventory.accounting.intensity import IntensityTable, intensity
from citycarbon.studies.catalogue import find_method
from citycarbon.studies.problem_places import in_file, of_draws, of_gases
from citycarbon.studies.run import Run
from citycarbon.studies.sources import Desk
from citycarbon.studies.study_file import ACCOUNT, STUDY_FILE, MapView

SORT = (
    "place",
    "time",
    "sector",
    "activity",
    "scope",
    "gas",
    "scenario",
    "basis",
    "method",
    "provenance_id",
    "factor_id",
)


def run_to_result(run: Run) -> StudyResult:
    """Assemble the result of a run.

    Raises
    ------
    InputError
        If the account cannot be added up by the study's own rules.
    """
    account = _account(run)
    metric = warming_metric(run.study.gwp)
    equivalent = _equivalent(account, metric).with_unit("t")
    main = by_alternative(equivalent.filter(gas="CO2e"))
    factors = _used_factors(run, account)
    tables: dict[str, pl.DataFrame] = {
        "emissions": account.to_polars().sort(SORT),
        "emissions_co2e": equivalent.to_polars().sort(SORT),
        "activity": _activity(run),
        "factors": factors,
        "provenance": _provenance(run, account, factors),
        "totals": totals_table(main, run.study.scopes),
    }
    denominators = run.desk.denominators
    if denominators is not None:
        tables["denominators"] = denominators.to_polars().sort("place", "time", "measure")
        tables["intensities"] = _intensities(run, main, denominators)
    if run.study.uncertainty is not None:
        tables["uncertainty"] = _monte_carlo(run, main)
    for name in run.study.show:
        tables[f"step_{name}"] = run.tables[name].to_polars()
    if run.study.maps:
        tables["maps"] = pl.concat([_map(run, view) for view in run.study.maps])
    checks = (*_own_checks(run, account, main, factors), *_findings(run), *_caveats(run))
    return StudyResult(_meta(run, main), tables, _layers(run), tuple(_origins(run.desk)), checks, _labels(run))


def _equivalent(account: EmissionTable, metric: WarmingMetric) -> EmissionTable:
    try:
        return account.to_co2e(metric)
    except InputError as error:
        raise of_gases(error, account) from error


def _account(run: Run) -> EmissionTable:
    parts = []
    seen: list[pl.DataFrame] = []
    for name in run.study.account:
        table = run.tables[name]
        if not isinstance(table, EmissionTable):
            where = Where(file=STUDY_FILE, item=f"account.{name}")
            raise InputError("table_kind_wrong", where, type(table).__name__, wanted="EmissionTable")
        parts.append(table.with_unit("t"))
        seen.append(parts[-1].to_polars().with_columns(pl.lit(name).alias("step")))
    _refuse_twice(pl.concat(seen))
    codes = {"place": run.desk.place_codes, "sector": run.desk.sector_codes}
    stacked = EmissionTable.stack(parts)
    return stacked.with_codes(**{key: code for key, code in codes.items() if code is not None})


def _refuse_twice(rows: pl.DataFrame) -> None:
    """Refuse a row of a file that two steps of the account have counted for the same gas, scenario and basis."""
    keys = ["provenance_id", "time", "sector", "activity", "gas", "scenario", "basis"]
    known = rows.filter(pl.col("provenance_id").is_not_null())
    twice = known.group_by(keys).agg(pl.col("step").unique().sort()).filter(pl.col("step").list.len() > 1).sort(keys)
    problems = Problems()
    for row in twice.head(10).iter_rows(named=True):
        source, number = row["provenance_id"].rpartition(":")[0], row_of(row["provenance_id"])
        place = Where(file=source or None, rows=(number,) if number else (), item="account")
        problems.add("sum_two_steps", place, " + ".join(row["step"]))
    problems.raise_all()


def by_alternative(table: EmissionTable) -> EmissionTable:
    """Write the account out once for each alternative (location, market …) that a scenario has.

    Rows of basis ``all`` belong to each alternative of their scenario; a scenario without any keeps ``all``.
    """
    known = table.to_polars().select("scenario", "basis").unique().sort("scenario", "basis")
    parts = []
    for (scenario,), part in known.group_by("scenario", maintain_order=True):
        mine = table.filter(scenario=str(scenario))
        for basis in [name for name in part["basis"].to_list() if name != "all"] or ["all"]:
            chosen = mine.filter(basis=("all", basis))
            rows = chosen.rows.drop("basis") if chosen.has("basis") else chosen.rows
            parts.append(EmissionTable.trusted(rows, fixed={**chosen.fixed, "basis": basis}, codes=chosen.codes))
    return EmissionTable.stack(parts)


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
        return pl.DataFrame(schema={**{c.name: pl.String for c in ActivityTable.columns}, "step": pl.String})
    return pl.concat(parts).sort("step", *SORT[:4], "scenario", "provenance_id")


def _used_factors(run: Run, account: EmissionTable) -> pl.DataFrame:
    """Every factor that stands behind a row; combined ids name their parts, joined by ``*``."""
    ids = account.to_polars()["factor_id"].drop_nulls().unique()
    used = ids.str.replace(r"@[\d.]+$", "").str.split("*").explode().unique().to_list()
    given = [
        value.to_polars()
        for arguments in run.inputs.values()
        for value in arguments.values()
        if isinstance(value, FactorTable)
    ]
    rows = pl.concat([run.desk.library.rows, *given], how="diagonal_relaxed").unique(maintain_order=True)
    return rows.filter(pl.col("factor_id").is_in(used)).unique("factor_id", keep="first").sort("factor_id")


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


def _monte_carlo(run: Run, main: EmissionTable) -> pl.DataFrame:
    """Draw the totals by time, scenario, basis and sector: 5, 50 and 95 per cent beside the analytic mean and sd."""
    settings = run.study.uncertainty
    if settings is None:
        raise AssertionError
    chosen = total_scopes(main, run.study.scopes).to_polars().filter(pl.col("value").is_not_null())
    rows = chosen.sort(SORT).with_columns(pl.col("sd").fill_null(0.0))
    groups = rows.select("time", "scenario", "basis", "sector").unique().sort("time", "scenario", "basis", "sector")
    index = rows.join(groups.with_row_index("group"), on=groups.columns, maintain_order="left")["group"].to_list()
    try:
        own, shared = _uncertain(rows)
    except InputError as error:
        raise of_draws(error, rows) from error
    draws = draw_totals(own, index, settings.draws, seed=settings.seed, sampler=settings.sampler, shared=shared)
    made = [_quantiles(groups.row(i, named=True), draws[:, i]) for i in range(groups.height)]
    for key, part in groups.with_row_index("i").group_by("time", "scenario", "basis", maintain_order=True):
        whole = draws[:, part["i"].to_list()].sum(axis=1)
        names = dict(zip(("time", "scenario", "basis"), map(str, key), strict=True))
        made.append(_quantiles({**names, "sector": "total"}, whole))
    return pl.DataFrame(made)


def _uncertain(rows: pl.DataFrame) -> tuple[UncertainRows, SharedFactors]:
    """Split each row's error into its own (the activity's) and the one that it shares (the factor's)."""
    split = pl.col("sd_activity").is_not_null() | pl.col("sd_factor").is_not_null()
    own_sd = pl.when(split).then(pl.col("sd_activity").fill_null(0.0)).otherwise(pl.col("sd"))
    own_group = pl.when(split).then(pl.col("activity_error_group")).otherwise(pl.col("error_group"))
    relative = pl.when(split & (pl.col("value") != 0)).then(pl.col("sd_factor").fill_null(0.0) / pl.col("value").abs())
    shape = pl.col("distribution").fill_null("normal")
    frame = rows.select(
        "value", own_sd.alias("own_sd"), own_group.fill_null("").alias("own_group"), shape.alias("shape"),
        relative.fill_null(0.0).alias("relative"), pl.col("error_group").fill_null("").alias("shared_group"),
    ).with_row_index("row")  # fmt: skip
    own_shape = frame.select(pl.when(pl.col("own_sd") == 0).then(pl.lit("exact")).otherwise("shape"))
    own = UncertainRows(
        frame["value"].to_numpy(),
        frame["own_sd"].to_numpy(),
        own_shape.to_series().to_list(),
        frame["own_group"].to_list(),
    )
    shared = frame.filter(pl.col("relative") > 0)
    factors = UncertainRows(
        np.ones(shared.height),
        shared["relative"].to_numpy(),
        ["normal"] * shared.height,
        shared["shared_group"].to_list(),
    )
    return own, SharedFactors(shared["row"].to_numpy(), factors)


def _quantiles(names: dict[str, Any], draws: Any) -> dict[str, Any]:
    low, middle, high = np.quantile(draws, (0.05, 0.5, 0.95))
    spread = float(draws.std(ddof=1)) if draws.max() > draws.min() else 0.0
    stats = {"mean": float(draws.mean()), "sd": spread, "p05": low, "p50": middle, "p95": high}
    return {**names, **{key: float(value) for key, value in stats.items()}, "unit": "t", "draws": len(draws)}


def total_scopes(main: EmissionTable, scopes: str) -> EmissionTable:
    """Keep the rows that a scope rule adds."""
    return main.filter(scope=SCOPE_RULES[scopes])


def _map(run: Run, view: MapView) -> pl.DataFrame:
    table = _account(run) if view.step == ACCOUNT else run.tables[view.step]
    if not isinstance(table, EmissionTable):
        where = Where(file=STUDY_FILE, item=f"maps.{view.step}")
        raise InputError("table_kind_wrong", where, type(table).__name__, wanted="EmissionTable")
    equivalent = table.to_co2e(warming_metric(run.study.gwp)).with_unit("t").filter(gas="CO2e")
    rows = by_alternative(equivalent)
    sums = pl.DataFrame(total(rows, ["place", "time", "scenario", "basis"], scopes=run.study.scopes))
    return sums.select(pl.lit(view.layer).alias("layer"), "place", "time", "scenario", "basis", "value", "unit", "rows")


def _own_checks(run: Run, account: EmissionTable, main: EmissionTable, factors: pl.DataFrame) -> list[Check]:
    rows = account.to_polars()
    made = [_conservation(main, run.study.scopes), *_placed(run)]
    made += _lookup_caveats(rows)
    recalled = factors.filter(pl.col("quality").str.starts_with("recalled"))
    if recalled.height:
        names = ", ".join(recalled["factor_id"].head(6).to_list())
        en = f"{recalled.height} factors are recalled and not checked against the document: {names}"
        made.append(
            Check(
                "factor.recalled",
                "caveat",
                (en, f"{recalled.height} 个因子凭记忆录入，尚未与原文核对：{names}"),
                recalled.height,
            )
        )
    unknown = rows.filter(pl.col("value").is_null())
    if unknown.height:
        pairs = ", ".join(
            unknown.select(pl.format("{} {} {}", "activity", "gas", "notation")).to_series().unique().sort().head(5)
        )
        made.append(
            Check(
                "notation",
                "caveat",
                (f"{unknown.height} rows have no number: {pairs}", f"{unknown.height} 行没有数值：{pairs}"),
                unknown.height,
            )
        )
    memo = rows.filter(pl.col("gas") == BIOGENIC)
    if memo.height:
        made.append(
            Check(
                "biogenic",
                "note",
                ("biogenic CO2 is a memo item outside the total", "生物源 CO2 为备忘项，不计入总量"),
                float(memo["value"].sum()),
                unit="t",
            )
        )
    if run.desk.library.overridden:
        names = ", ".join(run.desk.library.overridden)
        made.append(
            Check("factor.override", "note", (f"your factor file replaces: {names}", f"您的因子文件替换了：{names}"))
        )
    return made


def _lookup_caveats(rows: pl.DataFrame) -> list[Check]:
    """Say where a look-up used another region or another year, as the study allowed."""
    made = []
    for check, pattern, en, zh in (
        ("factor.region_fallback", r"FALLBACK from (\S+) to (\S+);", "a coarser region's factor", "更大区域的因子"),
        ("factor.year", r"YEAR (\d+) uses the factor valid (\S+)", "a factor of another year", "其他年份的因子"),
    ):
        hits = rows.filter(pl.col("rule").str.contains(pattern))
        if hits.height:
            pairs = hits.select(pl.col("rule").str.extract_groups(pattern)).unnest("rule").unique(maintain_order=True)
            shown = "; ".join(sorted(f"{old} → {new}" for old, new in pairs.head(6).iter_rows()))
            text = (f"{hits.height} rows use {en}: {shown}", f"{hits.height} 行使用了{zh}：{shown}")
            made.append(Check(check, "caveat", text, hits.height))
    return made


def _conservation(main: EmissionTable, scopes: str) -> Check:
    """The sums by place and by sector meet the total within 1e-9."""
    keys = ["time", "scenario", "basis"]
    whole = float(pl.DataFrame(total(main, keys, scopes=scopes))["value"].sum())
    worst = 0.0
    for dimension in ("place", "sector", "activity"):
        parts = float(pl.DataFrame(total(main, [*keys, dimension], scopes=scopes))["value"].sum())
        worst = max(worst, abs(parts - whole) / (abs(whole) or 1.0))
    text = ("parts by place, sector and activity add to the total", "按地点、部门、活动的分项之和等于总量")
    return Check("conservation", "ok" if worst <= 1e-9 else "misfit", text, worst, 0.0, 1e-9)


def _placed(run: Run) -> list[Check]:
    """What was put on other places adds back to what was taken."""
    made = []
    for name, arguments in run.inputs.items():
        source, target = arguments.get("emissions"), run.tables[name]
        if not isinstance(target, EmissionTable) or not isinstance(source, EmissionTable) or "shares" not in arguments:
            continue
        before = float(source.with_unit("t").to_polars()["value"].sum())
        after = float(target.with_unit("t").to_polars()["value"].sum())
        miss = abs(after - before) / (abs(before) or 1.0)
        text = (f"step {name}: emissions on other places add back", f"步骤 {name}：落到其他单元后总量守恒")
        made.append(Check(f"conservation.{name}", "ok" if miss <= 1e-9 else "misfit", text, after, before, 1e-9, "t"))
    return made


def _findings(run: Run) -> list[Check]:
    words: dict[str, Severity] = {"agrees": "ok", "rounding": "note", "misfit": "misfit", "caveat": "caveat"}
    texts = {
        "agrees": ("agrees to the last printed digit", "与刊印末位一致"),
        "rounding": ("differs within the rounding of the printed parts", "差异在刊印取整范围内"),
    }
    made = []
    for name in [step.id for step in run.study.steps]:
        table = run.tables[name]
        if not isinstance(table, FindingTable):
            continue
        for row in table.to_polars().iter_rows(named=True):
            text = texts.get(row["verdict"], (row["explanation_en"] or "", row["explanation_zh"] or ""))
            title = f"{row['check']}: {row['item']}"
            made.append(
                Check(title, words[row["verdict"]], text, row["value"], row["expected"], row["tolerance"],
                      row["unit"] or "", row["place"] or "")
            )  # fmt: skip
    return made


def _caveats(run: Run) -> list[Check]:
    return [Check("study.caveat", "caveat", (text.en, text.zh)) for text in run.study.caveats]


def _layers(run: Run) -> dict[str, Any]:
    made = {}
    for name, source in run.study.layers.items():
        if source.show:
            layer = run.desk.layers[name]
            keep = [column for column in ("place", "class") if column in layer.rows.columns]
            shown = type(layer)(layer.name, layer.rows.select(keep), layer.geometry, layer.crs)
            made[name] = shown.geojson(5)
    return made


def _origins(desk: Desk) -> list[Any]:
    unique = {(origin.name, origin.sheet): origin for origin in desk.origins.values()}
    return [unique[key] for key in sorted(unique)]


def _labels(run: Run) -> dict[str, tuple[str, str]]:
    labels: dict[str, tuple[str, str]] = {code: (en, zh) for code, zh, en, _ in activities().iter_rows()}
    labels |= dict(community_codes().labels)
    for codes in (run.desk.sector_codes, run.desk.place_codes):
        if codes is not None:
            labels |= dict(codes.labels)
    labels |= {code: (text.en, text.zh) for code, text in run.study.labels.items()}
    labels |= {f"step:{step.id}": (step.title.en, step.title.zh) for step in run.study.steps if step.title}
    for name, source in run.study.layers.items():
        if source.title:
            labels[f"layer:{name}"] = (source.title.en, source.title.zh)
    used = {str(value) for table in run.tables.values() for value in _words(table)} | set(run.study.labels)
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
        "scopes": study.scopes,
        "methods": {step.id: f"{step.method} v{find_method(step.method).version}" for step in study.steps},
        "totals": totals.select(columns).sort(keys).to_dicts(),
    }
