"""The picture in the README: JupyterLab with a request diagram and the card of a check.

    python -m checks.authoring.picture

It is a screenshot of the first notebook with a wrong answer in its first exercise, so it needs
Chromium and the package `playwright`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.answers import read_answers
from checks.authoring.browser import BrowserMissing, running_browser
from checks.authoring.lab_server import running_lab
from checks.authoring.notebook_page import new_notebook_page, new_profile
from checks.course import ROOT, the_course

PICTURE = ROOT / ".github" / "pictures" / "jupyterlab.png"
EXERCISE = "greet_guest"
FIRST_CELL_IN_SIGHT = "validation-demo"


async def take_picture(path: Path) -> None:
    """Write the screenshot to `path`. Raises BrowserMissing where it cannot be taken."""
    stage = the_course().stages[0]
    wrong = next(answer for answer in read_answers(stage, EXERCISE) if not answer.right)
    notebook = f"notebooks/{stage.stem}.ipynb"
    content = json.loads((ROOT / notebook).read_text(encoding="utf-8"))
    for cell in content["cells"]:
        about = cell["metadata"]["course"]
        if about["kind"] == "exercise" and about["exercise"] == EXERCISE:
            cell["source"] = wrong.code
    with TemporaryDirectory() as folder:
        copy = Path(folder) / notebook
        copy.parent.mkdir()
        copy.write_text(json.dumps(content), encoding="utf-8")
        async with running_browser() as browser:
            with running_lab(Path(folder)) as lab:
                profile = await new_profile(browser, width=1180, height=1240)
                page = await new_notebook_page(profile, lab, notebook)
                await page.open()
                await page.run_all()
                await page.command("application:toggle-left-area")
                await page.scroll_to_output(FIRST_CELL_IN_SIGHT)
                path.parent.mkdir(parents=True, exist_ok=True)
                await page.screenshot(path)


def main() -> int:
    """Take the picture; returns the exit code."""
    try:
        asyncio.run(take_picture(PICTURE))
    except BrowserMissing as error:
        print(error, file=sys.stderr)
        return 2
    print(PICTURE.relative_to(ROOT).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main())
