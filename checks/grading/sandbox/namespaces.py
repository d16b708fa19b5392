"""Namespaces: each hand-in is alone with its processes, its mounts and a network of nothing.

A worker enters namespaces of its own once. Each child then begins a new one for processes: it is the
first process there, sees no other, and all that it starts ends with it. A tmpfs is its whole disk.
See namespaces(7), user_namespaces(7), pid_namespaces(7).
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from checks.grading.limits import Limits
from checks.grading.sandbox import linux

_OWN = (
    linux.NEW_MOUNTS | linux.NEW_HOST_NAME | linux.NEW_IPC | linux.NEW_PROCESSES | linux.NEW_NETWORK
)
_PLAIN = linux.NO_SET_USER | linux.NO_DEVICES | linux.NO_PROGRAMS


def settle() -> bool:
    """Go on in new namespaces; returns whether a user namespace was needed for it.

    The process that called it stays behind, waits, and ends as the new one ends. Raises OSError where
    the kernel refuses; this process may then be in some of the namespaces.
    """
    own_user = False
    try:
        linux.unshare(_OWN)
    except PermissionError:
        user, group = os.geteuid(), os.getegid()
        linux.unshare(_OWN | linux.NEW_USER)
        own_user = True
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    linux.mount(Path("/"), linux.RECURSIVE | linux.PRIVATE)
    keeper = os.pidfd_open(os.getpid())
    worker = os.fork()
    if worker:
        _keep(worker)
    linux.die_with(keeper)
    os.close(keeper)
    return own_user


def _keep(worker: int) -> NoReturn:
    # Who reads from the worker, or writes to it, must see when it ends.
    os.closerange(0, 2)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    status = os.waitpid(worker, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        with suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 128 - code)


def fork(worker: int) -> int:
    """Like `os.fork`, into a new namespace of processes; `worker` is the pidfd of this process."""
    linux.unshare(linux.NEW_PROCESSES)
    child = None
    try:
        child = os.fork()
        return child
    finally:
        if child != 0:
            linux.set_namespace(worker, linux.NEW_PROCESSES)


def prepare_disk(folder: Path, work: Path) -> None:
    """Put a read-only tmpfs on the folder, with nothing in it but the place of the children's disks.

    An empty one covers /proc, which would show what the worker's own namespace shows.
    """
    linux.mount(folder, _PLAIN, "size=4k,nr_inodes=2,mode=755")
    work.mkdir()
    linux.mount(folder, linux.CHANGE | linux.THIS_MOUNT | linux.READ_ONLY | _PLAIN)
    cover(Path("/proc"))


def cover(folder: Path) -> None:
    """Hide what is in a folder from the worker and all its children."""
    linux.mount(folder, _PLAIN | linux.READ_ONLY, "size=4k,mode=555")


def own_disk(work: Path, limits: Limits, owner: int) -> None:
    """Put a private, limited and empty tmpfs there."""
    linux.unshare(linux.NEW_MOUNTS)
    options = f"size={limits.disk},nr_inodes={limits.files},mode=700"
    if owner != os.geteuid():
        options += f",uid={owner},gid={owner}"
    linux.mount(work, _PLAIN, options)
