"""Monte Carlo: seeded draws of many uncertain figures, with shared errors, as arrays.

Comes in: means, standard deviations, shapes and error groups of the rows of a table. Goes out: draws by row, or draws of
group totals without ever holding the full array. This is the marked edge where a table becomes arrays.
Not for: deciding which errors are shared.

Shapes, each with the given mean and sd: ``normal``; ``lognormal`` (of the sign of the mean); ``uniform`` (mean ± √3 sd);
``triangular`` (symmetric, mean ± √6 sd); ``discrete`` (mean ± sd, equally likely); ``exact`` (no error).
A lognormal figure of mean m and sd s is exp(N(ln m − σ²/2, σ)) with σ² = ln(1 + s²/m²).
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
REACH = {"uniform": 3**0.5, "triangular": 6**0.5, "discrete": 1.0}
"""How many standard deviations the bounded shapes reach from their mean."""
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
    """Further, multiplicative errors of some rows: row ``index[i]`` is multiplied by a draw of ``factors`` row i.

    The factors have mean 1; those of one error group are drawn together, each by its own shape. A row that is named several
    times has several factors, which multiply; those of one ``term`` are parts of a sum, with their shares of it as ``weight``.
    ``gain`` widens or narrows the whole: a row is multiplied by 1 + gain · (product − 1).
    """

    index: NDArray[np.intp]
    factors: UncertainRows
    term: NDArray[np.intp] | None = None
    weight: Floats | None = None
    gain: Floats | None = None


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
    errors = _SharedErrors.of(shared, len(rows.mean), count, seed, sampler)
    for columns, block in _blocks(rows, count, seed, sampler):
        errors.multiply(block, columns)
        targets = index[columns]
        if (targets == targets[0]).all():
            sums[:, targets[0]] += block.sum(axis=1)
        else:
            membership = np.zeros((len(columns), sums.shape[1]))
            membership[np.arange(len(columns)), targets] = 1.0
            sums += block @ membership
    return sums


@dataclass(frozen=True)
class _SharedErrors:
    """Distinct shared errors, and for each row which of them it has: layers of (term, kind of error or −1, weight)."""

    kinds: UncertainRows
    source: NDArray[np.intp]
    uniform: Floats
    layers: list[tuple[int, NDArray[np.intp], Floats]]
    gain: Floats

    @classmethod
    def of(cls, shared: SharedFactors | None, rows: int, count: int, seed: int, sampler: Sampler) -> _SharedErrors:
        """Number the distinct errors and give each a column of uniform numbers by its name."""
        empty = UncertainRows(np.empty(0), np.empty(0), [], [])
        if shared is None or not len(shared.index):
            return cls(empty, np.empty(0, dtype=np.intp), np.empty((count, 0)), [], np.ones(rows))
        factors, index = shared.factors, np.asarray(shared.index, dtype=np.intp)
        names: dict[str, int] = {}
        column = [names.setdefault(name or f"\0{i}", len(names)) for i, name in enumerate(factors.group)]
        known: dict[tuple[int, str, float], int] = {}
        sizes = factors.sd.tolist()
        kind = np.array([known.setdefault(key, len(known)) for key in zip(column, factors.shape, sizes, strict=True)])
        ones, nobody = np.ones(len(known)), [""] * len(known)
        kinds = UncertainRows(ones, np.array([key[2] for key in known]), [key[1] for key in known], nobody)
        term = np.zeros(len(index), dtype=np.intp) if shared.term is None else np.asarray(shared.term, dtype=np.intp)
        if shared.term is None:
            term = _count_before(index)
        weight = np.ones(len(index)) if shared.weight is None else shared.weight
        gain = np.ones(rows)
        if shared.gain is not None:
            gain[index] = shared.gain
        layers = []
        part = _count_before(index * (int(term.max()) + 1) + term)
        for number, layer in sorted({(int(t), int(p)) for t, p in zip(term, part, strict=True)}):
            here = np.flatnonzero((term == number) & (part == layer))
            which, share = np.full(rows, -1, dtype=np.intp), np.zeros(rows)
            which[index[here]], share[index[here]] = kind[here], weight[here]
            layers.append((number, which, share))
        # The next seed: shared errors must not repeat the numbers of the rows' own errors.
        even = UncertainRows(
            np.full(len(names), 0.5), np.full(len(names), 1 / np.sqrt(12)), ["uniform"] * len(names), [""] * len(names)
        )
        uniform = np.clip(draw(even, count, seed=seed + 1, sampler=sampler), 1e-12, 1 - 1e-12)
        return cls(kinds, np.array([key[0] for key in known], dtype=np.intp), uniform, layers, gain)

    def multiply(self, block: Floats, columns: NDArray[np.intp]) -> None:
        """Multiply the draws of some rows by their shared errors."""
        if not self.layers:
            return
        used = np.unique(np.concatenate([which[columns] for _, which, _ in self.layers]))
        used = used[used >= 0]
        if not len(used):
            return
        drawn = _shape(self.kinds, used, self.uniform[:, self.source[used]], np.arange(len(used))) - 1.0
        product = np.ones_like(block)
        for number in dict.fromkeys(term for term, _, _ in self.layers):
            summed = np.zeros_like(block)
            for _, which, share in (layer for layer in self.layers if layer[0] == number):
                at = np.flatnonzero(which[columns] >= 0)
                mine = columns[at]
                summed[:, at] += drawn[:, np.searchsorted(used, which[mine])] * share[mine]
            product *= 1.0 + summed
        block *= 1.0 + (product - 1.0) * self.gain[columns]


def _count_before(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """How many times a label stood before, at each place."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    first = np.searchsorted(ordered, ordered)
    made = np.empty(len(labels), dtype=np.intp)
    made[order] = np.arange(len(labels)) - first
    return made


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
