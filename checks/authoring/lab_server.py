"""A JupyterLab server of its own: a new user's home, no settings, nothing trusted."""

from __future__ import annotations

import contextlib
import os
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

TOKEN = "course"  # noqa: S105, the server listens on this machine only and lives for seconds


@dataclass(frozen=True)
class Lab:
    """A JupyterLab server that is running; `root` is the folder it shows."""

    address: str
    root: Path

    def url(self, notebook: str) -> str:
        """The address that opens a notebook, given by its path below the root."""
        # A workspace of its own, so that several pages do not get in each other's way.
        workspace = Path(notebook).stem
        return f"{self.address}/lab/workspaces/{workspace}/tree/{notebook}?token={TOKEN}&reset"


@contextlib.contextmanager
def running_lab(root: Path, seconds: float = 120) -> Iterator[Lab]:
    """Run JupyterLab over the folder `root`.

    Raises RuntimeError with the server's last lines where it does not come up in time.
    """
    with TemporaryDirectory() as home, contextlib.ExitStack() as stack:
        log = stack.enter_context((Path(home) / "lab.log").open("w+"))
        port = _free_port()
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
        deadline = time.monotonic() + seconds
        while not _answers(f"{lab.address}/api"):
            if server.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise RuntimeError(f"JupyterLab did not start: {log.read()[-2000:]}")
            time.sleep(0.1)
        yield lab


def _environment(home: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {
        **ours,
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
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
