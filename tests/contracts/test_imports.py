"""The import contract holds, nothing heavy is loaded at import, and help does not load the methods."""

import subprocess
import sys


def loaded_after(code: str) -> set[str]:
    """Modules that are loaded in a fresh interpreter after some code."""
    script = f"{code}\nimport sys\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_import_contract():
    from importlinter.cli import lint_imports

    assert lint_imports() == 0


def test_importing_the_package_loads_no_library():
    assert not loaded_after("import citycarbon") & {"polars", "numpy", "pint", "scipy", "pydantic", "click"}


def test_help_loads_no_table_engine():
    code = (
        "import contextlib, io\nfrom citycarbon.interfaces.command import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n    assert main(['--help']) == 0"
    )
    assert not loaded_after(code) & {"polars", "numpy", "pint", "scipy", "pydantic"}


def test_a_run_without_steam_does_not_load_coolprop():
    code = "from citycarbon.studies.catalogue import methods\nmethods()"
    assert not loaded_after(code) & {"CoolProp", "duckdb", "pyspark", "pyogrio"}
