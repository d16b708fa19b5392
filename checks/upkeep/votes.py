"""Votes carried from one notebook to another: each takes the place of its question."""

from __future__ import annotations

import re
from typing import Any

from checks.claim import VOTE_MIME
from checks.upkeep.cells import Cell, kind, outputs, text_of

Ballot = tuple[str, str]
"""How it was asked, `predict` or `quiz`, and the claim."""

# A question says how to type the vote: predict.one_session_for_all(YES), quiz(one_session_for_all=…)
_TYPED = re.compile(r"\b(predict)\.(\w+)\(|\b(quiz)\((\w+)=")


def votes_in(cells: list[Cell]) -> dict[Ballot, dict[str, Any]]:
    """The decided cards of a notebook."""
    found = {}
    for cell in cells:
        for output in outputs(cell):
            vote = output.get("data", {}).get(VOTE_MIME)
            if isinstance(vote, dict):
                found[str(vote.get("asked")), str(vote.get("claim"))] = output
    return found


def question_of(output: dict[str, Any]) -> Ballot | None:
    """What a card without a vote asks; None for anything else."""
    if VOTE_MIME in output.get("data", {}):
        return None
    match = _TYPED.search(text_of(output))
    return (match[1] or match[3], match[2] or match[4]) if match else None


def with_votes(cell: Cell, votes: dict[Ballot, dict[str, Any]]) -> Cell:
    """The cell with each question replaced by its decided card, where there is one."""
    if kind(cell) not in {"predict", "quiz"}:
        return cell
    answered = [
        votes.get(question, output) if (question := question_of(output)) else output
        for output in outputs(cell)
    ]
    return {**cell, "outputs": answered}
