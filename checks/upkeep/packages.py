"""The doctor's look at the packages: installed, within their bounds, with JupyterLab's settings."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from checks.installed import install_command
from checks.upkeep.files import UpkeepError
from checks.upkeep.finding import Finding, advice, good, wrong

NEWEST_TRIED = (3, 14)
"""The newest Python that the course's own tests run on."""

SETTINGS = {
    "overrides.json": "share/jupyter/lab/settings",
    "jupyter_lab_config.json": "etc/jupyter",
    "jupyter_server_config.py": "etc/jupyter",
    "ipython_kernel_config.json": "etc/ipython",
}
"""Where the files of `.jupyter/` go below the environment (pyproject.toml, shared-data)."""


def python(version: tuple[int, int] = sys.version_info[:2]) -> Iterator[Finding]:
    """Whether this Python is one that the course is tried on; older ones do not come this far."""
    text = ".".join(map(str, version))
    if version > NEWEST_TRIED:
        newest = ".".join(map(str, NEWEST_TRIED))
        yield advice(
            f"Python {text} is newer than the course is tried on",
            f"if something fails, make the environment with Python 3.11 to {newest}",
        )
    else:
        yield good(f"Python {text}, in {sys.prefix}")


def requirements(root: Path) -> Iterator[Finding]:
    """Whether each package of `requirements.txt` is installed and within its bounds.

    Raises UpkeepError where the file cannot be read.
    """
    mend = install_command(root)
    wanted = _wanted(root)
    problems = [problem for each in wanted for problem in _problems(each)]
    yield from (wrong(problem, mend) for problem in problems)
    if not problems:
        yield good(f"{len(wanted)} packages are installed, each within its bounds")


def settings(root: Path, prefix: Path | None = None) -> Iterator[Finding]:
    """Whether JupyterLab has the course's settings, as they are today.

    They are copied into the environment `prefix` (by default this one) when the course is installed.
    """
    prefix = prefix or Path(sysconfig.get_path("data"))
    for name, folder in SETTINGS.items():
        installed, ours = prefix / folder / name, root / ".jupyter" / name
        if not installed.is_file():
            yield wrong(f"JupyterLab does not have the course's {name}", install_command(root))
            return
        if ours.is_file() and ours.read_bytes() != installed.read_bytes():
            yield advice(f"JupyterLab has an older {name} of the course", install_command(root))
            return
    yield good("JupyterLab has the course's settings")


def _wanted(root: Path) -> list[Requirement]:
    path = root / "requirements.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UpkeepError(f"requirements.txt: cannot be read: {error.strerror}") from None
    try:
        return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    except InvalidRequirement as error:
        said = " ".join(str(error).split())
        raise UpkeepError(f"requirements.txt: {said}; take the file anew from the course") from None


def _problems(wanted: Requirement) -> Iterator[str]:
    try:
        installed = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        yield f"{wanted.name} is not installed (needed: {wanted.specifier})"
        return
    if not wanted.specifier.contains(installed, prereleases=True):
        yield f"{wanted.name} {installed} is installed (needed: {wanted.specifier})"
    for extra in wanted.extras:
        for line in metadata.requires(wanted.name) or []:
            part = Requirement(line)
            if part.marker is None or part.marker.evaluate({"extra": ""}):
                continue
            if part.marker.evaluate({"extra": extra}):
                yield from _problems(Requirement(f"{part.name}{part.specifier}"))
