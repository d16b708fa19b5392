"""What a hand-in may use: time, memory, files, and room for what it prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of one hand-in; times in seconds, sizes in bytes, `printed` in characters per cell.

    `seconds` holds for the whole hand-in, `cell_seconds` for one cell: it is interrupted, and the
    next one runs. `disk` and `files` hold for everything that it writes, `file_size` for each file.
    `processes` counts threads too. `disk`, `files` and `processes` need namespaces (see `sandbox`).
    """

    seconds: float = 60
    cell_seconds: float = 20
    memory: int = 2 * 1024**3
    file_size: int = 64 * 1024**2
    open_files: int = 256
    disk: int = 128 * 1024**2
    files: int = 4096
    processes: int = 256
    printed: int = 200_000
