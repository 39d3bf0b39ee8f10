"""Monte Carlo: seeded draws of many uncertain figures, with shared errors, as arrays.

Comes in: means, standard deviations, shapes and error groups of the rows of a table. Goes out: draws by row, or draws of
group totals without ever holding the full array. This is the marked edge where a table becomes arrays.
Not for: deciding which errors are shared.

Shapes, each with the given mean and sd: ``normal``; ``lognormal`` (of the sign of the mean); ``uniform`` (mean ± √3 sd);
``triangular`` (symmetric, mean ± √6 sd); ``discrete`` (mean ± sd, equally likely); ``exact`` (no error).
Source: ipcc2006_v1_ch3, section 3.2.3.2; sampling by scipy.stats.qmc (McKay et al. 1979 Latin hypercube, Sobol 1967).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from citycarbon.core.errors import InputError, Where

Sampler = Literal["latin_hypercube", "sobol", "random"]
Floats = NDArray[np.float64]
_BLOCK = 512


@dataclass(frozen=True)
class UncertainRows:
    """Arrays of equal length n: ``mean`` and ``sd`` in one unit, ``shape`` names, ``group`` names of shared errors or ``""``."""

    mean: Floats
    sd: Floats
    shape: Sequence[str]
    group: Sequence[str]

    def __post_init__(self) -> None:
        for index, (mean, sd, shape) in enumerate(zip(self.mean, self.sd, self.shape, strict=True)):
            if not (np.isfinite(mean) and np.isfinite(sd)) or sd < 0:
                raise InputError(
                    "draws_impossible",
                    Where(rows=(index + 1,)),
                    f"{mean} ± {sd}",
                    expected_shape="finite mean, sd >= 0",
                )
            if shape == "lognormal" and mean == 0 and sd > 0:
                raise InputError(
                    "draws_impossible", Where(rows=(index + 1,)), f"{mean} ± {sd}", expected_shape="lognormal: mean ≠ 0"
                )


def draw(rows: UncertainRows, count: int, *, seed: int, sampler: Sampler = "latin_hypercube") -> Floats:
    """Draw every row ``count`` times.

    Returns
    -------
    draws
        Array of shape (count, n), in the unit of the rows. The same seed gives the same array.
    """
    draws = np.empty((count, len(rows.mean)))
    for columns, block in _blocks(rows, count, seed, sampler):
        draws[:, columns] = block
    return draws


def draw_totals(
    rows: UncertainRows, totals: Sequence[int], count: int, *, seed: int, sampler: Sampler = "latin_hypercube"
) -> Floats:
    """Draw group totals: row i adds to total ``totals[i]``.

    Returns
    -------
    draws
        Array of shape (count, number of totals). Works through the rows in blocks, so memory does not grow with n.
    """
    index = np.asarray(totals)
    sums = np.zeros((count, int(index.max()) + 1 if len(index) else 0))
    for columns, block in _blocks(rows, count, seed, sampler):
        targets = index[columns]
        if (targets == targets[0]).all():
            sums[:, targets[0]] += block.sum(axis=1)
        else:
            membership = np.zeros((len(columns), sums.shape[1]))
            membership[np.arange(len(columns)), targets] = 1.0
            sums += block @ membership
    return sums


def _blocks(rows: UncertainRows, count: int, seed: int, sampler: Sampler) -> Iterator[tuple[NDArray[np.intp], Floats]]:
    """Yield (row numbers, draws) source by source; rows of one error group use the same uniform numbers."""
    names: dict[str, int] = {}
    source = np.array([names.setdefault(name or f"\0{i}", len(names)) for i, name in enumerate(rows.group)], dtype=int)
    order = np.argsort(source, kind="stable")
    ends = np.searchsorted(source[order], np.arange(0, len(names), _BLOCK))
    seeds = np.random.SeedSequence(seed).spawn(len(ends))
    for number, start in enumerate(ends):
        columns = order[start : ends[number + 1] if number + 1 < len(ends) else len(order)]
        first = number * _BLOCK
        width = min(_BLOCK, len(names) - first)
        uniform = uniforms(count, width, np.random.default_rng(seeds[number]), sampler)
        yield columns, _shape(rows, columns, uniform, source[columns] - first)


def uniforms(count: int, width: int, generator: np.random.Generator, sampler: Sampler) -> Floats:
    """Give numbers in (0, 1) of shape (count, width) from a named sampler."""
    from scipy.stats import qmc

    if sampler == "random":
        return generator.random((count, width))
    if sampler == "sobol":
        # Generating 2^m points keeps the balance of the sequence; the first `count` are used.
        points = qmc.Sobol(d=width, rng=generator).random_base2(max(count - 1, 1).bit_length())
        return np.clip(points[:count], 1e-12, 1 - 1e-12)
    return np.asarray(qmc.LatinHypercube(d=width, rng=generator).random(count))


def _shape(rows: UncertainRows, columns: NDArray[np.intp], uniform: Floats, source: NDArray[np.intp]) -> Floats:
    """Map uniform numbers to the shapes of the rows."""
    from scipy.special import ndtri

    mean, sd = rows.mean[columns], rows.sd[columns]
    shapes = np.array([rows.shape[i] or "normal" for i in columns])
    identity = len(source) == uniform.shape[1] and bool((source == np.arange(len(source))).all())
    kinds = set(shapes.tolist())
    if kinds == {"normal"} and identity:
        out: Floats = ndtri(uniform, out=uniform)
        out *= sd
        out += mean
        return out
    drawn = uniform if identity else uniform[:, source]
    out = np.empty_like(drawn)
    for kind in sorted(kinds):
        here = np.flatnonzero(shapes == kind)
        out[:, here] = _quantile(kind, drawn[:, here], mean[here], sd[here], ndtri)
    return out


def _quantile(kind: str, uniform: Floats, mean: Floats, sd: Floats, ndtri: np.ufunc) -> Floats:
    if kind == "normal":
        return np.asarray(mean + sd * ndtri(uniform))
    if kind == "lognormal":
        with np.errstate(divide="ignore", invalid="ignore"):
            sigma = np.sqrt(np.log1p(np.where(mean == 0, 0.0, (sd / mean) ** 2)))
        return np.asarray(mean * np.exp(sigma * ndtri(uniform) - sigma**2 / 2))
    if kind == "uniform":
        return np.asarray(mean + np.sqrt(3) * sd * (2 * uniform - 1))
    if kind == "triangular":
        standard = np.where(uniform < 0.5, np.sqrt(2 * uniform) - 1, 1 - np.sqrt(2 * (1 - uniform)))
        return np.asarray(mean + np.sqrt(6) * sd * standard)
    if kind == "discrete":
        return np.asarray(mean + sd * np.where(uniform < 0.5, -1.0, 1.0))
    if kind == "exact":
        return np.asarray(np.broadcast_to(mean, uniform.shape))
    raise InputError("value_not_listed", Where(column="distribution"), kind, known="normal, lognormal, uniform, …")
