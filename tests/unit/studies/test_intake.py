"""Files on their way into a study: review, mended cells, what is written, the way back."""

import shutil
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from citycarbon.core.errors import InputError
from citycarbon.studies import service
from citycarbon.studies.intake.inputs import codes_of, input_of, inputs_of
from citycarbon.studies.intake.review import Said, kept_files, put_back, review, take

STARTER = Path(__file__).parents[3] / "examples" / "starter"


@pytest.fixture
def study(tmp_path):
    """A copy of the starter city."""
    folder = tmp_path / "study"
    shutil.copytree(STARTER, folder)
    return folder


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_inputs_name_files_and_what_may_be_mapped(study):
    found = {each.key: each for each in inputs_of(study)}
    assert found["fuels.activity"].file == "fuels.csv"
    assert found["fuels.activity"].plain
    assert not found["electricity.activity"].plain, "a sheet is stated in the study file"
    assert {"places", "sectors", "denominators", "factors.toy-own"} <= set(found)
    with pytest.raises(InputError):
        input_of(study, "fuels.nothing")


def test_the_files_of_a_study_pass_their_own_review(study):
    for item in inputs_of(study):
        found = review(study / item.file, item, Said(), codes_of(study))
        assert found.good, (item.key, [each.text() for each in found.problems])


def test_every_problem_is_listed_and_its_cell_can_be_mended(study, tmp_path):
    item = input_of(study, "fuels.activity")
    path = write(tmp_path / "new.csv", "place,time,sector,activity,value,unit\np3,2022,industry.energy,diesel,1e3x,kg\n"
                 "p3,2022,industry.energy,gasoline,5,bushel of coal\nnowhere,2022,industry.energy,diesel,5,kg\n")  # fmt: skip
    found = review(path, item, Said(), codes_of(study))
    assert {each.code for each in found.problems} == {"value_not_number", "unit_unknown", "place_unknown"}
    assert {(cell.row, cell.header, cell.text) for cell in found.cells} == {
        (4, "place", "nowhere"), (2, "value", "1e3x"), (3, "unit", "bushel of coal"),
    }  # fmt: skip
    said = Said(edits=((2, "value", "1000"), (3, "unit", "kg"), (4, "place", "p2")))
    assert review(path, item, said, codes_of(study)).good
    before = (study / "fuels.csv").read_bytes()
    kept = take(study, item, path, said)
    made = pl.read_csv(study / "fuels.csv", infer_schema=False)
    assert made["value"].to_list() == ["1000", "5", "5"]
    assert made["place"].to_list() == ["p3", "p3", "p2"]
    service.validate(study)
    assert [name for name, _, _ in kept_files(study)] == [kept]
    assert put_back(study, kept) == "fuels.csv"
    assert (study / "fuels.csv").read_bytes() == before
    assert len(kept_files(study)) == 2, "what was there is kept in turn"


def test_headers_are_mapped_and_left_out(study, tmp_path):
    item = input_of(study, "fuels.activity")
    text = "地块,年份,行业代码,能源,用量,单位,经办人\np3,2022,industry.energy,diesel,12.5,t,张三\n"
    path = write(tmp_path / "煤.csv", text, "gb18030")
    first = review(path, item, Said(), codes_of(study))
    assert not first.good
    assert first.headers[0] == "地块"
    said = Said({"place": "地块", "sector": "行业代码", "activity": "能源", "value": "用量"}, ("经办人",))
    assert review(path, item, said, codes_of(study)).good
    take(study, item, path, said)
    assert (study / "fuels.csv").read_text(
        "utf-8"
    ) == "place,time,sector,activity,value,unit\np3,2022,industry.energy,diesel,12.5,t\n"


def test_a_file_about_which_nothing_is_said_is_taken_byte_by_byte(study, tmp_path):
    path = write(
        tmp_path / "x.csv", "place,time,sector,activity,value,unit\r\np3,2022,industry.energy,diesel,1.50,t\r\n"
    )
    take(study, input_of(study, "fuels.activity"), path, Said())
    assert (study / "fuels.csv").read_bytes() == path.read_bytes()


def test_numbers_of_a_workbook_stay_exact(study, tmp_path):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["place", "time", "sector", "activity", "value", "unit"])
        sheet.write_row(1, 0, ["p3", 2022, "industry.energy", "diesel", 1 / 3, "t"])
        sheet.write_row(2, 0, ["p3", 2022, "industry.energy", "gasoline", 2 / 3, "wrong"])
    item = input_of(study, "fuels.activity")
    take(study, item, path, Said(edits=((3, "unit", "t"),)))
    assert pl.read_csv(study / "fuels.csv")["value"].to_list() == [1 / 3, 2 / 3]


def test_a_bad_file_changes_nothing(study, tmp_path):
    before = {path.name: path.read_bytes() for path in study.iterdir() if path.is_file()}
    path = write(tmp_path / "x.csv", "place,time\np3,2022\n")
    with pytest.raises(InputError):
        take(study, input_of(study, "fuels.activity"), path, Said())
    with pytest.raises(InputError):
        take(study, input_of(study, "electricity.activity"), write(tmp_path / "y.csv", "a\n1\n"), Said())
    assert {path.name: path.read_bytes() for path in study.iterdir() if path.is_file()} == before
    for name in ("../study.yaml", "x~fuels.csv", ""):
        with pytest.raises(InputError):
            put_back(study, name)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04broken"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_broken_files_are_refused_in_words(study, tmp_path, content, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    item = input_of(study, "fuels.activity")
    with suppress(InputError):
        assert not review(path, item, Said()).good
