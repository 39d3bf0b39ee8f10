"""Faults in the middle of a run: earlier results stay as they are, nothing half-written is left, work done is not lost.

Nothing is patched: a report that fails is a report of the caller, a full disk is the device of that name, an interrupt is a
signal to a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.results import StudyResult
from citycarbon.data.examples import TEMPLATE, examples_folder
from citycarbon.data.results import replacing
from citycarbon.studies import service
from citycarbon.studies.cache import StepCache
from citycarbon.studies.run import execute

TOY = examples_folder() / TEMPLATE
SLOW = """
import sys, time
from pathlib import Path
from citycarbon.interfaces.cli.app import Faces, build

def slow(result, path):
    path.write_text("half a report")
    Path(sys.argv[1]).write_text("here")
    time.sleep(100)

sys.exit(build(["run", sys.argv[2], "--out", sys.argv[3], "--no-cache"], Faces(reports={"report.html": slow})))
"""


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with its hash."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def done(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A study and its earlier results; whatever a test does, the results must be there unchanged and alone."""
    study = Path(shutil.copytree(TOY, tmp_path / "toy"))
    out = tmp_path / "results"
    service.run(study, out)
    before = state(out)
    yield study, out
    assert state(out) == before
    assert {path.name for path in tmp_path.iterdir()} <= {"toy", "results", "cache", "here", "blocked"}


def full_disk(_: StudyResult, path: Path) -> None:
    path.write_text("half a report")
    Path("/dev/full").write_bytes(b"x" * 100_000)


def no_rights(_: StudyResult, path: Path) -> None:
    raise PermissionError(13, "Permission denied", str(path))


@pytest.mark.parametrize("report", [full_disk, no_rights])
def test_a_report_that_cannot_be_written(report: Callable[..., None], done: tuple[Path, Path]) -> None:
    study, out = done
    with pytest.raises(InputError) as caught:
        service.run(study, out, {"report.html": report})
    assert [problem.code for problem in caught.value.problems] == ["output_unwritable"]
    assert caught.value.problems[0].found in ("No space left on device", "Permission denied")


def test_a_mistake_in_a_report_is_not_hidden(done: tuple[Path, Path]) -> None:
    study, out = done

    def wrong(result: StudyResult, path: Path) -> None:
        path.write_text(result.meta["no such key"])

    with pytest.raises(KeyError):
        service.run(study, out, {"report.html": wrong})


def test_an_interrupt_while_writing(done: tuple[Path, Path]) -> None:
    study, out = done

    def interrupted(result: StudyResult, path: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.run(study, out, {"report.html": interrupted})


def test_the_new_folder_vanishes_before_it_is_put_in_place(done: tuple[Path, Path]) -> None:
    """The old results are out of the way already when the rename fails, and come back."""
    _, out = done
    with pytest.raises(InputError) as caught, replacing(out) as fresh:
        shutil.rmtree(fresh)
    assert caught.value.problems[0].code == "output_unwritable"


def test_a_folder_that_cannot_be_made(done: tuple[Path, Path]) -> None:
    study, out = done
    blocked = out.parent / "blocked"
    blocked.write_text("a file stands where a folder must be")
    with pytest.raises(InputError) as caught:
        service.run(study, blocked / "results")
    assert caught.value.problems[0].code == "output_unwritable"


def test_a_read_only_folder(done: tuple[Path, Path]) -> None:
    study, out = done
    # Root may write everywhere but into the kernel's own folder.
    blocked = Path("/proc") if os.geteuid() == 0 else out.parent / "blocked"
    blocked.mkdir(mode=0o500, exist_ok=True)
    with pytest.raises(InputError) as caught:
        service.run(study, blocked / "results")
    assert caught.value.problems[0].code == "output_unwritable"


@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are not known there")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_a_signal_in_the_middle_of_a_run(sent: signal.Signals, code: int, done: tuple[Path, Path]) -> None:
    study, out = done
    here = out.parent / "here"
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(here), str(study), str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    for _ in range(600):
        if here.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    assert here.exists(), "the run has come to its report"
    process.send_signal(sent)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err.decode()
    assert b"Traceback" not in err
    if sent is signal.SIGKILL:  # nothing can tidy up after this one but the next run
        assert service.load(out).meta["study"] == TEMPLATE
        service.run(study, out)
        left = [path for path in out.parent.iterdir() if path.name.startswith(".")]
        assert all(path.name.endswith(".tmp") for path in left)
        for path in left:
            shutil.rmtree(path)


def test_results_of_a_run_killed_between_its_renames_come_back(done: tuple[Path, Path]) -> None:
    study, out = done
    out.rename(out.with_name(f".{out.name}.4711.old"))
    assert service.load(out).meta["study"] == TEMPLATE
    out.rename(out.with_name(f".{out.name}.4711.old"))
    with pytest.raises(InputError):
        service.run(study, out, {"report.html": no_rights})


class StoppedError(Exception):
    """Stands for whatever ends a run."""


def stop_before(name: str) -> Callable[[str, int, int], None]:
    def progress(step: str, number: int, count: int) -> None:
        if step == name:
            raise StoppedError

    return progress


def test_a_stopped_run_goes_on_where_it_stopped(done: tuple[Path, Path]) -> None:
    study, out = done
    store = StepCache(out.parent / "cache")
    with pytest.raises(StoppedError):
        service.run(study, out, cache=store, progress=stop_before("stack"))
    asked: list[str] = []
    run = execute(study, step_cache=store, progress=lambda step, *_: asked.append(step))
    assert run.cached == asked[: asked.index("stack")]
    assert len(run.cached) >= 4
    again = execute(study, step_cache=store)
    assert again.cached == asked
    assert (
        service.run(study, out.parent / "cache" / "out", cache=store).meta["totals"] == service.load(out).meta["totals"]
    )


def spoil_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x20
    path.write_bytes(bytes(content))


SPOILED: dict[str, Callable[[Path], Any]] = {
    "cut in half": spoil_half,
    "one bit turned": spoil_bit,
    "empty": lambda path: path.write_bytes(b""),
    "another table": lambda path: shutil.copy(sorted(path.parent.glob("*.parquet"))[0], path),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "gone": lambda path: path.unlink(),
    "note is no json": lambda path: path.with_suffix(".json").write_text("{"),
    "note is a list": lambda path: path.with_suffix(".json").write_text("[1, 2]"),
    "note lacks the hash": lambda path: path.with_suffix(".json").write_text(json.dumps({"fixed": {}})),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_spoiled_cache_files_are_ignored(kind: str, done: tuple[Path, Path]) -> None:
    study, out = done
    store = StepCache(out.parent / "cache")
    count = len(execute(study, step_cache=store).tables)
    for path in sorted(store.folder.glob("*.parquet"))[1:]:
        SPOILED[kind](path)
    run = execute(study, step_cache=store)
    assert len(run.cached) == 1
    assert len(run.tables) == count
    fresh = execute(study)
    for name, table in run.tables.items():
        assert table.to_polars().equals(fresh.tables[name].to_polars()), name


def test_a_cache_that_cannot_be_written_is_no_error(done: tuple[Path, Path]) -> None:
    study, out = done
    (out.parent / "blocked").write_text("a file")
    run = execute(study, step_cache=StepCache(out.parent / "blocked" / "cache"))
    assert run.cached == []
    assert run.tables


def test_the_cache_is_not_asked_while_there_are_problems(done: tuple[Path, Path]) -> None:
    study, out = done
    store = StepCache(out.parent / "cache")
    execute(study, step_cache=store)
    (study / "water.csv").write_text("place,time,sector,activity,value,unit\np1,2022,transport,tap_water,-1,t\n")
    before = state(store.folder)
    with pytest.raises(InputError):
        execute(study, step_cache=store)
    assert state(store.folder) == before
