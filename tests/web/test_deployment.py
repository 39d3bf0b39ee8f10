"""The page on deployment, done as it says: behind its proxy with TLS, with its unit file, its backup and its restore."""

import http.client
import os
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from .conftest import PASSWORD, Server, free_port

PAGE = (Path(__file__).parents[2] / "docs" / "deployment-server.md").read_text("utf-8")
NAME = "carbon.example.cn"


def block(language, beginning):
    """A block of the page, by its language and how it begins."""
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.S) if text.startswith(beginning)]
    assert len(found) == 1, beginning
    return found[0]


def program(name):
    """The path of a program; without it the test is skipped, but never in CI."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed")
    assert found, name
    return found


def served_copy(folder, served_results):
    """A folder to serve, with one study."""
    folder.mkdir()
    shutil.copytree(served_results / "toy-land", folder / "toy-land")
    return folder


@pytest.fixture
def proxy(tmp_path, served_results, monkeypatch):
    """Two processes behind nginx, as the page sets it up, with a certificate of its own; gives port, certificate, server, log."""
    nginx = program("nginx")
    key, certificate = tmp_path / "carbon.key", tmp_path / "carbon.pem"
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    unit = block("ini", "[Unit]")
    for name in ("CITYCARBON_ADDRESS", "CITYCARBON_HOSTS"):
        monkeypatch.setenv(name, re.search(rf"{name}=(\S+)", unit)[1])
    server = Server(served_copy(tmp_path / "home", served_results), "--workers", "2")
    port = free_port()
    text = block("nginx", "server {")
    for old, new in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"), ("/etc/ssl/carbon.pem", str(certificate)),
        ("/etc/ssl/carbon.key", str(key)), ("127.0.0.1:8470", urlsplit(server.address).netloc),
    ):  # fmt: skip
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    places = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(
        f"{user} daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/nginx.log; events {{}}"
        f" http {{ access_log off; {places} {text} }}"
    )
    running = subprocess.Popen([nginx, "-p", tmp_path, "-c", tmp_path / "nginx.conf"], stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield port, certificate, server
    running.terminate()
    running.wait(20)
    server.stop()


def ask(port, certificate, way, address, body=None, host=NAME, **headers):
    """One request over TLS, whose certificate must hold for the name."""
    connection = http.client.HTTPConnection(host)
    context = ssl.create_default_context(cafile=certificate)
    connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=NAME)
    kind = {"content-type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(way, address, body and urlencode(body), {**kind, **headers})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read().decode(errors="replace")
    connection.close()
    return found


def test_behind_the_proxy_of_the_page_with_tls(proxy):
    port, certificate, server = proxy
    assert server.setup.startswith(f"https://{NAME}/setup?key=")
    status, headers, _ = ask(port, certificate, "GET", "/sign-in")
    assert status == 200
    assert "max-age" in headers["strict-transport-security"]
    # Another name is not answered, whoever asks.
    assert ask(port, certificate, "GET", "/sign-in", host="other.example.cn")[0] == 400
    key = server.setup.partition("key=")[2]
    made = {"key": key, "name": "ada", "password": PASSWORD}
    status, headers, _ = ask(port, certificate, "POST", "/setup", made, origin=f"https://{NAME}")
    assert status == 303
    assert not headers["location"].startswith("http://")
    cookie = SimpleCookie(headers["set-cookie"])["__Host-citycarbon_session"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["path"] == "/"
    known = f"__Host-citycarbon_session={cookie.value}"
    for _ in range(10):
        assert ask(port, certificate, "GET", "/people", cookie=known)[0] == 200
    # Addresses in answers are those that the asker can reach.
    _, _, text = ask(port, certificate, "GET", "/api/v1/studies/toy-land/ogc", cookie=known)
    assert f'"https://{NAME}/api/v1/studies/toy-land/ogc' in text
    assert "http://" not in text.replace("http://www.opengis.net", "")
    # Who asks is what the proxy saw, not what somebody claims.
    wrong = {"name": "ada", "password": "no", "next": "/"}
    assert ask(port, certificate, "POST", "/sign-in", wrong, **{"x-forwarded-for": "203.0.113.9"})[0] in (401, 422)
    with sqlite3.connect(server.home / ".workbench" / "workbench.sqlite") as database:
        assert {row[0] for row in database.execute("SELECT origin FROM log")} == {"127.0.0.1"}


def test_the_unit_file_of_the_page(tmp_path):
    unit = block("ini", "[Unit]")
    assert unit.count("/opt/citycarbon/bin/citycarbon") == 1
    installed = Path(sys.executable).parent / "citycarbon"
    assert installed.exists()
    (tmp_path / "citycarbon.service").write_text(unit.replace("/opt/citycarbon/bin/citycarbon", str(installed)))
    done = subprocess.run(
        [program("systemd-analyze"), "verify", tmp_path / "citycarbon.service"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "citycarbon" in line]
    assert (done.returncode, said) == (0, [])


def sign_in(server, body, address="/sign-in"):
    """Sign in, or set up; give status and cookie."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=20)
    connection.request("POST", address, urlencode(body), {"content-type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    cookies = SimpleCookie(answer.headers["set-cookie"] or "")
    connection.close()
    return answer.status, "; ".join(f"{name}={cell.value}" for name, cell in cookies.items())


def page_of(server, address, cookie):
    """A page, as text."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=20)
    connection.request("GET", address, headers={"cookie": cookie, "accept-language": "en"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_backup_and_restore_of_the_page(tmp_path, served_results):
    for name in ("sqlite3", "rsync"):
        program(name)
    home = served_copy(tmp_path / "home", served_results)
    server = Server(home)
    try:
        made = {"key": server.setup.partition("key=")[2], "name": "ada", "password": PASSWORD}
        assert sign_in(server, made, "/setup")[0] == 303
        # While it runs.
        subprocess.run(["bash", "-euc", block("sh", "mkdir -p backup")], cwd=tmp_path, check=True)
    finally:
        server.stop()
    assert not list((tmp_path / "backup").rglob("*.sqlite-*")), "a copy has no open journal"
    kept = {path.name: path.read_bytes() for path in (home / "toy-land").glob("*.parquet")}
    shutil.rmtree(home)
    subprocess.run(["bash", "-euc", block("sh", "mkdir -p home")], cwd=tmp_path, check=True)
    assert {path.name: path.read_bytes() for path in (home / "toy-land").glob("*.parquet")} == kept
    again = Server(home)
    try:
        assert again.setup == "", "there is an administrator"
        status, cookie = sign_in(again, {"name": "ada", "password": PASSWORD, "next": "/"})
        assert status == 303
        status, text = page_of(again, "/log", cookie)
        assert status == 200
        assert "the chain holds" in text
        assert page_of(again, "/s/toy-land", cookie)[0] == 200
    finally:
        again.stop()
