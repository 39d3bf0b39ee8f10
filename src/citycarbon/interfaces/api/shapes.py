"""Shapes of the API's answers, from which its description is made.

Comes in: nothing. Goes out: pydantic models. Not for: where the values come from.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

StudyName = Annotated[
    str, Path(description="name of a study", pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", examples=["toy-city"])
]
Offset = Annotated[int, Query(ge=0, le=10**9, description="rows to leave out")]
Limit = Annotated[int, Query(ge=1, le=10_000, description="most rows of an answer")]


class Shape(BaseModel):
    """A shape that says nothing beyond its fields."""

    model_config = ConfigDict(extra="forbid")


class Both(Shape):
    """A text in both languages."""

    en: str
    zh: str


class Place(Shape):
    """Where in the input a problem stands."""

    file: str | None
    sheet: str | None
    rows: list[int]
    column: str | None
    item: str | None


class Problem(Shape):
    """One problem: its code, what it is, where, what was found and expected, and how to mend it."""

    code: str
    problem: str
    where: Place
    found: str
    expected: str
    fix: str


class Problems(Shape):
    """Every problem of a request, as the command line prints them too."""

    errors: list[Problem]


class Link(Shape):
    """A way on."""

    href: str
    rel: str
    type: str = "application/json"
    title: str = ""


class About(Shape):
    """What answers here."""

    name: str
    version: str
    links: list[Link]


class StudyShape(Shape):
    """A study."""

    id: str
    title: Both
    summary: Both
    public: bool
    can_run: bool = Field(description="whether its study file is here")
    version: str = Field(description="SHA-256 of the result's index; empty if it was not run")
    role: str = Field(description="your role in it; empty for a visitor")


class StudyPage(Shape):
    """Studies that you may read."""

    matched: int
    offset: int
    items: list[StudyShape]


class ColumnShape(Shape):
    """A column of a table."""

    name: str
    kind: str


class TableShape(Shape):
    """A table of a result."""

    name: str
    rows: int
    sha256: str


class TableDetail(TableShape):
    """A table with its columns."""

    columns: list[ColumnShape]


class RowPage(Shape):
    """A page of rows of a table."""

    table: str
    matched: int = Field(description="rows that meet the conditions")
    offset: int
    next: str | None = Field(description="address of the next page; null at the end")
    rows: list[dict[str, Any]]


class Traced(Shape):
    """Rows behind a number with the factors, methods and sources that they name."""

    rows: list[dict[str, Any]]
    count: int
    whole: float = Field(description="sum of the CO2e rows [t]")
    factors: dict[str, dict[str, Any]]
    methods: dict[str, dict[str, Any]]
    citations: dict[str, str]


class ParameterShape(Shape):
    """A parameter of a method."""

    name: str
    kind: str
    required: bool
    choices: list[Any]
    default: Any
    meaning: str


class MethodShape(Shape):
    """A method of the catalogue."""

    id: str
    title: Both
    status: str
    version: int
    equation: str
    source: str
    citation: str
    gives: str
    callable: bool = Field(description="whether POST runs it; methods on rasters and model files run in studies only")


class MethodDetail(MethodShape):
    """A method with its parameters and its documentation."""

    summary: str
    parameters: list[ParameterShape]


class MethodPage(Shape):
    """Methods of the catalogue."""

    matched: int
    offset: int
    items: list[MethodShape]


class MethodAnswer(Shape):
    """What a method gave."""

    method: str
    version: int
    table: str
    count: int = Field(description="rows in all; the answer holds the first ten thousand")
    rows: list[dict[str, Any]]
    notes: dict[str, str] = Field(description="defaults that were used")


class LeverShape(Shape):
    """A move of a driver against its scenario."""

    driver: str = Field(max_length=200)
    change: float = Field(description="in parts: -0.2 is a fifth less", ge=-10, le=10)
    reached: int = Field(description="year in which it is reached; it holds from then on", ge=1900, le=2200)


class LeverQuestion(Shape):
    """What to answer: a scenario and moves of its drivers."""

    scenario: str = Field(max_length=200)
    levers: list[LeverShape] = Field(max_length=40)
    by: list[Annotated[int, Field(ge=1900, le=2200)]] = Field(default=[2030, 2035], max_length=10)


class SavedProjection(LeverQuestion):
    """A saved set of moves."""

    name: str = Field(min_length=1, max_length=100)


class SavedShape(SavedProjection):
    """A saved set of moves with who saved it."""

    id: int
    step: str
    person: str
    at: float


class Answered(Shape):
    """Paths of a scenario as they were and as the levers move them."""

    scenario: str
    years: list[int]
    base: dict[str, Any]
    moved: dict[str, Any]
    saved: float = Field(description="difference of the medians, summed over the years [t]")


class Handles(Shape):
    """What levers can move in a projection."""

    step: str
    scenarios: list[str]
    years: list[int]
    draws: int
    range: list[float]
    levers: dict[str, list[dict[str, Any]]]


class LayerSummary(Shape):
    """A layer that can be drawn."""

    name: str
    title: dict[str, str]
    shapes: int
    bounds: list[float] = Field(description="west, south, east, north [degree]")
    time: list[str]
    scenario: list[str]
    basis: list[str]
    sector: list[str]


class LayerValues(Shape):
    """Values of a layer for a choice."""

    layer: str
    choice: dict[str, str]
    unit: str
    sum: float
    shapes: int
    without: int = Field(description="shapes without a figure")
    zero: int
    negative: int
    total: list[float] = Field(description="quantiles of positive values [t CO2e]")
    density: list[float] = Field(description="quantiles of positive values per hectare [t CO2e/ha]")


class JobQuestion(Shape):
    """What a job is to do."""

    kind: Literal["run", "check"] = "run"


class JobShape(Shape):
    """A job: what it does, how far it is, and how it ended."""

    id: str
    study: str
    kind: str
    person: str
    state: Literal["waiting", "running", "cancelling", "done", "failed", "cancelled"]
    stage: str
    part: float = Field(description="how much is done, 0 to 1")
    made: float
    outcome: dict[str, Any] = Field(description="what came of it; problems in both languages if it failed on its input")


class Decision(Shape):
    """A decision about a version."""

    act: Literal["hand_in", "approve", "send_back"]
    version: str = Field(description="the version that you looked at", max_length=64)
    note: str = Field("", max_length=2000)


class ApprovalShape(Shape):
    """State of the present version."""

    version: str
    state: Literal["draft", "handed_in", "approved", "sent_back"]
