"""A learner's evening with one notebook, and the next day: what was shown, and what was saved."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Error

from checks.authoring.browser import running_browser
from checks.authoring.lab_server import Lab
from checks.authoring.notebook_page import CellSeen, NotebookPage, new_notebook_page, new_profile
from checks.course import StageEntry

AT_ONCE = 2
LONGEST = 300  # seconds for one visit; a visit takes ten, this ends one that hangs

Seen = dict[str, CellSeen]


@dataclass
class Visit:
    """One notebook as it was seen when it was fresh, run, voted in, and opened again the next day.

    The first prediction is voted Yes by a click, the first question of the quiz Myth by the
    keyboard alone; `saved` is the file after that. `step` says what is being done.
    """

    stage: StageEntry
    step: str = "before it was opened"
    fresh: Seen = field(default_factory=dict)
    run: Seen = field(default_factory=dict)
    voted: Seen = field(default_factory=dict)
    reopened: Seen = field(default_factory=dict)
    saved: dict[str, Any] = field(default_factory=dict)
    console: list[str] = field(default_factory=list)

    @property
    def notebook(self) -> str:
        return f"notebooks/{self.stage.stem}.ipynb"

    def ids(self, kind: str) -> list[str]:
        """The ids of the cells of this kind, in the notebook's order."""
        return [
            cell["id"] for cell in self.saved["cells"] if cell["metadata"]["course"]["kind"] == kind
        ]


class VisitFailed(Exception):
    """A visit that came to no end: which notebook, in which step, at which cell, and the picture."""


def visit_all(
    lab: Lab, stages: Iterable[StageEntry], screenshots: Path
) -> dict[str, Visit | Exception]:
    """Visit the notebooks of these stages; by stage, the visit or why it came to no end."""

    waiting = list(stages)
    seen: dict[str, Visit | Exception] = {}

    async def visit_one_after_the_other(browser: Browser) -> None:
        # Pages of one profile share what the browser keeps, but only the one in front is drawn.
        profile = await new_profile(browser)
        while waiting:
            stage = waiting.pop(0)
            try:
                seen[stage.id] = await _visit(profile, lab, stage, screenshots)
            except Exception as error:
                seen[stage.id] = error

    async def visit_them() -> None:
        async with running_browser() as browser:
            await asyncio.gather(*(visit_one_after_the_other(browser) for _ in range(AT_ONCE)))

    asyncio.run(visit_them())
    return seen


async def _visit(profile: BrowserContext, lab: Lab, stage: StageEntry, screenshots: Path) -> Visit:
    visit = Visit(stage)
    page = await new_notebook_page(profile, lab, visit.notebook)
    try:
        async with asyncio.timeout(LONGEST):
            await _evening(page, visit)
            await page.screenshot(screenshots / f"{stage.stem}.png")
            await _next_day(page, visit)
    except (Error, TimeoutError, AssertionError) as error:
        picture = screenshots / f"{stage.stem}-failed.png"
        raise VisitFailed(await _what_happened(page, visit, error, picture)) from error
    finally:
        await page.page.close()
    return visit


async def _evening(page: NotebookPage, visit: Visit) -> None:
    visit.step = "opening it"
    await page.open()
    visit.fresh = await _seen(page)
    visit.step = "running all cells"
    await page.run_all()
    visit.run = await _seen(page)
    kinds = {
        cell["metadata"]["course"]["kind"]: cell["id"]
        for cell in reversed(_read(page)["cells"])  # so that the first of a kind is kept
    }
    visit.step = f"clicking Yes in cell {kinds['predict']}"
    prediction = await page.cell(kinds["predict"])
    await prediction.get_by_role("button", name="Yes", exact=True).first.click()
    await prediction.get_by_text("You said").first.wait_for()
    visit.step = f"voting Myth by keyboard in cell {kinds['quiz']}"
    await _press_button(page, kinds["quiz"], "Myth")
    await (await page.cell(kinds["quiz"])).get_by_text("You said").first.wait_for()
    visit.voted = await _seen(page)
    visit.step = "saving it"
    await page.save()
    visit.saved = _read(page)


async def _next_day(page: NotebookPage, visit: Visit) -> None:
    visit.step = "opening it the next day"
    in_the_evening = tuple(page.console)
    await page.reopen()
    visit.reopened = await _seen(page)
    visit.console = [*in_the_evening, *page.console]


async def _press_button(page: NotebookPage, cell: str, word: str) -> None:
    """From the selected cell, Tab to the first button of that name, and press it."""
    await page.ask(f"select('{cell}')")
    reached = []
    while {"cell": cell, "tag": "BUTTON", "text": word} not in reached:
        await page.page.keyboard.press("Tab")
        reached.append(await page.ask("focused()"))
        assert len(reached) <= 10, f"Tab never reaches the button {word}, but {reached}"
    await page.page.keyboard.press("Enter")


async def _seen(page: NotebookPage) -> Seen:
    return {cell.id: cell for cell in await page.look()}


def _read(page: NotebookPage) -> dict[str, Any]:
    text = (page.lab.root / page.notebook).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


async def _what_happened(page: NotebookPage, visit: Visit, error: Exception, picture: Path) -> str:
    story = f"{visit.notebook}, while {visit.step}: {error or type(error).__name__}"
    try:
        await page.screenshot(picture)
        story += f"\npicture: {picture}"
        running = await page.ask("running()")
        story += f"\ncells that have not finished: {', '.join(running) or 'none'}"
    except Error as another:
        story += f"\n(and no picture: {another})"
    return "\n".join([story, *(f"console: {line}" for line in page.console)])
