"""The page of the class: statuses, difficulty, myths, who is stuck where, equal answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from checks.claim import Asked
from checks.course import Course
from checks.grading.report.beliefs import Belief, Beliefs
from checks.grading.report.chart import bar_chart
from checks.grading.report.pages import environment
from checks.grading.report.statistics import MOST_GROUPS, ClaimCounts, StageCounts, Statistics

_LONGEST_LABEL = 40
_MOST_LINES = 40


@dataclass(frozen=True)
class _Stage:
    counts: StageCounts
    chart: Markup
    claims: Sequence[ClaimCounts]
    myths_chart: Markup | None
    beliefs: dict[str, Belief]


def class_page(
    course: Course, statistics: Statistics, beliefs: Beliefs, isolation: Sequence[str]
) -> str:
    """The page of all that was counted; `isolation` says how the runs were held back."""
    stages = [
        _stage(counts, statistics.claims(counts.entry.id), dict(beliefs.get(counts.entry.id, {})))
        for counts in statistics.stages.values()
        if counts.hand_ins
    ]
    groups = statistics.groups()
    return (
        environment()
        .get_template("class.html")
        .render(
            {
                "course": course,
                "class": statistics,
                "stages": stages,
                "handed_in": [
                    entry
                    for entry in course.stages
                    if any(entry.id in marks.stages for marks in statistics.marks)
                ],
                "groups": [_group(course, group) for group in groups[:MOST_GROUPS]],
                "more_groups": len(groups[MOST_GROUPS:]),
                "isolation": isolation,
            }
        )
    )


def _stage(
    counts: StageCounts, claims: Sequence[ClaimCounts], beliefs: dict[str, Belief]
) -> _Stage:
    return _Stage(counts, _difficulty(counts), claims, _myths(counts, claims), beliefs)


def _difficulty(counts: StageCounts) -> Markup:
    exercises = list(counts.exercises.values())
    series = {
        "solved": [each.outcomes["solved"] for each in exercises],
        "not yet": [each.outcomes["not yet"] for each in exercises],
        "not attempted": [each.outcomes["not attempted"] for each in exercises],
        "other": [each.others for each in exercises],
    }
    return bar_chart(
        f"difficulty-{counts.entry.number}",
        f"Outcomes of each exercise of stage {counts.entry.number}; the table below has the numbers",
        [_label(each.entry.title) for each in exercises],
        series,
        ["good", "bad", "open", "other"],
        stacked=True,
    )


def _myths(counts: StageCounts, claims: Sequence[ClaimCounts]) -> Markup | None:
    alive = [claim for claim in claims if claim.wrong.total()]
    if not alive:
        return None
    return bar_chart(
        f"myths-{counts.entry.number}",
        f"Wrong votes in stage {counts.entry.number}, in percent, before and after; "
        "the table below has the numbers",
        [_label(claim.belief.sentence) for claim in alive],
        {
            "wrong before, %": [claim.share(Asked.PREDICT) for claim in alive],
            "wrong after, %": [claim.share(Asked.QUIZ) for claim in alive],
        },
        ["other", "bad"],
        stacked=False,
    )


def _group(course: Course, group: Any) -> dict[str, Any]:
    lines = group.source.splitlines()
    shown = lines[:_MOST_LINES] + (["…"] if len(lines) > _MOST_LINES else [])
    return {
        "title": course.stage(group.stage).exercise(group.exercise).title,
        "outcome": group.outcome,
        "learners": group.learners,
        "lines": len(lines),
        "source": "\n".join(shown),
    }


def _label(text: str) -> str:
    text = text.replace("`", "")
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1].rstrip()}…"
