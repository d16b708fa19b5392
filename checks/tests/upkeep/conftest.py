"""What the tests of an update share: a small course with a remote, and a learner's clone of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from checks.tests.upkeep.releases import MANIFEST, Cell, check, exercise, notebook, own, prose
from checks.upkeep.update import update

LESSON = [prose("title", "Cook a soup."), exercise("cook"), check("cook"), prose("end")]
ANSWER = {**LESSON[1], "source": ["soup = 'hot'"]}
WORKED = [LESSON[0], ANSWER, LESSON[2], own("mine", "print(soup)"), LESSON[3]]
NOW = datetime(2026, 11, 21, 18, 30)

NOTEBOOK = "notebooks/01_soup.ipynb"
KEPT = "notebooks/01_soup (2026-11-21 at 18.30).ipynb"


def git(folder: Path, *arguments: str) -> str:
    """Run git with an author of its own, whatever this machine's settings are."""
    author = ["-c", "user.name=learner-1", "-c", "user.email=learner-1@example.org"]
    ours = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *author, *arguments],
        cwd=folder,
        env={**os.environ, **ours},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@dataclass
class Updates:
    """The makers' folder, the learner's clone, and what an update says and installs there."""

    makers: Path
    clone: Path
    said: list[str] = field(default_factory=list)
    installed: int = 0

    def release(self, files: dict[str, bytes | None]) -> None:
        """Publish a release in which these files are new; None takes one away."""
        for name, content in files.items():
            path = self.makers / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content)
        git(self.makers, "add", "-A")
        git(self.makers, "commit", "--quiet", "-m", "A release")
        git(self.makers, "push", "--quiet", "origin", "HEAD")

    def update(self) -> None:
        """Run `course update` in the clone."""
        self.said.clear()
        update(self.clone, self.said.append, self._install, NOW)

    def path(self, name: str = NOTEBOOK) -> Path:
        return self.clone / name

    def head(self) -> str:
        return git(self.clone, "rev-parse", "HEAD").strip()

    def _install(self) -> None:
        self.installed += 1


def lesson(*cells: Cell, version: str = "1") -> dict[str, bytes | None]:
    """The files of a release with this lesson."""
    content = notebook(*cells, version=version)
    return {NOTEBOOK: content, NOTEBOOK.replace("notebooks", "checks/pristine"): content}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first release, made once: a remote, the makers' folder and a clone."""
    folder = tmp_path_factory.mktemp("published")
    remote, makers, clone = (folder / name for name in ("remote.git", "makers", "my course"))
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    git(folder, "init", "--quiet", "--initial-branch=main", str(makers))
    git(makers, "remote", "add", "origin", "../remote.git")
    Updates(makers, clone).release(
        {
            "course.yml": MANIFEST.encode(),
            "requirements.txt": b"# The notebooks\n",
            ".gitignore": b"/notebooks/* (*).ipynb\n",
            **lesson(*LESSON),
        }
    )
    git(folder, "clone", "--quiet", "remote.git", str(clone))
    git(clone, "remote", "set-url", "origin", "../remote.git")
    return folder


@pytest.fixture
def updates(published: Path, tmp_path: Path) -> Updates:
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    return Updates(tmp_path / "makers", tmp_path / "my course")
