"""The command line: help in both languages, every method on csv files as people write them, studies from new to report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import citycarbon
from citycarbon.data.examples import TEMPLATE, examples_folder
from citycarbon.data.library import shipped_library
from citycarbon.interfaces.cli import study as study_commands
from citycarbon.interfaces.cli.texts import COMMANDS, WORDS
from citycarbon.interfaces.command import main
from citycarbon.studies import service

TOY = examples_folder() / TEMPLATE
CAPTURE = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no data sets, no cache and an English system."""
    for name, folder in (("CITYCARBON_CACHE", "cache"), ("CITYCARBON_DATA", "data"), ("XDG_DATA_HOME", "home")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("CITYCARBON_LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def told(capsys: CAPTURE, *words: str, code: int = 0) -> str:
    """Run the command line; give what it printed."""
    assert main(list(words)) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return out


# Help


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_help_lists_the_commands(lang: str, capsys: CAPTURE) -> None:
    text = " ".join(told(capsys, "--help", "--lang", lang).split())
    for name, command in COMMANDS.items():
        assert name in text
        assert getattr(command, lang) in text, name
    assert WORDS["about"][lang == "zh"] in text


@pytest.mark.parametrize(
    ("variable", "value"), [("LANG", "zh_CN.UTF-8"), ("LC_ALL", "zh_CN"), ("CITYCARBON_LANG", "zh")]
)
def test_the_system_chooses_the_language(
    variable: str, value: str, capsys: CAPTURE, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert main(["validate", "nowhere"]) == 2
    assert "此处没有研究" in capsys.readouterr().err
    assert main(["validate", "nowhere", "--lang=en"]) == 2
    assert "There is no study here" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(command: str, capsys: CAPTURE) -> None:
    text = told(capsys, command, "--help")
    assert text.startswith(f"Usage: citycarbon {command}")
    assert len(text.splitlines()) > 3


def test_version(capsys: CAPTURE) -> None:
    assert told(capsys, "--version").strip() == f"citycarbon {citycarbon.__version__}"


@pytest.mark.parametrize(
    "words", [["fly"], ["run"], ["validate", "a", "b"], ["--colour"], ["factors", "--year", "soon"]]
)
def test_wrong_usage(words: list[str], capsys: CAPTURE) -> None:
    assert main(words) == 2
    assert capsys.readouterr().out == ""


def test_no_words_show_the_help(capsys: CAPTURE) -> None:
    assert main([]) in (0, 2)
    out, err = capsys.readouterr()
    assert "demo" in out + err


def test_help_is_fast_and_loads_no_engine() -> None:
    script = (
        "import sys; from citycarbon.interfaces.command import main; main(['--help']); print('polars' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().strip().endswith("False")


# Methods and factors


def test_methods_as_json(capsys: CAPTURE) -> None:
    records = json.loads(told(capsys, "methods", "--json"))
    assert [record["id"] for record in records] == list(service.catalogue())
    for record in records:
        assert record["title"]["en"]
        assert any("\u4e00" <= sign <= "\u9fff" for sign in record["title"]["zh"])
        assert record["citation"] != record["source"], "the source is in the bibliography"
        assert record["status"] in ("experimental", "reproduced", "validated")
        assert record["parameters"]


@pytest.mark.parametrize("name", service.catalogue())
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_explaining_a_method(name: str, lang: str, capsys: CAPTURE) -> None:
    method = service.catalogue()[name]
    text = told(capsys, "methods", name, "--lang", lang)
    assert method.id in text
    assert method.label(lang) in text
    assert method.equation.split()[0] in text
    assert all(f"--{parameter.name}" in text for parameter in method.parameters)
    assert json.loads(told(capsys, "methods", name, "--json"))["id"] == name


def test_listing_methods(capsys: CAPTURE) -> None:
    text = told(capsys, "methods", "--lang", "zh")
    assert "inventory.accounting.heat" in text
    assert "外购蒸汽与热水" in text


def test_an_unknown_method(capsys: CAPTURE) -> None:
    assert main(["methods", "inventory.accounting.het"]) == 2
    assert "inventory.accounting.heat" in capsys.readouterr().err


def rows(capsys: CAPTURE, *words: str) -> pl.DataFrame:
    return pl.DataFrame(json.loads(told(capsys, "factors", *words, "--json")), infer_schema_length=None)


def test_factor_filters(capsys: CAPTURE) -> None:
    found = rows(capsys, "--activity", "电力", "--region", "江苏", "--edition", "mee-average-2022", "--year", "2022")
    assert found.select("activity", "region", "value", "unit").rows() == [("electricity", "CN-JS", 0.5978, "t/MWh")]
    assert set(rows(capsys, "--quantity", "blend_share")["quantity"].to_list()) == {"blend_share"}
    assert rows(capsys, "--activity", "Diesel", "--edition", "gbt2589-2008").height >= 1
    early = rows(capsys, "--edition", "mee-average-2022", "--activity", "electricity")
    assert set(early["edition"].to_list()) == {"mee-average-2022"}


@pytest.mark.parametrize(
    ("word", "column"),
    [
        ("--sets", "set"),
        ("--editions", "edition"),
        ("--regions", "region"),
        ("--activities", "activity"),
        ("--quality", "recalled"),
    ],
)
def test_factor_lists(word: str, column: str, capsys: CAPTURE) -> None:
    found = rows(capsys, word)
    assert found.height >= 4
    assert column in found.columns or column[:4] in "".join(found.columns)
    assert told(capsys, "factors", word).strip()


def test_nothing_found_is_said(capsys: CAPTURE) -> None:
    assert told(capsys, "factors", "--activity", "unobtainium", "--lang", "zh").strip() == "没有匹配项"


@pytest.mark.parametrize("name", ["f.csv", "f.xlsx", "f.json", "f.parquet"])
def test_factors_into_a_file(name: str, capsys: CAPTURE, bare: Path) -> None:
    told(capsys, "factors", "--edition", "ashrae-34", "--out", name)
    assert (bare / name).stat().st_size > 100


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--region", "Atlantis"), "region_unknown"),
        (("--edition", "x"), "edition_unknown"),
        (("--out", "a.doc"), "file_kind_unknown"),
    ],
)
def test_wrong_filters(words: tuple[str, ...], code: str, capsys: CAPTURE) -> None:
    assert main(["factors", *words]) == 2
    assert f"[{code}]" in capsys.readouterr().err


# Every method on files

YEAR = "地点,年份,部门"
EMISSIONS = "place,time,sector,activity,scope,gas,value,unit\n"
PRINTED = "table,place,time,item,part_of,value,unit,decimals\n"
SQUARE = ('{{"type": "FeatureCollection", "crs": {{"type": "name", "properties": {{"name": "EPSG:32651"}}}}, "features": ['
          '{{"type": "Feature", "properties": {{"place": "{}"}}, "geometry": {{"type": "Polygon", "coordinates": [[[250000, '
          '3490000], [{x}, 3490000], [{x}, 3490100], [250000, 3490100], [250000, 3490000]]]}}}}]}}')  # fmt: skip
CALLS: dict[str, tuple[dict[str, str], list[str], float]] = {
    "inventory.accounting.combustion": (
        {"activity": f"{YEAR},能源品种,消费量（万m^3）\n江苏,2022,居民生活,天然气,30\n"}, [],
        300_000 * 38.931e-3 * 15.3e-3 * 0.99 * 44 / 12,
    ),
    "inventory.accounting.electricity": (
        {"activity": f"{YEAR},能源,用电量（万kWh）,标准差\n江苏,2022,商业,电力,420,8.4\n"}, [], 4200 * 0.5978,
    ),
    "inventory.accounting.heat": (
        {"readings": f"{YEAR},介质,热水量,供水温度,回水温度\n江苏,2022,公共,hot_water,40000,80,55\n"}, [],
        40_000 * 4.1868 * 25e-3 * 0.11,
    ),
    "inventory.accounting.mass_balance": (
        {"streams": f"{YEAR},物料,进出,数量,单位,含碳量（%）\n石灰厂,2022,工业,石灰石,input,5000,t,11.4\n"
                    "石灰厂,2022,工业,石灰,product,2800,t,0.3\n石灰厂,2022,工业,粉尘,residue,100,t,2\n"}, [],
        (570 - 8.4 - 2) * 44 / 12,
    ),
    "inventory.accounting.stack_monitor": (
        {"readings": "企业,hour,部门,二氧化碳浓度,干湿基,烟气流量（m³/h）,烟气温度（℃）,烟气绝对压力（kPa）,含湿量\n"
                     "甲厂,2022-01-01 00,电力,12,dry,1000000,50,101.325,0.1\n"}, [],
        0.12 * 1e6 * 273.15 / 323.15 * 0.9 * 44.01 / 22.414 / 1000,
    ),
    "inventory.accounting.water": (
        {"activity": f"{YEAR},活动,用量,单位\n江苏,2022,居民生活,自来水,150000,吨\n"}, [], 150_000 * 0.168e-3,
    ),
    "inventory.accounting.refrigerant": (
        {"charges": f"{YEAR},制冷剂,充注量,年泄漏率（%）,报废量,回收率\n商场,2022,商业,r410a,600,5,50,0.6\n"}, [], 0.05,
    ),
    "inventory.accounting.building_life_cycle": (
        {"works": "社区,部门,工程类型,改造开始年,改造结束年,面积（㎡）\n江苏,works,绿色化改造,2022,2025,8000\n"
                  "江苏,works,拆除,2022,2023,500\n"}, [], 8000 * 0.24 + 500 * 0.05,
    ),
    "inventory.accounting.community": (
        {"emissions": EMISSIONS.replace("unit", "unit,flow") + "a,2020,energy.gas,x,1,CO2e,2,t,emission\n"
                      "a,2020,transport,x,1,CO2e,1,t,emission\na,2020,sink.plants,x,sink,CO2e,-0.5,t,removal\n"},
        ["--groups", "formula"], 2.5,
    ),
    "inventory.accounting.intensity": (
        {"emissions": EMISSIONS + "柳园小区,2022,s,diesel,1,CO2,3,t\n柳园小区,2022,r,diesel,1,CO2,1,t\n",
         "denominators": "社区名称,年份,指标,数量,单位\n柳园小区,2022,population,2000,人\n"}, [], (3 + 1 + 4) / 2000,
    ),
    "inventory.accounting.printed_sums": (
        {"printed": PRINTED + "1,a,2020,x,t,0.04,t,2\n1,a,2020,y,t,0.34,t,2\n1,a,2020,t,,0.39,t,2\n"}, [], 0.38,
    ),
    "inventory.accounting.printed_ratios": (
        {"printed": PRINTED + "1,a,,people,,10119,1,0\n1,a,,households,,4195,1,0\n2,a,,size,,2.41,1,2\n",
         "ratios": "check,place,numerator,denominator,scale,expected\nsize,a,1:people,1:households,1,2:size\n"}, [],
        10119 / 4195,
    ),
    "inventory.accounting.reconcile": (
        {"reported": PRINTED + "3-1,a,2020,s,,0.94,t/person,2\n",
         "computed": "place,time,sector,measure,value,unit\na,2020,s,population,943.9,kg/person\n"}, [], 0.9439,
    ),
    "inventory.accounting.reconcile_totals": (
        {"reported": PRINTED + "t,a,,works,,3.04,万t,2\n", "emissions": EMISSIONS + "a,2025,works,x,3,CO2,30420,t\n"}, [],
        3.042,
    ),
    "inventory.sectors.peak_month": (
        {"readings": "地点,月份,部门,能源,用电量（kWh）\n柳园小区,2022年8月,居民生活,电,450000\n",
         "profile": "能源,月,份额（%）\n" + "".join(
             f"电力,{month},{15 if month == 8 else 85 / 11!r}\n" for month in range(1, 13))}, [], 3e6,
    ),
    "inventory.sectors.standard_coal": (
        {"activity": f"{YEAR},燃料,消费量,计量单位\n甲厂,2022,工业,柴油,1000,千克\n"}, [], 1.4571,
    ),
    "inventory.space.area_shares": (
        {"sources": SQUARE.format("cell", x=250_100), "targets": SQUARE.format("home", x=250_040)}, [], 1.0,
    ),
    "inventory.space.place_by_shares": (
        {"emissions": EMISSIONS + "cell,2022,s,x,2,CO2,10,t\n", "shares": "地点,target,份额\ncell,home,0.7\ncell,shop,0.3\n"}, [],
        10.0,
    ),
}  # fmt: skip


def test_every_call_here_is_of_a_method() -> None:
    """The first methods are called here in detail; a contract asks that the documentation, which runs, calls every one."""
    assert set(CALLS) <= set(service.catalogue())


def call(name: str, folder: Path) -> list[str]:
    """Write the files of a method and give the words of its call."""
    files, more, _ = CALLS[name]
    words = ["call", name, *more]
    for parameter, text in files.items():
        path = folder / f"{parameter}.{'geojson' if text.startswith('{') else 'csv'}"
        path.write_text(text, "utf-8")
        words += [f"--{parameter}", str(path)]
    return words


@pytest.mark.parametrize("name", CALLS)
def test_call(name: str, capsys: CAPTURE, bare: Path) -> None:
    document = json.loads(told(capsys, *call(name, bare), "--json"))
    assert document["method"] == name
    column = "share" if name.endswith("area_shares") else "value"
    made = pl.DataFrame(document["rows"], infer_schema_length=None)
    assert made[column].sum() == pytest.approx(CALLS[name][2], rel=1e-9)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_call_for_people(name: str, lang: str, capsys: CAPTURE, bare: Path) -> None:
    text = told(capsys, *call(name, bare), "--lang", lang)
    assert text.strip()
    assert max(map(len, text.splitlines())) <= 140
    if service.default_editions(name):
        assert WORDS["defaults"][lang == "zh"] in text, "which factors were used is said"


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig"])
def test_call_on_files_of_chinese_spreadsheets(encoding: str, capsys: CAPTURE, bare: Path) -> None:
    words = call("inventory.accounting.electricity", bare)
    path = Path(words[-1])
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    document = json.loads(told(capsys, *words, "--json"))
    assert document["rows"][0]["value"] == pytest.approx(4200 * 0.5978, rel=1e-9)


@pytest.mark.parametrize("name", ["r.csv", "r.xlsx", "r.parquet", "r.json"])
def test_call_into_a_file(name: str, capsys: CAPTURE, bare: Path) -> None:
    text = told(capsys, *call("inventory.accounting.water", bare), "--out", name)
    assert name in text
    assert (bare / name).exists()


def test_call_with_all_its_options(capsys: CAPTURE, bare: Path) -> None:
    (bare / "a.csv").write_bytes("小区,用电\n柳园,1000\n".encode("gbk"))
    (bare / "own.csv").write_text("能源,气体,省份,数值,单位\n电力,CO2,江苏,0.5,t/MWh\n", "utf-8")
    words = ["call", "inventory.accounting.electricity", "--activity", "a.csv", "--encoding", "gbk", "--region", "江苏",
             "--map", "place=小区", "--map", "value=用电", "--set", "time=2022", "--set", "sector=home",
             "--set", "activity=electricity", "--set", "unit=kWh", "--user-factors", "own.csv", "--year_rule", "exact",
             "--json"]  # fmt: skip
    (row,) = json.loads(told(capsys, *words))["rows"]
    assert (row["place"], row["value"]) == ("柳园", pytest.approx(0.5, rel=1e-9))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--colour", "red"), "parameter_unknown"),
        (("red",), "parameter_unknown"),
        (("--year_rule",), "parameter_missing"),
        (("--year_rule", "soon"), "parameter_wrong"),
        (("--map", "place"), "parameter_wrong"),
        (("--set", "x=1"), "column_unknown"),
        (("--region", "Atlantis"), "region_unknown"),
        (("--factors", "library:x"), "edition_unknown"),
        (("--places", "none.csv"), "file_missing"),
        (("--out", "a.doc"), "file_kind_unknown"),
        (("--user-factors", "none.csv"), "file_missing"),
    ],
)
def test_wrong_calls(words: tuple[str, ...], code: str, capsys: CAPTURE, bare: Path) -> None:
    assert main([*call("inventory.accounting.water", bare), *words]) == 2
    out, err = capsys.readouterr()
    assert f"[{code}]" in err
    assert out == ""


def test_names_with_brackets_are_shown_as_they_are(capsys: CAPTURE, bare: Path) -> None:
    path = bare / "activity.csv"
    path.write_text(
        "place,time,sector,activity,value,unit\na[/b] [red]x,2022,[bold]s,tap_water,5,t\nb,2022,t,水,5,t\n", "utf-8"
    )
    text = told(capsys, "call", "inventory.accounting.water", "--activity", str(path))
    assert "a[/b] [red]x" in text
    assert "[bold]s" in text


# Studies


def test_from_new_to_report(capsys: CAPTURE, bare: Path) -> None:
    assert "my-city" in told(capsys, "new", "my-city")
    assert told(capsys, "validate", "my-city", "--lang", "zh").strip().endswith("输入文件。")
    text = told(capsys, "run", "my-city", "--lang", "en")
    assert "22.47" in text or "22,473" in text or "22,470" in text
    results = bare / "my-city-results"
    assert {"result.json", "emissions.parquet", "report.html", "report.xlsx"} <= {
        path.name for path in results.iterdir()
    }
    (results / "report.html").unlink()
    told(capsys, "report", "my-city-results")
    assert (results / "report.html").exists()
    assert {path.name for path in bare.iterdir()} == {"my-city", "my-city-results"}


def test_run_as_json_is_the_result(capsys: CAPTURE, bare: Path) -> None:
    document = json.loads(told(capsys, "run", str(TOY), "--out", "out", "--json"))
    assert document == json.loads((bare / "out" / "result.json").read_text("utf-8"))
    assert json.loads(told(capsys, "validate", str(TOY), "--json")) == {"errors": [], "study": TEMPLATE}


def test_run_uses_the_cache_unless_told_not_to(capsys: CAPTURE, bare: Path) -> None:
    told(capsys, "run", str(TOY), "--out", "a", "--no-cache")
    assert not (bare.parent / "cache").exists()
    told(capsys, "run", str(TOY), "--out", "b")
    assert list((bare.parent / "cache").glob("*.parquet"))
    assert (bare / "a" / "emissions.parquet").read_bytes() == (bare / "b" / "emissions.parquet").read_bytes()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_answer_names_what_does_not_fit(lang: str, capsys: CAPTURE, bare: Path) -> None:
    text = told(capsys, "run", str(examples_folder() / "five-communities"), "--out", "out", "--lang", lang)
    assert WORDS["misfits"][lang == "zh"] in text
    assert "104.5" in text, "both figures are shown"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("new", "full"), "output_exists"), (("run", "nowhere"), "study_missing"), (("validate", "full"), "study_missing"),
        (("report", "full"), "result_missing"), (("run", str(TOY), "--out", "full"), "output_exists"),
        (("data", "path", "moon"), "dataset_unknown"), (("data", "path", "xinwu_wuxi_district"), "dataset_missing"),
    ],
)  # fmt: skip
def test_wrong_folders(words: tuple[str, ...], code: str, capsys: CAPTURE, bare: Path) -> None:
    (bare / "full").mkdir()
    (bare / "full" / "notes.txt").write_text("mine")
    assert main(list(words)) == 2
    assert f"[{code}]" in capsys.readouterr().err
    assert [path.name for path in (bare / "full").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_data_sets(lang: str, capsys: CAPTURE) -> None:
    text = told(capsys, "data", "list", "--lang", lang)
    assert "xinwu_wuxi_district" in text
    assert WORDS["absent"][lang == "zh"] in text


def test_demo_without_data_sets_ends_well(capsys: CAPTURE, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In both languages, with two studies that need no data set and one that does; .ci/run runs the whole demo so."""
    chosen = [
        folder
        for folder in study_commands.example_studies()
        if folder.name in ("five-communities", "toy-land", "xinwu")
    ]
    assert len(chosen) == 3
    monkeypatch.setattr(study_commands, "example_studies", lambda: chosen)
    for lang in ("en", "zh"):
        shown = bare / f"shown-{lang}"
        text = told(capsys, "demo", "--out", shown.name, "--lang", lang)
        assert f"xinwu: {WORDS['demo_missing'][lang == 'zh']}" in text
        assert "citycarbon data get xinwu_wuxi_district" in text
        for name in ("toy-land", "five-communities"):
            assert str(shown / name / "report.html") in text
            assert (shown / name / "result.json").exists()
        assert not (shown / "xinwu").exists()


def test_the_installed_program(bare: Path) -> None:
    done: Any = subprocess.run(
        [sys.executable, "-m", "citycarbon.interfaces.command", "validate", str(TOY), "--lang", "zh"],
        capture_output=True, check=False, timeout=120, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0
    assert "检查通过" in done.stdout.decode("utf-8")
    assert done.stderr == b""


def test_about_names_version_licences_and_data(capsys):
    assert main(["about", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["citycarbon"] == citycarbon.__version__
    assert found["licence"] == "Apache-2.0"
    assert sum(row["factors"] for row in found["factors"]) == shipped_library().rows.height
    assert all(row["licence"] for row in found["factors"])
    assert main(["about", "--lang", "zh"]) == 0
    assert "许可" in capsys.readouterr().out
