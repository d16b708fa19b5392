"""The sandbox as a worker has it: forks children, and shuts each one in."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path

from checks.grading.limits import Limits
from checks.grading.sandbox import resources
from checks.grading.sandbox.layer import Layer
from checks.grading.sandbox.view import View


class Enclosure:
    """Forks children, and puts the layers in force in them; made in a process with one thread.

    `folder` is absolute, empty, and the worker's own; `work` is the folder in it where all children live,
    one after the other. What is above `folder` must be passable for everybody. Where namespaces are among the layers, the process that makes the enclosure stays behind, and the
    program goes on in a child of it. Raises OSError where a layer is refused.
    """

    def __init__(self, layers: Collection[Layer], view: View, folder: Path) -> None:
        self._layers = frozenset(layers)
        self.work = folder / "work"
        self._view = view
        self._counts_processes = False
        resources.load()
        if sys.platform != "linux":
            self.work.mkdir()
            return
        from checks.grading.sandbox import landlock, linux, namespaces, seccomp, user

        if Layer.NAMESPACES in self._layers:
            self._counts_processes = namespaces.settle()
            namespaces.prepare_disk(folder, self.work)
        else:
            self.work.mkdir()
        self._owner = user.NOBODY if Layer.USER in self._layers else os.geteuid()
        if Layer.USER in self._layers and Layer.NAMESPACES not in self._layers:
            folder.chmod(0o711)
            os.chown(self.work, self._owner, self._owner)
        if Layer.LANDLOCK in self._layers:
            # A rule for a folder holds for what is mounted below it, not on it; see `prepare_disk`.
            place = folder if Layer.NAMESPACES in self._layers else self.work
            self._rules = landlock.Rules(view, place)
        if Layer.SECCOMP in self._layers:
            self._filter = seccomp.Filter(1 if Layer.NAMESPACES in self._layers else None)
        linux.refuse_inspection()
        self._worker = os.pidfd_open(os.getpid())

    def close(self) -> None:
        """Called in the worker, when it is ready: what only it had to read is gone from now on.

        Without namespaces of its own it stays readable for the worker, and for children without Landlock.
        """
        if sys.platform == "linux" and Layer.NAMESPACES in self._layers:
            from checks.grading.sandbox import namespaces

            for folder in (*self._view.first, *self._view.hidden):
                namespaces.cover(folder)

    def fork(self) -> int:
        """Like `os.fork`. A child in a namespace of its own has the number 1 there.

        As a first process it does not feel the signals that it sends to itself, unless it handles them.
        """
        if sys.platform == "linux" and Layer.NAMESPACES in self._layers:
            from checks.grading.sandbox import namespaces

            return namespaces.fork(self._worker)
        return os.fork()

    def enter(self, limits: Limits) -> None:
        """Shut this process in, for good; `work` becomes its working folder.

        Called in the child, before the first line of a learner, while it has one thread. Raises OSError
        where a layer is refused: the child must then end.
        """
        if sys.platform == "linux":
            self._enter_linux(limits)
        else:
            os.chdir(self.work)
            resources.limit(limits, count_processes=False)

    def sweep(self) -> None:
        """Called in the worker, when a child has ended: `work` is empty for the next one.

        Raises OSError where something of it cannot be removed.
        """
        from checks.grading.sandbox.sweep import empty

        if Layer.NAMESPACES not in self._layers:  # there, the disk has gone with the child
            empty(self.work)

    def _enter_linux(self, limits: Limits) -> None:
        from checks.grading.sandbox import linux, namespaces, user

        if Layer.NAMESPACES in self._layers:
            namespaces.own_disk(self.work, limits, self._owner)
        os.chdir(self.work)
        resources.limit(limits, count_processes=self._counts_processes)
        if Layer.USER in self._layers:
            user.become_nobody()
        linux.drop_capabilities()
        linux.refuse_new_privileges()
        linux.refuse_inspection()
        linux.die_with(self._worker)
        os.close(self._worker)
        if Layer.LANDLOCK in self._layers:
            self._rules.restrict()
        if Layer.SECCOMP in self._layers:
            self._filter.load()
