"""Experiments run beside the grading: each claim once, and nothing goes on when the grading is over."""

from __future__ import annotations

import psutil
import pytest

from checks.answers import claims_of
from checks.course import Course, the_course
from checks.grading.report import experiments
from checks.grading.report.experiments import Experiments

STAGE = the_course().stage("fastapi_basics")
CLAIMS = dict(list(claims_of(STAGE).items())[:3])


def test_an_experiment_decides_each_claim_that_was_asked_for() -> None:
    first, *others = CLAIMS
    with Experiments([STAGE], {}) as running:
        running.ask(STAGE.id, [first])
        running.ask(STAGE.id, [first, *others])
        found = running.found()
    assert found == {STAGE.id: {name: claim.experiment().holds for name, claim in CLAIMS.items()}}


def test_what_is_known_is_not_found_out_again() -> None:
    with Experiments([STAGE], {STAGE.id: dict.fromkeys(CLAIMS, True)}) as running:
        running.ask(STAGE.id, CLAIMS)
        assert running.found() == {}


def test_what_is_no_claim_is_left_out(course: Course) -> None:
    with Experiments([*course.stages, STAGE], {}) as running:
        running.ask("soup", ["soup_is_hot"])
        running.ask(STAGE.id, ["soup_is_hot"])
        running.ask("no stage", ["soup_is_hot"])
        assert set().union(*running.found().values()) == set()


def test_leaving_early_ends_what_is_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "_START", "import time; time.sleep(1000)")
    before = set(psutil.Process().children())
    with Experiments([STAGE], {}) as running:
        running.ask(STAGE.id, CLAIMS)
        while set(psutil.Process().children()) == before:
            pass
    assert set(psutil.Process().children()) == before
