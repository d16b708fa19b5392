"""The course's folder as a git clone: what changed here, what changed there, and moving forward."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from checks.upkeep.files import UpkeepError

_PATIENCE = 300
"""Seconds that one git command may take, so that a dead network ends in a sentence."""


class GitError(UpkeepError):
    """git refused; the message is the line in which it says why."""


class Clone:
    """A git clone whose work tree begins at `root`."""

    def __init__(self, root: Path) -> None:
        """Raises GitError where `root` is not the top of a clone, or git is not installed."""
        self.root = root
        top = self._git("rev-parse", "--show-toplevel").strip()
        if Path(top).resolve() != root.resolve():
            raise GitError(f"{root.name}/ is a folder inside the repository {top}")

    def fetch(self) -> None:
        """Ask the remote for what is new; raises GitError where it cannot be reached."""
        self._git("fetch", "--quiet", "--no-tags")

    @property
    def upstream(self) -> str:
        """The commit of the branch that this one follows; raises GitError where it follows none."""
        return self.commit("@{upstream}")

    def commit(self, name: str) -> str:
        """The full id of a commit."""
        return self._git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether `other` contains everything that `one` contains."""
        return self._run("merge-base", "--is-ancestor", one, other).returncode == 0

    def changed(self, *commits: str) -> set[str]:
        """The paths that differ between two commits, or between one commit and the work tree."""
        return self._paths("diff", "--name-only", "--no-renames", "-z", *commits, "--")

    def tracked(self) -> set[str]:
        """The paths that git knows."""
        return self._paths("ls-files", "-z")

    def content(self, commit: str, path: str) -> bytes | None:
        """What a file was in a commit, or None where it was not there."""
        done = self._run("cat-file", "blob", f"{commit}:{path}")
        return done.stdout if done.returncode == 0 else None

    def restore(self, paths: list[str]) -> None:
        """Bring files back to what they are in the commit that is checked out."""
        if paths:
            self._git("checkout", "--quiet", "HEAD", "--", *paths)

    def forward(self, commit: str) -> None:
        """Move the branch and the work tree forward; raises GitError where git sees a conflict."""
        self._git("merge", "--quiet", "--ff-only", commit)

    def own_file(self, name: str) -> Path:
        """A path among git's own files, which no listing of the folder shows."""
        return self.root / self._git("rev-parse", "--git-path", name).strip()

    def _paths(self, *arguments: str) -> set[str]:
        return {path for path in self._git(*arguments).split("\0") if path}

    def _git(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode:
            raise GitError(_reason(done.stderr.decode("utf-8", "replace"), arguments[0]))
        return done.stdout.decode("utf-8", "surrogateescape")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        quiet = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        try:
            return subprocess.run(  # noqa: S603
                ["git", *arguments],  # noqa: S607
                cwd=self.root,
                env={**os.environ, **quiet},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
        except FileNotFoundError:
            raise GitError("git is not installed, or not on the PATH") from None
        except subprocess.TimeoutExpired:
            raise GitError(f"git {arguments[0]} took longer than {_PATIENCE} seconds") from None


def _reason(said: str, command: str) -> str:
    lines = said.strip().splitlines()
    named = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    return (*named, *lines[-1:], f"git {command} failed")[0].rstrip(". ")
