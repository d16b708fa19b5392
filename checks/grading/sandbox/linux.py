"""The system calls of Linux that Python 3.11 has no functions for.

The numbers are those of the kernel's `include/uapi/linux/sched.h`, `mount.h`, `prctl.h` and
`capability.h`; they are the same on every architecture. Each function raises OSError where the kernel
refuses.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
from functools import cache
from pathlib import Path

NEW_MOUNTS = 0x0002_0000
NEW_HOST_NAME = 0x0400_0000
NEW_IPC = 0x0800_0000
NEW_USER = 0x1000_0000
NEW_PROCESSES = 0x2000_0000
NEW_NETWORK = 0x4000_0000

READ_ONLY = 0x1
NO_SET_USER = 0x2
NO_DEVICES = 0x4
NO_PROGRAMS = 0x8
CHANGE = 0x20
THIS_MOUNT = 0x1000
RECURSIVE = 0x4000
PRIVATE = 0x4_0000

_SET_PARENT_DEATH_SIGNAL = 1
_SET_DUMPABLE = 4
_SET_SECCOMP = 22
_SET_NO_NEW_PRIVILEGES = 38
_FILTER = 2
_CAPABILITY_VERSION_3 = 0x2008_0522


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> int:
    result: int = getattr(_library(), name)(*arguments)
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def system_call(number: int, *arguments: object) -> int:
    """Call the kernel by number, for what the C library has no function for."""
    return _call("syscall", ctypes.c_long(number), *arguments)


def unshare(flags: int) -> None:
    """Leave the namespaces named by the flags for new ones (unshare(2))."""
    _call("unshare", flags)


def set_namespace(process: int, flags: int) -> None:
    """Join the namespaces of a process, given by its pidfd (setns(2))."""
    _call("setns", process, flags)


def mount(target: Path, flags: int, options: str | None = None) -> None:
    """Mount an empty tmpfs with the options, or change the flags of a mount (mount(2))."""
    kind = b"tmpfs" if options is not None else None
    data = options.encode() if options is not None else None
    _call("mount", b"none", os.fsencode(target), kind, ctypes.c_ulong(flags), data)


def _process_control(option: int, value: int) -> None:
    nothing = ctypes.c_ulong(0)
    _call("prctl", option, ctypes.c_ulong(value), nothing, nothing, nothing)


def refuse_new_privileges() -> None:
    """No program that this process starts gets more rights than it has."""
    _process_control(_SET_NO_NEW_PRIVILEGES, 1)


def refuse_inspection() -> None:
    """Other processes of the same user can neither trace this one nor read its memory."""
    _process_control(_SET_DUMPABLE, 0)


def die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent, given by its pidfd, ends."""
    _process_control(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if select.select([parent], [], [], 0)[0]:  # it has ended already
        os._exit(1)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install_filter(program: bytes) -> None:
    """Put a filter of system calls in force, given as its instructions of 8 bytes each (seccomp(2))."""
    pointer = ctypes.byref(_Program(len(program) // 8, program))
    nothing = ctypes.c_ulong(0)
    _call("prctl", _SET_SECCOMP, ctypes.c_ulong(_FILTER), pointer, nothing, nothing)


def drop_capabilities() -> None:
    """Give up all special rights that a process of root, or of a user namespace, has (capset(2))."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
