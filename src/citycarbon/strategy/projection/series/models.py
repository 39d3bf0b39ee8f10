"""Forecasts of one series by name: baselines, statistical, grey and neural models, and their combination.

Comes in: an array of equally spaced values. Goes out: forecasts for the next steps. Not for: choosing among them (``back_test``).

ARIMA, ETS and Theta are of statsforecast (Nixtla), the networks of scikit-learn and Keras, grey models our own. ``naive`` and
``drift`` are the baselines that each other model must beat.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from citycarbon.core.errors import InputError, Where
from citycarbon.core.series import Floats
from citycarbon.strategy.projection.series.grey_models import fit_grey, fit_power, metabolic

BASELINES = ("naive", "drift")
MODELS = ("naive", "drift", "theta", "ets", "arima", "gm11", "gm11_rolling", "mngm", "mngm_arima", "mngm_bpnn")
SEASONAL = "seasonal-"
"""A pattern that comes again after so many steps, with its mean change: ``seasonal-4``. It runs where it is named."""
_SEASONAL = re.compile(SEASONAL + r"([2-9]|1\d|2[0-4])")
_DIGITS = 12
"""Decimals that a series is rounded to, in parts of its mean size."""
LSTM = "lstm"
"""A network whose extra is large: it runs where it is named, and ``all`` does not stand for it."""
COMBINATION = "combination"
"""Mean of the models that were named."""
LEAST = {"naive": 2, "drift": 2, "theta": 4, "ets": 8, "arima": 8, "gm11": 4, "gm11_rolling": 4, "mngm": 5, "mngm_arima": 10,
         "mngm_bpnn": 10, "lstm": 20}  # fmt: skip
"""Values that each model needs."""
POSITIVE = ("gm11", "gm11_rolling", "mngm", "mngm_arima", "mngm_bpnn")
"""Models for values above zero only."""
SLOW = ("arima", "mngm_arima", "mngm_bpnn")
"""Models whose fit takes tens of milliseconds."""
_LAGS, _NEURONS = 3, 4
_MEMORY, _CELLS = 6, 8


def forecast_values(model: str, values: Floats, horizon: int, seed: int = 1) -> Floats:
    """Forecast the next values.

    Parameters
    ----------
    model
        Name of a model.
    values
        Values at equal steps, oldest first.
    horizon
        Number of steps ahead.
    seed
        Seed of the network.

    Returns
    -------
    forecasts
        Shape (horizon,); nan where the model gives no finite value.
    """
    values = np.asarray(values, dtype=float)
    # Optimisers have tolerances, bounds and first guesses of a size of their own: 16 Gt and 16,000,000,000 t came out otherwise.
    # Rounding makes the figures of all units the same to the last digit, so that no tie is broken by the unit.
    scale = float(np.abs(values).mean()) or 1.0
    scaled = values if model in BASELINES or model.startswith(SEASONAL) else np.round(values / scale, _DIGITS)
    with warnings.catch_warnings():
        # Optimisers of short series warn of every start that they give up.
        warnings.simplefilter("ignore")
        made = np.asarray(_method(model)(scaled, horizon, seed), dtype=float)
    made = made if scaled is values else made * scale
    return np.where(np.isfinite(made), made, np.nan)


def _method(model: str) -> Callable[[Floats, int, int], Floats]:
    """The function of a model; ``seasonal-4`` repeats a pattern of four steps."""
    if model.startswith(SEASONAL):
        return partial(_seasonal, period=period_of(model))
    return _FORECAST[model]


def period_of(model: str) -> int:
    """Steps after which the pattern of a model comes again; 1 where it has none."""
    return int(model.removeprefix(SEASONAL)) if model.startswith(SEASONAL) else 1


def least_values(model: str) -> int:
    """Values that a model needs."""
    return 2 * period_of(model) if model.startswith(SEASONAL) else LEAST[model]


def check_models(names: str) -> tuple[str, ...]:
    """Read names of models that are joined by commas; ``all`` stands for every model.

    Raises
    ------
    InputError
        If one is not known, or the package that it needs is not there.
    """
    words = [word.strip() for word in names.split(",") if word.strip()]
    wanted = tuple(MODELS) if words == ["all"] else tuple(dict.fromkeys(words))
    unknown = [word for word in wanted if word not in (*MODELS, LSTM, COMBINATION) and not _SEASONAL.fullmatch(word)]
    if unknown or not wanted:
        known = ", ".join((*MODELS, LSTM, COMBINATION, SEASONAL + "2", "…", SEASONAL + "24"))
        raise InputError("value_not_listed", Where(item="models"), ", ".join(unknown) or "—", known=known)
    needs = {"theta": "statsforecast", "ets": "statsforecast", "arima": "statsforecast", "mngm_arima": "statsforecast",
             "mngm_bpnn": "sklearn", "lstm": "keras"}  # fmt: skip
    for package in dict.fromkeys(needs[name] for name in wanted if name in needs):
        _need(package)
    return wanted


def preload(models: Sequence[str]) -> None:
    """Import what models need, once, before work is shared among processes."""
    if any(name in ("theta", "ets", "arima", "mngm_arima") for name in models):
        import statsforecast.models  # noqa: F401
    if "mngm_bpnn" in models:
        import sklearn.neural_network  # noqa: F401


def _need(package: str) -> None:
    if package == "keras":
        os.environ.setdefault("KERAS_BACKEND", "jax")
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
    try:
        __import__(package)
    except ImportError as error:
        extra = {"statsforecast": "forecast", "keras": "neural"}.get(package, "stats")
        raise InputError("extra_missing", Where(item="models"), package, extra=extra) from error


def _naive(values: Floats, horizon: int, _: int) -> Floats:
    return np.full(horizon, values[-1])


def _drift(values: Floats, horizon: int, _: int) -> Floats:
    slope = (values[-1] - values[0]) / (len(values) - 1)
    return np.asarray(values[-1] + slope * np.arange(1, horizon + 1))


def _seasonal(values: Floats, horizon: int, _: int, period: int) -> Floats:
    ahead = np.arange(horizon)
    slope = (values[-period:] - values[:period]).mean() / (len(values) - period)
    return np.asarray(values[len(values) - period + ahead % period] + slope * period * (ahead // period + 1))


def _theta(values: Floats, horizon: int, _: int) -> Floats:
    from statsforecast.models import AutoTheta

    return np.asarray(AutoTheta().forecast(y=values, h=horizon)["mean"])


def _ets(values: Floats, horizon: int, _: int) -> Floats:
    from statsforecast.models import AutoETS

    return np.asarray(AutoETS(model="ZZN").forecast(y=values, h=horizon)["mean"])


def _arima(values: Floats, horizon: int, _: int) -> Floats:
    from statsforecast.models import AutoARIMA

    if np.ptp(values) == 0:
        return _naive(values, horizon, 0)
    return np.asarray(AutoARIMA(seasonal=False).forecast(y=values, h=horizon)["mean"])


def _gm11(values: Floats, horizon: int, _: int) -> Floats:
    made = fit_grey(values).values(len(values) + horizon)[-horizon:]
    # A development coefficient beyond two turns a positive series negative: then the model says nothing, as the rolling one does.
    return made if bool((made > 0).all()) else np.full(horizon, np.nan)


def _gm11_rolling(values: Floats, horizon: int, _: int) -> Floats:
    return metabolic(values, horizon)


def _mngm(values: Floats, horizon: int, _: int) -> Floats:
    return metabolic(values, horizon, power=True)


def _mngm_arima(values: Floats, horizon: int, seed: int) -> Floats:
    left = values - fit_power(values).values(len(values))
    # The first value is met by definition; its residual says nothing.
    return _mngm(values, horizon, seed) + _arima(left[1:], horizon, seed)


def _mngm_bpnn(values: Floats, horizon: int, seed: int) -> Floats:
    left = values - fit_power(values).values(len(values))
    return _mngm(values, horizon, seed) + _network(left[1:], horizon, seed)


def _network(values: Floats, horizon: int, seed: int) -> Floats:
    """A net of one hidden layer on lagged values, its own forecasts fed back."""
    from sklearn.neural_network import MLPRegressor

    scale = values.std() or 1.0
    z = values / scale
    x = np.lib.stride_tricks.sliding_window_view(z, _LAGS)[:-1]
    net = MLPRegressor(
        hidden_layer_sizes=(_NEURONS,), activation="tanh", solver="lbfgs", alpha=0.1, max_iter=500, random_state=seed
    )
    net.fit(x, z[_LAGS:])
    window, made = z[-_LAGS:].copy(), np.empty(horizon)
    for step in range(horizon):
        made[step] = net.predict(window[None, :])[0]
        window = np.append(window[1:], made[step])
    return made * scale


def _lstm(values: Floats, horizon: int, seed: int) -> Floats:
    """A small LSTM of Keras on six growth rates (steps, where there are values of zero and below), fed with its own forecasts."""
    _need("keras")
    import keras

    grows = bool((values > 0).all())
    steps = np.diff(np.log(values)) if grows else np.diff(values)
    mean, scale = steps.mean(), steps.std() or 1.0
    z = (steps - mean) / scale
    x = np.lib.stride_tricks.sliding_window_view(z, _MEMORY)[:-1][..., None]
    keras.utils.set_random_seed(seed)
    net = keras.Sequential([keras.layers.Input((_MEMORY, 1)), keras.layers.LSTM(_CELLS), keras.layers.Dense(1)])
    net.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    net.fit(x, z[_MEMORY:], epochs=100, batch_size=len(x), shuffle=False, verbose=0)
    window, made = z[-_MEMORY:].copy(), np.empty(horizon)
    for step in range(horizon):
        made[step] = float(np.asarray(net(window[None, :, None]))[0, 0])
        window = np.append(window[1:], made[step])
    path = np.cumsum(made * scale + mean)
    return np.asarray(values[-1] * np.exp(path) if grows else values[-1] + path)


_FORECAST: dict[str, Callable[[Floats, int, int], Floats]] = {
    "naive": _naive, "drift": _drift, "theta": _theta, "ets": _ets, "arima": _arima, "gm11": _gm11,
    "gm11_rolling": _gm11_rolling, "mngm": _mngm, "mngm_arima": _mngm_arima, "mngm_bpnn": _mngm_bpnn,
    LSTM: _lstm,
}  # fmt: skip


def forecasts_of(models: Sequence[str], values: Floats, horizon: int, seed: int) -> dict[str, Floats]:
    """Forecast by several models; a model that needs more values, or positive ones, gives nan.

    Returns
    -------
    forecasts
        Name to array of shape (horizon,). ``combination`` is the mean of the others that are named.
    """
    made: dict[str, Floats] = {}
    for model in (name for name in models if name != COMBINATION):
        fits = len(values) >= least_values(model) and (model not in POSITIVE or bool((values > 0).all()))
        made[model] = forecast_values(model, values, horizon, seed) if fits else np.full(horizon, np.nan)
    if COMBINATION in models:
        others = np.array(list(made.values()))
        made[COMBINATION] = others.mean(axis=0) if len(others) else np.full(horizon, np.nan)
    return made
