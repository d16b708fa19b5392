"""The fast engine: a worker process that forks a child for each hand-in. For Linux."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from checks.course import ROOT
from checks.grading.engine.environment import environment
from checks.grading.messages import JOB, READY, RUN, Job, Run
from checks.grading.sandbox import Sandbox
from checks.grading.status import GradingError, Status

# `-I` keeps the instructor's PYTHONPATH and working folder out; so the package itself is put back.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    "from checks.grading.engine.worker import main; main()"
)
_SECONDS_OF_GRACE = 10


class FastEngine:
    """Runs one hand-in at a time in a child of its worker, which is started anew if it is lost.

    Takes the stages that the worker imports beforehand, and the sandbox around it.
    """

    def __init__(self, stages: Iterable[str], sandbox: Sandbox) -> None:
        self._stages = tuple(stages)
        self._sandbox = sandbox
        self._folder = tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        self._worker: subprocess.Popen[bytes] | None = None
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

        Raises GradingError with the worker's last words where it does not start.
        """
        if self._worker is not None:
            return
        scratch = Path(self._folder.name, "scratch")
        scratch.mkdir(exist_ok=True)
        scratch.parent.chmod(0o711)  # hand-ins may run as another user
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
            raise GradingError(
                f"the process that runs hand-ins could not be started: {error.strerror}"
            ) from None

    def run(self, job: Job) -> Run:
        """Run a job to its end; raises nothing that lies in the hand-in."""
        try:
            self.start()
        except GradingError as error:
            return Run(Status.DIED, str(error))
        worker = self._worker
        assert worker is not None
        patience = threading.Timer(job.limits.seconds + _SECONDS_OF_GRACE, _kill, [worker])
        patience.daemon = True
        patience.start()
        try:
            return self._ask(worker, job)
        except (OSError, ValidationError):
            self._stop()
            return Run(Status.DIED, "it ended the process that ran it")
        finally:
            patience.cancel()

    def close(self) -> None:
        """End the worker, with whatever it is running."""
        self._stop()
        self._folder.cleanup()

    def _ask(self, worker: subprocess.Popen[bytes], job: Job) -> Run:
        assert worker.stdin is not None
        assert worker.stdout is not None
        if worker.poll() is not None:
            raise BrokenPipeError
        worker.stdin.write(JOB.dump_json(job) + b"\n")
        worker.stdin.flush()
        answer = worker.stdout.readline()
        if answer.rstrip() == READY:
            answer = worker.stdout.readline()
        return RUN.validate_json(answer)

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


def _kill(worker: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(worker.pid, signal.SIGKILL)
