"""A real IPython kernel, as JupyterLab would start it for a notebook, and what its cells show."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jupyter_client import BlockingKernelClient, KernelManager

PATIENCE = 60
"""Seconds after which a kernel that says nothing is given up."""


@dataclass
class Shown:
    """What one cell showed: its cards and prints as text, its error, its buttons by their words."""

    texts: list[str] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    buttons: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def hear(self, message: dict[str, Any]) -> None:
        content = message["content"]
        match message["msg_type"]:
            case "display_data" | "execute_result" | "update_display_data":
                self.cards.append(content["data"])
                self.texts.append(content["data"]["text/plain"])
            case "stream":
                self.texts.append(content["text"])
            case "error":
                self.error = content["ename"]
            case "comm_open":
                state = content["data"].get("state", {})
                if state.get("_model_name") == "ButtonModel":
                    self.buttons[state["description"]] = content["comm_id"]


class Kernel:
    """A kernel with the notebook `notebook` in front of it."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def run(self, code: str) -> Shown:
        """Run a cell to its end."""
        shown = Shown()
        self.client.execute_interactive(
            code, output_hook=shown.hear, allow_stdin=False, stop_on_error=False, timeout=PATIENCE
        )
        return shown

    def click(self, shown: Shown, word: str) -> Shown:
        """Press one of the buttons that a cell showed; returns what that showed."""
        data = {"method": "custom", "content": {"event": "click"}}
        content = {"comm_id": shown.buttons[word], "data": data}
        request = self.client.session.msg("comm_msg", content)
        self.client.shell_channel.send(request)
        clicked = Shown()
        self._hear_until_idle(request, clicked)
        return clicked

    def run_and_interrupt(self, code: str, when: str) -> Shown:
        """Run a cell and press the stop button when it has printed `when`."""
        shown = Shown()
        sent = self.client.execute(code, stop_on_error=False)
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            shown.hear(message)
            if message["content"].get("text", "").startswith(when):
                self.manager.interrupt_kernel()
            if _is_idle(message, sent):
                self.client.get_shell_msg(timeout=PATIENCE)
                return shown

    def restart(self) -> None:
        """Restart it: all that it knew is gone."""
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=PATIENCE)

    def _hear_until_idle(self, request: dict[str, Any], shown: Shown) -> None:
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            shown.hear(message)
            if _is_idle(message, request["header"]["msg_id"]):
                return


@contextmanager
def running_kernel(notebook: Path, *, named: bool = True) -> Iterator[Kernel]:
    """Run a kernel in the folder of a notebook; `named` says whether JupyterLab started it."""
    hidden = ("PYTEST", "JPY_SESSION_NAME")
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    if named:
        env["JPY_SESSION_NAME"] = str(notebook)
    with TemporaryDirectory() as sockets:  # a short path: that of a socket has at most 100 bytes
        manager = KernelManager(
            kernel_name="python3", transport="ipc", connection_file=f"{sockets}/kernel.json"
        )
        manager.start_kernel(env=env, cwd=str(notebook.parent))
        client = manager.client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=PATIENCE)
            yield Kernel(manager, client)
        finally:
            client.stop_channels()
            with suppress(RuntimeError):
                manager.shutdown_kernel(now=True)
            manager.cleanup_resources()


def _is_idle(message: dict[str, Any], request: str) -> bool:
    return (
        message["msg_type"] == "status"
        and message["content"]["execution_state"] == "idle"
        and message["parent_header"].get("msg_id") == request
    )
