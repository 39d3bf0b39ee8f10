"""Threads of their own for slow work, so that reads never wait behind it.

Comes in: a function. Goes out: what it gives. Not for: work of minutes, which is a job.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

Given = TypeVar("Given")
READS = 3
"""Threads for reads: they compute, so that more of them would only take turns."""
SLOW = 4
"""Threads for passwords, printing and methods; whoever comes later waits without holding a thread."""
_LIMIT: RunVar[anyio.CapacityLimiter] = RunVar("slow")


def limit_reads() -> None:
    """Set the number of threads for reads in this event loop."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = READS


async def slowly(function: Callable[..., Given], *given: Any, **named: Any) -> Given:
    """Do slow work in a thread that reads do not use."""
    limit = _LIMIT.get(None)
    if limit is None:
        limit = anyio.CapacityLimiter(SLOW)
        _LIMIT.set(limit)
    return await anyio.to_thread.run_sync(partial(function, *given, **named), limiter=limit)
