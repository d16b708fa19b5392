"""The experiments behind the claims that a report speaks of, run beside the grading.

They run in a process of their own, one stage at a time, and once for each state of the course.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from threading import Lock

from checks.answers import claims_of
from checks.claim import Claim
from checks.course import ROOT, StageEntry

_SECONDS = 120
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from checks.grading.report.experiments import main; main(sys.argv[2], sys.argv[3:])"
)


class Experiments:
    """Decides claims in the background; a context manager that ends what is running.

    Takes the stages, and what is known already: by stage and name, whether a claim holds.
    """

    def __init__(
        self, stages: Iterable[StageEntry], known: Mapping[str, Mapping[str, bool]]
    ) -> None:
        self._stages = {stage.id: stage for stage in stages}
        self._asked = {name: set(known.get(name, {})) for name in self._stages}
        self._waiting: dict[str, set[str]] = {}
        self._lock = Lock()
        self._executor = ThreadPoolExecutor(1)
        self._decided: list[tuple[str, Future[dict[str, bool]]]] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def __enter__(self) -> Experiments:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()
        self._executor.shutdown(cancel_futures=True)

    def ask(self, stage: str, names: Iterable[str]) -> None:
        """Have these claims of a stage decided, unless they are known or were asked for before."""
        new = set(names) - self._asked[stage] if stage in self._stages else ()
        if not new:
            return
        self._asked[stage] |= new
        with self._lock:
            somebody_comes = stage in self._waiting
            self._waiting.setdefault(stage, set()).update(new)
        if not somebody_comes:
            self._decided.append((stage, self._executor.submit(self._decide, stage)))

    def found(self) -> dict[str, dict[str, bool]]:
        """Wait for all that was asked for; by stage and name, whether each claim holds.

        Names that are no claims of the stage, and experiments that fail here, are left out.
        """
        found: dict[str, dict[str, bool]] = {}
        for stage, future in self._decided:
            found.setdefault(stage, {}).update(future.result())
        return found

    def _decide(self, stage: str) -> dict[str, bool]:
        with self._lock:
            names = self._waiting.pop(stage)
        wanted = sorted(claims_in(self._stages[stage]).keys() & names)
        try:
            printed = self._run([stage, *wanted]) if wanted else b"{}"
            holds: dict[str, bool] = json.loads(printed.splitlines()[-1])
        except (OSError, subprocess.SubprocessError, ValueError, IndexError):
            return {}
        return holds

    def _run(self, arguments: list[str]) -> bytes:
        with self._lock:  # so that whoever closes this sees the process, or it is never started
            if self._closed:
                return b"{}"
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-c", _START, str(ROOT), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        with self._process as process:
            try:
                printed, _ = process.communicate(timeout=_SECONDS)
            finally:
                process.kill()
        return printed if process.returncode == 0 else b"{}"


def main(stage: str, names: list[str]) -> None:
    """Decide these claims, and print a JSON object of what holds."""
    from checks.course import the_course

    claims = claims_of(the_course().stage(stage))
    holds: dict[str, bool] = {}
    for name in names:
        with suppress(Exception):  # one experiment that fails here leaves the others alone
            holds[name] = claims[name].experiment().holds
    print(f"\n{json.dumps(holds)}")


def claims_in(stage: StageEntry) -> dict[str, Claim]:
    """The claims of a stage by name, which are none where it has no room."""
    if find_spec(f"checks.stages.{stage.id}") is None:
        return {}
    return claims_of(stage)
