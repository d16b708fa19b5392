"""Each layer holds back what it says, on its own; the same attempts succeed without it."""

from __future__ import annotations

import errno
import os
import select
import socket
import sys
from pathlib import Path

import pytest

from checks.course import ROOT
from checks.grading.limits import Limits
from checks.grading.sandbox import Layer, Sandbox
from checks.tests.grading.sandbox.conftest import Try

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")

REFUSED = ("PermissionError", "FileNotFoundError")

CONNECT = """
import socket
with socket.socket({family}) as client:
    client.connect({address!r})
said = "connected"
"""
SEND = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.sendto(b"x", {address!r})
said = "sent"
"""
START = (
    "import subprocess; subprocess.run(['/usr/bin/env'], stdout=subprocess.DEVNULL); said = 'ran'"
)
LINGER = """
hearing, speaking = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.open({fifo!r}, os.O_WRONLY)
        os.write(speaking, b"I am here")
        import time
        time.sleep(1000)
    os._exit(0)
os.read(hearing, 100)
said = "left"
"""


@pytest.mark.parametrize(
    ("layer", "kept_off"),
    [
        (Layer.LANDLOCK_SCOPE, {"tcp", "abstract"}),
        (Layer.SECCOMP, {"tcp", "udp", "abstract", "file"}),
        (Layer.NAMESPACES, {"tcp", "udp", "abstract"}),
        (Layer.BUBBLEWRAP, {"tcp", "udp", "abstract", "file"}),
        (Layer.LIMITS, set()),
    ],
)
def test_the_network(attempt: Try, layer: Layer, kept_off: set[str], tmp_path: Path) -> None:
    layers = [Layer.LANDLOCK, layer] if layer is Layer.LANDLOCK_SCOPE else [layer]
    abstract, file = f"\0course-{os.getpid()}", str(tmp_path / "socket")
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as one,
        socket.socket(socket.AF_UNIX) as other,
    ):
        udp.bind(("127.0.0.1", 0))
        for listening, name in ((one, abstract), (other, file)):
            listening.bind(name)
            listening.listen()
        codes = {
            "tcp": CONNECT.format(family="socket.AF_INET", address=tcp.getsockname()),
            "udp": SEND.format(address=udp.getsockname()),
            "abstract": CONNECT.format(family="socket.AF_UNIX", address=abstract),
            "file": CONNECT.format(family="socket.AF_UNIX", address=file),
        }
        attempt(*codes.values(), layers=layers)
        servers = {"tcp": tcp, "udp": udp, "abstract": one, "file": other}
        waiting = select.select(servers.values(), [], [], 0)[0]
    assert {kind for kind, server in servers.items() if server not in waiting} == kept_off


@pytest.mark.parametrize("layer", [Layer.LANDLOCK, Layer.BUBBLEWRAP, Layer.LIMITS])
def test_files_outside(attempt: Try, layer: Layer, secret: Path) -> None:
    stage = sorted(ROOT.glob("checks/stages/*/answers/*.py"))[0]
    said = attempt(
        f"said = Path({str(secret)!r}).read_text()",
        f"said = os.listdir({str(secret.parent)!r})",
        f"said = Path({str(stage)!r}).read_bytes() and 'read'",
        "said = Path('/etc/passwd').read_bytes() and 'read'",
        f"said = Path({str(secret.parent / 'new')!r}).write_text('')",
        f"said = Path({str(secret)!r}).write_text('10 of 10')",
        f"said = Path({str(secret)!r}).unlink()",
        layers=[layer],
    )
    if layer is Layer.LIMITS:
        assert said == ["the marks of all", ["secret"], "read", "read", 0, 8, None]
        return
    assert all(word.startswith(REFUSED) for word in said), said
    assert secret.read_text() == "the marks of all"


@pytest.mark.parametrize("layer", [Layer.LANDLOCK, Layer.BUBBLEWRAP])
def test_python_its_libraries_and_the_checks_can_be_read(attempt: Try, layer: Layer) -> None:
    assert attempt(
        f"import xml.dom.minidom; said = Path({str(ROOT)!r}, 'checks/exercise.py').read_text()[:3]",
        "Path('own').write_text('mine'); said = Path('own').absolute().read_text()",
        "said = open('/dev/null', 'w').write('nothing') + len(open('/dev/urandom', 'rb').read(1))",
        "import asyncio; said = asyncio.run(asyncio.sleep(0, 'slept'))",
        layers=[layer],
    ) == ['"""', "mine", 8, "slept"]


def test_signals(attempt: Try) -> None:
    signal = "os.kill(worker, 0); said = 'signalled'"
    memory = "said = Path(f'/proc/{worker}/environ').read_bytes() and 'read'"
    [sent, refused] = attempt(signal, memory, layers=[])
    assert sent == "signalled"
    assert refused.startswith("PermissionError")  # the worker cannot be inspected in any case
    for layers in ([Layer.LANDLOCK, Layer.LANDLOCK_SCOPE], [Layer.SECCOMP]):
        assert attempt(signal, layers=layers)[0].startswith("PermissionError")


def test_in_a_namespace_there_is_nobody_else(attempt: Try) -> None:
    [alone, everybody] = attempt(
        "said = [os.getpid(), os.getppid(), os.listdir('/proc')]",
        "os.kill(-1, 9)",
        layers=[Layer.NAMESPACES],
    )
    assert alone == [1, 0, []]
    assert everybody.startswith("ProcessLookupError")


def test_what_is_left_behind_ends_with_its_namespace(attempt: Try, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    # This end is at its end as soon as nobody holds the other one.
    hearing = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert attempt(LINGER.format(fifo=str(fifo)), layers=[Layer.NAMESPACES]) == ["left"]
        poll = select.poll()
        poll.register(hearing, select.POLLHUP)
        assert poll.poll(10_000)
    finally:
        os.close(hearing)


def test_seccomp_allows_threads_but_no_processes(attempt: Try) -> None:
    thread = (
        "import threading; t = threading.Thread(target=list); t.start(); t.join(); said = 'ran'"
    )
    image = "os.execv(sys.executable, [sys.executable, '-c', 'pass'])"
    assert attempt(thread, START, layers=[]) == ["ran", "ran"]
    ran, *refused = attempt(thread, START, "os.fork()", image, layers=[Layer.SECCOMP])
    assert ran == "ran"
    assert all(word.startswith("PermissionError") for word in refused)


def test_seccomp_refuses_what_no_lesson_needs(attempt: Try) -> None:
    calls = [
        "ptrace(16, worker, 0, 0)",
        "unshare(0x10000000)",
        "mount(b'none', b'.', b'tmpfs', 0, None)",
        "memfd_create(b'flood', 0)",
        "shmget(1, 4096, 0o1666)",
        "prctl(1, 0, 0, 0, 0)",
        "kill(-1, 0)",
        "kill(worker, 0)",
        "tgkill(worker, worker, 0)",
        "prlimit(worker, 0, None, None)",
        "socketpair(1, 2, 0, (ctypes.c_int * 2)())",
        "socket(1, 1, 0)",
    ]
    code = """
import ctypes, errno
library = ctypes.CDLL(None, use_errno=True)
said = errno.errorcode.get(ctypes.get_errno()) if library.{call} == -1 else "allowed"
"""
    said = attempt(*(code.format(call=call) for call in calls), layers=[Layer.SECCOMP])
    assert dict(zip(calls, said, strict=True)) == dict.fromkeys(calls, "EPERM")


def test_root_becomes_somebody_who_owns_nothing(attempt: Try, machine: Sandbox) -> None:
    if os.geteuid() != 0:
        pytest.skip("an ordinary user cannot become another one")
    layers = {Layer.USER} | ({Layer.BUBBLEWRAP} & set(machine.layers))
    [user, back] = attempt(
        "said = [os.getresuid(), os.getresgid(), os.getgroups()]", "os.setuid(0)", layers=layers
    )
    assert user == [[65534] * 3, [65534] * 3, []]
    assert back.startswith("PermissionError")


def test_the_rights_of_root_are_gone_even_where_it_stays_root(attempt: Try) -> None:
    status = "said = [line.split()[1] for line in open('/proc/self/status') if line[:3] == 'Cap']"
    [held] = attempt(status, layers=[])
    assert [int(rights, 16) for rights in held[:3]] == [0, 0, 0]


MEBIBYTE = 1024**2
LIMITS = Limits(
    memory=512 * MEBIBYTE,
    file_size=2 * MEBIBYTE,
    open_files=32,
    disk=4 * MEBIBYTE,
    files=100,
    processes=20,
)


def test_memory_file_size_and_open_files_are_limited(attempt: Try) -> None:
    memory, size, files, core = attempt(
        "bytes(1024**3)",
        "open('big', 'wb').write(bytes(3 * 1024**2))",
        "kept = [open('/dev/null') for _ in range(100)]",
        "import resource; said = resource.getrlimit(resource.RLIMIT_CORE)",
        layers=[],
        limits=LIMITS,
    )
    assert memory.startswith("MemoryError")
    assert size.startswith("OSError: [Errno 27]")
    assert files.startswith("OSError: [Errno 24]")
    assert core == [0, 0]


def test_a_namespace_limits_all_files_together(attempt: Try) -> None:
    flood, many, sweet = attempt(
        "for n in range(100): Path(str(n)).write_bytes(bytes(1024**2))",
        "for n in range(10_000): Path(str(n)).touch()",
        "said = os.listdir()",
        layers=[Layer.NAMESPACES],
        limits=LIMITS,
    )
    assert flood.startswith("OSError: [Errno 28]")
    assert many.startswith("OSError: [Errno 28]")
    assert sweet == []


def test_a_bomb_of_processes_fills_only_its_own_namespace(attempt: Try) -> None:
    if os.geteuid() == 0:
        pytest.skip("the number of processes of root is not limited; seccomp allows it none")
    bomb = """
import time
try:
    while True:
        os.fork()
except OSError as error:
    if os.getpid() != 1:
        time.sleep(1000)
    said = error.errno
"""
    said = attempt(bomb, "said = 'next'", layers=[Layer.NAMESPACES], limits=LIMITS)
    assert said == [errno.EAGAIN, "next"]


def test_a_folder_that_was_locked_is_swept_all_the_same(attempt: Try, secret: Path) -> None:
    lock = f"""
os.makedirs('a/b')
Path('a/b/c').touch()
os.symlink({str(secret.parent)!r}, 'a/link')
os.symlink({str(secret.parent)!r}, 'link')
os.chmod('a/b', 0)
os.chmod('a', 0)
os.chmod('.', 0)
"""
    assert attempt(lock, "said = os.listdir()", layers=[])[1] == []
    assert secret.exists()
