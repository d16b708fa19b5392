"""What a mark depends on besides the hand-in: the course, the checks, and the libraries they run on."""

from __future__ import annotations

import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from checks.course import ROOT
from checks.grading.fingerprint import library_versions

COURSE = "the course"
"""The key under which a fingerprint holds the hash of the course and its checks."""


@cache
def read_installation(root: Path = ROOT) -> dict[str, str]:
    """What is installed here, by name.

    Takes the folder of the course. Returns the SHA-256 (hexadecimal) of course.yml, the notebooks
    and the checks, and the versions of Python and of the libraries.
    """
    package = Path(__file__).parent.parent
    files = {
        f"checks/{path.relative_to(package).as_posix()}": path
        for path in package.rglob("*.py")
        if not path.is_relative_to(package / "tests")
    }
    for folder in ("notebooks", "solutions"):  # the checks look up given names in the solved ones
        files |= {f"{folder}/{path.name}": path for path in (root / folder).glob("*.ipynb")}
    files["course.yml"] = root / "course.yml"
    whole = sha256()
    for name, path in sorted(files.items()):
        whole.update(f"{name}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return {
        COURSE: whole.hexdigest(),
        "python": "{}.{}".format(*sys.version_info),
        **library_versions(),
    }


def difference(here: dict[str, str], there: dict[str, str]) -> str:
    """What differs there, as a phrase such as "sqlalchemy 2.1.8 (here 2.1.9)"; empty if nothing does."""
    for name in here:
        if here[name] != there.get(name):
            if name == COURSE:
                return "another version of the course"
            return f"{name} {there.get(name, 'unknown')} (here {here[name]})"
    return ""
