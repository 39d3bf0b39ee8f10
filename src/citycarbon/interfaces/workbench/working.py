"""What the process of a job does: it runs a study and says how far it is, a line of json at a time.

Comes in: words of a command line. Goes out: lines on standard output and an exit code. Not for: the queue.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from citycarbon.core.errors import InputError
from citycarbon.interfaces.workbench.bench import Writer
from citycarbon.interfaces.workbench.problems import shape_of
from citycarbon.studies import service
from citycarbon.studies.cache import StepCache
from citycarbon.studies.shelf.shelf import NAME, RESULTS, STUDIES


def tell(**facts: Any) -> None:
    """Say something to the worker."""
    sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def work(arguments: list[str], writers: Mapping[str, Writer]) -> int:
    """Do a job.

    Parameters
    ----------
    arguments
        Home of the workbench, kind of the job (``run`` or ``check``), name of the study, further facts as json.
    writers
        Reports that a run writes.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home, kind, study, _ = Path(arguments[0]), arguments[1], arguments[2], arguments[3]
    if not NAME.fullmatch(study):
        raise ValueError(study)
    folder, out = home / STUDIES / study, home / RESULTS / study

    def progress(step: str, number: int, count: int) -> None:
        tell(stage=step, part=0.9 * number / max(1, count))

    try:
        if kind == "check":
            result = service.validate(folder, progress=progress)
        else:
            result = service.run(folder, out, writers, cache=StepCache(), progress=progress)
    except InputError as error:
        tell(outcome={"errors": {"en": shape_of(error, "en")["errors"], "zh": shape_of(error, "zh")["errors"]}})
        return 2
    except KeyboardInterrupt:
        return 130
    tell(outcome={"study": result.meta["study"], "checks": len(result.checks)}, part=1.0)
    return 0
