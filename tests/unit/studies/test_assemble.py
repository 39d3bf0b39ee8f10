"""Assembling an account: no row twice, alternatives apart, look-ups that went elsewhere are told."""

import shutil
from pathlib import Path

import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError
from citycarbon.studies import service

TOY = Path(__file__).parents[3] / "examples" / "starter"


@pytest.fixture
def study(tmp_path):
    """A copy of the toy city to change."""
    return Path(shutil.copytree(TOY, tmp_path / "toy"))


def change(study, old, new):
    path = study / "study.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_one_file_in_two_steps_of_the_account_is_refused(study):
    step = (
        "  - id: fuels-again\n    method: inventory.accounting.combustion\n    tables:\n      activity: fuels.csv\n"
        "      factors: {editions: [cn-2008]}\n  - id: meters\n"
    )
    change(study, "  - id: meters\n", step)
    change(study, "account: [fuels,", "account: [fuels, fuels-again,")
    with pytest.raises(DoubleCountError) as caught:
        service.validate(study)
    assert {(p.code, p.where.file, p.found) for p in caught.value.problems} == {
        ("sum_two_steps", "fuels.csv", "fuels + fuels-again")
    }


def test_two_editions_of_one_activity_are_refused_even_where_each_lacks_places(study):
    change(study, "factors: {editions: [toy-own]}", "factors: {editions: [mee-average-2022, mee-ets-national]}")
    with pytest.raises(CoverageError) as caught:
        service.validate(study)
    assert [(p.code, p.found) for p in caught.value.problems] == [
        ("editions_mixed", "mee-average-2022, mee-ets-national")
    ]


def test_a_factor_of_another_year_is_a_caveat_of_the_result(study):
    change(
        study,
        "      factors: {editions: [toy-own]}\n  - id: electricity\n",
        "      factors: {editions: [mee-average-2021]}\n    parameters: {year_rule: latest}\n  - id: electricity\n",
    )
    checks = {check.id: check for check in service.validate(study).checks}
    assert "2022 → 2021-2021" in checks["factor.year"].text[0]
    assert "2022 → 2021-2021" in checks["factor.year"].text[1]


def test_a_new_study_has_the_name_of_its_folder(tmp_path):
    made = service.new_study(tmp_path / "滨江 River City", TOY)
    assert "README.md" not in {path.name for path in made}
    meta = service.validate(tmp_path / "滨江 River City").meta
    assert meta["study"] == "river-city"
    assert meta["title"] == {"en": "滨江 River City", "zh": "滨江 River City"}
