"""Route that sets two inventories beside one another.

Comes in: requests. Goes out: JSON. Not for: runs of one study before and after a change, which the study's own steps compare.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from citycarbon.interfaces.api.answers import ERRORS, person_of, tagged
from citycarbon.interfaces.workbench.asking import bench_of
from citycarbon.interfaces.workbench.people import Person
from citycarbon.studies.shelf.comparing import CHOICE, Side, accounts_of, comparison, side_of

router = APIRouter(tags=["studies"], responses=ERRORS)
Asker = Annotated[Person, Depends(person_of)]
Name = Annotated[
    str, Query(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="name of a study", examples=["toy-city"])
]
Word = Annotated[str, Query(max_length=100)]


@router.get("/comparison", response_model=dict[str, Any])
def get_comparison(
    request: Request, first: Name, second: Name, person: Asker, listed: Annotated[str, Query(alias="list", max_length=60)] = "",
    first_time: Word = "", first_scenario: Word = "", first_basis: Word = "", second_time: Word = "", second_scenario: Word = "",
    second_basis: Word = "",
) -> Response:  # fmt: skip
    """Set two inventories side by side: totals, sectors in a common list, and the reasons of the difference as a waterfall."""
    sides = [
        _side(request, person, first, {"time": first_time, "scenario": first_scenario, "basis": first_basis}),
        _side(request, person, second, {"time": second_time, "scenario": second_scenario, "basis": second_basis}),
    ]

    def make() -> bytes:
        found = comparison(sides[0], sides[1], listed=listed)
        for facts, side in zip(found["sides"], sides, strict=True):
            facts["accounts"] = accounts_of(side.result)
        return json.dumps(found, ensure_ascii=False).encode()

    chosen = " ".join(side.choice[name] for side in sides for name in CHOICE)
    tag = f"{first} {sides[0].version} {second} {sides[1].version} {chosen} {listed}"
    return tagged(request, tag, make, "application/json")


def _side(request: Request, person: Person, study: str, asked: Mapping[str, str]) -> Side:
    bench = bench_of(request)
    entry = bench.require(person, study)
    return side_of(study, entry.version, bench.shelf.result(entry), asked)
