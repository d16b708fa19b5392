"""Landlock: a process gives up every file, TCP and signals, except what it names beforehand.

Numbers and structures after the kernel's `include/uapi/linux/landlock.h` and
https://docs.kernel.org/userspace-api/landlock.html. The package `landlock` on PyPI knows of files only,
neither of the network nor of signals.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from checks.grading.sandbox import linux
from checks.grading.sandbox.view import View

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _DEVICE_CONTROL = 1 << 13, 1 << 14, 1 << 15
_FILES_OF_VERSION = {1: (1 << 13) - 1, 2: _REFER, 3: _TRUNCATE, 5: _DEVICE_CONTROL}
_NO_TCP = 0b11
_NO_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

# A hand-in may read random numbers, and write to nowhere.
_DEVICES = {
    "null": _READ_FILE | _WRITE_FILE,
    "zero": _READ_FILE,
    "urandom": _READ_FILE,
    "random": _READ_FILE,
}


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scope", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("path", ctypes.c_int32))


def version() -> int:
    """The version of Landlock in this kernel; signals are covered from 6 on, TCP from 4 on.

    Raises OSError where there is none.
    """
    return linux.system_call(
        _CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)
    )


class Rules:
    """Reading what the view shows, and all of a folder: made once, put in force in each child.

    What is mounted below the folder later belongs to it. Raises OSError where the kernel refuses.
    """

    def __init__(self, view: View, folder: Path) -> None:
        known = version()
        files = sum(bits for since, bits in _FILES_OF_VERSION.items() if since <= known)
        ruleset = _Ruleset(
            files=files,
            network=_NO_TCP if known >= 4 else 0,
            scope=_NO_ABSTRACT_SOCKETS_AND_SIGNALS if known >= 6 else 0,
        )
        size = ctypes.c_size_t(ctypes.sizeof(ruleset))
        pointer = ctypes.byref(ruleset)
        self._rules = linux.system_call(_CREATE_RULESET, pointer, size, ctypes.c_uint32(0))
        for path, whole in view.entries():
            is_folder = path.is_dir()
            if whole or is_folder:
                reading = _READ_FILE if whole else 0
                _allow(self._rules, path, reading | (_READ_FOLDER if is_folder else 0))
        for name, access in _DEVICES.items():
            if (device := Path("/dev", name)).exists():
                _allow(self._rules, device, access)
        _allow(self._rules, folder, files & ~_DEVICE_CONTROL)

    def restrict(self) -> None:
        """From now on this thread, and those that it starts, have what the rules allow: nothing else."""
        linux.refuse_new_privileges()
        linux.system_call(_RESTRICT_SELF, self._rules, ctypes.c_uint32(0))
        os.close(self._rules)


def _allow(rules: int, path: Path, access: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = ctypes.byref(_PathBeneath(allowed=access, path=opened))
        linux.system_call(_ADD_RULE, rules, _PATH_BENEATH, rule, ctypes.c_uint32(0))
    finally:
        os.close(opened)
