"""Hand-ins that reach for what is not theirs. `SECRET` is a file of the instructor's."""

from __future__ import annotations

from checks.course import ROOT
from checks.grading.sandbox import Layer
from checks.tests.grading.zoo.animal import Animal, refused, solved_after

# Of all other processes that it sees, and of none where it sees none.
_OTHERS = """
others = [each for each in os.listdir('/proc') if each.isdigit() and int(each) != os.getpid()]
for number in others:
    open('/proc/' + number + '/{}', 'rb').{}
if not others:
    raise OSError
"""

WITHIN_REACH = (
    "reads another hand-in",
    "reads the solutions",
    "reads the known answers",
    "reads the accounts of the machine",
    "starts a program",
    "connects by TCP",
    "sends by UDP",
    "opens a server",
    "connects by an abstract name",
    "traces another process",
)
"""What nothing but the sandbox refuses, and what does no harm if it is tried without one."""


def reaching(secret: str, port: int, name: str) -> tuple[Animal, ...]:
    """Takes a file that everybody could read, and a port and an abstract name that somebody listens on."""
    return (
        refused("reads another hand-in", f"Path({secret!r}).read_text()"),
        refused("changes the gradebook", f"Path({secret!r}).write_text('10 of 10')"),
        refused("removes the gradebook", f"os.unlink({secret!r})"),
        refused(
            "reads the solutions",
            f"next(open(path) for path in [{str(ROOT / 'solutions/02_sqlalchemy_core_concepts.ipynb')!r}])",
        ),
        refused(
            "reads the known answers",
            f"open({str(ROOT / 'checks/stages/fastapi_basics/answers/take_order.py')!r})",
        ),
        refused("reads the accounts of the machine", "open('/etc/passwd')"),
        refused(
            "looks into the environment of other processes",
            _OTHERS.format("environ", "read()"),
        ),
        refused(
            "looks into the memory of other processes",
            _OTHERS.format("mem", "fileno()"),
        ),
        refused("leaves a file for its neighbours", "Path('/tmp/left').write_text('x')"),
        refused("leaves a file in shared memory", "Path('/dev/shm/left').write_text('x')"),
        refused(
            "fills the disk with many files",
            "for number in range(100_000):\n    Path(str(number)).touch()",
            Layer.NAMESPACES,
        ),
        refused(
            "fills the disk with many large files",
            "for number in range(100):\n    Path(str(number)).write_bytes(bytes(8_000_000))",
            Layer.NAMESPACES,
        ),
        refused("starts processes without end", "while True:\n    os.fork()"),
        refused("starts a program", "subprocess.run(['/usr/bin/env'])"),
        refused("becomes another program", "os.execv('/bin/sh', ['sh', '-c', 'sleep 1000'])"),
        refused(
            "leaves a daemon behind",
            "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(1000)",
        ),
        refused("kills everybody", "os.kill(-1, signal.SIGKILL)"),
        refused("kills its parent", "os.kill(os.getppid(), signal.SIGKILL)"),
        refused("kills its group", "os.killpg(0, signal.SIGKILL)"),
        refused(
            "kills the first hundred processes",
            "for number in range(2, 100):\n    os.kill(number, signal.SIGKILL)",
        ),
        refused("connects by TCP", f"socket.create_connection(('127.0.0.1', {port}), 1)"),
        refused(
            "sends by UDP",
            f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
        ),
        refused("opens a server", "socket.create_server(('127.0.0.1', 0))"),
        refused(
            "connects by an abstract name",
            f"socket.socket(socket.AF_UNIX).connect('\\0{name}')",
        ),
        refused(
            "traces another process",
            "library = ctypes.CDLL(None)\nif library.ptrace(0, 0, 0, 0) == -1:\n    raise OSError",
            Layer.SECCOMP,
        ),
        refused("becomes root again", "os.setuid(0 if os.getuid() else 1)"),
        solved_after(
            "looks for secrets in its environment",
            "import os\nassert not {'COURSE_TOKEN', 'SSH_AUTH_SOCK', 'PWD_OF_THE_INSTRUCTOR'} & os.environ.keys()\n"
            "assert len(os.environ) < 20, dict(os.environ)",
        ),
    )
