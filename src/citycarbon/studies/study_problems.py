"""What is wrong with the text of a study file, in the words of its user and with the line.

Comes in: YAML nodes and the errors of the schema check. Goes out: problems. Not for: references between steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from citycarbon.core.errors import InputError, Problem, Problems, Where, problem

STUDY_FILE = "study.yaml"
DEEPEST = 40
_TEXTS = {"string_type", "string_sub_type"}
_EMPTY = {"too_short", "string_too_short"}
_WORDS = {
    "bool_type": "true | false", "bool_parsing": "true | false", "int_type": "1, 2, 3", "int_parsing": "1, 2, 3",
    "int_from_float": "1, 2, 3", "float_type": "1.5", "float_parsing": "1.5", "list_type": "[a, b]",
    "dict_type": "{a: b}", "model_type": "{a: b}", "model_attributes_type": "{a: b}",
}  # fmt: skip


def read_nodes(text: str) -> tuple[yaml.Node, dict[str, Any]]:
    """Give the nodes and the content of a YAML text that is a mapping; refuse doubled keys, aliases and endless nesting.

    Raises
    ------
    SchemaError
        What is wrong with the text, with its line.
    """
    where = Where(file=STUDY_FILE)
    try:
        _refuse_aliases(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            _refuse_doubles(node)
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        rows = (mark.line + 1,) if mark else ()
        found = str(getattr(error, "problem", None) or error)
        raise InputError("study_yaml", Where(file=STUDY_FILE, rows=rows), found) from error
    except RecursionError as error:
        raise InputError("study_deep", where) from error
    if node is None or not isinstance(content, dict):
        raise InputError("study_shape", where, "" if content is None else type(content).__name__)
    return node, content


def _refuse_aliases(text: str) -> None:
    """Aliases can blow a small file up to any size, and no study needs them; deep nesting exhausts the reader."""
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        rows = (token.start_mark.line + 1,)
        if isinstance(token, yaml.AliasToken):
            raise InputError("study_alias", Where(file=STUDY_FILE, rows=rows), f"*{token.value}")
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > DEEPEST:
            raise InputError("study_deep", Where(file=STUDY_FILE, rows=rows), depth)


_OPENING = (
    yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken, yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken,
)  # fmt: skip
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


def _refuse_doubles(node: yaml.Node) -> None:
    """YAML would silently keep the last of two equal keys."""
    problems = Problems()
    for mapping in _mappings(node):
        seen: set[str] = set()
        for key, _ in mapping.value:
            name = str(key.value)
            if name in seen:
                where = Where(file=STUDY_FILE, rows=(key.start_mark.line + 1,), item=name)
                problems.add("study_key_double", where, name)
            seen.add(name)
    problems.raise_all()


def _mappings(node: yaml.Node) -> Iterator[yaml.MappingNode]:
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, yaml.MappingNode):
            yield each
            stack += [value for _, value in each.value]
        elif isinstance(each, yaml.SequenceNode):
            stack += each.value


def problems_of(error: ValidationError, node: yaml.Node, model: type[BaseModel]) -> InputError:
    """Turn the errors of the schema check into problems, each with its line; the same place is named once."""
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for item in error.errors(include_url=False):
        found.setdefault(tuple(_plain_path(item, node)), []).append(item)
    return InputError.several(_problem_of(items, list(path), node, model) for path, items in found.items())


def _plain_path(item: Mapping[str, Any], node: yaml.Node) -> list[Any]:
    """Leave out the names of alternatives that the schema check appends to a place."""
    path: list[Any] = []
    here: yaml.Node | None = node
    for part in item["loc"]:
        below = _child(here, part)
        if below is None and (item["type"] != "missing" or not isinstance(here, yaml.MappingNode)):
            break
        path.append(part)
        here = below
    return path


def _child(node: yaml.Node | None, part: Any) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        found: yaml.Node = node.value[part]
        return found
    return None


def _problem_of(items: list[Mapping[str, Any]], path: list[Any], node: yaml.Node, model: type[BaseModel]) -> Problem:
    item = items[0]
    kind, context = str(item["type"]), item.get("ctx") or {}
    found = item.get("input")
    shown = "" if isinstance(found, (dict, list)) else found
    name = ".".join(map(str, path)) or STUDY_FILE
    line = line_of(node, path)
    where = Where(file=STUDY_FILE, rows=(line,) if line else (), item=name)
    last = str(path[-1]) if path else ""
    if len(items) > 1:
        # One place, several alternatives: a parameter is a plain value.
        return problem("study_key", where, shown, expected_value='1.5 | true | "text"')
    if kind == "extra_forbidden":
        return problem("study_key_unknown", where, last, known=", ".join(_known_keys(model, path[:-1])) or "—")
    if kind == "missing":
        return problem("study_key_missing", where, "", key=last)
    if kind in _TEXTS:
        return problem("study_text", where, shown)
    if kind == "string_pattern_mismatch":
        return problem("study_name", where, shown)
    if kind in _EMPTY:
        return problem("study_list_empty", where, "[]")
    if kind == "idle_key":
        return problem("study_key_idle", where, context["idle"], origin=context["origin"])
    if kind == "value_error":
        return problem("study_origin", where, shown)
    return problem("study_key", where, shown, expected_value=_expected(kind, context, str(item["msg"])))


def _expected(kind: str, context: Mapping[str, Any], message: str) -> str:
    """Say what was expected in signs that need no translation, as far as there are any."""
    signs = {"greater_than_equal": (">=", "ge"), "less_than_equal": ("<=", "le"), "greater_than": (">", "gt")}
    if kind in signs:
        sign, key = signs[kind]
        return f"{sign} {context.get(key)}"
    if kind == "literal_error":
        return str(context.get("expected"))
    if kind == "string_too_long":
        return f"<= {context.get('max_length')}"
    return _WORDS.get(kind, message)


def _known_keys(model: type[BaseModel], path: list[Any]) -> list[str]:
    """Keys that the schema knows at a place."""
    here: Any = model
    for part in path:
        if isinstance(part, int):
            continue
        field = here.model_fields.get(part) if isinstance(here, type) and issubclass(here, BaseModel) else None
        if field is None:
            # One step further inside a mapping of names, such as tables or layers.
            continue
        here = next(iter(_models(field.annotation)), None)
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _models(hint: Any) -> Iterator[type[BaseModel]]:
    """Find the models inside a type such as ``dict[str, TableSource] | None``."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for part in getattr(hint, "__args__", ()):
        yield from _models(part)


def line_of(node: yaml.Node | None, path: list[Any]) -> int:
    """Line of a key in the YAML text; the nearest parent if the key itself is missing."""
    line = 0
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
