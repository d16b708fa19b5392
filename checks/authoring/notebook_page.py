"""A notebook in JupyterLab, in a page of the browser: open, run, look, save.

Every step waits for what it needs, so whoever uses it never has to sleep.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.authoring.lab_server import Lab

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page

PATIENCE = 60_000
"""How long one step may take, in milliseconds."""

DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"

_HIGHEST = 16_000  # Chromium draws no picture that is higher than this many pixels


@dataclass(frozen=True)
class CellSeen:
    """A cell as JupyterLab shows it.

    `runs` is its execution count (0: never run), `errors` are its error outputs, `texts` its outputs
    as text, `buttons` the words on its buttons; of its `diagrams`, so many are `drawn`.
    """

    id: str
    runs: int
    errors: list[str]
    texts: list[str]
    cards: int
    buttons: list[str]
    diagrams: int
    drawn: int


class NotebookPage:
    """One notebook in a browser page of its own. `console` holds the errors the page has logged."""

    def __init__(self, page: Page, lab: Lab, notebook: str) -> None:
        self.page = page
        self.lab = lab
        self.notebook = notebook
        self.console: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._note)
        page.on("pageerror", self._note_uncaught)

    async def open(self) -> None:
        """Open the notebook, or open it once more, and wait until its kernel can run a cell."""
        await self.page.goto(self.lab.url(self.notebook))
        await self.page.wait_for_function("window.jupyterapp !== undefined")
        await self.ask("ready()")
        await self.settle()

    async def reopen(self) -> None:
        """End the kernel, close the notebook, and open it from its file, as if the next day had come."""
        await self.ask("endKernel()")
        self.console.clear()  # the page may complain that its kernel is gone
        await self.ask("reopen()")
        await self.ask("ready()")
        await self.settle()

    async def run_all(self) -> None:
        """Run every cell; returns when the last one has finished and its outputs are drawn."""
        await self.command("notebook:run-all-cells")
        await self.settle()

    async def save(self) -> None:
        """Save the notebook."""
        await self.command("docmanager:save")

    async def theme(self, name: str) -> None:
        """Change the theme, LIGHT or DARK. Diagrams keep their colours until their cell runs again."""
        await self.command("apputils:change-theme", {"theme": name})
        light = str(name == LIGHT).lower()
        await self.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{light}'")
        await self.settle()

    async def settle(self) -> None:
        """Wait until diagrams and buttons are drawn. What never is can be seen by a look."""
        from playwright.async_api import TimeoutError as NotInTime

        with suppress(NotInTime):
            await self.page.wait_for_function("courseNotebook.settled()", polling=200)

    async def look(self) -> list[CellSeen]:
        """The cells as they are shown now."""
        return [CellSeen(**seen) for seen in await self.ask("look()")]

    async def cell(self, cell_id: str) -> Locator:
        """The place of a cell in the page, to click in."""
        index = await self.ask(f"index('{cell_id}')")
        return self.page.locator(f'.jp-Notebook-cell[data-windowed-list-index="{index}"]')

    @asynccontextmanager
    async def in_full(self) -> AsyncIterator[None]:
        """Make the window so high that the whole notebook is in sight, and laid out."""
        before = self.page.viewport_size
        assert before is not None
        await self.settle()
        for _ in range(3):  # what was out of sight has another height once it is laid out
            height = min(_HIGHEST, await self.ask("height()") + 200)
            await self.page.set_viewport_size({"width": before["width"], "height": height})
        await self.ask("top()")
        await self.settle()
        try:
            yield
        finally:
            await self.page.set_viewport_size(before)

    async def scroll_to_output(self, cell_id: str) -> None:
        """Scroll until the outputs of a cell begin at the top of the window."""
        await self.ask(f"scrollToOutput('{cell_id}')")

    async def screenshot(self, path: Path) -> None:
        """Write a picture of what is in sight."""
        await self.page.screenshot(path=path)

    async def command(self, name: str, args: dict[str, Any] | None = None) -> None:
        """Have JupyterLab carry out one of its commands, and wait until that is done."""
        await self.page.evaluate(
            "([name, args]) => courseNotebook.command(name, args)", [name, args or {}]
        )

    async def ask(self, question: str) -> Any:
        """What one of the functions in `notebook_page.js` returns."""
        return await self.page.evaluate(f"courseNotebook.{question}")

    def _note(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.console.append(said.text)

    def _note_uncaught(self, error: Error) -> None:
        self.console.append(str(error))


async def new_profile(browser: Browser, *, width: int = 1400, height: int = 1000) -> BrowserContext:
    """A profile of a new user; its pages share what the browser keeps of JupyterLab."""
    profile = await browser.new_context(viewport={"width": width, "height": height})
    await profile.add_init_script(path=Path(__file__).with_suffix(".js"))
    return profile


async def new_notebook_page(profile: BrowserContext, lab: Lab, notebook: str) -> NotebookPage:
    """A page with nothing opened yet; `notebook` is a path below the root."""
    return NotebookPage(await profile.new_page(), lab, notebook)
