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

    The processor time is that of the whole machine meanwhile: what a process has spent in a namespace
    of its own is not always told to the one that started it. `own` is the memory of the command itself, `child` that of the largest process below it; both are
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
        begun, busy = time.perf_counter(), _busy()
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
        process.wait()
        wall, busy = time.perf_counter() - begun, _busy() - busy
        if look:
            peaks.ended.set()
            peaks.join()
    if process.returncode:
        said = printed.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    return Cost(wall, busy, peaks.own / 2**20, peaks.child / 2**20)


def _busy() -> float:
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0)


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
