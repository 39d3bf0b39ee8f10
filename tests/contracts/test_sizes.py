"""Sizes of modules, functions and folders; no utility rooms; every module says what comes in and goes out."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "citycarbon"
MODULES = sorted(SOURCE.rglob("*.py"))
BANNED = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc", "tools"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_keeps_its_size_and_says_what_it_is_for(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 500, "a module has at most 500 lines"
    tree = ast.parse(text)
    docstring = ast.get_docstring(tree)
    assert docstring, "a module begins with a docstring"
    defines = any(isinstance(node, (ast.FunctionDef, ast.ClassDef)) for node in tree.body)
    if defines and len(text.splitlines()) > 80 and path.name != "__init__.py":
        assert "Not for" in docstring or "Goes out" in docstring, "the docstring says what comes in, what goes out"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (body[-1].end_lineno - body[0].lineno + 1) if body else 0
            assert length <= 60, f"{node.name} has {length} lines of code; at most 60"


def test_folders_hold_at_most_fifteen_modules():
    for folder in {path.parent for path in MODULES}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= 15, f"{folder.relative_to(SOURCE)} holds {len(modules)} modules"


def test_no_room_is_called_utils():
    for path in MODULES:
        assert path.stem not in BANNED, path
        assert path.parent.name not in BANNED, path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_public_functions_are_documented(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"
            for inner in getattr(node, "body", []) if isinstance(node, ast.ClassDef) else []:
                if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                    assert ast.get_docstring(inner), f"{path.name}: {node.name}.{inner.name} has no docstring"


def test_no_engine_is_called_by_name_in_method_packages():
    for package in ("core", "inventory", "strategy"):
        for path in (SOURCE / package).rglob("*.py"):
            imported = {
                (alias.name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, (ast.Import, ast.ImportFrom))
                for alias in node.names
            }
            assert not imported & {"duckdb", "pyspark", "pandas"}, path
