"""System-dynamics models are strangers' files: they may compute, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.dynamics import DynamicModel, read_dynamic_model
from citycarbon.data.dynamics.guard import beyond_computing

pytest.importorskip("pysd")
CONTROL = """
INITIAL TIME = 2020 ~ Year ~ |
FINAL TIME = 2030 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
FLOOR = """{UTF-8}
Floor= INTEG ((Wanted - Floor)/Delay, 30) ~ m2/person ~ |
Wanted= 50 ~ m2/person ~ |
Delay= 10 ~ Year ~ |
"""


def model(text: str, suffix: str = ".mdl") -> DynamicModel:
    return DynamicModel(f"a{suffix}", suffix, text)


def codes(call, *given, **named) -> list[str]:
    with pytest.raises(InputError) as caught:
        call(*given, **named)
    return [each.code for each in caught.value.problems]


def run(text: str, *wanted: str, times=(2020.0, 2030.0), settings=None):
    return model(text).run(times, wanted, settings)


def written(folder: Path, data: bytes, name: str = "a.mdl") -> DynamicModel:
    path = folder / name
    path.write_bytes(data)
    return read_dynamic_model(path, name)


def test_a_comment_is_no_program(tmp_path):
    """A translator puts comments into the text of the program; this one closes its quotes and goes on."""
    mark = tmp_path / "mark"
    evil = FLOOR.replace("30) ~ m2/person ~ |", f'30) ~ m2/person ~ x """; open({str(mark)!r}, "w").write("x"); """ |')
    values, _ = run(evil + CONTROL, "Floor")
    assert values["Floor"].tolist()[0] == 30.0
    assert not mark.exists()


@pytest.mark.parametrize("text", [
    "import os", "from os import path", "import numpy.ctypeslib", "from pysd.py_backend.external import ExtData",
    "from pysd.py_backend.utils import load_outputs", "x = open('a')", "x = __import__('os')", "x = eval('1')",
    "import numpy as np\nx = np.load('a')", "import numpy as np\nx = np.lib.npyio",
    "x = ().__class__", "x = (1).real.__class__",
    "import xarray as xr\nx = xr.open_dataset('a')",
    "from pathlib import Path\nx = Path('a').read_text()",
    "def f():\n    while True:\n        pass", "class A:\n    pass", "x = getattr(1, 'real')", "open = 1\nx = open",
    "x = __builtins__", "import numpy as np\nx = np.random.mtrand", "import numpy as np\nx = np", "import numpy",
    "import numpy as np\nr = np.random\nx = r.mtrand", "import numpy as np\nx = np.array([1]).tofile('a')", "import numpy as q",
    "from pysd.py_backend.functions import warnings", "from pysd.py_backend.functions import sum as np",
    "def np():\n    return 1", "np = 1", "x = '{0.a}'.format(1)", "x = f'{1}'", "with open('a') as f:\n    pass",
    "from scipy import stats\nx = stats.distributions", "x = lambda np: np.os",
    "def f(",
])  # fmt: skip
def test_what_goes_beyond_computing_is_found(text):
    assert beyond_computing(text)


def test_models_that_read_files_are_refused(tmp_path):
    for text in ("a= GET XLS CONSTANTS('x.xls', 'a', 'b1') ~ ~ |", "a= GET DIRECT\tCONSTANTS('x', 'a', 'b') ~ ~ |"):
        assert codes(written, tmp_path, (text + CONTROL).encode()) == ["model_beyond"]
    xml = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xmile/>'
    assert codes(written, tmp_path, xml, "a.xmile") == ["model_beyond"]


def test_macros_are_refused():
    text = "{UTF-8}\n:MACRO: twice(x)\ntwice = 2*x ~ ~ |\n:END OF MACRO:\nA = twice(3) ~ ~ |\n" + CONTROL
    assert codes(run, text, "A") == ["model_beyond"]


def test_files_that_are_no_models(tmp_path):
    assert codes(written, tmp_path, b"a", "a.txt") == ["file_kind_unknown"]
    assert codes(written, tmp_path, b"") == ["file_empty"]
    assert codes(read_dynamic_model, tmp_path / "none.mdl", "none.mdl") == ["file_missing"]
    assert codes(written, tmp_path, b"x" * (5 * 1024**2 + 1)) == ["file_too_large"]
    for text in ("{UTF-8}\nno model at all", "Floor= INTEG ((", "<xmile>"):
        assert codes(run, text) == ["file_broken"]
    assert codes(model("<xmile>", ".xmile").run, (1.0, 2.0), ()) == ["file_broken"]


def test_chinese_names_in_a_gbk_file(tmp_path):
    text = FLOOR.replace("{UTF-8}", "{GBK}").replace("Floor", "人均建筑面积").replace("Delay", "调整时间")
    values, units = written(tmp_path, (text + CONTROL).encode("gbk")).run((2020.0, 2021.0), ("人均建筑面积",))
    assert values["人均建筑面积"].tolist() == [30.0, 32.0]
    assert units == {"人均建筑面积": "m2/person"}


def test_what_a_run_cannot_give():
    text = FLOOR + CONTROL
    assert codes(run, text, "Area") == ["value_not_listed"]
    assert codes(run, text, "Floor", settings={"Height": {2020.0: 1.0}}) == ["value_not_listed"]
    assert codes(run, text, "Floor", settings={"Floor": {2020.0: 1.0}}) == ["model_no_constant"]
    assert codes(run, text, "Floor", times=(2010.0, 2030.0)) == ["model_times"]
    assert codes(run, text.replace("TIME STEP = 1 ", "TIME STEP = 0 "), "Floor") == ["model_times"]
    assert codes(run, text.replace("TIME STEP = 1 ", "TIME STEP = 1e-9 "), "Floor") == ["model_times"]
    assert codes(run, text.replace("Delay= 10", "Delay= 0"), "Floor") in (["model_fails"], ["model_not_finite"])
    subscripts = "{UTF-8}\nage: young, old ~~|\nHomes[age]= 3 ~ ~ |\nAll= SUM(Homes[age!]) ~ ~ |\n" + CONTROL
    assert codes(run, subscripts, "Homes") == ["model_subscripts"]
    assert run(subscripts, "All")[0]["All"].tolist() == [6.0, 6.0]


def test_lookups_and_delays_still_run():
    """What models use: tables, delays, smoothing, conditions."""
    text = """{UTF-8}
Curve( [(0,0)-(10,10)],(0,0),(5,8),(10,10)) ~ Dmnl ~ |
Slow= SMOOTH(Curve(Time-2020), 3) ~ Dmnl ~ |
Late= DELAY1(Slow, 2) ~ Dmnl ~ |
Which= IF THEN ELSE(Time > 2025, MAX(Slow, Late), MIN(Slow, Late)) ~ Dmnl ~ |
Jump= STEP(1, 2024) + RAMP(0.5, 2026, 2028) + PULSE(2022, 1) ~ Dmnl ~ |
"""
    values, _ = run(text + CONTROL, times=tuple(float(year) for year in range(2020, 2031)))
    assert set(values) == {"Slow", "Late", "Which", "Jump"}
    assert values["Jump"].tolist() == [0, 0, 1, 0, 1, 1, 1, 1.5, 2, 2, 2]
