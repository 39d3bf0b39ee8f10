"""A guard before translated models: the text may compute, and do nothing else.

Comes in: Python text that a translator made of a model file. Goes out: nothing, or what of it goes beyond computing. Not for:
translating. A model file is a stranger's text, and what is made of it runs as a program. So every import, name and attribute must
be one of a list: modules reach other modules, and arrays can write files.
"""

from __future__ import annotations

import ast
import builtins

_IMPORTS = {"numpy": "np", "xarray": "xr"}
"""Modules that may be imported whole, and the name that they get."""
_FROM = {
    "pathlib": {"Path"},
    "pysd": {"Component", "subs"},
    "scipy": {"stats"},
    "pysd.py_backend.functions": {
        "active_initial", "get_time_value", "if_then_else", "incomplete", "integer", "invert_matrix", "modulo", "prod", "pulse",
        "quantum", "ramp", "step", "sum", "vector_rank", "vector_reorder", "vector_select", "vector_sort_order", "vmax", "vmin",
        "xidz", "zidz",
    },
    "pysd.py_backend.statefuls": {
        "Delay", "DelayFixed", "DelayN", "Forecast", "Initial", "Integ", "NonNegativeInteg", "SampleIfTrue", "Smooth", "Trend",
    },
    "pysd.py_backend.lookups": {"HardcodedLookups"},
    "pysd.py_backend.allocation": {"allocate_available", "allocate_by_priority"},
    "pysd.py_backend.utils": {"xrsplit"},
}  # fmt: skip
"""Names that may be imported of a module, under their own name."""
_LIBRARIES = {
    "np": {
        "abs", "all", "arange", "arccos", "arcsin", "arctan", "array", "cos", "cosh", "exp", "inf", "interp", "isnan", "log",
        "logical_and", "logical_not", "logical_or", "maximum", "minimum", "nan", "not_equal", "pi", "power", "prod",
        "random.uniform", "sin", "sinh", "sqrt", "tan", "tanh",
    },
    "xr": {"DataArray", "ones_like", "zeros_like"},
    "stats": {"truncexpon.rvs", "truncnorm.rvs"},
}  # fmt: skip
"""What may be taken of a library, by its full path."""
_ATTRIBUTES = {"add", "coords", "dtype", "expand_dims", "final_time", "initial_time", "interp", "loc", "rename", "reset_coords",
               "saveper", "time_step", "transpose", "values"}  # fmt: skip
"""What may be asked of components, of the clock and of arrays."""
_PLAIN = {
    "abs",
    "bool",
    "dict",
    "float",
    "int",
    "len",
    "list",
    "max",
    "min",
    "range",
    "round",
    "slice",
    "sum",
    "tuple",
    "zip",
}
_NEVER = (ast.ClassDef, ast.AsyncFunctionDef, ast.Global, ast.Nonlocal, ast.While, ast.Delete, ast.Await, ast.Yield, ast.With,
          ast.Try, ast.Raise, ast.JoinedStr, ast.NamedExpr)  # fmt: skip
_ROOT = "_root = Path(__file__).parent"


def beyond_computing(text: str) -> str:
    """Give the first thing in a translated model that goes beyond computing, or an empty text.

    Examples
    --------
    >>> beyond_computing("import numpy as np\\ndef rate():\\n    return np.exp(2)")
    ''
    >>> beyond_computing("import os")
    'import os'
    >>> beyond_computing("import numpy as np\\nx = np.random.mtrand")
    'np.random.mtrand'
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return type(error).__name__
    tree.body = [node for node in tree.body if ast.unparse(node) != _ROOT]
    guard = _Guard(_defined(tree) | _PLAIN | {"__data"})
    guard.visit(tree)
    return guard.found[0] if guard.found else ""


def _defined(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.ImportFrom):
            names |= {each.name for each in node.names}
    # A model that names a variable like a builtin function does not get that function; libraries are taken by path alone.
    return names - (set(dir(builtins)) - _PLAIN) - {"Path", *_LIBRARIES}


class _Guard(ast.NodeVisitor):
    def __init__(self, known: set[str]) -> None:
        self.known = known
        self.found: list[str] = []

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, _NEVER):
            self.found.append(type(node).__name__)
        super().generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            if each.asname is None or _IMPORTS.get(each.name) != each.asname:
                self.found.append(f"import {each.name}")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for each in node.names:
            if each.asname is not None or node.level or each.name not in _FROM.get(node.module or "", set()):
                self.found.append(f"from {node.module} import {each.name}")

    def visit_Name(self, node: ast.Name) -> None:
        stored = not isinstance(node.ctx, ast.Load)
        if (stored and node.id in _LIBRARIES) or (not stored and node.id not in self.known):
            self.found.append(node.id)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in _LIBRARIES or any(
            each.arg in _LIBRARIES for each in ast.walk(node.args) if isinstance(each, ast.arg)
        ):
            self.found.append(node.name)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path, root = [node.attr], node.value
        while isinstance(root, ast.Attribute):
            path.insert(0, root.attr)
            root = root.value
        if isinstance(root, ast.Name) and root.id in _LIBRARIES:
            if ".".join(path) not in _LIBRARIES[root.id]:
                self.found.append(f"{root.id}.{'.'.join(path)}")
            return
        self.found += [name for name in path if name not in _ATTRIBUTES]
        self.visit(root)
