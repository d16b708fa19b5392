"""What the process of a hand-in says is believed only where a check could have said it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks.grading.engine.supervise import Heard
from checks.grading.messages import Canary, Cell, Job, Role, Run
from checks.grading.status import Status

CELLS = (Cell("the check cell of double", Role.CHECK, "", "double"),)
JOB = Job("soup", CELLS)
GUARDED = Job("soup", CELLS, (Canary("double", "double = 3"),))
FOUND = {"exercise": "double", "outcome": "solved", "points": 4}
CRITERION = {"text": "it doubles 2", "state": "holds", "observed": "", "shares": 1}


def heard(*canaries: dict[str, Any], job: Job = JOB, **found: Any) -> Run:
    """What becomes of a hand-in whose process has the key, and says this of its one exercise.

    Takes also what it says of the canaries that have followed it.
    """
    listener = Heard(job, "key")
    for said in (
        {"kind": "begins", "cell": 0},
        {"kind": "found", "result": FOUND | found},
        {"kind": "begins", "cell": 1},
        *canaries,
        {"kind": "done"},
    ):
        listener.note(json.dumps({"key": "key", "said": said}).encode())
    return listener.as_run(0, late=None)


def test_what_a_check_says_is_believed() -> None:
    run = heard(criteria=[CRITERION], reason="x" * 500)
    assert (run.status, run.results["double"].points) == (Status.GRADED, 4)


@pytest.mark.parametrize(
    "found",
    [
        {"points": 10**400},
        {"points": 1001},
        {"points": -1},
        {"points": float("nan")},
        {"reason": "x" * 501},
        {"diagnosis": "x" * 501},
        {"criteria": [CRITERION] * 101},
        {"criteria": [CRITERION | {"observed": "x" * 501}]},
        {"criteria": [CRITERION | {"shares": 2**63}]},
        {"criteria": [CRITERION | {"shares": -1}]},
        {"outcome": "splendid"},
    ],
    ids=str,
)
def test_what_no_check_says_was_said_by_somebody_else(found: dict[str, Any]) -> None:
    run = heard(**found)
    assert run.status is Status.TAMPERED
    assert not run.results


TRIED = {"kind": "tried", "exercise": "double", "passed": False}


@pytest.mark.parametrize(
    ("points", "canaries", "status"),
    [
        (4, [TRIED], Status.GRADED),
        (4, [TRIED | {"passed": True}], Status.TAMPERED),
        (4, [], Status.TAMPERED),
        (4, [TRIED, TRIED], Status.TAMPERED),
        (0, [], Status.GRADED),
        (0, [TRIED], Status.TAMPERED),
    ],
)
def test_a_canary_follows_whoever_has_points_and_nobody_else(
    points: int, canaries: list[dict[str, Any]], status: Status
) -> None:
    run = heard(*canaries, job=GUARDED, points=points)
    assert run.status is status
    assert run.doubted == ({"double"} if status is Status.TAMPERED else set())
