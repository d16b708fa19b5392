"""What a command costs: time, processor time of everything it starts, and memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of processor time; the peak memory of one process each, in MiB.

    `own` is the memory of the command itself, `child` that of the largest process below it; both are
    0 where nobody looked.
    """

    wall: float
    cpu: float
    own: float = 0
    child: float = 0


def measure(command: list[str], *, folder: Path, look: bool = False, **environment: str) -> Cost:
    """Run a command to its end; `look` also watches its memory, which costs a little time.

    Raises RuntimeError with the end of what it printed where it fails.
    """
    printed = folder / "printed.txt"
    with printed.open("wb") as file:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=folder,
            env={**os.environ, **environment},
        )
        peaks = _Peaks(process.pid)
        if look:
            peaks.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if look:
            peaks.ended.set()
            peaks.join()
    if process.returncode:
        said = printed.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    return Cost(wall, used.ru_utime + used.ru_stime, peaks.own / 2**20, peaks.child / 2**20)


class _Peaks(threading.Thread):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.ended = threading.Event()
        self.own = self.child = 0
        self._number = number

    def run(self) -> None:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._number)
            while not self.ended.wait(_SECONDS_BETWEEN_LOOKS):
                self.own = max(self.own, process.memory_info().rss)
                for child in process.children(recursive=True):
                    with suppress(psutil.NoSuchProcess):
                        self.child = max(self.child, child.memory_info().rss)
