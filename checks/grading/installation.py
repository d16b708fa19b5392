"""What is installed on a machine, so that all those of a cluster can be held against each other."""

from __future__ import annotations

import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from checks.course import ROOT, read_course
from checks.grading.fingerprint import contents, library_versions

COURSE = "the course"
"""The name under which an installation has the hash of the course and its checks."""


@cache
def read_installation(root: Path = ROOT) -> dict[str, str]:
    """What is installed here, by name.

    Takes the folder of the course. Returns the SHA-256 (hexadecimal) of all that is written for its
    stages, and the versions of Python and of the libraries. Raises CourseError where there is no course.
    """
    whole = sha256("\n".join(contents(read_course(root).stages, root).values()).encode())
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
