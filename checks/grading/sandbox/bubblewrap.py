"""Bubblewrap around a worker: of all files, it sees only those of the view, and no network.

https://github.com/containers/bubblewrap; the options are those of version 0.6 and later.
"""

from __future__ import annotations

from pathlib import Path

from checks.grading.limits import Limits
from checks.grading.sandbox.user import is_root
from checks.grading.sandbox.view import View

SCRATCH = Path("/tmp")  # noqa: S108  (a tmpfs of the worker's own)


def program() -> str | None:
    """Where bubblewrap is installed; None where it is not."""
    import shutil

    return shutil.which("bwrap")


def wrap(command: list[str], view: View) -> list[str]:
    """The command, run by bubblewrap; /tmp is the one folder that it can write in.

    It ends when the thread that starts it ends.
    """
    bwrap = program()
    assert bwrap is not None
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    options += ["--unshare-cgroup-try", "--die-with-parent"]
    if not _may_do_without_user_namespace():
        options.append("--unshare-user")
    options += ["--size", str(2 * Limits().disk), "--tmpfs", str(SCRATCH)]
    options += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    bound: list[Path] = []
    made = {SCRATCH}
    for path in sorted((*view.readable, *view.first)):
        if any(path.is_relative_to(parent) for parent in bound):
            continue
        if path.is_symlink() and path.parent == Path("/"):
            options += ["--symlink", str(path.readlink()), str(path)]
            continue
        for parent in reversed(path.parents[:-1]):
            if parent not in made:  # it would be for root alone
                options += ["--perms", "0755", "--dir", str(parent)]
                made.add(parent)
        options += ["--ro-bind", str(path), str(path)]
        bound.append(path)
    for path in view.hidden:
        if any(path.is_relative_to(parent) for parent in bound):
            options += ["--tmpfs", str(path), "--remount-ro", str(path)]
    options += ["--remount-ro", "/", "--chdir", str(SCRATCH), "--"]
    return [bwrap, *options, *command]


def _may_do_without_user_namespace() -> bool:
    # In a user namespace there would be nobody whom root could become.
    if not is_root():
        return False
    rights = next(
        line.split()[1]
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("CapEff:")
    )
    administers_the_system = 1 << 21
    return bool(int(rights, 16) & administers_the_system)
