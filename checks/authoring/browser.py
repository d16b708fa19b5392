"""JupyterLab in a real browser: a server of its own, and a page that waits for the kernel."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

TOKEN = "course"  # noqa: S105, the server listens on this machine only and lives for seconds

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# A kernel exists some time after JupyterLab looks ready; a cell that is run before is cleared.
_KERNEL_READY = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  for (;;) {
    const widget = app.shell.currentWidget;
    if (widget && widget.context) {
      await widget.context.ready;
      await widget.sessionContext.ready;
      const session = widget.sessionContext.session;
      const kernel = session && session.kernel;
      if (kernel) {
        await kernel.info;
        if (kernel.connectionStatus === 'connected' && kernel.status === 'idle') return;
      }
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}"""


class BrowserMissing(Exception):
    """No Chromium or no Playwright on this machine; the message says how to get them."""


def find_chromium() -> str:
    """The path of an installed Chromium or Chrome; raises BrowserMissing where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if path := shutil.which(name):
            return path
    raise BrowserMissing(
        "no Chromium was found; install it (Debian: apt-get install chromium) and try again"
    )


@dataclass(frozen=True)
class Lab:
    """A JupyterLab server that is running; `root` is the folder it shows."""

    address: str
    root: Path

    def url(self, notebook: str) -> str:
        """The address that opens a notebook, given by its path below the root."""
        return f"{self.address}/lab/tree/{notebook}?token={TOKEN}&reset"


@contextlib.contextmanager
def running_lab(root: Path, *, theme: str = "JupyterLab Light") -> Iterator[Lab]:
    """Run JupyterLab over the folder `root` as a new user would: no settings, nothing trusted.

    Raises RuntimeError with the server's last lines where it does not come up within 60 seconds.
    """
    with TemporaryDirectory() as home, contextlib.ExitStack() as stack:
        log = stack.enter_context((Path(home) / "lab.log").open("w+"))
        port = _free_port()
        settings = Path(home) / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
        server = subprocess.Popen(  # noqa: S603
            [
                sys.executable,
                "-m",
                "jupyter",
                "lab",
                "--no-browser",
                "--allow-root",
                "--ServerApp.ip=127.0.0.1",
                f"--ServerApp.port={port}",
                "--ServerApp.port_retries=0",
                f"--IdentityProvider.token={TOKEN}",
                "--LabApp.expose_app_in_browser=True",
            ],
            cwd=root,
            env=_environment(Path(home)),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        stack.callback(_stop, server)
        lab = Lab(f"http://127.0.0.1:{port}", root)
        deadline = time.monotonic() + 60
        while not _answers(f"{lab.address}/api"):
            if server.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise RuntimeError(f"JupyterLab did not start: {log.read()[-2000:]}")
            time.sleep(0.1)
        yield lab


@contextlib.contextmanager
def open_page(width: int = 1400, height: int = 1000) -> Iterator[Page]:
    """A page of a headless Chromium. Raises BrowserMissing where Playwright or Chromium is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BrowserMissing("Playwright is missing; run: pip install playwright") from None
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        page = browser.new_context(viewport={"width": width, "height": height}).new_page()
        try:
            yield page
        finally:
            browser.close()


def open_notebook(page: Page, lab: Lab, notebook: str) -> None:
    """Open a notebook and wait until its kernel can run a cell."""
    page.goto(lab.url(notebook))
    page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
    page.evaluate(_KERNEL_READY)


def run_all(page: Page) -> None:
    """Run every cell of the notebook in front; returns when the last one has finished."""
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def save(page: Page) -> None:
    """Save the notebook in front."""
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")


def _environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1):  # noqa: S310
            return True
    except (urllib.error.URLError, OSError):
        return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
