"""Inventories in and out: what the faces call to read and write the files of other tools."""

from citycarbon.studies.exchange.inventories import (
    BASIS,
    OWN_LIST,
    RESULT_FORMATS,
    Exported,
    export,
    export_result,
    ingest,
)

__all__ = ["BASIS", "OWN_LIST", "RESULT_FORMATS", "Exported", "export", "export_result", "ingest"]
