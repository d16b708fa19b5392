"""A filter of system calls: a hand-in has threads, but no processes, no network and no kernel to tune.

The filter is made by libseccomp (https://github.com/seccomp/libseccomp), which most distributions
install with systemd, and which knows the numbers of every architecture. The package `pyseccomp` wraps
the same library, but starts two programs when it is imported; five of its functions are used here.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from functools import cache

from checks.grading.sandbox import linux

_ALLOW = 0x7FFF_0000
_ERROR = 0x0005_0000
_NOT_EQUAL, _MASKED_EQUAL = 1, 7
_THREAD = 0x0001_0000
_OPTIMIZE, _AS_A_TREE = 8, 2

# fork, vfork and clone begin processes; a program that replaces this one would escape the checks.
_PROCESSES = ("fork", "vfork", "execve", "execveat")
# A loop of asyncio needs a pair of connected sockets, and nothing else.
_NETWORK = ("socket", "connect", "bind", "listen", "accept", "accept4")
_OTHERS = (
    "kcmp",
    "migrate_pages",
    "move_pages",
    "pidfd_getfd",
    "pidfd_send_signal",
    "process_madvise",
    "process_mrelease",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "tkill",
)
_KERNEL = (
    "acct",
    "add_key",
    "bpf",
    "chroot",
    "delete_module",
    "fanotify_init",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "mount",
    "mount_setattr",
    "move_mount",
    "name_to_handle_at",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "personality",
    "pivot_root",
    "quotactl",
    "reboot",
    "request_key",
    "setdomainname",
    "sethostname",
    "setns",
    "swapoff",
    "swapon",
    "syslog",
    "umount2",
    "unshare",
    "userfaultfd",
)
# Memory that no limit counts, or that outlives the process.
_MEMORY = ("memfd_create", "memfd_secret", "mq_open", "msgget", "semget", "shmget")
# The own death signal, one's own secrecy, and signals by way of a file or of a terminal.
_FORBIDDEN_ARGUMENTS = (
    ("prctl", 0, 1),
    ("prctl", 0, 4),
    ("fcntl", 1, 8),
    ("fcntl", 1, 10),
    ("fcntl", 1, 15),
    ("ioctl", 1, 0x5412),
    ("ioctl", 1, 0x541C),
)


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.argtypes = (ctypes.c_uint32,)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_rule_add_array.argtypes = (
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_void_p,
    )
    library.seccomp_attr_set.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32)
    library.seccomp_export_bpf.argtypes = (ctypes.c_void_p, ctypes.c_int)
    return library


class Filter:
    """A filter that is made once in the worker, and put in force in each child.

    A child may send signals to one process: itself. Where each child has the same number, it is
    given as `child`, and the filter need not be changed in the child. Raises OSError where libseccomp is
    missing, or the kernel refuses.
    """

    def __init__(self, child: int | None = None) -> None:
        self._rules = _library().seccomp_init(_ALLOW)
        _demand(_library().seccomp_attr_set(self._rules, _OPTIMIZE, _AS_A_TREE), "seccomp_attr_set")
        for name in (*_PROCESSES, *_NETWORK, *_OTHERS, *_KERNEL, *_MEMORY):
            self._refuse(name)
        # clone3 hides its flags from filters; the C library turns to clone where there is none.
        self._refuse("clone3", error=errno.ENOSYS)
        self._refuse("clone", _Comparison(0, _MASKED_EQUAL, _THREAD, 0))
        for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):  # these can name another receiver
            self._refuse("socketpair", _Comparison(1, _MASKED_EQUAL, 0xF, kind))
        self._refuse("prlimit64", _Comparison(0, _NOT_EQUAL, 0))
        for name, argument, value in _FORBIDDEN_ARGUMENTS:
            self._refuse(name, _Comparison(argument, _MASKED_EQUAL, 0xFFFF_FFFF, value))
        self._program = self._compile(child) if child is not None else None

    def load(self) -> None:
        """Put the filter in force for this thread and those that it starts."""
        linux.install_filter(self._program or self._compile(os.getpid()))

    def _compile(self, child: int) -> bytes:
        for name in ("kill", "tgkill"):
            self._refuse(name, _Comparison(0, _NOT_EQUAL, child))
        hearing, speaking = os.pipe()  # which holds it whole: some hundred instructions
        with os.fdopen(hearing, "rb") as pipe:
            try:
                _demand(_library().seccomp_export_bpf(self._rules, speaking), "seccomp_export_bpf")
            finally:
                os.close(speaking)
            return pipe.read()

    def _refuse(self, name: str, *comparisons: _Comparison, error: int = errno.EPERM) -> None:
        number = _library().seccomp_syscall_resolve_name(name.encode())
        if number == -1:  # this libseccomp is older than the system call
            return
        array = (_Comparison * len(comparisons))(*comparisons)
        result = _library().seccomp_rule_add_array(
            self._rules, _ERROR | error, number, len(comparisons), array
        )
        _demand(result, name)


def _demand(result: int, what: str) -> None:
    if result < 0:
        raise OSError(-result, f"{what}: {os.strerror(-result)}")
