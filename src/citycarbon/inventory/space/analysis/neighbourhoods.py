"""How wide neighbourhoods must be for a local regression to have an answer in each of them.

Comes in: places, where answers are wanted, and measures. Goes out: a number of neighbours. Not for: the regression.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]
LARGEST_CONDITION = 1e10
"""Condition number of the normal equations above which fewer than six digits of a local coefficient would mean anything."""
GROWTH = 1.25


def regular_width(place: Numbers, x: Numbers, wanted: Numbers, least: int, most: int) -> int:
    """Give the smallest adaptive bandwidth, from ``least`` on, with which every local system can be solved.

    Where a measure is the same for all neighbours, its local coefficient is anything: the normal equations are singular, and
    rounding alone decides whether a solver says so or gives a number without meaning.

    Parameters
    ----------
    place
        [m] Places that are known, n x 2.
    x
        Measures there, n x k.
    wanted
        [m] Where a local regression is fitted, m x 2.
    least, most
        [1] Numbers of neighbours between which to look; widths grow by a quarter.

    Returns
    -------
    width
        [1] Number of neighbours; ``most`` if no smaller one will do.

    References
    ----------
    Fotheringham, Brunsdon and Charlton (2002), adaptive bisquare kernel, with the distance of the last neighbour as bandwidth.

    Examples
    --------
    >>> place = np.array([[float(i), 0.0] for i in range(40)])
    >>> x = np.array([[0.0]] * 20 + [[float(i)] for i in range(20)])
    >>> regular_width(place, x, place[20:], 6, 39), regular_width(place, x, place, 6, 39)
    (6, 27)
    """
    from scipy.spatial.distance import cdist

    design = np.column_stack([np.ones(len(x)), x])
    distance = cdist(wanted, place)
    ranked = np.sort(distance, axis=1)
    width = least
    while width < most:
        edge = ranked[:, width - 1 : width] * (1 + 1e-7)
        weight = np.where(distance < edge, (1 - (distance / np.where(edge > 0, edge, 1.0)) ** 2) ** 2, 0.0)
        systems = np.einsum("mn,ni,nj->mij", weight, design, design, optimize=True)
        values = np.linalg.eigvalsh(systems)
        if bool((values[:, 0] * LARGEST_CONDITION > values[:, -1]).all()):
            return width
        width = max(width + 1, int(width * GROWTH))
    return most
