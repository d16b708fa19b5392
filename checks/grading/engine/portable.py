"""The portable engine: a Jupyter kernel for each hand-in, driven by nbclient. For any system."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.course import ROOT
from checks.grading.engine.environment import environment
from checks.grading.engine.refusal import refusal
from checks.grading.engine.supervise import Heard
from checks.grading.messages import JOB, Job, Run
from checks.grading.status import Status
from checks.imports import skip_grammars

if TYPE_CHECKING:
    from nbclient import NotebookClient

_SECONDS_TO_START = 60
_SECONDS_OF_GRACE = 5


class PortableEngine:
    """Runs one hand-in at a time in a kernel of its own."""

    def __init__(self) -> None:
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[Run]] | None = None

    isolation = "limits" if sys.platform != "win32" else "none"

    def __enter__(self) -> PortableEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Import what runs a kernel."""
        skip_grammars()
        import nbformat.v4  # noqa: F401

    def run(self, job: Job) -> Run:
        """Run a job to its end; raises nothing that lies in the hand-in.

        Raises GradingError where this machine can start no kernel.
        """
        self.start()
        with tempfile.TemporaryDirectory(prefix="hand-in-", ignore_cleanup_errors=True) as folder:
            try:
                return asyncio.run(self._run(job, Path(folder)))
            except asyncio.CancelledError:
                return Run(Status.DIED, "the grading was interrupted")

    def close(self) -> None:
        """End the kernel that is running."""
        if self._running is not None:
            loop, task = self._running
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                loop.call_soon_threadsafe(task.cancel)

    async def _run(self, job: Job, folder: Path) -> Run:
        task = asyncio.current_task()
        assert task is not None
        self._running = asyncio.get_running_loop(), task
        key = secrets.token_hex(8)
        files = {name: folder / f"{secrets.token_hex(8)}.json" for name in ("job", "messages")}
        files["job"].write_bytes(JOB.dump_json(job))
        files["messages"].touch()
        work = folder / "work"
        work.mkdir()
        client = _client(job, work)
        begin = f"_begin({str(files['job'])!r}, {key!r}, {str(files['messages'])!r})"
        late: float | None = None
        ended: int | None = None
        interrupts: set[int] = set()
        try:
            async with asyncio.timeout(job.limits.seconds + _SECONDS_TO_START):
                async with contextlib.AsyncExitStack() as stack:
                    kernel = client.async_setup_kernel(
                        env={**environment(folder), "PYTHONPATH": str(ROOT)},
                        stderr=subprocess.DEVNULL,
                        cleanup_kc=True,
                    )
                    try:
                        await stack.enter_async_context(kernel)
                    except OSError as error:
                        raise refusal(error.strerror) from None
                    await _silently(client, f"{_IMPORT} as _begin; {begin}; del _begin")
                    files["job"].unlink()
                    late, ended = await _execute(client, job, interrupts)
        except TimeoutError:
            late = job.limits.seconds
        finally:
            self._running = None
        heard = Heard(job, key)
        heard.interrupts = interrupts
        with contextlib.suppress(FileNotFoundError):  # a hand-in may remove what it can reach
            for line in files["messages"].read_bytes().splitlines():
                heard.note(line)
        if job.keeps_outputs:
            heard.outputs = [tuple(cell.get("outputs", ())) for cell in client.nb.cells]
        return heard.as_run(ended, late=late)


_IMPORT = "from checks.grading.engine.kernel import begin"
_FINISH = "from checks.grading.engine.kernel import finish as _finish; await _finish(); del _finish"


async def _execute(
    client: NotebookClient, job: Job, interrupts: set[int]
) -> tuple[float | None, int | None]:
    """Run the cells, and add to `interrupts` the numbers of those that had to be interrupted.

    Returns the limit that the kernel was ended for, and the exit code of one that has died.
    """
    import zmq
    from nbclient.exceptions import DeadKernelError

    # nbclient takes a task that is cancelled for a kernel that has died. So the kernel is ended.
    limits = job.limits
    kernel: Any = client.kc
    # A kernel whose sockets were spoilt would be waited for without an end.
    kernel.shell_channel.socket.sndtimeo = 1000
    whole = asyncio.create_task(_end_after(client, limits.seconds))
    watch = whole
    try:
        for number, cell in enumerate(client.nb.cells):
            interrupting = _interrupt_after(client, limits.cell_seconds, number, interrupts)
            watch = asyncio.create_task(interrupting)
            await client.async_execute_cell(cell, number)
            watch.cancel()
        await _silently(client, _FINISH)
    except (DeadKernelError, RuntimeError, zmq.ZMQError):
        if watch is not whole and watch.done() and not watch.cancelled():
            return limits.cell_seconds, None
        return (limits.seconds, None) if whole.done() else (None, _exit_code(client))
    finally:
        whole.cancel()
        watch.cancel()
    return None, None


async def _interrupt_after(
    client: NotebookClient, seconds: float, cell: int, interrupts: set[int]
) -> None:
    import zmq

    manager: Any = client.km
    await asyncio.sleep(seconds)
    interrupts.add(cell)
    await manager.interrupt_kernel()
    # ipykernel 7.4 notices the interrupt of a cell that awaits something when a message arrives.
    kernel: Any = client.kc
    with contextlib.suppress(zmq.ZMQError):
        kernel.kernel_info()
    await _end_after(client, _SECONDS_OF_GRACE)


async def _end_after(client: NotebookClient, seconds: float) -> None:
    manager: Any = client.km
    await asyncio.sleep(seconds)
    await manager.signal_kernel(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)


async def _silently(client: NotebookClient, code: str) -> None:
    kernel: Any = client.kc
    reply = await kernel.execute_interactive(code, silent=True, store_history=False)
    if reply["content"]["status"] != "ok":
        content = reply["content"]
        raise RuntimeError(f"{content.get('ename')}: {content.get('evalue')}")


def _client(job: Job, folder: Path) -> NotebookClient:
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell, new_notebook

    manager = AsyncKernelManager(transport_encryption="auto")
    # The kernel of this environment, whatever is installed as `python3` elsewhere.
    manager._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
    )
    # An empty cell would not be run at all.
    cells = [new_code_cell(cell.source if cell.source.strip() else "pass") for cell in job.cells]
    return NotebookClient(
        new_notebook(cells=cells),
        km=manager,
        timeout=None,
        startup_timeout=_SECONDS_TO_START,
        shutdown_kernel="immediate",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )


def _exit_code(client: NotebookClient) -> int | None:
    process: Any = getattr(getattr(client.km, "provisioner", None), "process", None)
    return process.poll() if process is not None else None
