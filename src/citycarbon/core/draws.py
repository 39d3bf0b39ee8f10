"""Monte Carlo: seeded draws of many uncertain figures, with shared errors, as arrays.

Comes in: means, standard deviations, shapes and error groups of the rows of a table. Goes out: draws by row, or draws of
group totals without ever holding the full array. This is the marked edge where a table becomes arrays.
Not for: deciding which errors are shared.

Shapes, each with the given mean and sd: ``normal``; ``lognormal`` (of the sign of the mean); ``uniform`` (mean ± √3 sd);
``triangular`` (symmetric, mean ± √6 sd); ``discrete`` (mean ± sd, equally likely); ``exact`` (no error).
A shared error moves a removal (mean below zero) against an emission, as a shared factor does.
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
_LARGEST_SPREAD = 1e6


@dataclass(frozen=True)
class UncertainRows:
    """Arrays of equal length n: ``mean`` and ``sd`` in one unit, ``shape`` names, ``group`` names of shared errors or ``""``."""

    mean: Floats
    sd: Floats
    shape: Sequence[str]
    group: Sequence[str]

    def __post_init__(self) -> None:
        for index, (mean, sd, shape, _) in enumerate(zip(self.mean, self.sd, self.shape, self.group, strict=True)):
            if not (np.isfinite(mean) and np.isfinite(sd)) or sd < 0:
                raise InputError(
                    "draws_impossible",
                    Where(rows=(index + 1,)),
                    f"{mean} ± {sd}",
                    expected_shape="finite mean, sd >= 0",
                )
            if shape == "lognormal" and sd > _LARGEST_SPREAD * abs(mean):
                raise InputError(
                    "draws_impossible",
                    Where(rows=(index + 1,)),
                    f"{mean} ± {sd}",
                    expected_shape=f"lognormal: mean ≠ 0, sd <= {_LARGEST_SPREAD:g} |mean|",
                )


@dataclass(frozen=True)
class SharedFactors:
    """A second, multiplicative error of some rows: row ``index[i]`` is multiplied by a draw of ``factors`` row i.

    The factors have mean 1; those of one error group are drawn together, as far as their shapes allow.
    """

    index: NDArray[np.intp]
    factors: UncertainRows


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
    rows: UncertainRows,
    totals: Sequence[int],
    count: int,
    *,
    seed: int,
    sampler: Sampler = "latin_hypercube",
    shared: SharedFactors | None = None,
) -> Floats:
    """Draw group totals: row i adds to total ``totals[i]``.

    Parameters
    ----------
    rows
        Uncertain rows.
    totals
        Number of the total that each row adds to.
    count, seed, sampler
        As for :func:`draw`.
    shared
        A second error that multiplies some rows, such as that of a common emission factor.

    Returns
    -------
    draws
        Array of shape (count, number of totals). Works through the rows in blocks, so memory does not grow with n, except
        for the distinct shared errors.
    """
    index = np.asarray(totals, dtype=np.intp)
    if len(index) != len(rows.mean) or (index < 0).any():
        raise ValueError("totals needs one number, zero or more, for each row")
    sums = np.zeros((count, int(index.max()) + 1 if len(index) else 0))
    standard, column, relative = _shared_errors(shared, len(rows.mean), count, seed, sampler)
    for columns, block in _blocks(rows, count, seed, sampler):
        touched = np.flatnonzero(column[columns] >= 0)
        if len(touched):
            which = columns[touched]
            block[:, touched] *= 1.0 + standard[:, column[which]] * relative[which]
        targets = index[columns]
        if (targets == targets[0]).all():
            sums[:, targets[0]] += block.sum(axis=1)
        else:
            membership = np.zeros((len(columns), sums.shape[1]))
            membership[np.arange(len(columns)), targets] = 1.0
            sums += block @ membership
    return sums


def _shared_errors(
    shared: SharedFactors | None, rows: int, count: int, seed: int, sampler: Sampler
) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Draw each distinct shared error once: standard draws (count, errors), column of each row or −1, relative sd of rows."""
    column = np.full(rows, -1, dtype=np.intp)
    relative = np.zeros(rows)
    if shared is None or not len(shared.index):
        return np.empty((count, 0)), column, relative
    names: dict[str, int] = {}
    groups = shared.factors.group
    column[shared.index] = [names.setdefault(name or f"\0{i}", len(names)) for i, name in enumerate(groups)]
    relative[shared.index] = shared.factors.sd
    first = {number: shared.factors.shape[i] for i, number in reversed(list(enumerate(column[shared.index].tolist())))}
    unit = UncertainRows(
        np.zeros(len(names)), np.ones(len(names)), [first[i] for i in range(len(names))], [""] * len(names)
    )
    # The next seed: shared errors must not repeat the numbers of the rows' own errors.
    return draw(unit, count, seed=seed + 1, sampler=sampler), column, relative


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
        for cut in range(0, len(columns), _BLOCK):
            some = columns[cut : cut + _BLOCK]
            last = cut + _BLOCK >= len(columns)
            yield some, _shape(rows, some, uniform if last else uniform.copy(), source[some] - first)


def uniforms(count: int, width: int, generator: np.random.Generator, sampler: Sampler) -> Floats:
    """Give numbers in (0, 1) of shape (count, width) from a named sampler."""
    from scipy.stats import qmc

    if sampler == "random":
        points = generator.random((count, width))
    elif sampler == "sobol":
        # Generating 2^m points keeps the balance of the sequence; the first `count` are used. Their order is shuffled because
        # two scramblings of one sequence, drawn for two blocks of rows, would go up and down together.
        points = qmc.Sobol(d=width, rng=generator).random_base2(max(count - 1, 1).bit_length())
        points = generator.permutation(points[:count])
    else:
        points = qmc.LatinHypercube(d=width, rng=generator).random(count)
    return np.clip(points, 1e-12, 1 - 1e-12, out=points)


def shaped(rows: UncertainRows, uniform: Floats, source: NDArray[np.intp]) -> Floats:
    """Map uniform numbers to the shapes of rows.

    Parameters
    ----------
    rows
        Uncertain rows, n of them; error groups are not looked at.
    uniform
        Numbers in (0, 1), shape (draws, errors).
    source
        Column of ``uniform`` that each row takes, shape (n,).

    Returns
    -------
    draws
        Shape (draws, n).
    """
    return _shape(rows, np.arange(len(rows.mean), dtype=np.intp), uniform.copy(), source)


def _shape(rows: UncertainRows, columns: NDArray[np.intp], uniform: Floats, source: NDArray[np.intp]) -> Floats:
    """Map uniform numbers to the shapes of the rows."""
    from scipy.special import ndtri

    mean = rows.mean[columns]
    sd = np.where(mean < 0, -rows.sd[columns], rows.sd[columns])
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
