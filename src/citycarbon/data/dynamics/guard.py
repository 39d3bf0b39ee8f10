"""A guard before translated models: the text may compute, and do nothing else.

Comes in: Python text that a translator made of a model file. Goes out: nothing, or what of it goes beyond computing. Not for:
translating. A model file is a stranger's text, and what is made of it runs as a program: so each name, import and attribute
must be one that computing needs.
"""

from __future__ import annotations

import ast
import builtins

_MODULES = {
    "numpy": None,
    "xarray": None,
    "pathlib": {"Path"},
    "pysd": {"Component", "subs"},
    "scipy": {"stats"},
    "pysd.py_backend.functions": None,
    "pysd.py_backend.statefuls": None,
    "pysd.py_backend.lookups": None,
    "pysd.py_backend.allocation": None,
    "pysd.py_backend.utils": {"xrsplit", "compute_shape", "rearrange"},
}
"""Modules and, where not all, the names that may be imported of them."""
_PLAIN = {"abs", "bool", "dict", "enumerate", "float", "int", "len", "list", "max", "min", "range", "round", "set", "slice",
          "sum", "tuple", "zip", "map", "reversed", "sorted"}  # fmt: skip
_NUMPY = {
    "abs", "all", "any", "arange", "arccos", "arcsin", "arctan", "arctan2", "array", "ceil", "clip", "cos", "cosh", "diff", "dot",
    "exp", "float64", "floor", "full", "inf", "integer", "int64", "invert", "isnan", "linspace", "log", "log10", "logical_and",
    "logical_not", "logical_or", "maximum", "mean", "minimum", "mod", "nan", "nan_to_num", "not_equal", "ones", "ones_like",
    "pi", "power", "prod", "random", "round", "sign", "sin", "sinh", "sqrt", "sum", "tan", "tanh", "trunc", "uniform", "where",
    "zeros", "zeros_like", "normal", "exponential", "errstate", "isclose",
}  # fmt: skip
_XARRAY = {"DataArray", "concat", "full_like", "ones_like", "where", "zeros_like"}
_ROOT = "_root = Path(__file__).parent"


def beyond_computing(text: str) -> str:
    """Give the first thing in a translated model that goes beyond computing, or an empty text.

    Examples
    --------
    >>> beyond_computing("import numpy as np\\ndef rate():\\n    return np.exp(2)")
    ''
    >>> beyond_computing("import os")
    'import os'
    >>> beyond_computing("def rate():\\n    return open('x').read()")
    'open'
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}"
    tree.body = [node for node in tree.body if ast.unparse(node) != _ROOT]
    known = _defined(tree) | _PLAIN | {"__data", "__name__"}
    for node in ast.walk(tree):
        found = _refused(node, known)
        if found:
            return found
    return ""


def _defined(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {each.asname or each.name for each in node.names}
    # A model that names a variable like a builtin function does not get that function.
    return names - (set(dir(builtins)) - _PLAIN) - {"Path"}


def _refused(node: ast.AST, known: set[str]) -> str:
    found = ""
    if isinstance(node, ast.Import):
        found = next((f"import {each.name}" for each in node.names if _MODULES.get(each.name, ()) is not None), "")
    elif isinstance(node, ast.ImportFrom):
        allowed = _MODULES.get(node.module or "", set())
        wrong = [each.name for each in node.names if allowed is not None and each.name not in allowed]
        found = f"from {node.module} import {wrong[0]}" if wrong else ""
    elif isinstance(node, ast.Name):
        found = "" if node.id in known else node.id
    elif isinstance(node, ast.Attribute):
        found = _attribute(node)
    elif isinstance(
        node, (ast.ClassDef, ast.AsyncFunctionDef, ast.Global, ast.Nonlocal, ast.While, ast.Delete, ast.Await)
    ):
        found = type(node).__name__
    return found


def _attribute(node: ast.Attribute) -> str:
    if node.attr.startswith("_"):
        return node.attr
    base = node.value.id if isinstance(node.value, ast.Name) else ""
    allowed = {"np": _NUMPY, "xr": _XARRAY}.get(base)
    return f"{base}.{node.attr}" if allowed is not None and node.attr not in allowed else ""
