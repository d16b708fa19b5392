"""Writes the hand-ins of a zoo, and grades them side by side."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from checks.course import ROOT, read_course
from checks.grading.collect import collect
from checks.grading.engine import open_engine
from checks.grading.grade import Grade
from checks.grading.grader import Grader
from checks.grading.limits import Limits
from checks.grading.repair import read_releases
from checks.grading.sandbox import Sandbox
from checks.grading.submission import pack
from checks.tests.grading.small_course import notebook
from checks.tests.grading.zoo.forgers import STAGE

LIMITS = Limits(seconds=8, cell_seconds=2, memory=1024**3, disk=16 * 1024**2, files=500)


def hand_in(folder: Path, name: str, cells: list[Any], stage: str) -> None:
    """Write a hand-in of the `stage` into a folder of its own."""
    (folder / name).mkdir()
    content = json.dumps(notebook(cells, stage))
    (folder / name / "hand-in.ipynb").write_text(content, encoding="utf-8")


def grade_all(folder: Path, scratch: Path, root: Path, sandbox: Sandbox) -> dict[str, Grade]:
    """Grade what lies in a folder, two at a time, in the order of the names; the grades by name."""
    small, real = read_course(root), read_course(ROOT)
    releases = {**read_releases(small, root), STAGE: read_releases(real, ROOT)[STAGE]}
    found = [
        hand_in
        for course in (small, real)
        for hand_in in collect(folder, course, scratch).hand_ins
        if hand_in.status is None and hand_in.stage in releases
    ]
    start = partial(open_engine, [STAGE], sandbox=sandbox)
    with (
        ThreadPoolExecutor(2) as executor,
        Grader(releases, start, limits=LIMITS) as grader,
    ):
        grader.start(2)
        return {row.learner: row for row in executor.map(grader, map(pack, found))}
