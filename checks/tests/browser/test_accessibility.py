"""Whoever uses a screen reader, the keyboard, or needs contrast can read every kind of card."""

from __future__ import annotations

import asyncio
import json

import pytest

from checks import lesson
from checks.answers import blank_code, read_answers
from checks.authoring.browser import running_browser
from checks.authoring.notebook_page import DARK, LIGHT, new_notebook_page, new_profile
from checks.course import read_course

STAGE = read_course().stages[0]
EXERCISE = "greet_guest"
NOTEBOOK = "cards.ipynb"

OURS = [[".course-card"], [".jupyter-widgets"], [".jp-RenderedMermaid"]]

# axe counts as out of sight what lies beyond a body that hides its overflow; JupyterLab's has no height.
BODY_HAS_A_HEIGHT = "html, body { height: 100% }"


def gallery() -> list[str]:
    """The cells of a notebook that shows every kind of card, and a diagram."""
    setup, check = lesson.cells_of(STAGE, EXERCISE)
    answers = read_answers(STAGE, EXERCISE)
    right = next(answer.code for answer in answers if answer.right)
    wrong = next(answer.code for answer in answers if not answer.right)
    claim, in_quiz = STAGE.predictions[0], STAGE.quiz[0]
    return [
        *setup,
        f"{blank_code(STAGE, EXERCISE)}\n\n{check}",
        f"check.{EXERCISE}.solution()",
        f"{wrong}\n\n{check}",
        f"check.{EXERCISE}.hint()",
        f"check.{EXERCISE}.solution()",
        f"{right}\n\n{check}",
        f"check.{EXERCISE}()",
        f"predict.{claim}()",
        f"predict.{claim}(7)",
        f"predict.{claim}(YES)",
        f"predict.{claim}(NO)",
        f"quiz({in_quiz}=MYTH)",
        "bistro = greeting_app()\n"
        "with xray(bistro) as request:\n"
        '    TestClient(bistro).get("/guests/anyone/seats/7")\n'
        "request",
    ]


def write_notebook(path, cells):
    content = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "source": source,
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
            for number, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(content), encoding="utf-8")


async def audit(lab, screenshots):
    """The cells of the gallery, and what axe says of our own outputs in each theme."""
    from axe_playwright_python.async_playwright import Axe

    said = {}
    async with running_browser() as browser, asyncio.timeout(300):
        page = await new_notebook_page(await new_profile(browser), lab, NOTEBOOK)
        await page.open()
        await page.run_all()
        cells = await page.look()
        await page.page.add_style_tag(content=BODY_HAS_A_HEIGHT)
        async with page.in_full():
            for theme in (DARK, LIGHT):  # the server remembers the last one
                await page.theme(theme)
                await page.run_all()
                await page.ask("top()")
                await page.screenshot(screenshots / f"cards {theme}.png")
                result = await Axe().run(page.page, {"include": OURS}, options={})
                said[theme] = result.response
        return cells, said


@pytest.fixture(scope="module")
def audited(lab, screenshots):
    write_notebook(lab.root / NOTEBOOK, gallery())
    return asyncio.run(audit(lab, screenshots))


def test_the_gallery_shows_every_kind_of_card(audited):
    cells, _ = audited
    shown = " ".join(text for cell in cells for text in cell.texts)
    assert [cell.errors for cell in cells if cell.errors] == []
    for sign in (
        "○ Not attempted yet",
        "→ Try it first",
        "✘ Not yet",
        "→ Hint 1",
        "→ One way to solve it",
        "✔ Solved",
        "! Not checked",
        "? What do you predict?",
        "7 is no vote",
        "You said Yes",
        "You said No",
        "You said Myth",
        "? Fact or myth?",
    ):
        assert sign in shown, sign
    assert sum(cell.drawn for cell in cells) == 1


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_nothing_is_seriously_inaccessible(audited, theme):
    _, said = audited
    serious = [
        f"{found['id']}: {node['html'][:200]}\n{node['failureSummary']}"
        for found in said[theme]["violations"]
        if found["impact"] in {"serious", "critical"}
        for node in found["nodes"]
    ]
    assert serious == [], "\n".join(serious)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_names_alternatives_and_contrast_were_looked_at(audited, theme):
    _, said = audited
    looked_at = {found["id"] for found in said[theme]["passes"]}
    assert {"button-name", "color-contrast", "image-alt", "list", "summary-name"} <= looked_at
