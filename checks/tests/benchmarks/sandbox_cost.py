"""What the sandbox costs per hand-in: pairs of forks of a loaded worker, with the layers and without.

    python -m checks.tests.benchmarks.sandbox_cost [PAIRS]

Prints milliseconds of wall time and of processor time: on a busy machine, trust the fastest tenth.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from checks.course import ROOT
from checks.grading.limits import Limits
from checks.grading.sandbox import Enclosure, Layer, View, probe


def _processor_time() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    uses = [resource.getrusage(kind) for kind in kinds]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def _child(enclosure: Enclosure | None) -> tuple[float, float]:
    wall, processor = time.perf_counter(), _processor_time()
    child = enclosure.fork() if enclosure else os.fork()
    if child == 0:
        if enclosure:
            enclosure.enter(Limits())
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status == 0
    return 1000 * (time.perf_counter() - wall), 1000 * (_processor_time() - processor)


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    sandbox = probe(View.of_course(ROOT))
    layers = [layer for layer in sandbox.layers if layer is not Layer.BUBBLEWRAP]
    print(sandbox.level.name, *layers, sep=", ")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        keeper = os.fork()
        if keeper == 0:
            inner = Path(tempfile.mkdtemp(dir=folder))
            inner.chmod(0o711)
            # Who runs this where nobody can read Python measures the rest.
            enclosure = Enclosure(layers, sandbox.view, inner)
            for module in ("fastapi.testclient", "IPython.core.interactiveshell", "sqlalchemy.orm"):
                import_module(module)
            _child(enclosure)
            plain, shut_in = [], []
            for _ in range(pairs):
                plain.append(_child(None))
                shut_in.append(_child(enclosure))
            for name, index in (("wall", 0), ("processor", 1)):
                without, within = (
                    statistics.quantiles([pair[index] for pair in kind], n=10)
                    for kind in (plain, shut_in)
                )
                for part, place in (("fastest tenth", 0), ("median", 4)):
                    more = within[place] - without[place]
                    print(f"{name}, {part}: fork {without[place]:.2f} ms, sandbox {more:+.2f} ms")
            os._exit(0)
        os.waitpid(keeper, 0)


if __name__ == "__main__":
    main()
