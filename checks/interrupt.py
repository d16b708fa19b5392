"""The stop button also ends a cell that awaits.

ipykernel 7.4 notes an interrupt, but its event loop sleeps on until the next message comes: the cell
stops only when another one is run. A loop that handles any signal is woken by all of them (asyncio's
`add_signal_handler` sets the wakeup file descriptor), so it is given one that nobody sends.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Any


def wake_on_interrupt(shell: Any) -> None:
    """Have the event loop of this kernel woken by an interrupt, from its next cell on.

    `shell` is IPython's. Windows needs none of this: asyncio's loop is woken there by itself.
    """
    if not hasattr(signal, "SIGURG"):
        return

    def before_a_cell(_: Any) -> None:
        shell.events.unregister("pre_run_cell", before_a_cell)
        # No loop runs in a plain IPython; a thread other than the main one hears no signals.
        with suppress(RuntimeError, ValueError, NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGURG, lambda: None)

    shell.events.register("pre_run_cell", before_a_cell)
