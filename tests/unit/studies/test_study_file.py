"""The study file: what is read, and that every wrong key is named with its line and in the words of its user."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from citycarbon.core.errors import InputError
from citycarbon.data.examples import example_studies
from citycarbon.studies.study_file import Study, parse_study, read_study, schema

GOOD = """\
citycarbon: 1
id: small
title: {en: Small, zh: 小城碳核算}
gwp: AR6-GWP100
steps:
  - id: fuels
    method: inventory.accounting.combustion
    tables:
      activity: fuels.csv
      factors: {editions: [cn-2008]}
account: [fuels]
"""


def problems(text: str) -> list[tuple[str, tuple[int, ...], str | None]]:
    with pytest.raises(InputError) as caught:
        parse_study(text)
    assert all(problem.where.file == "study.yaml" for problem in caught.value.problems)
    return [(problem.code, problem.where.rows, problem.where.item) for problem in caught.value.problems]


def test_a_small_study() -> None:
    study = parse_study(GOOD)
    assert (study.id, study.title.zh, study.scopes) == ("small", "小城碳核算", "scope_1_2_3")
    assert study.steps[0].tables["activity"].file == "fuels.csv", "a plain name stands for a file"
    assert study.uncertainty is None


@pytest.mark.parametrize("folder", example_studies(), ids=lambda folder: folder.name)
def test_shipped_studies_are_read(folder: Path) -> None:
    assert read_study(folder).id == folder.name


def test_a_study_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse_study(GOOD).id = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "code", "row", "item"),
    [
        ("gwp: AR6-GWP100\n", "", "study_key_missing", None, "gwp"),
        ("citycarbon: 1", "citycarbon: 2", "study_key", 1, "citycarbon"),
        ("id: small", "id: Small City", "study_name", 2, "id"),
        ("id: small", "id: 5", "study_text", 2, "id"),
        ("account: [fuels]", "account: []", "study_list_empty", 11, "account"),
        ("account: [fuels]", "account: fuels", "study_key", 11, "account"),
        ("account: [fuels]", "account: [fuel]", "step_unknown", None, "account.fuel"),
        ("activity: fuels.csv", "activity: {file: a.csv, step: fuels}", "study_origin", 9, "steps.0.tables.activity"),
        ("activity: fuels.csv", "activity: {}", "study_origin", 9, "steps.0.tables.activity"),
        ("activity: fuels.csv", "activity: {file: a.csv, shet: b}", "study_key_unknown", 9, "steps.0.tables.activity.shet"),
        ("activity: fuels.csv", "activity: {step: later}", "step_unknown", None, "fuels.activity"),
        ("editions: [cn-2008]", "editions: cn-2008", "study_key", 10, "steps.0.tables.factors.editions"),
        ("    tables:", "    layers: {cells: cells}\n    tables:", "layer_unknown", None, "fuels.layers.cells"),
        ("gwp: AR6-GWP100", "gwp: AR6-GWP100\nscopes: everything", "study_key", 5, "scopes"),
        ("gwp: AR6-GWP100", "gwp: AR6-GWP100\nuncertainty: {draws: 1}", "study_key", 5, "uncertainty.draws"),
        ("gwp: AR6-GWP100", "gwp: AR6-GWP100\nuncertainty: {sampler: dice}", "study_key", 5, "uncertainty.sampler"),
        ("gwp: AR6-GWP100", "gwp: AR6-GWP100\ngwp: SAR-GWP100", "study_key_double", 5, "gwp"),
        ("gwp: AR6-GWP100", "gwp: AR6-GWP100\nmaps: [{step: fuels, layer: lots}]", "layer_unknown", None, "maps.lots"),
    ],
)  # fmt: skip
def test_wrong_keys(old: str, new: str, code: str, row: int | None, item: str) -> None:
    assert problems(GOOD.replace(old, new)) == [(code, () if row is None else (row,), item)]


def test_a_misspelt_key_is_unknown_and_missed() -> None:
    assert sorted(problems(GOOD.replace("gwp:", "gpw:"))) == [
        ("study_key_missing", (), "gwp"), ("study_key_unknown", (4,), "gpw"),
    ]  # fmt: skip
    assert sorted(problems(GOOD.replace("zh: 小", "cn: 小"))) == [
        ("study_key_missing", (3,), "title.zh"), ("study_key_unknown", (3,), "title.cn"),
    ]  # fmt: skip


def test_all_wrong_keys_come_out_together() -> None:
    text = (
        GOOD.replace("gwp: AR6-GWP100", "colour: red").replace("id: small", "id: Small City").replace("[fuels]", "[]")
    )
    assert {code for code, _, _ in problems(text)} == {
        "study_key_unknown", "study_key_missing", "study_name", "study_list_empty",
    }  # fmt: skip


def test_a_list_for_a_plain_value_is_named_once() -> None:
    text = GOOD.replace("    tables:", "    parameters: {year_rule: [exact]}\n    tables:")
    assert problems(text) == [("study_key", (8,), "steps.0.parameters.year_rule")]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (GOOD + "colour: red\n", "gwp"),
        (GOOD.replace("    method:", "    colour: red\n    method:"), "parameters"),
        (GOOD.replace("{editions: [cn-2008]}", "{editions: [cn-2008], colour: red}"), "quantities"),
        (GOOD + "layers: {lots: {file: a.gpkg, colour: red}}\n", "class_column"),
    ],
)
def test_an_unknown_key_is_answered_with_the_known_ones(text: str, known: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_study(text)
    assert known in caught.value.problems[0].expected("en")


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("id: [a", "study_yaml", 1),
        ("a: 1\n\tb: 2", "study_yaml", 2),
        ("a: b: c", "study_yaml", 1),
        ("a: 1\n---\nb: 2", "study_yaml", 2),
        ("a: !!python/object/apply:os.system [id]", "study_yaml", 1),
        ("a: \x07", "study_yaml", None),
        ("- a", "study_shape", None),
        ("text", "study_shape", None),
        ("", "study_shape", None),
        ("# only a remark", "study_shape", None),
        ("a: &x 1\nb: *x", "study_alias", 2),
        ("a: " + "[" * 100 + "]" * 100, "study_deep", 1),
        ("a: " + "{a: " * 3000 + "1" + "}" * 3000, "study_deep", 1),
    ],
    ids=range(13),
)
def test_broken_yaml(text: str, code: str, row: int | None) -> None:
    assert [(each, rows) for each, rows, _ in problems(text)] == [(code, () if row is None else (row,))]


def test_steps(tmp_path: Path) -> None:
    twice = yaml.safe_load(GOOD)
    twice["steps"].append(dict(twice["steps"][0], tables={"activity": "b.csv"}))
    assert problems(yaml.safe_dump(twice)) == [("step_duplicate", (), "fuels")]


@pytest.mark.parametrize(
    ("encoding", "content"), [("utf-8", GOOD), ("utf-8-sig", GOOD), ("gb18030", GOOD), ("utf-16", GOOD)]
)
def test_encodings(encoding: str, content: str, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_bytes(content.encode(encoding))
    assert read_study(tmp_path).title.zh == "小城碳核算"


@pytest.mark.parametrize("kind", ["nothing", "folder", "huge", "binary"])
def test_no_study(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "huge":
        with path.open("wb") as stream:
            stream.truncate(5 * 1024**2)
    elif kind == "binary":
        path.write_bytes(b"a: \x00")
    with pytest.raises(InputError) as caught:
        read_study(tmp_path)
    expected = {"huge": "file_too_large", "binary": "file_binary"}.get(kind, "study_missing")
    assert caught.value.problems[0].code == expected


def test_schema_tells_every_key() -> None:
    made = schema()
    assert set(made["properties"]) == set(Study.model_fields)
    assert made["required"] == ["citycarbon", "id", "title", "gwp", "steps", "account"]
    assert all(part["additionalProperties"] is False for name, part in made["$defs"].items() if name != "WideColumn")
