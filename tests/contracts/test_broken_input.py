"""Contract of broken input: each kind gives one clear error that names file, row and column, in both languages.

Every case breaks a copy of the toy city in one way. No case may bring a second problem along: what follows from a mistake is
not a mistake of its own.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
import xlsxwriter
import yaml

from citycarbon.core.errors import KINDS, InputError, Problem
from citycarbon.core.messages import MESSAGES
from citycarbon.data.examples import TEMPLATE, examples_folder
from citycarbon.studies import service

TOY = examples_folder() / TEMPLATE
HEAD = ["地点", "年份", "部门", "能源", "用电量（万kWh）"]
ROW = ["p2", 2022, "buildings.commercial", "电力", 420]
Change = Callable[[Path], Any]


@dataclass(frozen=True)
class Case:
    """One kind of broken input: how the study is broken, what is run, and what the problem must say."""

    name: str
    code: str
    change: Change
    file: str | None = None
    rows: tuple[int, ...] = ()
    column: str | None = None
    item: str | None = None
    sheet: str | None = None
    act: Change = service.validate
    count: int = 1


def text(file: str, old: str, new: str) -> Change:
    """Replace a text once."""

    def change(study: Path) -> None:
        content = (study / file).read_bytes()
        assert old.encode() in content, (file, old)
        (study / file).write_bytes(content.replace(old.encode(), new.encode(), 1))

    return change


def write(file: str, content: bytes | str) -> Change:
    data = content.encode() if isinstance(content, str) else content
    return lambda study: (study / file).write_bytes(data)


def append(file: str, line: bytes | str) -> Change:
    data = line.encode() if isinstance(line, str) else line
    return lambda study: (study / file).write_bytes((study / file).read_bytes() + data)


def keys(edit: Callable[[dict[str, Any]], object]) -> Change:
    """Change the content of the study file."""

    def change(study: Path) -> None:
        content = yaml.safe_load((study / "study.yaml").read_text("utf-8"))
        edit(content)
        (study / "study.yaml").write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")

    return change


def step(name: str, **parts: Any) -> Change:
    """Change parts of one step of the study file."""

    def edit(content: dict[str, Any]) -> None:
        mine = next(each for each in content["steps"] if each["id"] == name)
        for key, value in parts.items():
            mine[key] = {**mine.get(key, {}), **value} if isinstance(value, dict) else value

    return keys(edit)


def layer(**parts: Any) -> Change:
    """Change the layer of the study; a value None drops its key."""

    def edit(content: dict[str, Any]) -> None:
        mine = {**content["layers"]["parcels"], **parts}
        content["layers"]["parcels"] = {key: value for key, value in mine.items() if value is not None}

    return keys(edit)


def both(*changes: Change) -> Change:
    def change(study: Path) -> None:
        for each in changes:
            each(study)

    return change


def book(**sheets: list[list[Any]]) -> Change:
    """Write the workbook anew."""

    def change(study: Path) -> None:
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, rows in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
        made.save(study / "electricity.xlsx")

    return change


def error_book(study: Path) -> None:
    made = xlsxwriter.Workbook(study / "electricity.xlsx")
    sheet = made.add_worksheet("用电")
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ROW)
    sheet.write_formula(1, 4, "=1/0", None, "#DIV/0!")
    made.close()


def bomb(lie: bool) -> Change:
    """Write a small archive of 120 MB; with ``lie`` its headers state 1000 bytes and the checksum of those."""

    def change(study: Path) -> None:
        path, size = study / "electricity.xlsx", 120 * 1024**2
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made,
            made.open("xl/worksheets/sheet1.xml", "w") as out,
        ):
            for _ in range(120):
                out.write(b"0" * 1024**2)
        if lie:
            with zipfile.ZipFile(path) as made:
                checksum = made.infolist()[0].CRC
            data = path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", 1000))
            path.write_bytes(data.replace(struct.pack("<I", checksum), struct.pack("<I", zipfile.crc32(b"0" * 1000))))

    return change


def gpkg(names: tuple[str, ...] = ("a",), system: str | None = "EPSG:4490", shapes: Any = None, **parts: Any) -> Change:
    """Put a GeoPackage in the place of the study's layer."""
    shapes = [shapely.box(120.3, 31.5, 120.4, 31.6)] if shapes is None else shapes
    wkb = np.array([None if shape is None else shapely.to_wkb(shape) for shape in shapes], dtype=object)
    ids = [np.array([f"p{number + 1}" for number in range(len(shapes))], dtype=object)]

    def change(study: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a layer without coordinate system is what is wanted
            for name in names:
                pyogrio.raw.write(
                    study / "lots.gpkg", wkb, ids, ["id"], layer=name, driver="GPKG", geometry_type="Polygon", crs=system,
                    append=name != names[0],
                )  # fmt: skip
        layer(**{"file": "lots.gpkg", "crs": None, "class_column": None, "classes": None, **parts})(study)

    return change


def shift(study: Path) -> None:
    """Move the parcels to where no longitude is."""
    content = json.loads((study / "parcels.geojson").read_text("utf-8"))
    for feature in content["features"]:
        feature["geometry"]["coordinates"] = [
            [[x + 500_000, y] for x, y in ring] for ring in feature["geometry"]["coordinates"]
        ]
    (study / "parcels.geojson").write_text(json.dumps(content), "utf-8")


def linked(study: Path) -> None:
    shutil.move(study / "fuels.csv", study.parent / "elsewhere.csv")
    (study / "fuels.csv").symlink_to(study.parent / "elsewhere.csv")


def sparse(study: Path) -> None:
    """One line of a gigabyte that takes no room on the disk."""
    with (study / "fuels.csv").open("wb") as stream:
        stream.truncate(1024**3)


def gaps(study: Path) -> None:
    """Leave four of 24 hours."""
    lines = (study / "stack.csv").read_text("utf-8").splitlines()
    emptied = [",".join([*line.split(",")[:3], "", "dry", "", *line.split(",")[6:]]) for line in lines[5:]]
    (study / "stack.csv").write_text("\n".join([*lines[:5], *emptied]) + "\n", "utf-8")


def renamed(old: str, new: str) -> Change:
    """Rename the fuel file; the step that is not tested reads another."""
    return both(
        lambda study: (study / old).rename(study / new),
        keys(
            lambda content: content.update(steps=[s for s in content["steps"] if s["id"] != "coal-equivalent"], show=[])
        ),
        step("fuels", tables={"activity": new}),
    )


def dataset(study: Path) -> None:
    """Name a data set of which this machine has one file, with other bytes."""
    folder = study.parent / "data" / "xinwu_wuxi_district"
    folder.mkdir(parents=True)
    (folder / "xinwu_energy_250m.gpkg").write_bytes(b"not the recorded bytes")
    step("fuels", tables={"activity": {"file": "xinwu_energy_250m.gpkg", "dataset": "xinwu_wuxi_district"}})(study)


def called(method: str, **tables: str) -> Change:
    return lambda study: service.call(method, {name: str(study / file) for name, file in tables.items()}, {})


F, W = "fuels.csv", {"activity": "water.csv"}
OVERLAP = "toy2,emission_factor,electricity,CO2,CN-JS,2020,2023,0.6,t/MWh,,,x,x,x,\n"
GAS = "toy3,emission_factor,natural_gas,CO2,world,,,2.0,kg/Nm3,,,x,x,x,\n"
ALIASES = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)
EMISSIONS = "place,time,sector,activity,scope,gas,value,unit\n{},2022,s,x,1,CO2,5,t\n"
PEOPLE = "place,time,measure,value,unit\np1,2022,population,3,person\n"

FILES = [
    Case("file missing", "file_missing", lambda s: (s / F).unlink(), F),
    Case("folder instead of file", "file_is_folder", lambda s: ((s / F).unlink(), (s / F).mkdir()), F),
    Case("pipe instead of file", "file_unreadable", lambda s: ((s / F).unlink(), os.mkfifo(s / F)), F),
    Case("empty file", "file_empty", write(F, b""), F),
    Case("blank lines only", "file_empty", write(F, "\n \n\n"), F),
    Case("header only", "file_empty", write(F, "place,time,sector,activity,value,unit\n"), F),
    Case("stated encoding not supported", "encoding_unsupported",
         step("water", tables={"activity": {"file": "water.csv", "encoding": "latin-1"}}), "water.csv"),
    Case("undecodable bytes", "encoding_unknown", append(F, b"p1,2022,\xff\xfe\x80\x81,x\n"), F, (9,)),
    Case("Latin-1 bytes", "encoding_unknown", append(F, "p1,2022,transport,gasoline,1,t,,,café\n".encode("latin-1")), F,
         (9,)),
    Case("GBK stated as UTF-8", "encoding_wrong",
         both(write("water.csv", "place,time,sector,activity,value,unit\np1,2022,transport,自来水,5,t\n".encode("gbk")),
              step("water", tables={"activity": {"file": "water.csv", "encoding": "utf-8"}})), "water.csv", (2,)),
    Case("UTF-16 without mark", "file_binary", lambda s: (s / F).write_bytes((s / F).read_text().encode("utf-16-le")), F,
         (1,)),
    Case("NUL byte", "file_binary", text(F, "normal,M", "nor\0mal,M"), F, (5,)),
    Case("file kind unknown", "file_kind_unknown", renamed(F, "fuels.xls"), "fuels.xls"),
    Case("broken parquet", "file_broken", renamed(F, "fuels.parquet"), "fuels.parquet"),
    Case("one line of a gigabyte", "cell_too_long", sparse, F, (1,)),
    Case("cell over 32,767 characters", "cell_too_long", text(F, "normal,M", "normal," + "M" * 40_000), F, (5,), "quality"),
    Case("path up and out", "path_outside", step("fuels", tables={"activity": "../fuels.csv"}), "../fuels.csv"),
    Case("absolute path", "path_outside", step("fuels", tables={"activity": "/etc/hosts"}), "/etc/hosts"),
    Case("link out of the study", "path_outside", linked, F),
    Case("link to itself", "file_missing", lambda s: ((s / F).unlink(), (s / F).symlink_to(s / F)), F),
    Case("name too long", "file_unreadable", step("fuels", tables={"activity": "x" * 300}), "x" * 300),
    Case("NUL in a name", "file_missing", step("fuels", tables={"activity": "fu\0els.csv"}), "fu\\0els.csv"),
]  # fmt: skip
BOOKS = [
    Case("empty sheet", "file_empty", book(用电=[]), "electricity.xlsx", sheet="用电"),
    Case("sheet with header only", "file_empty", book(用电=[HEAD]), "electricity.xlsx", sheet="用电"),
    Case("sheet missing", "sheet_missing", book(用水=[HEAD, ROW]), "electricity.xlsx", sheet="用电"),
    Case("two sheets, none named", "sheet_ambiguous", step("electricity", tables={"activity": "electricity.xlsx"}),
         "electricity.xlsx"),
    Case("zip bomb", "archive_bomb", bomb(lie=False), "electricity.xlsx"),
    Case("zip bomb that lies about its size", "archive_bomb", bomb(lie=True), "electricity.xlsx"),
    Case("truncated workbook", "file_broken",
         lambda s: (s / "electricity.xlsx").write_bytes((TOY / "electricity.xlsx").read_bytes()[:2000]), "electricity.xlsx"),
    Case("damaged workbook", "file_broken",
         lambda s: (s / "electricity.xlsx").write_bytes(bytes(60).join(
             [(d := (TOY / "electricity.xlsx").read_bytes())[:200], d[260:]])), "electricity.xlsx"),
    Case("text file renamed .xlsx", "file_broken", lambda s: shutil.copy(s / F, s / "electricity.xlsx"), "electricity.xlsx"),
    Case("#DIV/0!", "cell_error", error_book, "electricity.xlsx", (2,), "E", sheet="用电"),
    Case("formula without value", "formula_uncomputed", book(用电=[HEAD, [*ROW[:4], "=400+20"]]), "electricity.xlsx", (2,),
         "E", sheet="用电"),
    Case("text in a number of a workbook", "value_not_number", book(用电=[HEAD, ROW, [*ROW[:4], "约310"]]),
         "electricity.xlsx", (3,), "用电量（万kWh）", sheet="用电"),
    Case("unit in header and column differ", "unit_stated_twice", book(用电=[[*HEAD, "单位"], [*ROW, "kWh"]]),
         "electricity.xlsx", (1,), "用电量（万kWh）", sheet="用电"),
]  # fmt: skip
CELLS = [
    Case("formula in csv", "formula_cell", text(F, "normal,M", "normal,=cmd|'/c calc'!A1"), F, (5,), "quality"),
    Case("duplicate header", "column_duplicate", text(F, "distribution,quality", "distribution,sd"), F, (1,), "sd"),
    Case("two aliases of one column", "column_duplicate", text(F, "distribution,quality", "distribution,地点"), F, (1,),
         "地点"),
    Case("constant for a column of the file", "column_duplicate",
         step("water", tables={"activity": {"file": "water.csv", "set": {"place": "p4"}}}), "water.csv", (1,), "place"),
    Case("unnamed column with data", "column_unnamed", text(F, "distribution,quality", "distribution,"), F, (1,), "9"),
    Case("unknown column", "column_unknown", text(F, "distribution,quality", "distribution,colour"), F, (1,), "colour"),
    Case("missing column", "column_missing", text("lime_kiln.csv", ",role,", ",note,"), "lime_kiln.csv", (), "role", count=0),
    Case("row with a cell too many", "row_ragged", text(F, "300000,m^3", "300000,m^3,extra"), F, (2,)),
    Case("row with a cell too few", "row_ragged", text(F, "50,normal,M", "50,normal"), F, (6,)),
    Case("unclosed quote", "quote_open", text(F, "p1,2022,transport", '"p1,2022,transport'), F, (5,)),
    Case("text in a number", "value_not_number", text(F, ",800,t,", ",about 800,t,"), F, (5,), "value"),
    Case("thousands separator", "value_not_number", text(F, ",300000,", ',"300,000",'), F, (2,), "value"),
    Case("decimal comma", "value_not_number", text(F, ",300000,", ',"300000,5",'), F, (2,), "value"),
    Case("per cent sign", "per_cent_misplaced", text(F, ",800,t,", ",80%,t,"), F, (5,), "value"),
    Case("share above one", "value_out_of_range", text("refrigerant.csv", "600,0.05", "600,5"), "refrigerant.csv", (2,),
         "leak_rate"),
    Case("NaN", "value_not_finite", text(F, ",800,t,", ",NaN,t,"), F, (5,), "value"),
    Case("infinite", "value_not_finite", text(F, ",800,t,", ",-inf,t,"), F, (5,), "value"),
    Case("1e400", "value_not_finite", text(F, ",800,t,", ",1e400,t,"), F, (5,), "value"),
    Case("negative activity", "value_negative", text(F, ",800,t,", ",-800,t,"), F, (5,), "value"),
    Case("negative standard deviation", "value_negative", text(F, "t,80,", "t,-80,"), F, (5,), "sd"),
    Case("empty required cell", "value_empty", text(F, ",800,t,", ",,t,"), F, (5,), "value"),
    Case("year with a fraction", "value_not_whole", text("works.csv", "2022,2022,8000", "2022.5,2023,8000"), "works.csv",
         (2,), "year_from"),
    Case("month 13", "time_wrong", text(F, "p1,2022,transport", "p1,2020-13,transport"), F, (5,), "time"),
    Case("30 February", "time_wrong", text(F, "p1,2022,transport", "p1,2022-02-30,transport"), F, (5,), "time"),
    Case("hour 25", "time_not_hour", text("stack.csv", "2022-01-01 03", "2022-01-01 25"), "stack.csv", (5,), "hour"),
    Case("fraction above one", "value_out_of_range", text("lime_kiln.csv", "0.114", "11.4"), "lime_kiln.csv", (2,),
         "carbon_content"),
    Case("word not in the list", "value_not_listed", text("lime_kiln.csv", "lime,product", "lime,output"), "lime_kiln.csv",
         (3,), "role"),
    Case("duplicated fact", "row_duplicate", append(F, "p1,2022,transport,gasoline,800,t,80,normal,M\n"), F, (5, 9)),
    Case("hour twice", "row_duplicate", text("stack.csv", "2022-01-01 03", "2022-01-01 02"), "stack.csv", (4, 5), "hour"),
    Case("people twice", "row_duplicate", append("people_and_floor.csv", "p1,2022,population,3100,person,x\n"),
         "people_and_floor.csv", (2, 10)),
    Case("unknown unit", "unit_unknown", text(F, ",800,t,", ",800,bucket,"), F, (5,), "unit"),
    Case("unit of another dimension", "unit_dimension", text(F, ",800,t,", ",800,km,"), F, (5,), "unit", count=2),
    Case("unit of a stream", "unit_dimension", text("lime_kiln.csv", "2800,t,", "2800,m^3,"), "lime_kiln.csv", (3,), "unit"),
    Case("ambiguous unit kg/m^2*a", "unit_ambiguous", text(F, ",800,t,", ",800,kg/m^2*a,"), F, (5,), "unit"),
    Case("ambiguous unit ton", "unit_ambiguous", text(F, ",800,t,", ",800,ton,"), F, (5,), "unit"),
    Case("plain m^3 against a factor per Nm3", "unit_dimension",
         both(append("own_factors.csv", GAS), text(F, "gasoline,800,t", "natural_gas,800,m^3"),
              step("fuels", tables={"factors": {"editions": ["toy-own"]}})), F, (2,), "unit", count=0),
]  # fmt: skip
LISTS = [
    Case("unknown place", "place_unknown", text(F, "p1,2022,transport", "p9,2022,transport"), F, (5,), "place"),
    Case("unknown place among the denominators", "place_unknown", text("people_and_floor.csv", "p1,2022", "p9,2022"),
         "people_and_floor.csv", (2,), "place"),
    Case("place cycle", "code_cycle", text("places.csv", "toyville,,", "toyville,p1,"), "places.csv", item="toyville"),
    Case("unknown parent", "code_parent_unknown", text("places.csv", "p1,north", "p1,west"), "places.csv", item="p1"),
    Case("duplicate place", "row_duplicate", text("places.csv", "p2,north", "p1,north"), "places.csv", (5, 6), "place"),
    Case("unknown region of a place", "region_unknown", text("places.csv", "CN-JS", "Atlantis"), "places.csv", (), "region",
         "toyville"),
    Case("unknown sector", "sector_unknown", text(F, "transport,gas", "trnsport,gas"), F, (5,), "sector"),
    Case("sector cycle", "code_cycle", text("sectors.csv", "buildings,,", "buildings,buildings.public,"), "sectors.csv",
         item="buildings"),
    Case("duplicate sector", "row_duplicate", text("sectors.csv", "transport,,", "buildings,,"), "sectors.csv", (2, 6),
         "code"),
    Case("overlapping factor years", "years_overlap", append("own_factors.csv", OVERLAP), "own_factors.csv", (2, 3),
         "valid_from"),
    Case("reversed factor years", "years_reversed", text("own_factors.csv", "2022,2022", "2023,2022"), "own_factors.csv",
         (2,), "valid_from"),
    Case("factor per nothing", "factor_unit", text("own_factors.csv", "t/MWh", "t"), "own_factors.csv", (2,), "unit"),
    Case("negative factor", "value_negative", text("own_factors.csv", "0.5978", "-0.5978"), "own_factors.csv", (2,),
         "value"),
    Case("unknown region of a factor", "region_unknown", text("own_factors.csv", "CN-JS", "Atlantis"), "own_factors.csv",
         (2,), "region"),
    Case("gas without warming potential", "gas_unknown", text("own_factors.csv", "electricity,CO2", "electricity,XY9"),
         "peak_meters.csv", (2,), "gas", "toy-own.ef.electricity.co2.cn-js.2022"),
    Case("no factor of the year", "factor_missing", text("own_factors.csv", "2022,2022", "2020,2021"),
         "electricity.xlsx#用电", (2,), "activity", count=0),
    Case("place without region", "place_without_region", both(text("places.csv", "CN-JS", ""), step(
         "electricity", tables={"factors": {"editions": ["mee-average-2022"]}})), "electricity.xlsx#用电", (2,), "place",
         count=4),
    Case("unknown fuel", "factor_missing", text(F, "gasoline,800", "unobtainium,800"), F, (5,), "activity", count=2),
    Case("two editions of one activity", "editions_mixed",
         step("home-electricity", tables={"factors": {"editions": ["toy-own", "mee-average-2022"]}}), "peak_meters.csv",
         (2,), "activity"),
    Case("two factors fit", "factor_ambiguous", append("own_factors.csv", OVERLAP.replace("0.6,t/MWh", "0.6,kg/kWh")),
         "peak_meters.csv", (2,), "activity", count=6),
    Case("unknown edition", "edition_unknown", step("water", tables={"factors": {"editions": ["gbt-1999"]}}), "study.yaml",
         item="water: gbt-1999"),
    Case("unknown quantity", "quantity_unknown", step("works", tables={"factors": {
         "editions": ["cciced-2021-communities"], "quantities": ["life"]}}), "study.yaml", item="works: life"),
    Case("steam that cannot be", "steam_state", text("steam.csv", "900,1.0", "900,25"), "steam.csv", (3,)),
    Case("more carbon out than in", "balance_negative", text("lime_kiln.csv", "t,0.003", "t,0.3"), "lime_kiln.csv", (), None,
         "p3, industry.process"),
    Case("gaps without substitution", "monitor_gaps", step("stack", parameters={"substitution": "none"}), "stack.csv",
         (9, 17), "hour"),
    Case("monitor mostly down", "monitor_availability", gaps, "study.yaml", item="stack: p5"),
    Case("retired refrigerant without recovery", "parameter_missing", text("refrigerant.csv", "50,0.6", "50,"),
         "refrigerant.csv", (2,), "recovery"),
    Case("profile above one", "profile_incomplete", text("monthly_profile.csv", "12,0.08", "12,0.18"), "study.yaml", (),
         "share", "meters: electricity"),
    Case("works that end before they begin", "years_reversed", text("works.csv", "2022,2022,8000", "2024,2022,8000"),
         "works.csv", (2,), "year_from"),
    Case("people missing for an intensity", "denominator_missing",
         both(write("e.csv", EMISSIONS.format("p9")), write("d.csv", PEOPLE)), None, (), "place",
         act=called("inventory.accounting.intensity", emissions="e.csv", denominators="d.csv")),
]  # fmt: skip
STUDY = [
    Case("study.yaml missing", "study_missing", lambda s: (s / "study.yaml").unlink()),
    Case("not YAML", "study_yaml", write("study.yaml", "id: [toy\ntitle: {en"), "study.yaml", (2,)),
    Case("tab in YAML", "study_yaml", write("study.yaml", "id: x\nsteps:\n\t- id: y\n"), "study.yaml", (3,)),
    Case("a list", "study_shape", write("study.yaml", "- a\n- b\n"), "study.yaml"),
    Case("empty study file", "study_shape", write("study.yaml", ""), "study.yaml"),
    Case("duplicate key", "study_key_double", append("study.yaml", "gwp: AR5-GWP100\n"), "study.yaml", (0,), None, "gwp"),
    Case("alias bomb", "study_alias", write("study.yaml", ALIASES), "study.yaml", (2,)),
    Case("python object", "study_yaml", append("study.yaml", "x: !!python/object/apply:os.system [id]\n"), "study.yaml",
         (0,)),
    Case("deep nesting", "study_deep", write("study.yaml", "a: " + "[" * 5000 + "]" * 5000), "study.yaml", (1,)),
    Case("unknown key", "study_key_unknown", append("study.yaml", "colour: red\n"), "study.yaml", (0,), None, "colour"),
    Case("unknown key of a step", "study_key_unknown", step("water", colour="red"), "study.yaml", (0,), None,
         "steps.7.colour"),
    Case("key missing", "study_key_missing", keys(lambda c: c.pop("gwp")), "study.yaml", (), None, "gwp"),
    Case("number for text", "study_text", step("water", tables={"activity": {"file": "water.csv", "set": {"time": 2022}}}),
         "study.yaml", (0,), None, "steps.7.tables.activity.set.time"),
    Case("list for a parameter", "study_key", step("stack", parameters={"period": ["year"]}), "study.yaml", (0,), None,
         "steps.6.parameters.period"),
    Case("draws out of range", "study_key", keys(lambda c: c.update(uncertainty={"draws": 5})), "study.yaml", (0,), None,
         "uncertainty.draws"),
    Case("name with blanks", "study_name", keys(lambda c: c.update(id="Toy City")), "study.yaml", (0,), None, "id"),
    Case("no steps", "study_list_empty", keys(lambda c: c.update(steps=[])), "study.yaml", (0,), None, "steps"),
    Case("two origins", "study_origin", step("home-electricity", tables={"activity": {"step": "meters", "file": F}}),
         "study.yaml", (0,), None, "steps.2.tables.activity"),
    Case("unknown warming metric", "metric_unknown", keys(lambda c: c.update(gwp="AR9-GWP100")), "study.yaml", item="gwp"),
    Case("unknown scope rule", "study_key", keys(lambda c: c.update(scopes="all")), "study.yaml", (0,), None, "scopes"),
    Case("unknown method", "method_unknown", step("water", method="inventory.accounting.watr"), "study.yaml", item="water"),
    Case("unknown parameter", "parameter_unknown", step("stack", parameters={"perod": "year"}), "study.yaml",
         item="stack.perod"),
    Case("missing table", "parameter_missing", 
         keys(lambda c: c["steps"][1]["tables"].pop("profile")), "study.yaml", item="meters"),
    Case("text for a number", "parameter_not_number",
         step("electricity", parameters={"operating_margin_weight": "half"}), "study.yaml",
         item="electricity.operating_margin_weight"),
    Case("parameter out of range", "parameter_wrong", step("electricity", parameters={"operating_margin_weight": 1.5}),
         "study.yaml", item="electricity.operating_margin_weight"),
    Case("word that is no choice", "parameter_wrong", step("stack", parameters={"period": "week"}), "study.yaml",
         item="stack.period"),
    Case("step cycle", "step_cycle", step("meters", tables={"readings": {"step": "home-electricity"}}), "study.yaml"),
    Case("duplicate step", "step_duplicate", keys(lambda c: c["steps"].append(copy.deepcopy(c["steps"][-1]))), "study.yaml",
         item="coal-equivalent"),
    Case("unknown step in the account", "step_unknown", keys(lambda c: c["account"].append("fuls")), "study.yaml",
         item="account.fuls"),
    Case("unknown layer of a map", "layer_unknown", keys(lambda c: c.update(maps=[{"step": "fuels", "layer": "plots"}])),
         "study.yaml", item="maps.plots"),
    Case("emissions where activity is needed", "table_kind_wrong",
         step("home-electricity", tables={"activity": {"step": "fuels"}}), "study.yaml", item="home-electricity.activity"),
    Case("activity in the account", "table_kind_wrong", keys(lambda c: c["account"].append("meters")), "study.yaml",
         item="account.meters"),
    Case("a step twice in the account", "study_entry_double", keys(lambda c: c["account"].append("fuels")), "study.yaml",
         (0,), None, "account.fuels"),
    Case("rows of a file in two steps of the account", "sum_two_steps", keys(lambda c: (
         c["steps"].append({**copy.deepcopy(c["steps"][0]), "id": "again"}), c["account"].append("again"))), F, (2,), None,
         "account", count=7),
    Case("table among the parameters", "parameter_section", step("water", parameters={"factors": "x"}), "study.yaml",
         item="water.factors"),
    Case("layer in the place of a table", "parameter_section", step("stack", layers={"readings": "parcels"}), "study.yaml",
         item="stack.readings"),
    Case("factors where activity is needed", "table_kind_wrong",
         step("water", tables={"activity": {"editions": ["cn-2008"]}}), "study.yaml", item="water"),
    Case("places out of a step", "study_file_needed", keys(lambda c: c.update(places={"step": "fuels"})), "study.yaml", (0,),
         None, "places"),
    Case("key without effect", "study_key_idle", step("home-electricity", tables={"activity": {
         "step": "meters", "sheet": "x"}}), "study.yaml", (0,), None, "steps.2.tables.activity"),
    Case("own edition under a shipped name", "edition_taken",
         keys(lambda c: c["factors"][0].update(edition="cn-2008")), "study.yaml", item="factors.cn-2008", count=0),
    Case("spread that cannot be drawn", "draws_impossible", text(F, "gasoline,800,t,80,normal", "gasoline,0,t,80,lognormal"),
         F, (5,), "sd"),
    Case("mapped header not in the file", "map_unknown",
         step("water", tables={"activity": {"file": "water.csv", "map": {"sd": "nowhere"}}}), "water.csv", (), "sd"),
    Case("data set missing", "dataset_missing", step("fuels", tables={"activity": {
         "file": "xinwu_water_osm.gpkg", "dataset": "xinwu_wuxi_district"}}), "study.yaml",
         item="fuels: xinwu_wuxi_district/xinwu_water_osm.gpkg"),
    Case("data set with other bytes", "dataset_changed", dataset, "xinwu_wuxi_district/xinwu_energy_250m.gpkg"),
    Case("unknown data set", "dataset_unknown", step("fuels", tables={"activity": {"file": F, "dataset": "moon"}}),
         "study.yaml", item="fuels: moon"),
    Case("output folder foreign", "output_exists", lambda s: None, act=lambda s: service.run(s, s)),
    Case("output is a file", "output_exists", lambda s: None, act=lambda s: service.run(s, s / F)),
    Case("no result to report", "result_missing", lambda s: None, act=service.load),
]  # fmt: skip
P = "parcels.geojson"
LAYERS = [
    Case("layer without CRS", "crs_missing", gpkg(system=None), "lots.gpkg"),
    Case("stated CRS against the file", "crs_conflict", gpkg(crs="EPSG:4547"), "lots.gpkg"),
    Case("wrong CRS stated of a file without one", "coordinates_out_of_range", layer(crs="EPSG:4547"), P),
    Case("unknown CRS", "crs_unknown", layer(crs="EPSG:99999"), P),
    Case("coordinates out of range", "coordinates_out_of_range", shift, P),
    Case("self-crossing polygon", "geometry_invalid",
         gpkg(shapes=[shapely.Polygon([(120, 31), (121, 32), (121, 31), (120, 32)])]), "lots.gpkg", (1,)),
    Case("feature without geometry", "geometry_missing", gpkg(shapes=[shapely.box(120, 31, 121, 32), None]), "lots.gpkg",
         (2,)),
    Case("layer file with two tables", "layer_ambiguous", gpkg(names=("a", "b")), "lots.gpkg"),
    Case("layer missing", "layer_missing", gpkg(layer="z"), "lots.gpkg", item="z"),
    Case("layer without features", "layer_empty", write(P, '{"type": "FeatureCollection", "features": []}'), P),
    Case("GeoJSON cut off", "file_broken", write(P, '{"type": "FeatureCollection"'), P),
    Case("key column missing", "map_unknown", layer(key="name"), P, (), "name", "layers.parcels.key"),
    Case("class not listed", "value_not_listed", layer(classes={"residential": "homes"}), P, (2, 3, 5, 6), "use",
         count=0),
    Case("unknown parent of a layer", "place_unknown", layer(prefix="lot-", parent="nowhere"), "study.yaml",
         item="layers.parcels.parent"),
    Case("features named like places", "row_duplicate", layer(parent="toyville"), "study.yaml", item="layers.parcels.key"),
]  # fmt: skip
CASES = [*FILES, *BOOKS, *CELLS, *LISTS, *STUDY, *LAYERS]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the toy city, on a machine without data sets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITYCARBON_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return Path(shutil.copytree(TOY, tmp_path / "toy"))


def check_words(problem: Problem) -> None:
    """Every text is there, filled and in its language; the record has the one shape."""
    for lang in ("en", "zh"):
        words = {"problem": problem.title(lang), "expected": problem.expected(lang), "fix": problem.fix(lang)}
        for name, word in words.items():
            assert word.strip(), (problem.code, lang, name)
            assert "{" not in word.replace("{a: b}", ""), word
            template = getattr(MESSAGES[problem.code], {"problem": "title"}.get(name, name))[lang]
            # An ellipsis of the template itself, or of a long list that was cut, is no missing fact.
            given = sum(fact.count("…") for _, fact in problem.facts) + template.count("…") + problem.found.count("…")
            assert word.count("…") <= given, word
        record = problem.as_dict(lang)
        assert list(record) == ["code", "problem", "where", "found", "expected", "fix"]
        assert list(record["where"]) == ["file", "sheet", "rows", "column", "item"]
        assert {name: record[name] for name in words} == words
    for word in (problem.title("zh"), problem.expected("zh"), problem.fix("zh")):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in word), word


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_broken_input(case: Case, study: Path) -> None:
    case.change(study)
    with pytest.raises(InputError) as caught:
        case.act(study)
    error = caught.value
    assert isinstance(error, KINDS[MESSAGES[case.code].kind])
    codes = [problem.code for problem in error.problems]
    assert case.code in codes
    if case.count:
        assert codes == [case.code] * case.count, error
    for problem in error.problems:
        check_words(problem)
        assert str(study) not in problem.found, "a path of the machine helps nobody"
    fitting = [problem for problem in error.problems if problem.code == case.code and _stands(problem, case)]
    assert fitting, "\n".join(problem.text() for problem in error.problems)


def _stands(problem: Problem, case: Case) -> bool:
    """Whether a problem stands where the case says; a row 0 means any row."""
    where = problem.where
    rows = len(where.rows) == 1 if case.rows == (0,) else where.rows == case.rows
    named = case.file is None or where.file == case.file
    return rows and named and (where.column, where.item, where.sheet) == (case.column, case.item, case.sheet)


def test_enough_kinds() -> None:
    assert len(CASES) >= 75
    assert len({case.name for case in CASES}) == len(CASES)
