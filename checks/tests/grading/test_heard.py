"""What the process of a hand-in says is believed only where a check could have said it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks.grading.engine.supervise import Heard
from checks.grading.messages import Cell, Job, Role, Run
from checks.grading.status import Status

JOB = Job("soup", (Cell("the check cell of double", Role.CHECK, "", "double"),))
FOUND = {"exercise": "double", "outcome": "solved", "points": 4}
CRITERION = {"text": "it doubles 2", "state": "holds", "observed": "", "shares": 1}


def heard(**found: Any) -> Run:
    """What becomes of a hand-in whose process has the key, and says this of its one exercise."""
    listener = Heard(JOB, "key")
    for said in (
        {"kind": "begins", "cell": 0},
        {"kind": "found", "result": FOUND | found},
        {"kind": "begins", "cell": 1},
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
