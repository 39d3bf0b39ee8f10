"""Errors: one shape, the right class, every problem kept, nothing in a finding can harm."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from citycarbon.core.errors import (
    KINDS,
    ConvergenceError,
    CoverageError,
    DoubleCountError,
    InputError,
    Problem,
    Problems,
    SchemaError,
    UnitError,
    Where,
    problem,
)
from citycarbon.core.messages import MESSAGES


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_each_code_makes_its_class_and_speaks_both_languages(code):
    error = InputError(code, Where(column="value"), "x")
    assert type(error) is KINDS[MESSAGES[code].kind]
    for lang in ("en", "zh"):
        for part in (error.problems[0].title(lang), error.problems[0].expected(lang), error.problems[0].fix(lang)):
            assert part.strip()
    assert error.problems[0].title("en") != error.problems[0].title("zh")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("column_missing", SchemaError),
        ("unit_unknown", UnitError),
        ("factor_missing", CoverageError),
        ("sum_gas", DoubleCountError),
    ],
)
def test_a_caller_can_catch_by_kind_without_naming_the_class_when_raising(code, kind):
    with pytest.raises(kind):
        raise InputError(code)


def test_a_stated_subclass_wins_over_the_kind_of_the_code():
    assert type(UnitError("sum_gas")) is UnitError


def test_unknown_code_is_a_programming_mistake():
    with pytest.raises(KeyError, match="no_such_code"):
        InputError("no_such_code")


def test_several_keeps_every_problem_and_takes_the_class_of_the_first():
    error = InputError.several([problem("sum_gas", found="CO2, CH4"), problem("unit_unknown", found="xyz")])
    assert type(error) is DoubleCountError
    assert [item.code for item in error.problems] == ["sum_gas", "unit_unknown"]
    assert "CO2, CH4" in str(error)
    assert "xyz" in str(error)


def test_several_of_nothing_is_a_programming_mistake():
    with pytest.raises(ValueError, match="at least one"):
        InputError.several([])


def test_problems_collects_then_raises_once_without_repeats():
    problems = Problems()
    problems.raise_all()  # nothing found: nothing raised
    problems.add("unit_unknown", found="foo")
    problems.add("unit_unknown", found="foo")
    problems.extend([problem("unit_unknown", found="bar")])
    problems.absorb(InputError("sum_gas"))
    assert len(problems) == 4
    assert [item.found for item in problems] == ["foo", "foo", "bar", ""]
    with pytest.raises(UnitError) as caught:
        problems.raise_all()
    assert [(item.code, item.found) for item in caught.value.problems] == [
        ("unit_unknown", "foo"),
        ("unit_unknown", "bar"),
        ("sum_gas", ""),
    ]


def test_where_says_each_part_in_both_languages():
    where = Where("fuels.csv", "2020", (3,), "value", "step x")
    assert where.text("en") == "fuels.csv, sheet 2020, row 3, column value, step x"
    assert where.text("zh") == "fuels.csv，工作表 2020，第 3 行，列 value，step x"


def test_where_shows_five_rows_and_an_ellipsis():
    assert Where(rows=(1, 2, 3, 4, 5, 6)).text() == "rows 1, 2, 3, 4, 5 …"
    assert Where(rows=(1, 2, 3, 4, 5)).text() == "rows 1, 2, 3, 4, 5"


def test_where_nothing_is_known_says_input():
    assert Where().text("en") == "input"
    assert Where().text("zh") == "输入"


def test_facts_fill_the_message_and_a_missing_fact_shows_an_ellipsis():
    assert InputError("column_missing", column="value").problems[0].expected() == "column value (also accepted: …)"


@pytest.mark.parametrize("hostile", ["{known}", "{0.__class__}", "{found!r:>9999999}", "%s", "{"])
def test_braces_in_a_finding_are_text_and_no_template(hostile):
    error = InputError("column_unknown", found=hostile, known="a, b")
    assert error.problems[0].fix() == f"map it, ignore it with 'ignore: [{hostile}]', or delete it"
    assert hostile in str(error)


def test_a_long_finding_is_cut_to_200_characters():
    found = InputError("unit_unknown", found="x" * 1000, known="y" * 1000).problems[0]
    assert len(found.found) == 200
    assert found.found.endswith("…")
    assert len(dict(found.facts)["known"]) == 200


def test_control_characters_in_a_finding_are_written_as_escapes():
    found = InputError("unit_unknown", found="a\r\n\x00\x1b[31mb\x9b\x07").problems[0].found
    assert found == "a\\r\\n\\0\\x1b[31mb\\x9b\\x07"


def test_as_dict_is_the_one_shape_of_every_face():
    shape = problem("unit_unknown", Where("a.csv", None, (2,), "unit"), "xyz").as_dict("zh")
    assert shape == {
        "code": "unit_unknown",
        "problem": "未知的单位",
        "where": {"file": "a.csv", "sheet": None, "rows": [2], "column": "unit", "item": None},
        "found": "xyz",
        "expected": "单位，如 t、kWh、m^3、万吨、亿kWh",
        "fix": "改正写法；见文档中的单位表",
    }


def test_text_has_a_line_for_each_part_and_none_for_an_empty_finding():
    assert len(problem("sum_gas", found="CO2, CH4").text().splitlines()) == 5
    assert len(problem("sum_gas").text().splitlines()) == 4


def test_problem_and_place_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Problem("sum_gas").code = "unit_unknown"
    with pytest.raises(dataclasses.FrozenInstanceError):
        Where().file = "x"


@pytest.mark.parametrize("travel", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_an_error_travels_between_processes_with_all_its_problems(travel):
    error = InputError.several([problem("unit_unknown", Where(rows=(4,)), "xyz"), problem("sum_gas")])
    arrived = travel(error)
    assert type(arrived) is UnitError
    assert arrived.problems == error.problems
    assert str(arrived) == str(error)


def test_convergence_error_says_what_steps_and_residual_and_travels():
    error = pickle.loads(pickle.dumps(ConvergenceError("the balance", 50, 0.001234)))
    assert str(error) == "the balance did not converge after 50 steps (residual 0.00123)"
    assert (error.what, error.steps, error.residual) == ("the balance", 50, 0.001234)
    assert not isinstance(error, InputError)
