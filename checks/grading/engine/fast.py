"""The fast engine: a worker process that forks a child for each hand-in. For Linux."""

from __future__ import annotations

import compileall
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from checks.course import ROOT
from checks.grading.engine.environment import environment
from checks.grading.engine.pipe import write_job
from checks.grading.engine.refusal import refusal
from checks.grading.messages import READY, RUN, Job, Run
from checks.grading.sandbox import Sandbox
from checks.grading.status import Status

# `-I` keeps the instructor's PYTHONPATH and working folder out; so the package itself is put back.
# What is imported stays: to look for garbage in it would be a fifth of the time that importing takes.
_START = (
    "import gc, sys; gc.disable(); sys.path.insert(0, sys.argv.pop(1));"
    "from checks.grading.engine.worker import main; main()"
)
_SECONDS_OF_GRACE = 10
_SECONDS_TO_START = 60


class FastEngine:
    """Runs one hand-in at a time in a child of its worker, which is started anew if it is lost.

    Takes the stages that the worker imports beforehand, and the sandbox around it.
    """

    def __init__(self, stages: Iterable[str], sandbox: Sandbox) -> None:
        self._stages = tuple(stages)
        self._sandbox = sandbox
        self._folder = tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        self._worker: subprocess.Popen[bytes] | None = None
        self._is_ready = False
        self._log = Path(self._folder.name, "worker.log")

    @property
    def isolation(self) -> str:
        """The level of its sandbox, by name."""
        return self._sandbox.level.name.lower()

    def __enter__(self) -> FastEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the worker, so that the first hand-in need not wait for it.

        Raises GradingError where the system refuses another process.
        """
        if self._worker is not None:
            return
        self._is_ready = False
        scratch = Path(self._folder.name, "scratch")
        scratch.mkdir(exist_ok=True)
        for folder in (scratch.parent, scratch):  # hand-ins may run as another user
            folder.chmod(0o711)
        told = [self._sandbox.dumps(), *self._stages]
        command = [sys.executable, "-I", "-X", "utf8", "-c", _START, str(ROOT), *told]
        try:
            with self._log.open("wb") as log:
                self._worker = subprocess.Popen(  # noqa: S603
                    self._sandbox.wrap(command),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=scratch,
                    env=environment(self._sandbox.scratch or scratch),
                    start_new_session=True,
                )
        except OSError as error:
            raise refusal(error.strerror) from None
        _keep_bytecode()

    def run(self, job: Job) -> Run:
        """Run a job to its end; raises nothing that lies in the hand-in.

        Raises GradingError, with the worker's last words, where this machine can run no hand-in.
        """
        self.start()
        worker = self._worker
        assert worker is not None
        if not self._is_ready:
            self._get_ready(worker)
        try:
            with _patience(worker, job.limits.seconds + _SECONDS_OF_GRACE):
                run = _ask(worker, job)
        except (OSError, ValidationError):
            self._stop()
            return Run(Status.DIED, "it ended the process that ran it")
        if run.unable:
            self._stop()
            raise refusal(run.unable)
        return run

    def close(self) -> None:
        """End the worker, with whatever it is running."""
        self._stop()
        self._folder.cleanup()

    def _get_ready(self, worker: subprocess.Popen[bytes]) -> None:
        assert worker.stdout is not None
        with _patience(worker, _SECONDS_TO_START):
            self._is_ready = worker.stdout.readline().rstrip() == READY
        if not self._is_ready:
            self._stop()
            said = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
            last = next((line.strip() for line in reversed(said) if line.strip()), "")
            raise refusal(last or f"it said nothing within {_SECONDS_TO_START} s")

    def _stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        assert worker.stdin is not None
        assert worker.stdout is not None
        with suppress(OSError):
            worker.stdin.close()
        worker.terminate()
        try:
            worker.wait(2)
        except subprocess.TimeoutExpired:
            _kill(worker)
            worker.wait()
        # Its output ends when everything has ended that the worker consists of.
        with suppress(OSError):
            worker.stdout.read()
        worker.stdout.close()


@cache
def _keep_bytecode() -> None:
    """Compile what workers import, for those that come: none can write from within its sandbox."""
    package = ROOT / "checks"
    if not sys.dont_write_bytecode:
        never_imported = re.compile(rf"{re.escape(str(package))}.*[/\\](answers|tests)[/\\]")
        compileall.compile_dir(package, quiet=2, rx=never_imported)


def _ask(worker: subprocess.Popen[bytes], job: Job) -> Run:
    assert worker.stdin is not None
    assert worker.stdout is not None
    if worker.poll() is not None:
        raise BrokenPipeError
    write_job(worker.stdin.fileno(), job)
    return RUN.validate_json(worker.stdout.readline())


@contextmanager
def _patience(worker: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """Kill the worker if the block takes longer."""
    timer = threading.Timer(seconds, _kill, [worker])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _kill(worker: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(worker.pid, signal.SIGKILL)
