"""Code lists and crosswalks as data: whole, in both languages, sourced, without loss and without double counting.

The csv files are read directly, and the rule by which rows win is written out once more here, so that a mistake of the
program cannot hide one of the data.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations
from pathlib import Path

import openpyxl
import pytest

from citycarbon.data.datasets import find
from citycarbon.data.references import references

ROOT = Path(__file__).parents[3]
DATA = ROOT / "src" / "citycarbon" / "data"
FOLDER = DATA / "classifications"
SCOPES = ("1", "2", "3", "sink", "biogenic")
CHINESE = re.compile("[\u4e00-\u9fff]")
LIST_COLUMNS = ["code", "parent", "name_en", "name_zh"]
CROSSWALK_COLUMNS = ["code", "activity", "scope", "target", "share", "note"]
QUALITIES = re.compile(
    r"^(verified|secondary|computed|own list|own judgement|published table|reading of the source text|recalled-\d\d)$"
)
CEADS = ("ceads_national_sector_fuel_1997_2019.xlsx", "ceads_province_sector_fuel_selected_years.csv")  # fmt: skip
CEADS_LINES = {"TOTAL", "Total Consumption"}
CEADS_TOTAL = ("Scope 1 Total", "Scope_1_Total")
# Where the direct crosswalk of CEADs is finer than the way through the city list, because that list joins the branches.
FINER = {
    ("ipcc2006", "furniture"), ("ipcc2006", "rubber"), ("ipcc2006", "plastics"), ("ipcc2006", "instruments"),
    ("ipcc2006", "transport_equipment"), ("spatial", "garments"), ("spatial", "leather"), ("spatial", "printing"),
    ("spatial", "medicine"), ("spatial", "plastics"), ("spatial", "metal_products"), ("spatial", "electric_equipment"),
    ("spatial", "cultural_articles"),
}  # fmt: skip


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


LISTS = {row["list"]: row for row in read(FOLDER / "lists.csv")}
CROSSWALKS = {(row["from"], row["to"]): row for row in read(FOLDER / "crosswalks.csv")}
PAIRS = sorted(CROSSWALKS)
PAIR_NAMES = [f"{origin}--{target}" for origin, target in PAIRS]


@cache
def rows_of(name: str) -> list[dict[str, str]]:
    return read(FOLDER / "lists" / f"{name}.csv")


@cache
def parents(name: str) -> dict[str, str]:
    return {row["code"]: row["parent"] for row in rows_of(name)}


def ancestors(code: str, tree: dict[str, str]) -> list[str]:
    line = []
    while tree[code]:
        code = tree[code]
        line.append(code)
    return line


def nested(first: str, second: str, tree: dict[str, str]) -> bool:
    return first in ancestors(second, tree) or second in ancestors(first, tree)


@cache
def walk(origin: str, target: str) -> list[dict[str, str]]:
    return read(FOLDER / "crosswalks" / f"{origin}--{target}.csv")


@cache
def rules(origin: str, target: str) -> dict[str, dict[tuple[str, str], list[tuple[str, float]]]]:
    made: dict[str, dict[tuple[str, str], list[tuple[str, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in walk(origin, target):
        made[row["code"]][row["activity"], row["scope"]].append((row["target"], float(row["share"])))
    return made


def resolve(origin: str, target: str, code: str, activity: str, scope: str) -> list[tuple[str, float]]:
    """Nearest code first; there activity and scope, then activity, then scope, then neither."""
    found = rules(origin, target)
    for each in (code, *ancestors(code, parents(origin))):
        for key in ((activity, scope), (activity, ""), ("", scope), ("", "")):
            if each in found and key in found[each]:
                return found[each][key]
    return []


@cache
def left_out(origin: str, target: str) -> dict[str, tuple[str, str]]:
    rows = [row for row in read(FOLDER / "crosswalks" / "unmapped.csv") if (row["from"], row["to"]) == (origin, target)]
    assert len(rows) == len({row["code"] for row in rows})
    return {row["code"]: (row["reason_en"], row["reason_zh"]) for row in rows}


def own_scopes(origin: str, code: str) -> tuple[str, ...]:
    """Give the scopes in which a code can stand, where the list itself says so."""
    if origin == "gpc":
        stated = {row["code"]: row["scope"] for row in rows_of("gpc")}[code]
        return (stated,) if stated else SCOPES
    if origin == "ceads":
        return ("1",)
    if code.endswith("_outside") or code.partition(".")[0] == "upstream":
        return ("3",)
    return ("2", "3") if code == "energy.network_losses" else SCOPES


def activities_named(origin: str, target: str) -> set[str]:
    return {row["activity"] for row in walk(origin, target)}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_a_tree_with_names_in_both_languages(name):
    rows = rows_of(name)
    assert list(rows[0])[:4] == LIST_COLUMNS
    assert "note" in rows[0]
    assert [code for code, count in Counter(row["code"] for row in rows).items() if count > 1] == []
    tree = parents(name)
    seen: set[str] = set()
    for row in rows:
        assert row["code"] == row["code"].strip() != ""
        assert not row["parent"] or row["parent"] in seen, f"{row['code']}: its parent comes later or is missing"
        assert row["name_en"] == row["name_en"].strip() != ""
        assert not CHINESE.search(row["name_en"])
        assert CHINESE.search(row["name_zh"]), row["code"]
        seen.add(row["code"])
    assert all(code not in ancestors(code, tree) for code in tree)
    assert "not_mapped" not in tree, "the code of the residual must stay free"


@pytest.mark.parametrize("name", LISTS)
def test_names_are_told_apart_among_siblings(name):
    for language in ("name_en", "name_zh"):
        count = Counter((row["parent"], row[language]) for row in rows_of(name))
        assert [pair for pair, times in count.items() if times > 1] == []


@pytest.mark.parametrize(
    "row", [*LISTS.values(), *CROSSWALKS.values()], ids=lambda row: "-".join(list(row.values())[:2])
)
def test_the_index_names_a_source_and_a_quality(row):
    assert row["source"] in references()
    assert QUALITIES.match(row["quality"]), row["quality"]
    assert row["note"]
    for key in re.findall(r"\(([a-z]+\w*_?\d{4}\w*)\)", row["note"]):
        assert key in references()


def test_the_index_of_lists_is_in_both_languages():
    for row in LISTS.values():
        assert row["title_en"]
        assert CHINESE.search(row["title_zh"])


def test_the_index_and_the_files_of_crosswalks_agree():
    files = {path.stem for path in (FOLDER / "crosswalks").glob("*--*.csv")}
    assert files == set(PAIR_NAMES)
    assert {name for pair in PAIRS for name in pair} <= set(LISTS)
    stated = {(row["from"], row["to"]) for row in read(FOLDER / "crosswalks" / "unmapped.csv")}
    assert stated <= set(PAIRS)


@pytest.mark.parametrize(("origin", "target"), PAIRS, ids=PAIR_NAMES)
def test_rows_of_a_crosswalk_are_known_and_add_to_one(origin, target):
    rows = walk(origin, target)
    assert list(rows[0]) == CROSSWALK_COLUMNS
    known = {row["activity"] for row in read(DATA / "library" / "activities.csv")}
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    seen = Counter()
    for row in rows:
        assert row["code"] in parents(origin), row
        assert row["target"] in parents(target), row
        assert row["activity"] in {"", *known}, row
        assert row["scope"] in ("", *SCOPES), row
        assert 0 < float(row["share"]) <= 1, row
        key = (row["code"], row["activity"], row["scope"])
        sums[key] += float(row["share"])
        seen[(*key, row["target"])] += 1
    assert [key for key, count in seen.items() if count > 1] == []
    assert {key: total for key, total in sums.items() if abs(total - 1) > 1e-9} == {}


@pytest.mark.parametrize(("origin", "target"), PAIRS, ids=PAIR_NAMES)
def test_notes_of_a_crosswalk_are_in_both_languages(origin, target):
    for row in walk(origin, target):
        if row["note"]:
            english, _, chinese = row["note"].partition(" / ")
            assert english
            assert not CHINESE.search(english)
            assert CHINESE.search(chinese), row


@pytest.mark.parametrize(("origin", "target"), PAIRS, ids=PAIR_NAMES)
def test_every_code_has_a_place_or_a_reason(origin, target):
    names = activities_named(origin, target)
    reasons = left_out(origin, target)
    for code in parents(origin):
        reached = any(
            resolve(origin, target, code, name, scope) for name in names for scope in own_scopes(origin, code)
        )
        assert reached != (code in reasons), (
            f"{code}: {'mapped and left out' if reached else 'neither mapped nor left out'}"
        )
    for english, chinese in reasons.values():
        assert english
        assert not CHINESE.search(english)
        assert CHINESE.search(chinese)


@pytest.mark.parametrize(("origin", "target"), PAIRS, ids=PAIR_NAMES)
def test_no_result_holds_a_code_beside_its_parent(origin, target):
    """Rows whose sectors may stand side by side never go to a code and to one of its ancestors, which could not be summed."""
    tree, own = parents(target), parents(origin)
    names = activities_named(origin, target)
    reached = {
        code: {
            to
            for name in names
            for scope in own_scopes(origin, code)
            for to, _ in resolve(origin, target, code, name, scope)
        }
        for code in own
    }
    for first, second in [*combinations(own, 2), *((code, code) for code in own)]:
        if first != second and nested(first, second, own):
            continue
        for one in reached[first]:
            for other in reached[second]:
                assert not nested(one, other, tree), f"{first} → {one} beside {second} → {other}"


@pytest.mark.parametrize("origin", ["city", "ceads"])
def test_numbers_of_the_gpc_carry_the_scope_of_the_rows(origin):
    numbers = {row["code"]: row for row in rows_of("gpc")}
    for row in walk(origin, "gpc"):
        number = numbers[row["target"]]
        assert number["level"], f"{row['target']} is a heading"
        stated = {"biogenic": "1"}.get(row["scope"], row["scope"])
        if row["code"] == "energy.network_losses":
            stated = "3"  # losses bought with the electricity: the GPC counts every loss in scope 3
        assert stated in ("", number["scope"]), row


def test_supplied_power_stays_out_of_basic_and_waste_goes_by_its_place():
    numbers = {row["code"]: row["level"] for row in rows_of("gpc")}
    place = {code: resolve("city", "gpc", code, "", scope)[0][0] for code, scope in (
        ("energy.power_supplied", "1"), ("energy.heat_supplied", "1"), ("waste.landfill_imported", "1"),
        ("waste.landfill_outside", "3"), ("buildings.residential.rural", "2"), ("industry.ferrous", "1"),
        ("upstream.materials", "3"), ("land.settlement", "sink"),
    )}  # fmt: skip
    assert list(place.values()) == ["I.4.4", "I.4.4", "III.1.3", "III.1.2", "I.1.2", "I.3.1", "VI.1", "V.2"]
    assert [numbers[place[code]] for code in list(place)[:4]] == ["territorial", "territorial", "territorial", "basic"]


def test_losses_sinks_and_supplied_power_have_no_place_in_the_view_of_tokyo():
    for code in (
        "energy.power_supplied",
        "energy.heat_supplied",
        "energy.network_losses",
        "land.forest",
        "land.settlement",
    ):
        assert all(not resolve("city", "tokyo", code, "", scope) for scope in SCOPES)
    assert not resolve("city", "tokyo", "buildings.residential", "electricity", "3"), "losses of the grid"
    assert resolve("city", "tokyo", "buildings.residential", "electricity", "2") == [("household", 1.0)]


def test_tokyo_has_five_main_and_twenty_sub_sectors():
    rows = [row for row in rows_of("tokyo") if row["quality"] != "own addition"]
    main = [row["code"] for row in rows if not row["parent"]]
    assert len(main) == 5
    assert len([row for row in rows if row["parent"] in main]) == 20
    assert all(re.match(r"^(secondary|recalled-\d\d|own addition)$", row["quality"]) for row in rows_of("tokyo"))


def test_the_way_over_the_city_list_ends_where_the_direct_crosswalk_ends():
    fuels = [row["code"] for row in rows_of("ceads_fuels") if row["scope"] == "1"]
    different = set()
    for target in ("gpc", "ipcc2006", "provincial", "spatial", "tokyo"):
        for code in parents("ceads"):
            for fuel in fuels:
                ((city, _),) = resolve("ceads", "city", code, fuel, "1")
                if resolve("city", target, city, fuel, "1") != resolve("ceads", target, code, fuel, "1"):
                    different.add((target, code))
    assert different == FINER


def test_cement_process_emissions_are_no_fuel_of_the_branch():
    ends = {to: resolve("ceads", to, "nonmetal_products", "process", "1") for origin, to in PAIRS if origin == "ceads"}
    assert ends["city"] == [("process.cement", 1.0)]
    assert ends["gpc"] == [("IV.1", 1.0)]
    assert ends["ipcc2006"] == [("2.A.1", 1.0)]
    assert ends["tokyo"] == []


def test_land_codes_have_two_four_or_six_digits_under_their_parent():
    rows = {row["code"]: row for row in rows_of("spatial")}
    for row in rows.values():
        assert re.match(r"^(\d\d){0,3}$", row["land_use"]), row
        above = rows[row["parent"]]["land_use"] if row["parent"] else ""
        if above and row["land_use"]:
            assert row["land_use"].startswith(above[:2]), row


def test_fuels_of_ceads_are_activities_with_a_scope():
    known = {row["activity"] for row in read(DATA / "library" / "activities.csv")}
    for row in rows_of("ceads_fuels"):
        assert row["code"] in known
        assert row["is_scope_1"] == ("true" if row["scope"] == "1" else "false")
        assert row["printed_name_csv"] == row["printed_name"].replace(" ", "_")


def ceads_file(name: str) -> Path:
    path = find("china_ceads", name)
    if path is None or path.suffix == ".zip":
        pytest.skip(f"needs china_ceads/{name} in a folder of data sets")
    return path


def test_sector_and_fuel_names_are_those_of_the_national_workbook():
    book = openpyxl.load_workbook(ceads_file(CEADS[0]), read_only=True, data_only=True)
    sheets = [name for name in book.sheetnames if re.match(r"^\d{4}$", name)]
    assert len(sheets) == 23
    for name in sheets:
        rows = list(book[name].iter_rows(values_only=True))
        found = [row[0].strip() for row in rows if row[0]]
        assert [text for text in found if text not in CEADS_LINES] == [row["printed_name"] for row in rows_of("ceads")]
        columns = [text for text in rows[0][1:] if text and text not in CEADS_TOTAL]
        assert columns == [row["printed_name"] for row in rows_of("ceads_fuels")]


def test_sector_and_fuel_names_are_those_of_the_provincial_table():
    with ceads_file(CEADS[1]).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        sectors = dict.fromkeys(row["sector"] for row in reader)
        columns = [name for name in reader.fieldnames or () if name not in ("province", "year", "sector", *CEADS_TOTAL)]
    assert [name for name in sectors if name not in CEADS_LINES] == [row["printed_name"] for row in rows_of("ceads")]
    assert columns == [row["printed_name_csv"] for row in rows_of("ceads_fuels")]
