"""Is installed what the course needs? Cheap enough to ask at the start of every notebook."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[.*?\])?\s*(?P<bounds>[^#;]*)")
_LEAST = re.compile(r">=\s*([0-9.]+)")


def install_command(root: Path) -> str:
    """The command that installs what the course at `root` needs, into the Python that runs.

    It goes to that folder first: one of the requirements is the course in the current folder.
    """
    go = ["cd", str(root)]
    install = [sys.executable, "-m", "pip", "install", "-r", "requirements.txt"]
    join = subprocess.list2cmdline if sys.platform == "win32" else shlex.join
    return f"{join(go)} && {join(install)}"


def what_is_missing(root: Path) -> str:
    """One line about packages of the notebooks that are missing or too old; empty where all is well.

    Reads the first paragraph of `requirements.txt` in `root`, the packages that notebooks import. What
    is newer than its upper bound may well work: that is for `course doctor` to say.
    """
    problems = list(_problems(root))
    if not problems:
        return ""
    mend = f"To mend it: {install_command(root)} (and restart the kernel)"
    return f"{'; '.join(problems)}. {mend}"


def notebook_requirements(text: str) -> list[str]:
    """The lines below `# The notebooks` in a requirements file, up to the next empty line."""
    paragraph = text.partition("# The notebooks\n")[2].partition("\n\n")[0]
    return [line for line in paragraph.splitlines() if line and not line.startswith("#")]


def _problems(root: Path) -> Iterator[str]:
    try:
        text = (root / "requirements.txt").read_text(encoding="utf-8")
    except OSError:
        return
    for line in notebook_requirements(text):
        match = _LINE.match(line)
        least = _LEAST.search(match["bounds"]) if match else None
        if match is None or least is None:
            continue
        name = match["name"]
        try:
            installed = version(name)
        except PackageNotFoundError:
            yield f"{name} is missing (the course needs {least[1]} or newer)"
            continue
        if _numbers(installed) < _numbers(least[1]):
            yield f"{name} {installed} is too old (the course needs {least[1]} or newer)"


def _numbers(text: str) -> tuple[int, ...]:
    release = re.match(r"\d+(\.\d+)*", text)
    numbers = [int(part) for part in release[0].split(".")] if release else []
    while numbers and numbers[-1] == 0:  # 2.0 is 2
        numbers.pop()
    return tuple(numbers)
