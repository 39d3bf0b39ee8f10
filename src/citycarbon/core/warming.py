"""Warming metrics: the factor that turns the mass of a gas into CO2 equivalent.

Comes in: a metric name such as ``AR6-GWP100`` and rows (gas, metric, value). Goes out: gas to factor. The table itself is
data; this module holds the rules: biogenic CO2 is a memo item that never enters CO2e, and a gas that the metric does not
list is an error, never a one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from citycarbon.core.errors import InputError, Problems

BIOGENIC = "CO2-biogenic"
EQUIVALENT = "CO2e"


@dataclass(frozen=True)
class WarmingMetric:
    """One named metric: gas to kg CO2e per kg, with the key of its source.

    A gas such as ``CH4-fossil`` that the metric does not list falls to no other gas: the table must hold it.
    """

    name: str
    factors: Mapping[str, float]
    source: str

    def check(self, gases: Iterable[str]) -> None:
        """Raise if a gas has no factor in this metric."""
        problems = Problems()
        for gas in sorted(set(gases) - {BIOGENIC, EQUIVALENT}):
            if gas not in self.factors:
                problems.add("gas_unknown", found=gas, metric=self.name)
        problems.raise_all()


def choose_metric(name: str, rows: Iterable[tuple[str, str, float, str]]) -> WarmingMetric:
    """Pick one metric out of rows (gas, metric, value, source)."""
    rows = list(rows)
    factors = {gas: value for gas, metric, value, _ in rows if metric == name}
    if not factors:
        raise InputError("metric_unknown", found=name, known=", ".join(sorted({metric for _, metric, _, _ in rows})))
    return WarmingMetric(name, factors, next(source for _, metric, _, source in rows if metric == name))
