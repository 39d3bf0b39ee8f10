"""Reading and running a system-dynamics model: Vensim ``.mdl``, XMILE ``.xmile`` and Stella ``.stmx``.

Comes in: a file. Goes out: a :class:`DynamicModel`, which runs with other constants. Not for: choosing what to do with the
result. PySD (MIT) translates the model into a Python program; comments are dropped before, and the program is held by ``guard``
before it runs.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data import safety
from citycarbon.data.dynamics.guard import beyond_computing
from citycarbon.data.sheets import decode

SUFFIXES = (".mdl", ".xmile", ".stmx")
_LARGEST = 5 * 1024**2
_MOST_STEPS = 1_000_000
_OUTSIDE = ("GET XLS", "GET DIRECT", "GET VDF", "GET 123")
"""Functions of Vensim that read other files."""
_MOVING = ("Stateful", "Auxiliary")
_CONTROL = ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER", "Time")


@dataclass(frozen=True)
class DynamicModel:
    """A model file: its name, kind and text. Nothing of it has run yet."""

    name: str
    suffix: str
    text: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def run(
        self,
        times: tuple[float, ...],
        wanted: tuple[str, ...],
        settings: Mapping[str, Mapping[float, float]] | None = None,
    ) -> tuple[dict[str, npt.NDArray[np.float64]], dict[str, str]]:
        """Run the model and give variables at times.

        Parameters
        ----------
        times
            Times in the unit of the model, inside its own span.
        wanted
            Names of variables as the model writes them; all that are no constants and no tables if empty.
        settings
            Constants with another value, by time; one time sets the constant throughout.

        Returns
        -------
        values, units
            By variable: an array over the times, and the unit that the model states, which may be empty; of settings too.

        Raises
        ------
        InputError
            A model that cannot be translated or does more than compute, unknown variables, times outside the model, subscripts,
            values that are not finite.
        """
        with self._opened() as model:
            known = model.doc.set_index("Real Name")
            self._check(model, known, times, wanted, settings or {})
            kept = known[~known.index.isin(_CONTROL)]
            chosen = wanted or tuple(kept[kept["Type"].isin(_MOVING)].index)
            made = _simulated(model, known, times, chosen, settings or {}, Where(file=self.name))
        values = {name: np.asarray(made[name], dtype=float) for name in chosen}
        problems = Problems()
        for name, each in values.items():
            if not np.isfinite(each).all():
                problems.add(
                    "model_not_finite",
                    Where(file=self.name, item=name),
                    f"{times[int(np.argmin(np.isfinite(each)))]:g}",
                )
        problems.raise_all()
        listed = (*chosen, *(settings or {}))
        return values, {name: _text(known.loc[name, "Units"]) for name in listed}

    def _check(
        self, model: Any, known: Any, times: tuple[float, ...], wanted: tuple[str, ...],
        settings: Mapping[str, Mapping[float, float]],
    ) -> None:  # fmt: skip
        problems = Problems()
        first, last, step = (
            float(model.components._control_vars[name]()) for name in ("initial_time", "final_time", "time_step")
        )
        if not step > 0 or not last > first or (last - first) / step > _MOST_STEPS:
            problems.add(
                "model_times", Where(file=self.name), f"{first:g}, {last:g}, {step:g}", span=f"≤ {_MOST_STEPS}"
            )
        if min(times) < first or max(times) > last:
            problems.add(
                "model_times", Where(file=self.name), f"{min(times):g}–{max(times):g}", span=f"{first:g}–{last:g}"
            )
        listed = ", ".join(name for name in known.index if name not in _CONTROL)[:400]
        for name in (name for name in (*wanted, *settings) if name not in known.index):
            problems.add("value_not_listed", Where(file=self.name, item=name), name, known=listed)
        for name in (name for name in settings if name in known.index and known.loc[name, "Type"] != "Constant"):
            problems.add("model_no_constant", Where(file=self.name, item=name), str(known.loc[name, "Type"]))
        for name in (name for name in wanted if name in known.index and known.loc[name, "Subscripts"]):
            problems.add("model_subscripts", Where(file=self.name, item=name), ", ".join(known.loc[name, "Subscripts"]))
        problems.raise_all()

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Translate, check and load the model in a folder that goes away."""
        try:
            import pysd
            from pysd.builders.python.python_model_builder import ModelBuilder
            from pysd.translators.vensim.vensim_file import VensimFile
            from pysd.translators.xmile.xmile_file import XmileFile
        except ImportError as error:
            raise InputError("extra_missing", Where(file=self.name), "pysd", extra="dynamics") from error
        where = Where(file=self.name)
        with TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = Path(folder) / f"model{self.suffix}"
            file.write_text(self.text, "utf-8")
            try:
                source = VensimFile(file, encoding="utf-8") if self.suffix == ".mdl" else XmileFile(file)
                source.parse()
                described = source.get_abstract_model()
                for section in described.sections:
                    for element in section.elements:
                        element.documentation = ""
                if len(described.sections) > 1:
                    raise InputError("model_beyond", where, described.sections[1].name)
                made = Path(ModelBuilder(described).build_model())
            except InputError:
                raise
            except Exception as error:
                found = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
                raise InputError(
                    "file_broken", where, found, kind="Vensim" if self.suffix == ".mdl" else "XMILE"
                ) from error
            beyond = next(
                (found for path in made.parent.rglob("*.py") if (found := beyond_computing(path.read_text("utf-8")))),
                "",
            )
            if beyond:
                raise InputError("model_beyond", where, beyond[:100])
            try:
                yield pysd.load(str(made))
            except (InputError, MemoryError):
                raise
            except Exception as error:
                raise InputError("model_fails", where, f"{type(error).__name__}: {error}"[:200]) from error


def _text(stated: object) -> str:
    """The unit that a model states; none is an empty text, whatever the translator makes of it."""
    return stated.strip() if isinstance(stated, str) else ""


def _simulated(
    model: Any, known: Any, times: tuple[float, ...], chosen: tuple[str, ...], settings: Mapping[str, Mapping[float, float]],
    where: Where,
) -> Any:  # fmt: skip
    import pandas as pd

    for name in chosen:
        if known.loc[name, "Subscripts"]:
            raise InputError("model_subscripts", where, name)
    params = {
        name: next(iter(path.values())) if len(path) == 1 else pd.Series(dict(sorted(path.items())))
        for name, path in settings.items()
    }
    return model.run(params=params, return_columns=list(chosen), return_timestamps=list(times))


@safety.netted
def read_dynamic_model(path: Path, shown: str) -> DynamicModel:
    """Read a model file, without running anything of it.

    Raises
    ------
    InputError
        A file that is absent, of another kind or too large, reads other files, or is an XML with definitions of its own.
    """
    safety.present(path, shown)
    where = Where(file=shown)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError("file_kind_unknown", where, suffix or "—", kinds=", ".join(SUFFIXES))
    if path.stat().st_size > _LARGEST:
        raise InputError(
            "file_too_large", where, f"{path.stat().st_size / 1024**2:.0f} MB", limit=f"{_LARGEST // 1024**2} MB"
        )
    text, _ = decode(path.read_bytes(), shown)
    upper = " ".join(text.upper().split())
    for name in (*_OUTSIDE, "<!DOCTYPE", "<!ENTITY"):
        if name in upper:
            raise InputError("model_beyond", where, name)
    if suffix == ".mdl" and text.lstrip().startswith("{"):
        # The head names the encoding of the file, which is read already.
        text = "{UTF-8}" + text.lstrip().partition("}")[2]
    return DynamicModel(shown, suffix, text)
