"""A server of several processes: one address and one truth."""

import http.client
import os
import shutil
import subprocess
import time
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from .conftest import PASSWORD, Server


def ask(server, way, address, body=None, cookie=""):
    """One request on a connection of its own, which any of the processes may take."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=20)
    headers = {"cookie": cookie, **({"content-type": "application/x-www-form-urlencoded"} if body else {})}
    connection.request(way, address, body, headers)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace")
    connection.close()
    return found


def children(pid):
    """Processes that a process has started."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.skipif(
    shutil.which("ogrinfo") is None and not os.environ.get("CI"), reason="GDAL's ogrinfo is not installed"
)
def test_gdal_reads_layers_as_features(server):
    address = f"OAPIF:{server.address}/api/v1/studies/toy-land/ogc"
    command = ["ogrinfo", "-ro", "-al", "-geom=NO", "-oo", "PAGE_SIZE=7", "-spat", "119.10", "31.61", "119.12", "31.63"]
    done = subprocess.run([*command, address, "parcels"], capture_output=True, text=True, timeout=100, check=True)
    assert "Feature Count: 20" in done.stdout
    assert done.stdout.count("t_co2e (Real)") == 20
    assert "ERROR" not in done.stderr


def test_two_processes_answer_as_one(tmp_path, served_results):
    shutil.copytree(served_results / "toy-land", tmp_path / "toy-land")
    server = Server(tmp_path, "--workers", "2")
    try:
        assert len(children(server.process.pid)) >= 2
        key = server.setup.partition("key=")[2]
        made = ask(server, "POST", "/setup", urlencode({"key": key, "name": "ada", "password": PASSWORD}))
        cookie = "; ".join(f"{name}={cell.value}" for name, cell in SimpleCookie(made[1]["set-cookie"]).items())
        for _ in range(40):
            assert ask(server, "GET", "/people", cookie=cookie)[0] == 200
        form = (
            ask(server, "GET", "/account", cookie=cookie)[2].partition('name="form_key" value="')[2].partition('"')[0]
        )
        assert (
            ask(server, "POST", "/people/open/toy-land", urlencode({"form_key": form, "public": "no"}), cookie)[0]
            == 303
        )
        # What one process has changed, the other knows at once.
        assert {ask(server, "GET", "/s/toy-land")[0] for _ in range(40)} == {401}
        assert ask(server, "POST", "/sign-out", urlencode({"form_key": form}), cookie)[0] == 303
        assert {ask(server, "GET", "/people", cookie=cookie)[0] for _ in range(40)} == {401}
        running = children(server.process.pid)
    finally:
        server.stop()
    for _ in range(100):
        left = [pid for pid in running if Path(f"/proc/{pid}").exists()]
        if not left:
            break
        time.sleep(0.1)
    assert left == [], "nothing stays behind"
