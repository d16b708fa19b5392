"""Hand-ins that do not end as others do, or flood what they reach."""

from __future__ import annotations

from checks.grading.status import Status
from checks.tests.grading.zoo.animal import in_the_middle, solved_after

ENDINGS = (
    in_the_middle("loops without end", "while True:\n    pass", {Status.TIMEOUT: 6}),
    in_the_middle(
        "loops and swallows the interrupt",
        """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
        {Status.TIMEOUT: 4},
    ),
    in_the_middle(
        "sleeps and ignores the interrupt",
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(1000)",
        {Status.TIMEOUT: 4},
    ),
    in_the_middle(
        "waits for a thread that never ends",
        "import threading\nthreading.Thread(target=threading.Event().wait).start()\nthreading.Event().wait()",
        {Status.TIMEOUT: 6},
    ),
    in_the_middle("exits", "import sys\nsys.exit(0)", {Status.GRADED: 6}),
    in_the_middle("exits at once", "import os\nos._exit(0)", {Status.DIED: 4}),
    in_the_middle("reads address zero", "import ctypes\nctypes.string_at(0)", {Status.DIED: 4}),
    in_the_middle(
        "overflows the stack",
        """
import sys
sys.setrecursionlimit(2**30)
def fall(value):
    return sorted([value], key=fall)
fall(0)
""",
        {Status.DIED: 4, Status.GRADED: 6, Status.OUT_OF_MEMORY: 6},
    ),
    in_the_middle(
        "stops itself",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        {Status.GRADED: 6, Status.TIMEOUT: 4},
    ),
    in_the_middle(
        "kills itself",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        {Status.GRADED: 6, Status.DIED: 4},
    ),
    in_the_middle("closes all descriptors", "import os\nos.closerange(0, 256)", {Status.DIED: 4}),
    in_the_middle(
        "takes all memory",
        "kept = []\nwhile True:\n    kept.append(bytes(50_000_000))",
        {Status.OUT_OF_MEMORY: 6},
    ),
    in_the_middle(
        "starts threads without end",
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        {Status.GRADED: 6},
    ),
    in_the_middle("prints without end", "while True:\n    print('x' * 1000)", {Status.TIMEOUT: 6}),
    in_the_middle(
        "writes to its output without end",
        "import os\nwhile True:\n    os.write(1, b'x' * 10_000_000)",
        {Status.GRADED: 6},
    ),
    in_the_middle(
        "fills the disk with one file",
        "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(1_000_000))",
        {Status.GRADED: 6},
    ),
    in_the_middle(
        "raises an error with a huge message",
        "raise ValueError('x' * 50_000_000)",
        {Status.GRADED: 6},
    ),
    in_the_middle(
        "raises an error that cannot say what it is",
        """
class Mute(Exception):
    def __str__(self):
        raise self
    __repr__ = __str__
raise Mute
""",
        {Status.GRADED: 6},
    ),
    in_the_middle(
        "raises an error that exits when it is read",
        """
class Leaver(Exception):
    def __str__(self):
        raise SystemExit
    __repr__ = __str__
raise Leaver
""",
        {Status.GRADED: 6, Status.DIED: 4},
    ),
    in_the_middle(
        "raises an error that loops when it is read",
        """
class Loop(Exception):
    def __str__(self):
        while True:
            pass
    __repr__ = __str__
raise Loop
""",
        {Status.TIMEOUT: 4, Status.GRADED: 6},
    ),
    solved_after("prints fifty million characters", "print('x' * 50_000_000)"),
    solved_after(
        "replaces the standard streams",
        "import sys\nsys.stdout = sys.stderr = sys.stdin = sys.__stdout__ = None",
    ),
    solved_after(
        "leaves threads and functions for the end",
        "import atexit, threading, time\natexit.register(time.sleep, 1000)\nthreading.Thread(target=time.sleep, args=(1000,)).start()",
    ),
)
