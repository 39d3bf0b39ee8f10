"""The workbench under load: mixed reads at a fixed rate while idle and slow clients hold connections open.

Comes in: how long and how fast. Goes out: percentiles, errors and memory. A request counts from the moment at which it was due,
so that a server that stalls cannot hide it; the load comes from this machine, on the same cores, over the loopback alone.

    python benchmarks/serving.py --rate 300 --seconds 300 --idle 1000 --slow 50
"""

from __future__ import annotations

import argparse
import asyncio
import http.cookies
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from citycarbon.studies import service

EXAMPLES = Path(__file__).parents[1] / "examples"
STUDIES = ("toy-city", "toy-future", "toy-land")
PASSWORD = "four words are long enough"  # of a server that lives as long as this benchmark
CONNECTIONS = 48
HEAD = re.compile(rb"content-length: (\d+)", re.I)


@dataclass
class Load:
    """What was seen: seconds of each request by kind, statuses that were not expected, memory over time [MB]."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Ask:
    """One request: what it is called, method, address, whether signed in, body."""

    kind: str
    address: str
    signed_in: bool = False
    body: bytes = b""
    known: bool = False

    def bytes_of(self, host: str, cookie: str, mark: str, form_key: str) -> bytes:
        """The request as it goes over the wire."""
        lines = [
            f"{'POST' if self.body else 'GET'} {self.address} HTTP/1.1",
            f"host: {host}",
            "accept-encoding: gzip",
            "accept-language: zh-CN,zh;q=0.9",
        ]
        if self.signed_in:
            lines.append(f"cookie: {cookie}")
        if self.known and mark:
            lines.append(f"if-none-match: {mark}")
        if self.body:
            lines += ["content-type: application/json", f"content-length: {len(self.body)}"]
            lines += [f"x-form-key: {form_key}"] if self.signed_in else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


def mix() -> list[tuple[int, Ask]]:
    """Weights and requests: what browsers and programs of an office ask for."""
    api, city = "/api/v1/studies/toy-city", "/s/toy-city"
    lever = json.dumps({"scenario": "reference", "levers": []}).encode()
    tiles = [
        (2, Ask("tile", f"{api}/tiles/parcels/{z}/{x}/{y}.mvt", known=known))
        for z, x, y in TILES
        for known in (False, True)
    ]
    return [
        (6, Ask("page", "/")),
        (8, Ask("page", city)), (6, Ask("page", f"{city}/inventory", signed_in=True)),
        (4, Ask("page", f"{city}/projection", signed_in=True)), (4, Ask("page", "/s/toy-land/map")),
        (2, Ask("page", "/methods")), (2, Ask("page", "/factors?search=diesel")),
        (3, Ask("page", f"{city}/reports", signed_in=True)),
        (6, Ask("page data", f"{city}/data/cockpit.json")),
        (6, Ask("page data again", f"{city}/data/inventory.json", known=True)),
        (5, Ask("trace", f"{city}/trace.json?sector=industry.energy")),
        (4, Ask("trace", f"{api}/trace?sector=transport&limit=20")),
        (6, Ask("studies", "/api/v1/studies")), (5, Ask("study", api)), (4, Ask("result", f"{api}/result")),
        (5, Ask("tables", f"{api}/tables")), (8, Ask("rows", f"{api}/tables/emissions/rows?limit=50")),
        (6, Ask("rows", f"{api}/tables/totals/rows?view=sector&sort=-value", signed_in=True)),
        (3, Ask("csv", f"{api}/tables/totals/rows.csv")), (3, Ask("parquet", f"{api}/tables/emissions/rows.parquet")),
        (5, Ask("layers", f"{api}/layers")), (6, Ask("values", f"{api}/layers/parcels/values")),
        (4, Ask("features", f"{api}/ogc/collections/parcels/items?limit=20")),
        (3, Ask("factors", "/api/v1/factors?search=diesel")), (3, Ask("levers", f"{api}/projections/STEP")),
        (2, Ask("lever answer", f"{api}/projections/STEP/answer", body=lever)),
        *tiles,
    ]  # fmt: skip


TILES: list[tuple[int, int, int]] = []


class Served:
    """A server of results in a process of its own, with an administrator who is signed in."""

    def __init__(self, home: Path, workers: int) -> None:
        self.port = _free_port()
        self.host = f"127.0.0.1:{self.port}"
        words = [
            "serve",
            str(home),
            "--port",
            str(self.port),
            "--lang",
            "en",
            "--public",
            "*",
            *(["--workers", str(workers)] if workers > 1 else []),
        ]
        code = "import sys; from citycarbon.interfaces.command import main; sys.exit(main())"
        self.log = home / "server.log"
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *words], stdout=self.log.open("wb"), stderr=subprocess.STDOUT
        )
        while True:
            try:
                self.get("/api/v1/")
                break
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit(self.log.read_text()) from None
                time.sleep(0.02)
        self.began = time.perf_counter() - begun
        self.cookie, self.form_key = "", ""

    def get(self, address: str) -> bytes:
        """Ask for something as a visitor."""
        with urllib.request.urlopen(f"http://{self.host}{address}", timeout=60) as answer:
            return bytes(answer.read())

    def sign_in(self) -> None:
        """Make the first administrator with the printed link."""
        found = re.search(r"http://\S+/setup\?key=(\S+)", self.log.read_text())
        assert found
        data = urllib.parse.urlencode({"key": found[1], "name": "ada", "password": PASSWORD}).encode()
        opener = urllib.request.build_opener(_Stay)
        with opener.open(f"http://{self.host}/setup", data, timeout=60) as answer:
            jar = http.cookies.SimpleCookie(answer.headers["set-cookie"])
        self.cookie = "; ".join(f"{name}={cell.value}" for name, cell in jar.items())
        request = urllib.request.Request(f"http://{self.host}/account", headers={"cookie": self.cookie})
        with urllib.request.urlopen(request, timeout=60) as answer:
            key = re.search(rb'name="form_key" value="([^"]+)"', answer.read())
        assert key
        self.form_key = key[1].decode()

    def memory(self) -> float:
        """Resident memory of the server and its children [MB]."""
        total = 0.0
        for pid in [self.process.pid, *_children(self.process.pid)]:
            try:
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            except OSError:
                continue
            total += pages * resource.getpagesize() / 1024**2
        return total

    def processor(self) -> float:
        """Processor time of the server and its children until now [s]."""
        total = 0.0
        for pid in [self.process.pid, *_children(self.process.pid)]:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None

    http_error_303 = http_error_302 = lambda self, req, fp, code, msg, headers: fp


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(word) for word in listed]


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(home: Path, results: Path | None) -> None:
    """Put results of the shipped studies into a fresh folder."""
    for name in STUDIES:
        if results is not None:
            shutil.copytree(results / name, home / name)
        else:
            service.run(EXAMPLES / name, home / name, {})


async def load(server: Served, rate: float, seconds: float, idle: int, slow: int) -> Load:
    """Ask at a fixed rate, with idle and slow clients beside."""
    seen, rng = Load(), random.Random(1)
    step = json.loads(server.get("/api/v1/studies/toy-city/projections"))[0]
    handles = json.loads(server.get(f"/api/v1/studies/toy-city/projections/{step}"))
    scenario = handles["scenarios"][0]
    asks = [(weight, _with(ask, step, scenario)) for weight, ask in mix()]
    plan = rng.choices([ask for _, ask in asks], [weight for weight, _ in asks], k=int(rate * seconds))
    marks: dict[str, str] = {}
    due: asyncio.Queue[tuple[float, Ask]] = asyncio.Queue()
    ended = asyncio.Event()
    others = [asyncio.create_task(_idle(server, ended)) for _ in range(idle)]
    others += [asyncio.create_task(_slow(server, ended)) for _ in range(slow)]
    await asyncio.sleep(1.0)
    workers = [asyncio.create_task(_worker(server, due, marks, seen)) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    seen.memory.append(server.memory())
    for number, ask in enumerate(plan):
        at = begun + number / rate
        wait = at - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        due.put_nowait((at, ask))
        if number % int(rate * 10) == 0:
            seen.memory.append(server.memory())
    await asyncio.wait_for(due.join(), 120)
    seen.memory.append(server.memory())
    ended.set()
    for task in [*workers, *others]:
        task.cancel()
    held = await asyncio.gather(*others, return_exceptions=True)
    broken = [each for each in held if isinstance(each, Exception) and not isinstance(each, asyncio.CancelledError)]
    if broken:
        seen.wrong.append(f"{len(broken)} idle or slow clients: {broken[0]!r}")
    return seen


def _with(ask: Ask, step: str, scenario: str) -> Ask:
    body = ask.body.replace(b'"reference"', json.dumps(scenario).encode())
    return Ask(ask.kind, ask.address.replace("STEP", urllib.parse.quote(step)), ask.signed_in, body, ask.known)


async def _worker(server: Served, due: asyncio.Queue[tuple[float, Ask]], marks: dict[str, str], seen: Load) -> None:
    """One browser's connection, kept open."""
    reader = writer = None
    while True:
        at, ask = await due.get()
        try:
            for again in (True, False):
                try:
                    if writer is None or writer.is_closing():
                        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                    writer.write(ask.bytes_of(server.host, server.cookie, marks.get(ask.address, ""), server.form_key))
                    head = await reader.readuntil(b"\r\n\r\n")
                    break
                except (asyncio.IncompleteReadError, ConnectionError):
                    # A server may close a connection that was idle; a fresh one must do.
                    writer = None
                    if not again:
                        raise
            length = HEAD.search(head)
            if length:
                await reader.readexactly(int(length[1]))
            status = int(head[9:12])
            mark = re.search(rb"\r\netag: ([^\r]+)", head)
            if mark:
                marks[ask.address] = mark[1].decode()
            if status not in (200, 204, 304):
                seen.wrong.append(f"{status} {ask.address}")
            seen.seconds.setdefault(ask.kind, []).append(time.perf_counter() - at)
        except Exception as error:  # noqa: BLE001  # every failure is counted
            seen.wrong.append(f"{error!r} {ask.address}")
            writer = None
        finally:
            due.task_done()


async def _idle(server: Served, ended: asyncio.Event) -> None:
    """A connection that says nothing; opened again when the server closes it."""
    while not ended.is_set():
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await reader.read(1)
        writer.close()
        await asyncio.sleep(0.5)


async def _slow(server: Served, ended: asyncio.Event) -> None:
    """A client that sends a byte a second and never ends its head."""
    while not ended.is_set():
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            for byte in b"GET / HTTP/1.1\r\nhost: " + b"a" * 10_000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1.0)
        except ConnectionError:
            continue


def shown(values: list[float]) -> str:
    """Percentiles of seconds, in milliseconds."""
    ranked = sorted(values)

    def at(part: float) -> float:
        return 1000 * ranked[min(len(ranked) - 1, int(part * len(ranked)))]

    return f"{len(ranked):7,}  p50 {at(0.5):7.1f}  p95 {at(0.95):7.1f}  p99 {at(0.99):7.1f}  max {1000 * ranked[-1]:7.1f} ms"


def main() -> None:
    """Run it and print what was seen."""
    given = argparse.ArgumentParser()
    given.add_argument("--rate", type=float, default=300.0)
    given.add_argument("--seconds", type=float, default=60.0)
    given.add_argument("--idle", type=int, default=1000)
    given.add_argument("--slow", type=int, default=50)
    given.add_argument("--workers", type=int, default=1)
    given.add_argument("--results", type=Path, help="folder with results of the studies; they are run if left out")
    words = given.parse_args()
    if words.seconds > 600 or words.rate > 2000 or words.idle + words.slow > 5000:
        raise SystemExit("the load is bounded: 600 seconds, 2,000 requests a second, 5,000 idle and slow clients")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384) if hard != resource.RLIM_INFINITY else 16384, hard))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home, words.results)
        server = Served(home, words.workers)
        try:
            server.sign_in()
            bounds = json.loads(server.get("/api/v1/studies/toy-city/tiles/parcels.json"))["bounds"]
            TILES.extend(_tiles(bounds))
            before = server.processor()
            seen = asyncio.run(load(server, words.rate, words.seconds, words.idle, words.slow))
            spent = server.processor() - before
        finally:
            server.stop()
    print(
        f"answers after {server.began:.2f} s; {words.workers} process(es); {words.rate:g} requests/s for {words.seconds:g} s"
    )
    for kind in sorted(seen.seconds):
        print(f"  {kind:16} {shown(seen.seconds[kind])}")
    print(f"  {'all':16} {shown([each for some in seen.seconds.values() for each in some])}")
    count = sum(map(len, seen.seconds.values()))
    print(f"processor: {1000 * spent / count:.2f} ms a request")
    print(f"memory {seen.memory[0]:.0f} MB at first, {max(seen.memory):.0f} at most, {seen.memory[-1]:.0f} in the end")
    print(f"wrong: {len(seen.wrong)}", *sorted(set(seen.wrong))[:10], sep="\n  ")


def _tiles(bounds: list[float]) -> list[tuple[int, int, int]]:
    """The tiles over the middle of a layer at three zooms."""
    from math import asinh, pi, radians, tan

    made = []
    for z in (12, 14, 16):
        x = int((((bounds[0] + bounds[2]) / 2 + 180) / 360) * 2**z)
        y = int((1 - asinh(tan(radians((bounds[1] + bounds[3]) / 2))) / pi) / 2 * 2**z)
        made.append((z, x, y))
    return made


if __name__ == "__main__":
    main()
