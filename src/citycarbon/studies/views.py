"""The account seen through other code lists, and the flows from carriers through sectors to end uses.

Comes in: the account in CO2e, written out once for each alternative. Goes out: sums by code, the codes with their names, flows
for a Sankey diagram, and a check for each view that nothing was lost. Not for: the crosswalks (``data.classifications``).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES, CodeList
from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import Check
from citycarbon.core.sums import added, check_parts, largest, number_sum
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.classifications import RESIDUAL, classification, classifications, crosswalk_rows, unmapped_reasons
from citycarbon.inventory.accounting.perspectives.points_of_view import GENERATION
from citycarbon.inventory.accounting.regroup import CrosswalkTable, regroup, shares_of
from citycarbon.inventory.accounting.reported.gpc_totals import gpc_totals
from citycarbon.studies.run import Run
from citycarbon.studies.study_file import STUDY_FILE, ListView

ALTERNATIVE = ("time", "scenario", "basis")
END_USES = ("tokyo", "spatial", "gpc", "ipcc2006", "provincial", "crf")
"""Lists that may end the Sankey diagram, the most telling first."""


def view_tables(run: Run, main: EmissionTable) -> tuple[dict[str, pl.DataFrame], list[Check]]:
    """Give the tables ``views``, ``view_codes`` and ``flows``, and the checks of the views.

    Raises
    ------
    InputError
        If a view names an unknown list, or its crosswalk is broken.
    """
    if not run.study.views:
        return {}, []
    chosen = main.filter(scope=SCOPE_RULES[run.study.scopes])
    own = run.desk.sector_codes
    sums, codes, checks = [], [], []
    whole = pl.DataFrame(total(chosen, ALTERNATIVE, scopes=run.study.scopes))
    for view in run.study.views:
        regrouped = regrouped_view(run, view, chosen)
        part = pl.DataFrame(total(regrouped, ["sector", "scope", *ALTERNATIVE])).rename({"sector": "code"})
        sums.append(part.with_columns(pl.lit(view.to).alias("list")))
        codes.append(_codes(view.to, part["code"].unique().to_list()))
        checks += _checks(view.to, own, part, whole, regrouped)
    tables = {
        "views": pl.concat(sums, how="diagonal").select("list", "code", "scope", *ALTERNATIVE, "value", "unit",
                                                        *_present(sums, ("sd", "sd_coverage")), "without_number"),
        "view_codes": pl.concat(codes),
        "flows": _flows(run, chosen),
    }  # fmt: skip
    tables["views"] = tables["views"].sort("list", "code", "scope", *ALTERNATIVE)
    gpc = next((view for view in run.study.views if view.to == "gpc"), None)
    if gpc is not None:
        tables["reporting_levels"] = _levels(regrouped_view(run, gpc, main))
        checks += _counted_again(run, tables["views"])
    return tables, checks


def _levels(regrouped: EmissionTable) -> pl.DataFrame:
    """Give BASIC, BASIC+ and the territorial total of each year, scenario and basis, all places together."""
    parts = []
    for basis in regrouped.words("basis"):
        made: pl.DataFrame = gpc_totals(regrouped.filter(basis=basis)).to_polars()
        parts.append(made.filter((pl.col("sector") == "all") & (pl.col("scope") == "all")))
    rows = pl.concat(parts).rename({"gpc_level": "level"})
    keys = ["level", *ALTERNATIVE, "unit"]
    check_parts(rows.select(*keys, "place"), keys, codes=regrouped.codes)
    sums = rows.group_by(keys, maintain_order=True).agg(number_sum(), pl.col("without_number").sum())
    return sums.select("level", *ALTERNATIVE, "value", "unit", "without_number").sort("level", *ALTERNATIVE)


def _counted_again(run: Run, views: pl.DataFrame) -> list[Check]:
    """Generation for the grid in scope 1 beside purchased energy in scope 2 counts the same electricity twice."""
    if "2" not in SCOPE_RULES[run.study.scopes]:
        return []
    gpc = views.filter(pl.col("list") == "gpc")
    bought = largest(gpc.filter(pl.col("scope") == "2"), ALTERNATIVE)
    made = largest(gpc.filter((pl.col("code") == GENERATION) & (pl.col("scope") == "1")), ALTERNATIVE)
    if not made or not bought:
        return []
    text = (
        "generation for the grid stands in scope 1 and, where the city uses it, again in scope 2; "
        "BASIC and BASIC+ leave it out",
        "供网发电计入范围一，其在城市内的使用又计入范围二；BASIC 与 BASIC+ 不含该项",
    )
    return [Check("double.generation", "caveat", text, made, unit="t")]


def _present(parts: list[pl.DataFrame], names: tuple[str, ...]) -> list[str]:
    return [name for name in names if any(name in part.columns for part in parts)]


def _crosswalk(run: Run, view: ListView) -> CrosswalkTable | None:
    if view.crosswalk is None:
        return None
    table = run.desk.table(view.crosswalk, CrosswalkTable, unique=("code", "activity", "scope", "target"))
    if not isinstance(table, CrosswalkTable):
        raise AssertionError(view.to)
    return table


def regrouped_view(run: Run, view: ListView, chosen: EmissionTable) -> EmissionTable:
    """Give emissions under the codes of a view.

    Raises
    ------
    InputError
        If the view names an unknown list, or its crosswalk is broken.
    """
    try:
        made: EmissionTable = regroup(chosen, _crosswalk(run, view), to=view.to)
        return made
    except InputError as error:
        raise _at_view(error, view) from error


def _at_view(error: InputError, view: ListView) -> InputError:
    where = Where(file=STUDY_FILE, item=f"views.{view.to}")
    return InputError.several(each if each.where.file else replace(each, where=where) for each in error.problems)


def _codes(name: str, used: list[str]) -> pl.DataFrame:
    """Give the used codes of a list and their parents, in the order of the list, with names."""
    tree = classification(name)
    wanted = {step for code in used for step in (code, *tree.ancestors(code))}
    rows = [(name, code, up, tree.label(code, "en"), tree.label(code, "zh"))
            for code, up in tree.parents.items() if code in wanted]  # fmt: skip
    return pl.DataFrame(
        rows, schema=dict.fromkeys(("list", "code", "parent", "name_en", "name_zh"), pl.String), orient="row"
    )


def _checks(
    name: str, own: CodeList | None, part: pl.DataFrame, whole: pl.DataFrame, regrouped: EmissionTable
) -> list[Check]:
    """A view has the total of the account, and says what it has no place for."""
    index = classifications().filter(pl.col("list") == name).row(0, named=True)
    title = (str(index["title_en"]), str(index["title_zh"]))
    sums = added(part, ALTERNATIVE, free=["scope"])
    pairs = whole.join(sums, on=list(ALTERNATIVE), how="left", suffix="_view", nulls_equal=True)
    miss = (pairs["value_view"].fill_null(0.0) - pairs["value"].fill_null(0.0)).abs() / pairs["value"].abs().clip(
        1e-300
    )
    worst = float(miss.fill_null(0.0).fill_nan(0.0).max() or 0.0)  # type: ignore[arg-type]
    text = (f"the view {title[0]} has the total of the account", f"“{title[1]}”视角之和等于账户总量")
    found = [Check(f"conservation.view.{name}", "ok" if worst <= 1e-9 else "misfit", text, worst, 0.0, 1e-9)]
    left = part.filter((pl.col("code") == RESIDUAL) & (pl.col("value").abs() > 0))
    if left.height:
        found.append(_residual(name, own, left, regrouped))
    return found


def _residual(name: str, own: CodeList | None, left: pl.DataFrame, regrouped: EmissionTable) -> Check:
    """Say how much a view has no place for, which sectors and scopes that is, and why."""
    rows = regrouped.to_polars().filter((pl.col("sector") == RESIDUAL) & (pl.col("value") != 0))
    came = pl.col("rule").str.extract(r"(?:^|; )(\S+) → not_mapped").alias("code")
    pairs = rows.select(came, "scope").drop_nulls().unique().sort("code", "scope").rows()
    texts = []
    for lang, (intro, mark) in enumerate((("no place in the view", "; "), ("该视角中没有对应项：", "；"))):
        why: dict[str, list[str]] = {}
        for code, scope in pairs:
            reason, label = _reason(name, own, code, scope)[lang], own.label(code, ("en", "zh")[lang]) if own else code
            why.setdefault(reason, []).append(label)
        listed = [f"{', '.join(dict.fromkeys(labels))} ({reason})" for reason, labels in why.items()]
        texts.append(f"{intro}{': ' if lang == 0 else ''}{mark.join(listed)}")
    return Check(
        f"view.residual.{name}", "note", (texts[0], texts[1]), largest(left, ALTERNATIVE, free=["scope"]), unit="t"
    )


def _reason(name: str, own: CodeList | None, code: str, scope: str) -> tuple[str, str]:
    """Give the reason of the crosswalk's own list of unmapped codes, or that the scope is what the view lacks."""
    known = unmapped_reasons(own.name, name) if own is not None else {}
    if code in known or own is None:
        return known.get(code, ("no rule", "无规则"))
    try:
        mapped = set(crosswalk_rows(own.name, name)["code"])
    except InputError:
        mapped = set()
    line = (code, *own.ancestors(code)) if code in own else (code,)
    if mapped & set(line):
        return f"scope {scope} is not in this list", f"该清单不含范围{scope}"
    return next((known[step] for step in line if step in known), ("no rule", "无规则"))


def _flows(run: Run, chosen: EmissionTable) -> pl.DataFrame:
    """Give the flows from carrier or process through the own sectors to the codes of the last list."""
    listed = {view.to: view for view in run.study.views}
    target = next((name for name in END_USES if name in listed), run.study.views[0].to)
    keys = ["sector", "activity", "scope"]
    sums = pl.DataFrame(total(chosen, [*keys, *ALTERNATIVE])).select(*keys, *ALTERNATIVE, "value")
    shares = shares_of(chosen, target, _crosswalk(run, listed[target]))
    joined = sums.join(shares, on=keys, how="left", maintain_order="left").with_columns(
        pl.col("value") * pl.col("share"), pl.lit(target).alias("list")
    )
    by = [*ALTERNATIVE, "activity", "sector", "scope", "list", "target"]
    return added(joined.sort(by), by).filter(pl.col("value") != 0).sort(by)
