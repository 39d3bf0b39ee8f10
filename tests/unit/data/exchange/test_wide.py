"""Wide tables by a mapping file: long rows with a trace to the cell, nothing guessed, every problem at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.data.exchange.wide import read_wide

WIDE = "区县,年份,用电(万千瓦时),用煤,备注\n东区,2022,1200,300,\n西区,2022,0,,估计\n"
COLUMNS = (
    "header,role,sector,activity,unit\n区县,place,,,\n年份,time,,,\n用电(万千瓦时),value,homes,electricity,万kWh\n"
    "用煤,value,industry,raw_coal,t\n备注,leave_out,,,\n"
)


def files(folder: Path, wide: str = WIDE, columns: str = COLUMNS, encoding: str = "utf-8") -> tuple[Path, Path]:
    (folder / "wide.csv").write_text(wide, encoding)
    (folder / "columns.csv").write_text(columns, "utf-8")
    return folder / "wide.csv", folder / "columns.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_columns_become_rows_and_a_blank_is_no_zero(tmp_path: Path, encoding: str) -> None:
    table, report = read_wide(*files(tmp_path, encoding=encoding))
    assert isinstance(table, ActivityTable)
    rows = table.to_polars().select("place", "time", "sector", "activity", "value", "unit", "provenance_id").rows()
    assert rows == [
        ("东区", "2022", "homes", "electricity", 1200.0, "万kWh", "wide.csv!用电(万千瓦时):2"),
        ("西区", "2022", "homes", "electricity", 0.0, "万kWh", "wide.csv!用电(万千瓦时):3"),
        ("东区", "2022", "industry", "raw_coal", 300.0, "t", "wide.csv!用煤:2"),
    ]
    assert (report.rows, report.records) == (2, 3)
    assert [(use.header, use.field, use.filled) for use in report.columns][-2:] == [
        ("用煤", "industry · raw_coal · t", 1), ("备注", None, 1),
    ]  # fmt: skip


def test_figures_with_a_gas_are_emissions(tmp_path: Path) -> None:
    columns = "header,role,sector,activity,unit,scope,gas\n用煤,value,industry,raw_coal,t,1,CO2\n年份,time,,,,,\n"
    table, _ = read_wide(*files(tmp_path, "年份,用煤\n2022,5\n", columns), given={"place": "A"})
    assert isinstance(table, EmissionTable)
    assert table.to_polars().select("place", "scope", "gas", "value").rows() == [("A", "1", "CO2", 5.0)]


def test_every_problem_of_the_mapping_comes_at_once(tmp_path: Path) -> None:
    columns = COLUMNS.replace("备注,leave_out,,,", "说明,leave_out,,,").replace(
        "homes,electricity,万kWh", "homes,,万kWh"
    )
    with pytest.raises(InputError) as caught:
        read_wide(*files(tmp_path, columns=columns.replace("年份,time,,,", "年份,leave_out,,,")))
    found = {
        (problem.code, problem.found or problem.where.item or problem.where.column) for problem in caught.value.problems
    }
    assert found == {("column_unknown", "备注"), ("map_unknown", "说明"), ("column_missing", "role"),
                     ("value_empty", "用电(万千瓦时)")}  # fmt: skip


def test_a_word_in_a_figure_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_wide(*files(tmp_path, WIDE.replace("300", "三百")))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.rows, problem.found) == ("value_not_number", (2,), "三百")


def test_a_header_twice_in_the_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_wide(*files(tmp_path, columns=COLUMNS + "用煤,leave_out,,,\n"))
    assert caught.value.problems[0].code == "row_duplicate"
