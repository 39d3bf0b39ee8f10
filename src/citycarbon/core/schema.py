"""Declared columns of a table and the checks that follow from the declaration.

Comes in: a frame and the columns that a table promises. Goes out: the frame with its types settled, or one error that names
every broken column and the first offending rows. Not for: rules that join several tables.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import narwhals as nw

from citycarbon.core.errors import Problem, Problems, Where, problem
from citycarbon.core.frames import Frame, counts, distinct_values, is_lazy, small, text_type
from citycarbon.core.trace import row_of

PERIOD = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
SERIAL = re.compile(r"[3-7][0-9]{4}(\.[0-9]+)?")
"""What a spreadsheet counts days with, 1982 to 2118; 20222 is rather a year with a digit too many."""
_LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Column name, the same everywhere (``docs/nomenclature.csv``).
    kind
        ``text``, ``number`` (float64), ``year`` (int64) or ``period`` (ISO text).
    required
        Whether a table without it is refused. A column that is absent and not required has its ``default``.
    default
        Text of an absent or empty cell: a label such as ``observed``, never a number.
    empty
        Whether single cells may be empty.
    low, high
        Bounds of a number, both included.
    allowed
        Closed list of words.
    unit
        Fixed unit of a number that has no unit column of its own, for documentation.
    meaning
        One sentence (English, Chinese).
    former
        Names that it had before: frames, files and study files that use them are read.
    """

    name: str
    kind: Literal["text", "number", "year", "period"] = "text"
    required: bool = False
    default: str | None = None
    empty: bool = True
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    unit: str = ""
    meaning: tuple[str, str] = ("", "")
    former: tuple[str, ...] = ()


def present_names(frame: Frame, columns: Sequence[Column]) -> Frame:
    """Give columns under a name that they had before the name that they have now."""
    names = frame.collect_schema().names()
    renamed = {
        old: column.name for column in columns for old in column.former if old in names and column.name not in names
    }
    return frame.rename(renamed) if renamed else frame


def textual(columns: Sequence[Column], name: str) -> bool:
    """Tell whether a declared column holds text."""
    return next(column.kind for column in columns if column.name == name) in ("text", "period")


def missing_columns(present: Sequence[str], columns: Sequence[Column], where: Where) -> list[Problem]:
    """Name the required columns that are absent and the present ones that nobody knows."""
    known = {column.name for column in columns}
    found = [
        problem("column_missing", Where(where.file, where.sheet, (), column.name), "", column=column.name, aliases="—")
        for column in columns
        if column.required and column.name not in present
    ]
    unknown = [name for name in present if name not in known]
    return found + [
        problem("column_unknown", Where(where.file, where.sheet, (), name), name, known=", ".join(sorted(known)))
        for name in unknown
    ]


def fixed_problems(
    fixed: Mapping[str, str], present: Sequence[str], columns: Sequence[Column], where: Where
) -> list[Problem]:
    """Check the texts of columns that have one text in every row, by the same rules as stored cells."""
    problems = Problems()
    for column in (column for column in columns if column.name in fixed):
        word, place = fixed[column.name], Where(where.file, where.sheet, (), column.name)
        if column.name in present:
            problems.add("column_duplicate", place, column.name)
        elif column.kind not in ("text", "period"):
            problems.add("value_not_number", place, word)
        elif not column.empty and not word:
            problems.add("value_empty", place, word, column=column.name)
        elif column.kind == "period" and not PERIOD.fullmatch(word):
            problems.add("time_wrong", place, word)
        elif column.allowed and word not in column.allowed:
            problems.add("value_not_listed", place, word, known=", ".join(column.allowed))
    return list(problems)


def fill_defaults(frame: Frame, columns: Sequence[Column]) -> Frame:
    """Write the default label into empty cells, so that an empty cell and an absent column mean the same."""
    kinds = frame.collect_schema()
    filled = []
    for column in (column for column in columns if column.default is not None and column.name in kinds):
        if isinstance(frame, nw.DataFrame) and not frame.get_column(column.name).null_count():
            continue
        label = nw.col(column.name)
        label = label if kinds[column.name] == nw.String else label.cast(nw.String)
        filled.append(label.fill_null(column.default))
    return frame.with_columns(*filled) if filled else frame


def settle_types(frame: Frame, columns: Sequence[Column], where: Where) -> Frame:
    """Cast integers to float64 and labels to text where the declaration asks for it; refuse text in numbers."""
    kinds = frame.collect_schema()
    problems = Problems()
    casts: list[nw.Expr] = []
    for column in columns:
        if column.name not in kinds:
            continue
        kind = kinds[column.name]
        textual = text_type(kind)
        place = Where(where.file, where.sheet, (), column.name)
        if column.kind in ("text", "period"):
            if not textual:
                casts.append(nw.col(column.name).cast(nw.String))
        elif textual:
            problems.add("value_not_number", place, str(kind))
        elif kind == nw.Boolean or kind.is_temporal():
            # A truth value is no 1, and a date no number of microseconds.
            problems.add("value_not_number", place, str(kind))
        elif column.kind == "number" and kind != nw.Float64:
            casts.append(nw.col(column.name).cast(nw.Float64))
        elif column.kind == "year" and kind != nw.Int64:
            casts.append(nw.col(column.name).cast(nw.Int64))
    problems.raise_all()
    return frame.with_columns(*casts) if casts else frame


def check_values(frame: Frame, columns: Sequence[Column], where: Where) -> list[Problem]:
    """Check every value in one pass and give a problem, with its first rows, for each broken rule."""
    present = set(frame.collect_schema().names())
    declared = [column for column in columns if column.name in present]
    rules: dict[str, tuple[str, Column, nw.Expr, dict[str, str]]] = {}
    for column in declared:
        for code, condition, facts in _row_rules(column):
            rules[f"{code}:{column.name}"] = (code, column, condition, facts)
    shapes = {column.name: column for column in declared}
    if {"sd", "distribution"} <= set(shapes):
        drawn = (nw.col("sd") > 0) & (nw.col("distribution").cast(nw.String) == "exact")
        rules["sd_exact"] = ("sd_exact", shapes["sd"], drawn, {})
    broken = counts(frame, {name: rule[2] for name, rule in rules.items()})
    found = [
        _problem_of_rule(frame, rules[name], count, where, "provenance_id" in present)
        for name, count in broken.items()
        if count
    ]
    for column in declared:
        if column.kind == "period" or column.allowed:
            found += _check_words(frame, column, where)
    return found


def _row_rules(column: Column) -> list[tuple[str, nw.Expr, dict[str, str]]]:
    value = nw.col(column.name)
    rules: list[tuple[str, nw.Expr, dict[str, str]]] = []
    if not column.empty:
        empty = value.is_null() if column.kind in ("number", "year") else value.is_null() | (value == "")
        rules.append(("value_empty", empty, {"column": column.name}))
    if column.kind == "number":
        # In pandas an empty cell is NaN: what counts as null is an empty cell and no broken number.
        nan = value.is_nan() & ~value.is_null()
        rules.append(("value_not_finite", nan | (value.abs() > _LARGEST), {}))
    if column.low == 0 and column.high is None and column.kind == "number":
        rules.append(("value_negative", value < 0, {}))
    elif column.low is not None or column.high is not None:
        low = "" if column.low is None else f"{column.low:g} <= "
        high = "" if column.high is None else f" <= {column.high:g}"
        outside = nw.lit(False)
        if column.low is not None:
            outside = outside | (value < column.low)
        if column.high is not None:
            outside = outside | (value > column.high)
        rules.append(("value_out_of_range", outside, {"range": f"{low}{column.name}{high}"}))
    return rules


def _problem_of_rule(
    frame: Frame, rule: tuple[str, Column, nw.Expr, dict[str, str]], count: int, where: Where, traced: bool
) -> Problem:
    code, column, condition, facts = rule
    wanted = [column.name, *(["provenance_id"] if traced and column.name != "provenance_id" else [])]
    if is_lazy(frame) or traced:
        bad = small(frame.filter(condition).select(*wanted).head(5))
        rows = tuple(row_of(item) for item in bad["provenance_id"].to_list()) if traced else ()
    else:
        numbered = nw.from_native(small(frame), eager_only=True).with_row_index("row_index")
        bad = small(numbered.filter(condition).select(column.name, "row_index").head(5))
        rows = tuple(int(item) + 1 for item in bad["row_index"].to_list())
    shown = ", ".join(str(item) for item in bad[column.name].to_list()) + ("" if count <= 5 else f" … ({count})")
    place = Where(where.file, where.sheet, tuple(row for row in rows if row), column.name, where.item)
    return problem(code, place, shown, **facts)


def _check_words(frame: Frame, column: Column, where: Where) -> list[Problem]:
    words = [str(word) for word in distinct_values(frame, column.name)]
    if column.kind == "period":
        # An empty cell is told once, as what it is.
        wrong = [word for word in words if not PERIOD.fullmatch(word) and (word or column.empty)]
        serial = [word for word in wrong if SERIAL.fullmatch(word)]
        wrong = [word for word in wrong if word not in serial]
        found = (
            _named_words(frame, column, where, serial, "time_serial", {"moment": serial_moment(serial[0])})
            if serial
            else []
        )
        return found + _named_words(frame, column, where, wrong, "time_wrong", {})
    wrong = [word for word in words if word not in column.allowed]
    return _named_words(frame, column, where, wrong, "value_not_listed", {"known": ", ".join(column.allowed)})


def serial_moment(serial: str) -> str:
    """Give the day, and the hour if there is one, that a spreadsheet counts so.

    Examples
    --------
    >>> serial_moment("44743"), serial_moment("44743.0416666")
    ('2022-07-01', '2022-07-01 01:00')
    """
    moment = datetime.datetime(1899, 12, 30) + datetime.timedelta(seconds=round(float(serial) * 86400))
    return moment.isoformat(" ", "minutes") if "." in serial.rstrip("0").rstrip(".") else moment.date().isoformat()


def _named_words(
    frame: Frame, column: Column, where: Where, wrong: Sequence[str], code: str, facts: dict[str, str]
) -> list[Problem]:
    if not wrong:
        return []
    condition = nw.col(column.name).cast(nw.String).is_in(wrong)
    rule = (code, column, condition, facts)
    return [_problem_of_rule(frame, rule, len(wrong), where, "provenance_id" in frame.collect_schema().names())]
