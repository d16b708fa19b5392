"""An executor of the standard library's kind on a Dask client.

Dask has one itself, `Client.get_executor()`. There, a result that was lost with its worker before it
could be fetched leaves a future that never ends (distributed 2026.8, `cfexecutor._cascade_future`).
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from concurrent.futures import CancelledError as FutureCancelledError
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from checks.grading.status import GradingError

if TYPE_CHECKING:
    from distributed import Client

P = ParamSpec("P")
T = TypeVar("T")

_TRIES = 3


class ResultLostError(Exception):
    """The work was done, and its result was lost on the way, time and again."""


def lost(address: str) -> GradingError:
    """What to say when a cluster has gone away; takes its address."""
    return GradingError(
        f"--scheduler: the cluster at {address} no longer answers; start it again and grade again"
    )


class DaskExecutor(Executor):
    """Hands calls to a cluster; every future ends, with GradingError where the cluster has gone."""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        assert client.loop is not None
        self._loop = client.loop
        self._address = address

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call `fn` on a worker; equal calls are made as often as they are submitted."""
        future: Future[T] = Future()

        def call() -> Any:
            return self._client.submit(fn, *args, **kwargs, pure=False, retries=1)

        self._loop.add_callback(self._follow, future, call)
        return future

    async def _follow(self, future: Future[T], call: Callable[[], Any]) -> None:
        try:
            result = await self._result(future, call)
        except (Exception, CancelledError) as error:
            with suppress(InvalidStateError):  # cancelled by whoever submitted it
                future.set_exception(error)
        else:
            with suppress(InvalidStateError):
                future.set_result(result)

    async def _result(self, future: Future[T], call: Callable[[], Any]) -> T:
        for _ in range(_TRIES):
            if future.cancelled():
                break
            task = call()
            future.add_done_callback(partial(_release, task))
            try:
                result: T = (await self._client.gather([task], asynchronous=True))[0]
            except (CancelledError, FutureCancelledError):  # Dask raises one or the other
                if self._client.status != "running":
                    raise lost(self._address) from None
            else:
                return result
        raise ResultLostError


def _release(task: Any, _: object) -> None:
    """Nobody waits for this task any more: where it is not done yet, it need not be."""
    task.release()
