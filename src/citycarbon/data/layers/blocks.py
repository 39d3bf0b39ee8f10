"""Square blocks of places, held out together so that neighbours of a place do not tell its value.

Comes in: points in a projected system. Goes out: the block and fold of each point. Not for: what is learnt from them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from citycarbon.core.errors import InputError, Where

Integers = npt.NDArray[np.int64]


def spatial_blocks(points: Any, block: float) -> Integers:
    """Number the square blocks of side ``block`` in which points lie.

    Examples
    --------
    >>> spatial_blocks(shapely.points([[5, 5], [15, 5], [6, 6]]), 10.0).tolist()
    [0, 1, 0]
    """
    column = np.floor(shapely.get_x(points) / block).astype(np.int64)
    row = np.floor(shapely.get_y(points) / block).astype(np.int64)
    _, number = np.unique(np.column_stack([row, column]), axis=0, return_inverse=True)
    return np.asarray(number.ravel(), dtype=np.int64)


def spatial_folds(points: Any, block: float, folds: int, seed: int) -> Integers:
    """Draw square blocks of points into folds; give the fold of each point.

    Raises
    ------
    InputError
        If there are fewer blocks than folds.
    """
    number = spatial_blocks(points, block)
    count = int(number.max()) + 1
    if count < folds:
        raise InputError("too_few_places", Where(item="block"), count, needed=folds)
    drawn = np.random.default_rng(seed).permutation(count) % folds
    return np.asarray(drawn[number])
