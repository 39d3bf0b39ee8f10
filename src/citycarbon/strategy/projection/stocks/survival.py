"""Survival of buildings, vehicles and appliances by age.

Comes in: a shape and its parameters. Goes out: the share that is left at each age. Not for: stocks (``turnover``).

Shapes: ``weibull`` exp(−(age/scale)^shape); ``lognormal`` 1 − Φ((ln age − ln scale)/shape); ``normal`` 1 − Φ((age −
scale)/shape), divided by its value at age 0 so that it begins at 1; ``fixed`` 1 up to the age ``scale``, then 0.
Source: muller_2006 for stocks with lifetime functions.
"""

from __future__ import annotations

import numpy as np

from citycarbon.core.errors import InputError, Where
from citycarbon.core.series import Floats

SHAPES = ("weibull", "lognormal", "normal", "fixed")


def survival(kind: str, scale: float, shape: float, ages: Floats) -> Floats:
    """Share that is left at each age.

    Examples
    --------
    >>> survival("weibull", 12.0, 2.5, np.array([0.0, 5.0, 10.0, 15.0])).round(4).tolist()
    [1.0, 0.894, 0.5305, 0.1743]

    Raises
    ------
    InputError
        Unknown shapes, or parameters by which survival does not fall from 1.
    """
    from scipy.special import ndtr

    if kind not in SHAPES:
        raise InputError("value_not_listed", Where(column="survival"), kind, known=", ".join(SHAPES))
    if not (np.isfinite(scale) and scale > 0 and (kind == "fixed" or (np.isfinite(shape) and shape > 0))):
        raise InputError("survival_wrong", Where(column="survival"), f"{kind}: scale {scale:g}, shape {shape:g}")
    age = np.asarray(ages, dtype=float)
    if kind == "weibull":
        return np.asarray(np.exp(-((np.maximum(age, 0) / scale) ** shape)))
    if kind == "lognormal":
        with np.errstate(divide="ignore"):
            return np.asarray(1 - ndtr((np.log(np.maximum(age, 0)) - np.log(scale)) / shape))
    if kind == "normal":
        return np.asarray((1 - ndtr((age - scale) / shape)) / (1 - ndtr(-scale / shape)))
    return np.asarray((age <= scale).astype(float))
