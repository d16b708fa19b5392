"""What the processes of an engine write to each other, and how it is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from checks.grading.messages import JOB, MESSAGE, Job, Message, Said

_SIZES = 24
"""Bytes of the two sizes that stand before an outline and its job, in decimal digits."""


@dataclass(frozen=True)
class Outline:
    """A job without its code, and of how many bytes the whole job is that follows it."""

    job: Job
    size: int


def write_job(pipe: int, job: Job) -> None:
    """Write the outline of a job and then the job, for two readers: a worker, and its child."""
    cells = tuple(replace(cell, source="") for cell in job.cells)
    canaries = tuple(replace(canary, source="") for canary in job.canaries)
    outline = JOB.dump_json(replace(job, cells=cells, canaries=canaries))
    whole = JOB.dump_json(job)
    _write(pipe, b"%12d%12d" % (len(outline), len(whole)) + outline + whole)


def read_outline(pipe: int) -> Outline | None:
    """Read the next outline, and not a byte of the job behind it; None where nothing follows."""
    sizes = _read(pipe, _SIZES)
    if not sizes:
        return None
    size, whole = int(sizes[:12]), int(sizes[12:])
    return Outline(JOB.validate_json(_read(pipe, size)), whole)


def read_job(pipe: int, outline: Outline) -> Job:
    """Read the job behind an outline."""
    return JOB.validate_json(_read(pipe, outline.size))


def skip_job(pipe: int, outline: Outline) -> None:
    """Pass over the job behind an outline that nobody will run."""
    _read(pipe, outline.size)


def write_line(pipe: int, line: bytes) -> None:
    """Write a line and its end, however small the pieces are that the pipe takes at a time."""
    _write(pipe, line + b"\n")


def sender(pipe: int, key: str) -> Callable[[Said], None]:
    """How a hand-in's process says something: on this pipe, each message with this key."""
    return lambda said: write_line(pipe, MESSAGE.dump_json(Message(key, said)))


def _write(pipe: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(pipe, left) :]


def _read(pipe: int, size: int) -> bytes:
    """So many bytes, or less where the other side has ended."""
    content = bytearray()
    while len(content) < size and (chunk := os.read(pipe, size - len(content))):
        content += chunk
    return bytes(content)
