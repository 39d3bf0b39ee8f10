"""The studies that ship with the package: in the wheel beside the data, in a checkout in ``examples``.

Goes out: folders. Not for: the users' own studies.
"""

from __future__ import annotations

from pathlib import Path

TEMPLATE = "starter"


def examples_folder() -> Path:
    """Give the folder of the shipped studies."""
    shipped = Path(__file__).parent / "examples"
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "examples"


def example_studies() -> list[Path]:
    """Give the folders of the shipped studies, the one to begin with first."""
    found = [path.parent for path in examples_folder().glob("*/study.yaml")]
    return sorted(found, key=lambda path: (path.name != TEMPLATE, path.name))
