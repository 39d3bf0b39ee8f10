"""One headless Chromium for all browser tests, and a real server for those of the workbench."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PASSWORD = "four words are long enough"


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium, with a software renderer for maps."""
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # Each frame of a moving chart is drawn in software.
        motion = "--force-prefers-reduced-motion"
        arguments = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", motion]
        made = play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield made
        made.close()


def free_port():
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running workbench: its address, folder, and the link that makes its first administrator."""

    def __init__(self, home, *more):
        self.home = home
        self.address = f"http://127.0.0.1:{free_port()}"
        command = [sys.executable, "-c", "import sys; from citycarbon.interfaces.command import main; sys.exit(main())"]
        words = ["serve", str(home), "--port", self.address.rpartition(":")[2], "--lang", "en", *more]
        for name in ("toy-city", "toy-future", "toy-land"):
            words += ["--public", name]
        self.log = (home / "server.log").open("wb")
        self.process = subprocess.Popen([*command, *words], stdout=self.log, stderr=subprocess.STDOUT)
        for _ in range(300):
            try:
                urllib.request.urlopen(self.address + "/", timeout=2).close()
                break
            except urllib.error.HTTPError:
                # It answers, if only to hosts of another name.
                break
            except OSError:
                time.sleep(0.1)
        found = re.search(r"https?://\S+/setup\?key=\S+", (home / "server.log").read_text())
        self.setup = found.group() if found else ""

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory, served_results):
    """A workbench on three shipped studies, open to everyone."""
    home = tmp_path_factory.mktemp("workbench")
    for name in ("toy-city", "toy-future", "toy-land"):
        shutil.copytree(served_results / name, home / name)
    made = Server(home)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def signed_in(browser, server):
    """Cookies of the first administrator, made in the browser with the printed link."""
    page = browser.new_page()
    page.goto(server.setup + "&lang=en")
    page.fill("input[name=name]", "ada")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit].press")
    page.wait_for_url(server.address + "/")
    state = page.context.storage_state()
    page.close()
    return state
