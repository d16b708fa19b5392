"""A run that is killed or stopped goes on where it was, and ends as an undisturbed one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checks.grading.grade import Grade
from checks.grading.gradebook.gradebook import FILE, Gradebook, Key, Version
from checks.tests.grading import quick_course
from checks.tests.grading.conftest import Write

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")

KINDS = {"statement": 40, "commit": 4, "grade": 4, "temporary": 8, "replace": 8}
"""Where a run is killed, and how often that place is passed within the first steps of a run."""


@pytest.fixture
def many(hand_ins: Path, hand_in: Write) -> Path:
    for number in range(8):
        hand_in(f"learner-{number}/01_soup.ipynb", double=f"def double(x):\n    return {number}")
    hand_in("learner-1/again/01_soup.ipynb")
    hand_in("learner-8_01_soup.ipynb", content=b"{")
    (hand_ins / "learner-9").mkdir()
    return hand_ins


def command(root: Path, hand_ins: Path, *steps: object) -> list[str]:
    return [sys.executable, quick_course.__file__, *map(str, (root, hand_ins, *steps))]


def run(root: Path, hand_ins: Path, *steps: object) -> list[str]:
    """Grade again and again; what became of each process."""
    done = subprocess.run(
        command(root, hand_ins, *steps), capture_output=True, text=True, timeout=60, check=True
    )
    return [line for line in done.stderr.splitlines() if not line.startswith("graded")]


def known(report: Path) -> list[tuple[Grade, tuple[Key, Version | None]]]:
    with Gradebook(report / FILE) as gradebook:
        keys = gradebook.others([])
        return list(zip(gradebook.grades(keys), gradebook.versions(keys), strict=True))


def files(report: Path) -> dict[str, bytes]:
    return {
        path.relative_to(report).as_posix(): path.read_bytes()
        for path in report.rglob("*")
        if path.is_file()
        and path.suffix != ".sqlite"
        and not any(part.startswith(".") for part in path.relative_to(report).parts)
    }


def test_killed_at_twenty_moments_it_ends_as_if_nothing_had_happened(
    root: Path, many: Path, tmp_path: Path
) -> None:
    draw = random.Random(2026)
    steps: list[object] = [tmp_path / "undisturbed", "none"]
    for kind, most in KINDS.items():
        for number in draw.sample(range(1, most + 1), 4):
            steps += [tmp_path / kind, f"{kind}:{number}"]
        steps += [tmp_path / kind, f"after:{draw.uniform(0.01, 0.1):.3f}"]
        steps += [tmp_path / kind, "none"]

    ends = run(root, many, *steps)

    assert sum(not end.endswith(" 0") for end in ends) >= 20, ends
    for report in ("undisturbed", *KINDS):
        assert f"{report} none 0" in ends
        assert known(tmp_path / report) == known(tmp_path / "undisturbed"), ends
        assert files(tmp_path / report) == files(tmp_path / "undisturbed"), ends


@pytest.mark.parametrize("stop", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_stopped_run_says_what_is_done_and_goes_on_from_there(
    stop: str, root: Path, many: Path, tmp_path: Path
) -> None:
    report, temporary = tmp_path / "report", tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        command(root, many, report, "wait:4"),
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    assert process.stderr is not None
    while not process.stderr.readline().startswith("waiting"):
        assert process.poll() is None, "it ended before anybody stopped it"
    _wait_until_it_rests(process.pid)
    assert list(temporary.iterdir())
    process.send_signal(getattr(signal, stop))
    rest = process.communicate(timeout=30)[1]
    assert process.returncode == 130, rest
    assert f"stopped: 3 of 11 hand-ins are graded and kept in {report / FILE}" in rest
    assert "the same command goes on from there" in rest
    assert list(temporary.iterdir()) == []
    assert not (report / "report.csv").exists()
    assert len(known(report)) == 3

    run(root, many, report, "none")
    assert len(known(report)) == 11
    assert (report / "report.csv").exists()


def _wait_until_it_rests(process: int) -> None:
    """Until nothing runs in the main thread any more, which has recorded what was graded by then."""
    state = Path(f"/proc/{process}/task/{process}/stat")
    quiet = 0
    while quiet < 20:
        sleeps = not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "S"
        quiet = quiet + 1 if sleeps else 0
        time.sleep(0.01)


def test_two_runs_at_once_on_one_gradebook_do_no_harm(
    root: Path, many: Path, tmp_path: Path
) -> None:
    ends = run(root, many, tmp_path / "both", "twice", tmp_path / "alone", "none")
    assert ends == ["both twice 0", "both twice 0", "alone none 0"]
    assert known(tmp_path / "both") == known(tmp_path / "alone")
    assert files(tmp_path / "both") == files(tmp_path / "alone")
