"""One shape for everything that can go wrong on the way to an answer, and the HTTP status that belongs to it.

Comes in: an :class:`~citycarbon.core.errors.InputError` or a status. Goes out: plain values. Not for: pages.
"""

from __future__ import annotations

from typing import Any

from citycarbon.core.errors import InputError, Lang

STATUS = {
    "sign_in_needed": 401, "sign_in_wrong": 401, "role_missing": 403, "form_stale": 403, "setup_closed": 403,
    "origin_foreign": 403, "approve_own": 403, "study_unknown": 404, "address_unknown": 404, "table_unknown": 404,
    "layer_unknown": 404, "method_unknown": 404, "job_unknown": 404, "result_missing": 404, "way_not_allowed": 405,
    "study_busy": 409, "version_changed": 409, "study_exists": 409, "request_too_large": 413, "too_many_tries": 429,
    "query_wrong": 400, "query_unknown": 400, "host_unknown": 400, "server_failed": 500,
}  # fmt: skip
"""Status of the codes that are not simply wrong input (422)."""
BY_STATUS = {400: "query_wrong", 401: "sign_in_needed", 403: "role_missing", 404: "address_unknown", 405: "way_not_allowed",
             413: "request_too_large"}  # fmt: skip


def status_of(error: InputError) -> int:
    """Give the HTTP status of an error: that of its first problem."""
    return STATUS.get(error.problems[0].code, 422)


def shape_of(error: InputError, lang: Lang) -> dict[str, Any]:
    """Give the one shape of errors: ``{"errors": [...]}``, as the command line prints it too."""
    return {"errors": [item.as_dict(lang) for item in error.problems]}
